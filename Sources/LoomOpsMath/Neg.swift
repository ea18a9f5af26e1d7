public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `-x`, element by element; the smallest integer stays itself.
public enum Neg: OpDeclaration, NumericUnary {
  public static let signature = OpSignature(
    "Neg", inputs: ["x: T"], outputs: ["y: T"],
    attributes: [
      "T: {bfloat16, half, float, double, int8, int16, int32, int64, complex64, complex128}"
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    [try context.neg(context.upstream(0))]
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.numeric(Neg.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: NumericScalar>(_ x: Scalar) -> Scalar {
    Scalar.wrappingSubtract(.zero, x)
  }
}
