public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `x - y`, element by element with broadcasting; integers wrap.
public enum Sub: BinaryElementwise, NumericBinary {
  public static let signature = OpSignature.binary(
    "Sub",
    over: """
      {bfloat16, half, float, double, uint8, int8, uint16, int16, int32, int64, complex64, \
      complex128, uint32, uint64}
      """)
  public static let gradient = GradientRule.binary { context, _, _, upstream in
    (upstream, try context.neg(upstream))
  }
  public static let kernels = KernelTable.numeric(Sub.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: NumericScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.wrappingSubtract(a, b)
  }
}

/// `a - b`, element by element with broadcasting; integers wrap.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Sub`.
public func - <Scalar: NumericScalar>(
  a: Output<Scalar>, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Sub", with: b, name: "sub")
}

/// `(x - y)²`, element by element with broadcasting; for complex numbers `(x - y) · conj(x - y)`.
public enum SquaredDifference: BinaryElementwise, NumericBinary {
  public static let signature = OpSignature.binary(
    "SquaredDifference",
    over: "{bfloat16, half, float, double, int32, int64, complex64, complex128}",
    isCommutative: true)
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    let gradient = try context.mul(context.scaled(upstream, by: 2), context.sub(x, y))
    return (gradient, try context.neg(gradient))
  }
  public static let kernels = KernelTable.numeric(
    SquaredDifference.self, over: .field.union([.int32, .int64]))

  @inlinable @inline(__always)
  public static func apply<Scalar: NumericScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    let difference = Scalar.wrappingSubtract(a, b)
    return Scalar.wrappingMultiply(difference, Scalar.conjugated(difference))
  }
}

/// `(a - b)²`, element by element with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `SquaredDifference`.
public func squaredDifference<Scalar: NumericScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("SquaredDifference", with: b, name: name)
}
