import Testing
import Weirloom

/// Adds ops by name and runs them.
struct OpGraph {
  let graph = Graph()

  /// - Parameter producer: version that the graph's GraphDef says it was written by: ops of older
  ///   generations are not there in today's.
  init(producer: Int? = nil) {
    if let producer { graph.versions.producer = producer }
  }

  func op(
    _ name: String, _ inputs: [AnyOutput] = [], _ attributes: [String: AttributeValue] = [:],
    after operations: [Operation] = []
  ) throws -> Operation {
    try graph.addOperation(
      name, inputs: inputs, attributes: attributes, controlInputs: operations)
  }

  func int(_ value: Int) throws -> AnyOutput { try graph.constant(Int32(value)).erased }

  func ints(_ values: [Int]) throws -> AnyOutput {
    try graph.constant(values.map { Int32($0) }).erased
  }

  func float(_ value: Float) throws -> AnyOutput { try graph.constant(value).erased }

  func floats(_ values: [Float], _ shape: [Int]? = nil) throws -> AnyOutput {
    try graph.constant(values, shape: shape).erased
  }

  func run(_ output: AnyOutput) throws -> [Float] {
    try run(output, as: Float.self).scalars
  }

  func run<Scalar: TensorScalar>(
    _ output: AnyOutput, as type: Scalar.Type
  ) throws -> Tensor<Scalar> {
    let session = try Session(graph: graph)
    defer { session.close() }
    return try Tensor(session.run(output))
  }

  /// Expects running `output` to fail with a code and a piece of its message.
  func expectFailure(
    _ output: @autoclosure () throws -> AnyOutput, _ text: String,
    code: StatusError.Code = .invalidArgument, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      let session = try Session(graph: graph)
      defer { session.close() }
      _ = try session.run(output())
      Issue.record("Expected \(code) with '\(text)'", sourceLocation: sourceLocation)
    } catch {
      let status = StatusError.wrapping(error)
      #expect(status.code == code, "\(status)", sourceLocation: sourceLocation)
      #expect(status.message.contains(text), "\(status)", sourceLocation: sourceLocation)
    }
  }

  /// An integer that shape functions know nothing of.
  func hidden(_ values: [Int], _ shape: [Int]? = nil) throws -> AnyOutput {
    let input = try graph.constant(values.map { Int32($0) }, shape: shape).erased
    return try op("PlaceholderWithDefault", [input], ["shape": .shape(.unknown)]).output(0)
  }
}

// Tensor lists.
extension OpGraph {
  private static let float: [String: AttributeValue] = ["element_dtype": .type(.float)]

  func emptyList(limit: Int = -1, shape: [Int]? = nil) throws -> AnyOutput {
    try op(
      "EmptyTensorList", [shape.map(hiddenShape) ?? hidden([-1], []), int(limit)], Self.float
    ).output(0)
  }

  private func hiddenShape(_ sizes: [Int]) throws -> AnyOutput { try hidden(sizes) }

  func reserved(_ count: Int, shape: [Int]? = nil) throws -> AnyOutput {
    try op(
      "TensorListReserve", [shape.map(hiddenShape) ?? hidden([-1], []), hidden([count], [])],
      Self.float
    ).output(0)
  }

  func push(_ list: AnyOutput, _ value: AnyOutput) throws -> AnyOutput {
    try op("TensorListPushBack", [list, value]).output(0)
  }

  func set(
    _ list: AnyOutput, _ index: Int, _ value: AnyOutput, resizing: Bool = false
  ) throws -> AnyOutput {
    try op(
      "TensorListSetItem", [list, hidden([index], []), value],
      ["resize_if_index_out_of_bounds": .bool(resizing)]
    ).output(0)
  }

  func get(_ list: AnyOutput, _ index: Int, shape: [Int]? = nil) throws -> AnyOutput {
    try op(
      "TensorListGetItem",
      [list, hidden([index], []), shape.map(hiddenShape) ?? hidden([-1], [])], Self.float
    ).output(0)
  }

  func pop(_ list: AnyOutput, shape: [Int]? = nil) throws -> (list: AnyOutput, tensor: AnyOutput) {
    let pop = try op(
      "TensorListPopBack", [list, shape.map(hiddenShape) ?? hidden([-1], [])], Self.float)
    return (pop.output(0), pop.output(1))
  }

  func stack(_ list: AnyOutput, shape: [Int]? = nil, count: Int = -1) throws -> AnyOutput {
    try op(
      "TensorListStack", [list, shape.map(hiddenShape) ?? hidden([-1], [])],
      Self.float.merging(["num_elements": .int(Int64(count))]) { $1 }
    ).output(0)
  }

  func concat(_ list: AnyOutput, shape: [Int]? = nil, leading: [Int] = []) throws -> Operation {
    let lengths = try graph.constant(leading.map(Int64.init)).erased
    return try op(
      "TensorListConcatV2", [list, shape.map(hiddenShape) ?? hidden([-1], []), lengths], Self.float)
  }

  func length(_ list: AnyOutput) throws -> AnyOutput {
    try op("TensorListLength", [list]).output(0)
  }
}
