public import LoomCore
public import LoomGraph

/// What becomes of the gradients of a step.
public enum GradientReduction: String, Sendable {
  case mean = "MEAN"
  case sum = "SUM"
}

/// Adds up the gradients of a step, from wherever they come, until somebody takes their mean or sum.
/// Gradients that come too late, of an earlier step, are dropped.
public struct ConditionalAccumulator<Scalar: FloatingScalar>: Sendable {
  public let handle: AnyOutput
  public let shape: PartialShape

  public var graph: Graph { handle.graph }

  /// Adds a gradient, unless `step` is over.
  ///
  /// - Parameter step: By default 0, which is over after the first take.
  /// - Throws: at run time ``StatusError/Code/invalidArgument`` if its shape does not fit.
  /// - SeeAlso: TensorFlow op `ResourceAccumulatorApplyGradient`.
  public func apply(
    _ gradient: Output<Scalar>, step: Output<Int64>? = nil, name: String? = nil
  ) throws(StatusError) -> Operation {
    _ = try shape.merged(with: gradient.shape)
    let step = try graph.numbers(step, or: 0)
    return try graph.addOperation(
      "ResourceAccumulatorApplyGradient", inputs: [handle, step, gradient.erased], name: name)
  }

  /// The mean, or sum, of a step's gradients, and the end of that step; waits until there are `count`.
  ///
  /// - SeeAlso: TensorFlow op `ResourceAccumulatorTakeGradient`.
  public func take(_ count: Int, name: String? = nil) throws(StatusError) -> Output<Scalar> {
    let output = try graph.build(
      "ResourceAccumulatorTakeGradient", [handle, graph.constantInt(count)],
      ["dtype": .type(Scalar.dtype)], name: name)
    try output.setShape(shape)
    return try Output(output)
  }

  /// How many gradients there are.
  public func count(name: String? = nil) throws(StatusError) -> Output<Int32> {
    try Output(graph.build("ResourceAccumulatorNumAccumulated", [handle], name: name))
  }

  /// Makes gradients of steps before `step` come too late.
  public func setStep(_ step: Output<Int64>, name: String? = nil) throws(StatusError) -> Operation {
    try graph.addOperation(
      "ResourceAccumulatorSetGlobalStep", inputs: [handle, step.erased], name: name)
  }
}

/// A ``ConditionalAccumulator`` of gradients of some rows.
public struct SparseConditionalAccumulator<Scalar: FloatingScalar>: Sendable {
  public let handle: AnyOutput
  public let shape: PartialShape

  public var graph: Graph { handle.graph }

  /// Adds the gradients of some rows, unless `step` is over.
  ///
  /// - Parameters:
  ///   - indices: `[count]`, the rows, in ascending order.
  ///   - values: `[count, ...]`.
  ///   - denseShape: Of the whole gradient, if it is known.
  /// - Throws: at run time ``StatusError/Code/invalidArgument`` if they do not fit.
  /// - SeeAlso: TensorFlow op `SparseAccumulatorApplyGradient`.
  public func apply(
    indices: Output<Int64>, values: Output<Scalar>, denseShape: Output<Int64>? = nil,
    step: Output<Int64>? = nil, name: String? = nil
  ) throws(StatusError) -> Operation {
    let step = try graph.numbers(step, or: 0)
    let shape = try graph.numbers(denseShape, or: [])
    return try graph.addOperation(
      "SparseAccumulatorApplyGradient",
      inputs: [handle, step, indices.erased, values.erased, shape],
      attributes: ["has_known_shape": .bool(denseShape != nil)], name: name)
  }

  /// The mean, or sum, of the rows that had gradients, each by itself; waits until there are `count`.
  ///
  /// - SeeAlso: TensorFlow op `SparseAccumulatorTakeGradient`.
  public func take(_ count: Int, name: String? = nil) throws(StatusError) -> IndexedSlices {
    let outputs = try graph.addOperation(
      "SparseAccumulatorTakeGradient", inputs: [handle, graph.constantInt(count)],
      attributes: ["dtype": .type(Scalar.dtype)], name: name
    ).outputs
    return IndexedSlices(values: outputs[1], indices: outputs[0], denseShape: outputs[2])
  }

  /// How many gradients there are.
  public func count(name: String? = nil) throws(StatusError) -> Output<Int32> {
    try Output(graph.build("AccumulatorNumAccumulated", [handle], name: name))
  }

  /// Makes gradients of steps before `step` come too late.
  public func setStep(_ step: Output<Int64>, name: String? = nil) throws(StatusError) -> Operation {
    try graph.addOperation("AccumulatorSetGlobalStep", inputs: [handle, step.erased], name: name)
  }
}

extension Graph {
  fileprivate func numbers(
    _ given: Output<Int64>?, or value: Int
  ) throws(StatusError) -> AnyOutput {
    if let given { return given.erased }
    return try constantInt(value, as: .int64)
  }

  fileprivate func numbers(
    _ given: Output<Int64>?, or values: [Int]
  ) throws(StatusError) -> AnyOutput {
    if let given { return given.erased }
    return try constantVector(values, as: .int64)
  }

  private func accumulator(
    _ op: String, _ dtype: DType, _ shape: PartialShape, _ reduction: GradientReduction,
    _ sharedName: String?, _ name: String?
  ) throws(StatusError) -> AnyOutput {
    try build(
      op, [],
      [
        "dtype": .type(dtype), "shape": .shape(shape),
        "reduction_type": .string(ByteString(reduction.rawValue)),
        "shared_name": .string(ByteString(sharedName ?? "")),
      ], name: name)
  }

  /// An accumulator of gradients of the given shape.
  ///
  /// - SeeAlso: TensorFlow op `ResourceConditionalAccumulator`.
  public func conditionalAccumulator<Scalar: FloatingScalar>(
    of type: Scalar.Type = Scalar.self, shape: PartialShape = .unknown,
    reduction: GradientReduction = .mean, sharedName: String? = nil, name: String? = nil
  ) throws(StatusError) -> ConditionalAccumulator<Scalar> {
    ConditionalAccumulator(
      handle: try accumulator(
        "ResourceConditionalAccumulator", Scalar.dtype, shape, reduction, sharedName,
        name ?? "conditional_accumulator"), shape: shape)
  }

  /// An accumulator of gradients of rows of a tensor of the given shape.
  ///
  /// - SeeAlso: TensorFlow op `SparseConditionalAccumulator`.
  public func sparseConditionalAccumulator<Scalar: FloatingScalar>(
    of type: Scalar.Type = Scalar.self, shape: PartialShape = .unknown,
    reduction: GradientReduction = .mean, sharedName: String? = nil, name: String? = nil
  ) throws(StatusError) -> SparseConditionalAccumulator<Scalar> {
    SparseConditionalAccumulator(
      handle: try accumulator(
        "SparseConditionalAccumulator", Scalar.dtype, shape, reduction, sharedName,
        name ?? "sparse_conditional_accumulator"), shape: shape)
  }
}
