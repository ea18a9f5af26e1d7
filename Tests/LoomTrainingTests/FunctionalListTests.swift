import Testing
import Weirloom

/// Tensor lists as variables of functional loops.
@Suite struct FunctionalListTests {
  private let graph = Graph()

  private static let element: [String: AttributeValue] = ["element_dtype": .type(.float)]

  /// A loop that pushes its counter `count` times, and the list stacked.
  private func pushing(_ count: Int32, name: String) throws -> AnyOutput {
    let types: [DType] = [.int32, .variant]
    let below = try graph.defineFunction(name + "_below", argumentTypes: types) {
      [try less(Output<Int32>($1[0]), count).erased]
    }
    let step = try graph.defineFunction(name + "_step", argumentTypes: types) {
      body, arguments in
      let counter = try Output<Int32>(arguments[0])
      let value = try cast(counter, to: Float.self)
      let list = try body.addOperation(
        "TensorListPushBack", inputs: [arguments[1], value.erased], attributes: Self.element)
      return [try (counter + 1).erased, list.output(0)]
    }
    let list = try graph.addOperation(
      "EmptyTensorList",
      inputs: [graph.constant([Int32]()).erased, graph.constant(Int32(-1)).erased],
      attributes: Self.element
    ).output(0)
    let results = try functionalWhile(
      loopVariables: [graph.constant(Int32(0)).erased, list], condition: below, body: step)
    return try graph.addOperation(
      "TensorListStack", inputs: [results[1], graph.constant([Int32]()).erased],
      attributes: Self.element
    ).output(0)
  }

  /// An iteration that copied the list would move 40 GB here and take minutes; one that changes it in
  /// place moves nothing.
  @Test(.timeLimit(.minutes(2)))
  func `pushing 100000 times in a functional loop takes linear time`() throws {
    let short = try pushing(10_000, name: "short")
    let long = try pushing(100_000, name: "long")
    let session = try Session(graph: graph)
    defer { session.close() }
    // Once to plan, then to measure.
    _ = try session.run(short)
    let clock = ContinuousClock()
    let shortTime = try clock.measure { _ = try session.run(short) }
    var values: [Float] = []
    let longTime = try clock.measure { values = try session.run(long).scalars(of: Float.self) }
    #expect(values == (0..<100_000).map(Float.init))
    // Ten times as many iterations: quadratic growth would be a hundredfold.
    #expect(longTime < shortTime * 40, "\(shortTime) for 10000, \(longTime) for 100000")
  }
}
