public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `x · y`, element by element with broadcasting; integers wrap.
public enum Mul: BinaryElementwise, NumericBinary {
  public static let signature = OpSignature.binary(
    "Mul",
    over: """
      {bfloat16, half, float, double, uint8, int8, uint16, int16, int32, uint32, uint64, int64, \
      complex64, complex128}
      """, isCommutative: true)
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    (
      try context.mul(upstream, context.conjugate(y)),
      try context.mul(context.conjugate(x), upstream)
    )
  }
  public static let kernels = KernelTable.numeric(Mul.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: NumericScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.wrappingMultiply(a, b)
  }
}

/// `a · b`, element by element with broadcasting; integers wrap.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Mul`.
public func * <Scalar: NumericScalar>(
  a: Output<Scalar>, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Mul", with: b, name: "mul")
}

/// `x · y`, but 0 wherever `y` is 0, even if `x` is NaN or infinite.
public enum MulNoNan: BinaryElementwise, FieldBinary {
  public static let signature = OpSignature.binary("MulNoNan", over: Types.field)
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    (
      try context.build("MulNoNan", [upstream, y]), try context.build("MulNoNan", [x, upstream])
    )
  }
  public static let kernels = KernelTable.field(MulNoNan.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FieldScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    b == .zero ? .zero : Scalar.wrappingMultiply(a, b)
  }
}

/// `a · b`, but 0 wherever `b` is 0, even if `a` is NaN or infinite.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `MulNoNan`.
public func multiplyNoNaN<Scalar: FieldScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("MulNoNan", with: b, name: name)
}
