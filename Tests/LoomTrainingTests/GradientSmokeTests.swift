import Testing
import Weirloom

@Suite struct TrainingSmokeTests {
  @Test func `a graph without variables runs`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    #expect(try Session(graph: graph).run(x).scalar == 1)
  }
}
