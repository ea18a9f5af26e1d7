public import LoomCore
public import LoomGraph

/// Derivatives of the sum of `ys` with respect to each of `xs`, as operations added to the graph.
///
/// - Parameters:
///   - ys: Floating or complex tensors of one graph.
///   - xs: Tensors of the same graph; the handle of a resource variable stands for its value.
///   - upstream: The gradient that arrives at each of `ys`; ones where `nil`. Complex `ys` need one.
///   - stopGradients: Tensors to be taken as constants.
/// - Returns: One gradient for each of `xs`; `nil` where nothing of it reaches `ys`, or
///   where a dtype on the way has no derivative. `LoomGraph/IndexedSlices` where only rows
///   of a tensor are read.
/// - Throws: ``StatusError/Code/notFound`` if an op on the way has no gradient,
///   ``StatusError/Code/invalidArgument`` if `upstream` does not fit.
/// - Complexity: O(operations of the graph); no recursion, so the depth of the graph does not matter.
/// - SeeAlso: `tf.gradients`.
public func gradients(
  of ys: [AnyOutput], withRespectTo xs: [AnyOutput], upstream: [AnyOutput?]? = nil,
  stoppingAt stopGradients: [AnyOutput] = [], options: GradientOptions = GradientOptions()
) throws(StatusError) -> [Gradient?] {
  guard let graph = ys.first?.graph ?? xs.first?.graph else { return [] }
  for output in ys + xs + stopGradients + (upstream ?? []).compactMap({ $0 })
  where output.graph !== graph {
    throw .invalidArgument("Tensor '\(output.name)' must be from the same graph as '\(ys)'.")
  }
  if let upstream, upstream.count != ys.count {
    throw .invalidArgument("Passed \(upstream.count) grad_ys for \(ys.count) ys")
  }
  return try graph.withNameScope(options.name) { () throws(StatusError) in
    var builder = GradientBuilder(graph: graph, xs: xs, options: options)
    try builder.start(
      ys, upstream: upstream ?? [AnyOutput?](repeating: nil, count: ys.count),
      stopping: stopGradients)
    try builder.run()
    return try builder.results()
  }
}

/// The derivative of `y` (summed, if it is not a scalar) with respect to `x`, dense; `nil` if
/// `x` does not reach `y`.
///
/// - Throws: what ``gradients(of:withRespectTo:upstream:stoppingAt:options:)`` throws.
public func gradient<Y: TensorScalar, X: TensorScalar>(
  of y: Output<Y>, withRespectTo x: Output<X>, options: GradientOptions = GradientOptions()
) throws(StatusError) -> Output<X>? {
  try denseGradient(of: y, x, options)
}

/// The derivatives of `y` with respect to several tensors, dense; `nil` where one does not reach `y`.
///
/// - Throws: what ``gradients(of:withRespectTo:upstream:stoppingAt:options:)`` throws.
public func gradients<Y: TensorScalar, each X: TensorScalar>(
  of y: Output<Y>, withRespectTo xs: repeat Output<each X>,
  options: GradientOptions = GradientOptions()
) throws(StatusError) -> (repeat Output<each X>?) {
  var erased: [AnyOutput] = []
  for x in repeat each xs { erased.append(x.erased) }
  var rest = try gradients(of: [y.erased], withRespectTo: erased, options: options)[...]
  return try (repeat takeDense(&rest, (each xs)))
}

private func denseGradient<Y: TensorScalar, X: TensorScalar>(
  of y: Output<Y>, _ x: Output<X>, _ options: GradientOptions
) throws(StatusError) -> Output<X>? {
  var result = try gradients(of: [y.erased], withRespectTo: [x.erased], options: options)[...]
  return try takeDense(&result, x)
}

private func takeDense<X: TensorScalar>(
  _ rest: inout ArraySlice<Gradient?>, _ x: Output<X>
) throws(StatusError) -> Output<X>? {
  guard let gradient = rest.popFirst() ?? nil else { return nil }
  return try Output(x.graph.dense(gradient))
}
