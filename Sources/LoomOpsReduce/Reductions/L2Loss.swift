public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Half the sum of squares of all elements.
public enum L2Loss: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "L2Loss", inputs: ["t: T"], outputs: ["output: T"],
    attributes: [
      "T: {half, bfloat16, float, double}"
    ])
  public static let shapes = ShapeFunction.scalar
  public static let gradient = GradientRule.dense { context in
    [try context.mul(context.input(0), context.upstream(0))]
  }
  public static let kernels = KernelTable.floating(L2Loss.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(L2LossKernel<Scalar>())
  }
}

private enum HalfSquareBody<Scalar: FloatingScalar>: ReductionBody {
  static var initial: Scalar.Accumulator { 0 }
  @inline(__always) static func include(
    _ x: Scalar, in partial: Scalar.Accumulator
  ) -> Scalar.Accumulator {
    let x = x.accumulator
    return partial + x * x
  }
  @inline(__always) static func combine(
    _ a: Scalar.Accumulator, _ b: Scalar.Accumulator
  ) -> Scalar.Accumulator { a + b }
  static func finish(_ partial: Scalar.Accumulator, count: Int) -> Scalar { Scalar(partial / 2) }
}

private final class L2LossKernel<Scalar: FloatingScalar>: Kernel {
  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let x = try context.input(0)
    let flat = try x.reshaped(to: Shape(vector: x.elementCount))
    let plan = try ReductionPlan(flat.shape, axes: [0], keepingDimensions: false)
    let output = try context.allocate(0, dtype: Scalar.dtype, shape: .scalar)
    try Reduction<HalfSquareBody<Scalar>>.run(flat, plan, into: output, context)
  }
}

/// Half the sum of squares of all elements of `t`.
///
/// - SeeAlso: TensorFlow op `L2Loss`.
public func l2Loss<Scalar: FloatingScalar>(
  _ t: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(t.graph.addOperation("L2Loss", inputs: [t.erased], name: name).output(0))
}
