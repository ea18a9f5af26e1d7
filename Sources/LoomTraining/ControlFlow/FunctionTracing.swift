public import LoomCore
public import LoomGraph

/// A function of a graph's library, made from a closure.
public struct TracedFunction: Sendable {
  public let name: String
  public let argumentTypes: [DType]
  public let resultTypes: [DType]
  public let isStateful: Bool
  let resultShapes: [PartialShape]

  var reference: AttributeValue { .function(FunctionReference(name: name)) }
}

extension Graph {
  /// Makes a function of the library from a closure.
  ///
  /// - Parameters:
  ///   - name: made unique if the library has a function of that name.
  ///   - argumentTypes: dtypes of the arguments.
  ///   - argumentShapes: what is known of their shapes.
  ///   - body: gets the graph of the function's body and the arguments in it; makes operations in that
  ///     graph only. Tensors of this graph come in as arguments.
  /// - Throws: ``StatusError/Code/invalidArgument`` if a result belongs to another graph; what `body`
  ///   throws.
  /// - SeeAlso: `tf.function`, `Defun`.
  public func defineFunction(
    _ name: String, argumentTypes: [DType], argumentShapes: [PartialShape]? = nil,
    body: (Graph, [AnyOutput]) throws -> [AnyOutput]
  ) throws(StatusError) -> TracedFunction {
    var function = try FunctionGraph(in: self)
    for (index, type) in argumentTypes.enumerated() {
      let shapes = argumentShapes ?? []
      try function.addArgument(
        type, shape: shapes.indices.contains(index) ? shapes[index] : .unknown)
    }
    do { function.results = try body(function.graph, function.arguments) } catch {
      throw StatusError.wrapping(error)
    }
    for result in function.results where result.graph !== function.graph {
      throw .invalidArgument(
        "Result '\(result.name)' of function '\(name)' is not made in the function's graph.")
    }
    let definition = try function.definition(named: uniqueFunctionName(name))
    try merge(function.graph.library)
    try add(definition)
    return TracedFunction(
      name: definition.name, argumentTypes: argumentTypes, resultTypes: function.resultTypes,
      isStateful: definition.isStateful, resultShapes: function.results.map(\.shape))
  }

  /// Calls a function.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if number or dtypes of the arguments do not fit.
  /// - SeeAlso: TensorFlow op `PartitionedCall`.
  public func call(
    _ function: TracedFunction, _ arguments: [AnyOutput], name: String? = nil
  ) throws(StatusError) -> [AnyOutput] {
    try check(arguments, function)
    let operation = try addOperation(
      function.isStateful ? "StatefulPartitionedCall" : "PartitionedCall", inputs: arguments,
      attributes: [
        "f": function.reference, "Tout": .types(function.resultTypes),
        "_output_shapes": .shapes(function.resultShapes),
      ], name: name)
    return operation.outputs
  }

  fileprivate func check(
    _ arguments: [AnyOutput], _ function: TracedFunction
  ) throws(StatusError) {
    guard arguments.map(\.dtype.base) == function.argumentTypes else {
      throw .invalidArgument(
        "Function '\(function.name)' expected arguments of dtypes \(function.argumentTypes), got "
          + "\(arguments.map(\.dtype.base))")
    }
  }
}

/// Repeats `body` while `condition` holds, both functions of the library.
///
/// - Returns: the variables after the last iteration.
/// - Throws: ``StatusError/Code/invalidArgument`` if the functions do not fit the variables.
/// - SeeAlso: TensorFlow op `While`.
public func functionalWhile(
  loopVariables: [AnyOutput], parallelIterations: Int = 10, name: String? = nil,
  condition: TracedFunction, body: TracedFunction
) throws(StatusError) -> [AnyOutput] {
  guard let graph = loopVariables.first?.graph else {
    throw .invalidArgument("No loop variables provided")
  }
  try graph.check(loopVariables, condition)
  try graph.check(loopVariables, body)
  guard condition.resultTypes.count == 1, body.resultTypes == body.argumentTypes else {
    throw .invalidArgument(
      "The condition of a loop has one result and its body those of the variables' dtypes, got "
        + "\(condition.resultTypes) and \(body.resultTypes)")
  }
  let isStateful = condition.isStateful || body.isStateful
  return try graph.addOperation(
    isStateful ? "While" : "StatelessWhile", inputs: loopVariables,
    attributes: [
      "cond": condition.reference, "body": body.reference,
      "output_shapes": .shapes(
        zip(loopVariables, body.resultShapes).map { $0.shape.relaxed(with: $1) }),
      "parallel_iterations": .int(Int64(parallelIterations)),
    ], name: name
  ).outputs
}

/// Calls one of two functions.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if the functions do not fit the arguments or each other.
/// - SeeAlso: TensorFlow op `If`.
public func functionalIf(
  _ predicate: AnyOutput, _ arguments: [AnyOutput], then: TracedFunction,
  else otherwise: TracedFunction, name: String? = nil
) throws(StatusError) -> [AnyOutput] {
  let graph = predicate.graph
  let shapes = try graph.checkBranches([then, otherwise], arguments)
  let isStateful = then.isStateful || otherwise.isStateful
  return try graph.addOperation(
    isStateful ? "If" : "StatelessIf", inputs: [predicate] + arguments,
    attributes: [
      "Tin": .types(arguments.map(\.dtype.base)), "Tout": .types(then.resultTypes),
      "then_branch": then.reference, "else_branch": otherwise.reference,
      "output_shapes": .shapes(shapes),
    ], name: name
  ).outputs
}

/// Calls the function that `index` names; the last one for an index outside.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if the functions do not fit the arguments or each other.
/// - SeeAlso: TensorFlow op `Case`.
public func functionalCase(
  _ index: Output<Int32>, _ arguments: [AnyOutput], branches: [TracedFunction],
  name: String? = nil
) throws(StatusError) -> [AnyOutput] {
  let graph = index.graph
  let shapes = try graph.checkBranches(branches, arguments)
  return try graph.addOperation(
    branches.contains(where: \.isStateful) ? "Case" : "StatelessCase",
    inputs: [index.erased] + arguments,
    attributes: [
      "Tin": .types(arguments.map(\.dtype.base)),
      "Tout": .types(branches.first?.resultTypes ?? []),
      "branches": .list(branches.map(\.reference)), "output_shapes": .shapes(shapes),
    ], name: name
  ).outputs
}

extension Graph {
  /// - Returns: what the results of all branches have in common.
  fileprivate func checkBranches(
    _ branches: [TracedFunction], _ arguments: [AnyOutput]
  ) throws(StatusError) -> [PartialShape] {
    guard let first = branches.first else {
      throw .invalidArgument("A choice needs at least one branch")
    }
    var shapes = first.resultShapes
    for branch in branches {
      try check(arguments, branch)
      guard branch.resultTypes == first.resultTypes else {
        throw .invalidArgument(
          "Outputs of the branches must have the same type: \(first.resultTypes) and "
            + "\(branch.resultTypes)")
      }
      shapes = zip(shapes, branch.resultShapes).map { $0.relaxed(with: $1) }
    }
    return shapes
  }
}
