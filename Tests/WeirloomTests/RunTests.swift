import Testing
import Weirloom

@Suite struct RunTests {
  @Test func `a fed sum comes back typed`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self, shape: [nil], name: "x")
    let y = try x + graph.constant([1, 2, 3])
    let session = try Session(graph: graph)
    let value = try session.run(y, feeding: x.feed([10, 20, 30]))
    #expect(value.scalars == [11, 22, 33])
    let both = try session.run(y, x, feeding: x.feed([1, 1, 1]))
    #expect(both.0.scalars == [2, 3, 4])
    #expect(both.1.scalars == [1, 1, 1])
    let step = try session.makeCallable(feeding: x, fetching: y)
    #expect(try step(Tensor([0, 0, 1])).scalars == [1, 2, 4])
  }

  @Test func `an async run gives the same`() async throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self, shape: [nil], name: "x")
    let y = try x + x
    let session = try Session(graph: graph)
    let value = try await session.run(y, feeding: x.feed([10]))
    #expect(value.scalars == [20])
  }
}
