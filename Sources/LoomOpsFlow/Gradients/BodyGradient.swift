import LoomCore
import LoomGraph

/// The gradient of a function's body, cut in two: what is computed on the way forward, and what is
/// computed from it on the way back.
struct BodyGradient {
  /// The body, with the operations of its gradient added to it.
  private(set) var body: FunctionGraph
  /// The number of arguments that the body had.
  let argumentCount: Int
  /// What arrives at those results that have gradients.
  let upstream: [AnyOutput]
  /// The gradient of each argument; `nil` where none reaches it.
  private(set) var results: [AnyOutput?]
  /// Operations of the way forward have smaller ids.
  private let boundary: Int
  /// The way back computes all that it needs itself.
  private let isWhole: Bool

  /// - Parameters:
  ///   - name: the function's.
  ///   - indices: which results have gradients.
  ///   - wanted: which arguments gradients are wanted for.
  ///   - isWhole: has the way back repeat what it needs of the way forward.
  /// - Throws: what building the gradients throws.
  init(
    of body: FunctionGraph, named name: String, results indices: [Int], arguments wanted: [Int],
    _ context: GradientContext, isWhole: Bool = false
  ) throws {
    var body = body
    self.isWhole = isWhole
    boundary = body.graph.operationCount
    argumentCount = body.arguments.count
    var upstream: [AnyOutput] = []
    for index in indices {
      let result = body.results[index]
      upstream.append(try body.addArgument(result.dtype.base, shape: result.shape))
    }
    self.upstream = upstream
    results = [AnyOutput?](repeating: nil, count: argumentCount)
    if !indices.isEmpty, !wanted.isEmpty {
      let gradients = try context.gradients(
        of: indices.map { body.results[$0] }, withRespectTo: wanted.map { body.arguments[$0] },
        upstream: upstream, inBodyOf: name)
      for (position, gradient) in zip(wanted, gradients) {
        switch gradient {
        case nil: break
        case .dense(let output): results[position] = output
        case .slices(let slices): results[position] = try slices.dense()
        }
      }
    }
    self.body = body
  }

  /// Gives an argument that no gradient reaches zeros.
  mutating func fill(_ index: Int, _ dtype: DType) throws(StatusError) {
    let argument = body.arguments[index]
    guard argument.dtype == .resource else {
      results[index] = try body.graph.addOperation("ZerosLike", inputs: [argument]).output(0)
      return
    }
    let shape = try body.graph.addOperation("VariableShape", inputs: [argument]).output(0)
    let zero = try body.graph.addOperation(
      "Const",
      attributes: [
        "value": .tensor(AnyTensor.zeros(dtype: dtype, shape: .scalar)), "dtype": .type(dtype),
      ]
    ).output(0)
    results[index] = try body.graph.addOperation("Fill", inputs: [shape, zero]).output(0)
  }

  /// What the way back consists of.
  struct Cut {
    /// Tensors of the way forward, arguments included, that the way back reads.
    var captured: [AnyOutput]
    /// Operations of the way back.
    var backward: Set<Int>
    /// Operations of the way forward.
    var forward: Set<Int>
  }

