public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let extremal = """
  {bfloat16, half, float, double, int8, uint8, int16, uint16, int32, uint32, int64, uint64}
  """

/// The gradient goes to the operand that won; to the first one if both are equal.
private func gradientToWinner(_ comparison: String) -> GradientRule {
  .binary { context, x, y, upstream in
    let first = try context.build(comparison, [x, y])
    let zeros = try context.zerosLike(upstream)
    return (
      try context.select(first, upstream, zeros), try context.select(first, zeros, upstream)
    )
  }
}

/// The larger of `x` and `y`; NaN where either is NaN, `x` where both are equal.
public enum Maximum: BinaryElementwise, RealBinary {
  public static let signature = OpSignature.binary("Maximum", over: extremal)
  public static let gradient = gradientToWinner("GreaterEqual")
  public static let kernels = KernelTable.real(Maximum.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    a >= b || a != a ? a : b
  }
}

/// The smaller of `x` and `y`; NaN where either is NaN, `x` where both are equal.
public enum Minimum: BinaryElementwise, RealBinary {
  public static let signature = OpSignature.binary("Minimum", over: extremal)
  public static let gradient = gradientToWinner("LessEqual")
  public static let kernels = KernelTable.real(Minimum.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    a <= b || a != a ? a : b
  }
}

/// The larger of `a` and `b`, element by element with broadcasting; NaN where either is NaN.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Maximum`.
public func maximum<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Maximum", with: b, name: name)
}

/// The smaller of `a` and `b`, element by element with broadcasting; NaN where either is NaN.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Minimum`.
public func minimum<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Minimum", with: b, name: name)
}
