import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Adds a gradient to an accumulator, unless it belongs to an earlier step.
enum AccumulatorApplyGradient: StatefulOp {
  static let signature = OpSignature(
    "AccumulatorApplyGradient",
    inputs: ["handle: Ref(string)", "local_step: int64", "gradient: dtype"],
    attributes: [AccumulatorAttributes.dtype])
  static let shapes = ShapeFunction.none
  static let kernels = accumulatorKernels { accumulator, context in
    let gradient = try context.input(2)
    try accumulator.check(isSparse: false, gradient.dtype)
    try accumulator.apply(
      gradient, step: context.scalar(1, of: Int64.self), budget: context.budget)
    return nil
  }
}

/// ``AccumulatorApplyGradient`` with a resource handle.
enum ResourceAccumulatorApplyGradient: StatefulOp {
  static let signature = OpSignature(
    "ResourceAccumulatorApplyGradient",
    inputs: ["handle: resource", "local_step: int64", "gradient: dtype"],
    attributes: [AccumulatorAttributes.dtype], isStateful: true)
  static let shapes = ShapeFunction.none
  static let kernels = AccumulatorApplyGradient.kernels
}

/// Takes the mean, or the sum, of the gradients of a step; waits until there are enough.
enum AccumulatorTakeGradient: StatefulOp {
  static let signature = OpSignature(
    "AccumulatorTakeGradient", inputs: ["handle: Ref(string)", "num_required: int32"],
    outputs: ["average: dtype"], attributes: [AccumulatorAttributes.dtype])
  static let shapes = ShapeFunction.unknownOfHandle
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("dtype")
    return AccumulatorKernel(construction) { accumulator, context in
      try accumulator.check(isSparse: false, dtype)
      return try take(from: accumulator, context)
    }
  }

  fileprivate static func take(
    from accumulator: GradientAccumulator, _ context: borrowing KernelContext
  ) throws(StatusError) -> (any Suspension)? {
    let required = Int(try context.scalar(1, of: Int32.self))
    return try accumulator.room.submit(TakeGradientRequest(required, from: accumulator), context)
  }
}

/// ``AccumulatorTakeGradient`` with a resource handle.
enum ResourceAccumulatorTakeGradient: StatefulOp {
  static let signature = OpSignature(
    "ResourceAccumulatorTakeGradient", inputs: ["handle: resource", "num_required: int32"],
    outputs: ["average: dtype"], attributes: [AccumulatorAttributes.dtype], isStateful: true)
  static let shapes = ShapeFunction.unknown
  static let kernels = AccumulatorTakeGradient.kernels
}

/// Adds the gradients of some rows to an accumulator, unless they belong to an earlier step.
enum SparseAccumulatorApplyGradient: StatefulOp {
  static let signature = OpSignature(
    "SparseAccumulatorApplyGradient",
    inputs: [
      "handle: Ref(string)", "local_step: int64", "gradient_indices: int64",
      "gradient_values: dtype", "gradient_shape: int64",
    ], attributes: [AccumulatorAttributes.dtype, "has_known_shape: bool"])
  static let shapes = ShapeFunction.none
  static let kernels = KernelTable { construction in
    let hasShape = try construction.attributes.bool("has_known_shape")
    return AccumulatorKernel(construction) { accumulator, context in
      let values = try context.input(3)
      try accumulator.check(isSparse: true, values.dtype)
      try accumulator.apply(
        rows: context.input(2), values, denseShape: hasShape ? context.input(4) : nil,
        step: context.scalar(1, of: Int64.self), budget: context.budget)
      return nil
    }
  }
}

/// Takes the mean, or the sum, of the gradients of a step, row by row; waits until there are enough.
enum SparseAccumulatorTakeGradient: StatefulOp {
  static let signature = OpSignature(
    "SparseAccumulatorTakeGradient", inputs: ["handle: Ref(string)", "num_required: int32"],
    outputs: ["indices: int64", "values: dtype", "shape: int64"],
    attributes: [AccumulatorAttributes.dtype])
  static let shapes = ShapeFunction.unknownOfHandle
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("dtype")
    return AccumulatorKernel(construction) { accumulator, context in
      try accumulator.check(isSparse: true, dtype)
      return try AccumulatorTakeGradient.take(from: accumulator, context)
    }
  }
}

/// How many gradients an accumulator holds.
enum AccumulatorNumAccumulated: StatefulOp {
  static let signature = OpSignature(
    "AccumulatorNumAccumulated", inputs: ["handle: Ref(string)"],
    outputs: ["num_accumulated: int32"])
  static let shapes = ShapeFunction.scalarOfHandle
  static let kernels = accumulatorKernels { accumulator, context in
    let count = try accumulator.room.read { $0.count }
    try context.setScalar(0, Int32(clamping: count))
    return nil
  }
}

/// ``AccumulatorNumAccumulated`` with a resource handle.
enum ResourceAccumulatorNumAccumulated: StatefulOp {
  static let signature = OpSignature(
    "ResourceAccumulatorNumAccumulated", inputs: ["handle: resource"],
    outputs: ["num_accumulated: int32"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let kernels = AccumulatorNumAccumulated.kernels
}

/// Sets the step of an accumulator: gradients of earlier ones are dropped from then on.
enum AccumulatorSetGlobalStep: StatefulOp {
  static let signature = OpSignature(
    "AccumulatorSetGlobalStep", inputs: ["handle: Ref(string)", "new_global_step: int64"])
  static let shapes = ShapeFunction { context in try context.requireRank(1, 0) }
  static let kernels = accumulatorKernels { accumulator, context in
    let step = try context.scalar(1, of: Int64.self)
    try accumulator.room.update { $0.step = step }
    return nil
  }
}

/// ``AccumulatorSetGlobalStep`` with a resource handle.
enum ResourceAccumulatorSetGlobalStep: StatefulOp {
  static let signature = OpSignature(
    "ResourceAccumulatorSetGlobalStep", inputs: ["handle: resource", "new_global_step: int64"],
    isStateful: true)
  static let shapes = AccumulatorSetGlobalStep.shapes
  static let kernels = AccumulatorSetGlobalStep.kernels
}

private func accumulatorKernels(_ body: @escaping AccumulatorKernel.Body) -> KernelTable {
  KernelTable { construction in AccumulatorKernel(construction, body) }
}

/// A kernel that works on the accumulator of input 0, and may have to wait for it.
private final class AccumulatorKernel: AsyncKernel {
  typealias Body =
    @Sendable (GradientAccumulator, borrowing KernelContext) throws -> (any Suspension)?

  private let input: ResourceInput<GradientAccumulator>
  private let body: Body

  init(_ construction: KernelConstruction, _ body: @escaping Body) {
    input = ResourceInput(construction)
    self.body = body
  }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let accumulator = try input.find(context)
    do { return try body(accumulator, context) } catch { throw StatusError.wrapping(error) }
  }
}
