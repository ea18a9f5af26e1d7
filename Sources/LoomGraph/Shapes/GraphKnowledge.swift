import LoomCore

/// Walks back from a node's inputs to say what is known of their values.
///
/// Recursion is bounded: a walk visits at most ``limit`` nodes and ``depth`` levels, so a hostile graph
/// costs a bounded time and stack.
struct GraphKnowledge: ValueKnowledge {
  let source: any NodeSource
  let evaluator: (any ConstantEvaluator)?
  let inputs: [Node.Endpoint]

  /// Elements of the largest tensor that is folded for the sake of a shape.
  private static let largestFold = 1024
  private static let depth = 24
  private static let limit = 256

  func constant(input: Int) -> AnyTensor? {
    guard inputs.indices.contains(input) else { return nil }
    var budget = Self.limit
    return constant(inputs[input], Self.depth, &budget)
  }

  func partialValue(input: Int) -> [Int?]? {
    guard inputs.indices.contains(input) else { return nil }
    var budget = Self.limit
    return partialValue(inputs[input], Self.depth, &budget)
  }

  private func constant(
    _ endpoint: Node.Endpoint, _ depth: Int, _ budget: inout Int
  ) -> AnyTensor? {
    budget -= 1
    guard depth > 0, budget > 0, let node = source.node(at: endpoint.node) else { return nil }
    let properties = node.properties
    if properties.role == .constant {
      // A constant without a readable value is unknown here; the kernel will say what is wrong.
      return try? node.attributes.tensor("value")
    }
    if properties.role == .switch, let input = node.inputs.first {
      // Whichever branch is taken, its value is the input's.
      return constant(input, depth - 1, &budget)
    }
    // Sizes that depend on data are not known here, but then the data is small.
    guard properties.isFoldable, !node.isStateful, !node.isFunctionCall,
      properties.role == .compute, let evaluator, !node.outputShapes.isEmpty,
      node.outputShapes.allSatisfy({
        !$0.isFullyDefined || ($0.elementCount ?? .max) <= Self.largestFold
      })
    else { return nil }
    var values: [AnyTensor] = []
    for input in node.inputs {
      let known =
        constant(input, depth - 1, &budget) ?? integerConstant(input, depth - 1, &budget)
      guard let known, known.elementCount <= Self.largestFold else { return nil }
      values.append(known)
    }
    guard !values.isEmpty || node.inputs.isEmpty else { return nil }
    guard let results = evaluator.evaluate(node, inputs: values),
      results.indices.contains(endpoint.index)
    else { return nil }
    return results[endpoint.index]
  }

  /// A fully known partial value as a tensor: shapes become constants this way.
  private func integerConstant(
    _ endpoint: Node.Endpoint, _ depth: Int, _ budget: inout Int
  ) -> AnyTensor? {
    guard let node = source.node(at: endpoint.node),
      node.outputShapes.indices.contains(endpoint.index),
      let rank = node.outputShapes[endpoint.index].rank, rank <= 1,
      let values = partialValue(endpoint, depth, &budget), values.allSatisfy({ $0 != nil })
    else { return nil }
    let known = values.compactMap { $0 }
    let shape = rank == 0 ? Shape.scalar : Shape(vector: known.count)
    guard known.count == shape.elementCount else { return nil }
    switch node.outputTypes[endpoint.index] {
    // Values that do not fit are not known.
    case .int32:
      let narrow = known.compactMap { Int32(exactly: $0) }
      return narrow.count == known.count ? try? AnyTensor(narrow, shape: shape) : nil
    case .int64: return try? AnyTensor(known.map(Int64.init), shape: shape)
    default: return nil
    }
  }

  private func shape(of endpoint: Node.Endpoint) -> PartialShape {
    guard let node = source.node(at: endpoint.node),
      node.outputShapes.indices.contains(endpoint.index)
    else { return .unknown }
    return node.outputShapes[endpoint.index]
  }

  private func partialValue(
    _ endpoint: Node.Endpoint, _ depth: Int, _ budget: inout Int
  ) -> [Int?]? {
    budget -= 1
    guard depth > 0, budget > 0, let node = source.node(at: endpoint.node) else { return nil }
    guard node.outputTypes.indices.contains(endpoint.index) else { return nil }
    let dtype = node.outputTypes[endpoint.index]
    guard dtype == .int32 || dtype == .int64 else { return nil }
    if let rank = node.outputShapes[endpoint.index].rank, rank > 1 { return nil }
    if node.properties.role == .constant {
      guard let tensor = try? node.attributes.tensor("value"), tensor.shape.rank <= 1,
        tensor.elementCount <= Self.largestFold
      else { return nil }
      return try? tensor.integers()
    }
    if node.properties.isIdentityLike || node.properties.role == .switch,
      let input = node.inputs.first
    {
      return partialValue(input, depth - 1, &budget)
    }
    if let rule = node.definition?.partialValue {
      let values = node.inputs.map { partialValue($0, depth - 1, &budget) }
      let shapes = node.inputs.map { shape(of: $0) }
      let context = PartialValueContext(
        inputs: values, inputShapes: shapes, attributes: node.attributes, output: endpoint.index)
      // A rule that fails says nothing; the kernel reports the fault.
      if let result = try? rule.body(context) {
        guard result.contains(nil), let value = constant(endpoint, depth - 1, &budget),
          value.shape.rank <= 1, let known = try? value.integers()
        else { return result }
        return known
      }
    }
    guard let value = constant(endpoint, depth - 1, &budget), value.shape.rank <= 1 else {
      return nil
    }
    return try? value.integers()
  }
}
