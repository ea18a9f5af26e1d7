import Testing
import Weirloom

@Suite struct GraphLimitTests {
  // GRF-035
  @Test func `a constant too large for a message is refused`() throws {
    // Nobody touches the memory, so the system never has to find it.
    let buffer = try TensorBuffer.allocate(byteCount: 2 << 30, budget: .unlimited)
    let graph = Graph()
    let large = try AnyTensor(dtype: .float, shape: Shape([1 << 29]), buffer: buffer)
    expectStatus(.invalidArgument, "larger than 2GB") { try graph.constant(large) }
    #expect(graph.operationCount == 0)
    let small = try AnyTensor(dtype: .float, shape: Shape([1 << 20]), buffer: buffer)
    #expect(try graph.constant(small).shape == [1 << 20])
  }
}
