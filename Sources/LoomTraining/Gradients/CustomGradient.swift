public import LoomCore
public import LoomGraph

/// Computes tensors whose gradient is given instead of derived.
///
/// - Parameters:
///   - inputs: What the result depends on.
///   - body: Gets the inputs and returns the results with a rule from the gradients of the results
///     to the gradients of the inputs. The graph keeps the rule: tensors of the graph that the rule
///     captures keep the graph alive, those it is given do not.
/// - Returns: The results.
/// - Throws: what `body` throws.
/// - SeeAlso: `tf.custom_gradient`.
public func withCustomGradient(
  of inputs: [AnyOutput],
  _ body: ([AnyOutput]) throws(StatusError) -> (
    results: [AnyOutput], gradient: @Sendable (_ upstream: [AnyOutput]) throws -> [AnyOutput?]
  )
) throws(StatusError) -> [AnyOutput] {
  guard let graph = inputs.first?.graph else {
    throw .invalidArgument("A custom gradient needs at least one input")
  }
  // Nothing may flow back past the rule, so the body works on tensors of its own.
  var own: [AnyOutput] = []
  for input in inputs { own.append(try graph.build("Identity", [input])) }
  let (results, gradient) = try body(own)
  let count = results.count
  let name = graph.uniqueName("CustomGradient")
  let rule = GradientRule.rule { context in
    var upstream: [AnyOutput] = []
    for index in 0..<count { upstream.append(try context.upstream(index)) }
    let flowing = try gradient(upstream)
    return [Gradient?](repeating: nil, count: count) + flowing.map { $0.map(Gradient.dense) }
  }
  try graph.addToCollections(
    [GraphGradientRule.collection], GraphGradientRule(name: name, rule: rule))
  let all = results + own
  return try graph.withGradientOverride(["IdentityN": name]) { () throws(StatusError) in
    Array(try graph.addOperation("IdentityN", inputs: all).outputs.prefix(count))
  }
}

/// Computes a tensor whose gradient is given instead of derived.
///
/// - Throws: what `body` throws.
/// - SeeAlso: `tf.custom_gradient`.
public func withCustomGradient<X: TensorScalar, Y: TensorScalar>(
  of input: Output<X>,
  _ body: (Output<X>) throws(StatusError) -> (
    result: Output<Y>, gradient: @Sendable (_ upstream: Output<Y>) throws -> Output<X>?
  )
) throws(StatusError) -> Output<Y> {
  let results = try withCustomGradient(of: [input.erased]) { (own) throws(StatusError) in
    let (result, gradient) = try body(Output(own[0]))
    return ([result.erased], { upstream in [try gradient(Output(upstream[0]))?.erased] })
  }
  return try Output(results[0])
}