  /// Walks back from the gradients to where the way forward begins.
  func cut() -> Cut {
    let nodes = body.graph.snapshot().nodes
    let arguments = Set(body.arguments.prefix(argumentCount).map(\.operation.id))
    let upstreamIDs = Set(upstream.map(\.operation.id))
    // Loops of frames can't be cut in two: with one in it, the way back repeats the way forward.
    let repeats =
      isWhole || nodes.prefix(boundary).contains { $0.properties.role == .enter }
    func isBackward(_ id: Int) -> Bool {
      if arguments.contains(id) { return false }
      if repeats || nodes[id].properties.role == .constant { return true }
      guard id >= boundary else { return false }
      // What is small is kept, not the tensor it is computed from.
      return
        !(["Shape", "Size", "Rank"].contains(nodes[id].op)
        && nodes[id].inputs.allSatisfy { $0.node < boundary })
    }
    var captured: [AnyOutput] = []
    var seen: Set<Node.Endpoint> = []
    var backward: Set<Int> = []
    var rest = results.compactMap { $0 }.map {
      Node.Endpoint(node: $0.operation.id, index: $0.index)
    }
    while let endpoint = rest.popLast() {
      guard seen.insert(endpoint).inserted, !upstreamIDs.contains(endpoint.node) else { continue }
      guard isBackward(endpoint.node) else {
        captured.append(
          Operation(graph: body.graph, id: endpoint.node).output(endpoint.index))
        continue
      }
      guard backward.insert(endpoint.node).inserted else { continue }
      rest += nodes[endpoint.node].inputs
      for control in nodes[endpoint.node].controlInputs
      where isBackward(control) && !upstreamIDs.contains(control) {
        if nodes[control].outputTypes.isEmpty {
          backward.insert(control)
          rest += nodes[control].inputs
        } else {
          rest.append(.init(node: control, index: 0))
        }
      }
    }
    captured.sort { ($0.operation.id, $0.index) < ($1.operation.id, $1.index) }
    return Cut(
      captured: captured, backward: backward, forward: forward(nodes, from: captured))
  }

  /// The operations of the body, with those added that captured tensors need.
  private func forward(_ nodes: [Node], from captured: [AnyOutput]) -> Set<Int> {
    var result: Set<Int> = []
    var rest = Array(0..<boundary) + captured.map(\.operation.id)
    while let id = rest.popLast() {
      guard result.insert(id).inserted else { continue }
      rest += nodes[id].inputs.map(\.node) + nodes[id].controlInputs
    }
    return result
  }

  // MARK: Definitions

  /// The body with more results.
  func forwardDefinition(
    named name: String, _ cut: Cut, adding extra: [AnyOutput]
  ) throws(StatusError) -> FunctionDefinition {
    var copy = body
    copy.results += extra
    let added = Set(extra.map(\.operation.id))
    return try copy.definition(
      named: name,
      parameters: body.arguments.prefix(argumentCount).map { .tensor($0) },
      containing: cut.forward.union(added))
  }

  /// The way back as a function.
  func backwardDefinition(
    named name: String, _ cut: Cut, parameters: [FunctionGraph.Parameter], results: [AnyOutput]
  ) throws(StatusError) -> FunctionDefinition {
    var copy = body
    copy.results = results
    copy.controlResults = []
    copy.attributes = [:]
    return try copy.definition(named: name, parameters: parameters, containing: cut.backward)
  }

  /// A tensor that nobody reads, for calls that have an output another branch fills.
  func placeholder(_ dtype: DType) throws(StatusError) -> AnyOutput {
    try body.graph.addOperation(
      "FakeParam", attributes: ["dtype": .type(dtype), "shape": .shape([0])]
    ).output(0)
  }
}

extension DType {
  /// Whether a derivative can flow through tensors of this dtype.
  var isDifferentiable: Bool { isFloatingPoint || isComplex || self == .variant }
}

extension IndexedSlices {
  /// Rows added into zeros of the dense shape.
  func dense() throws(StatusError) -> AnyOutput {
    guard let denseShape else {
      throw .invalidArgument("The gradient rows of '\(values.name)' have no dense shape")
    }
    let graph = values.graph
    func vector(_ value: Int32) throws(StatusError) -> AnyOutput {
      try graph.addOperation(
        "Const",
        attributes: [
          "value": .tensor(AnyTensor([value], shape: Shape(vector: 1))), "dtype": .type(.int32),
        ]
      ).output(0)
    }
    let rows = try graph.addOperation(
      "StridedSlice", inputs: [denseShape, vector(0), vector(1), vector(1)],
      attributes: ["shrink_axis_mask": 1]
    ).output(0)
    return try graph.addOperation("UnsortedSegmentSum", inputs: [values, indices, rows]).output(0)
  }
}
