public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `x²`, element by element; integers wrap.
public enum Square: UnaryElementwise, NumericUnary {
  public static let signature = OpSignature.unary(
    "Square",
    over: """
      {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, \
      complex64, complex128}
      """)
  public static let gradient = GradientRule.unary { context, upstream in
    let x = try context.conjugate(context.input(0))
    return try context.mul(upstream, context.scaled(x, by: 2))
  }
  public static let kernels = KernelTable.numeric(Square.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: NumericScalar>(_ x: Scalar) -> Scalar {
    Scalar.wrappingMultiply(x, x)
  }
}

/// `x²`, element by element; integers wrap.
///
/// - SeeAlso: TensorFlow op `Square`.
public func square<Scalar: NumericScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Square", name: name)
}
