public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `-x`, element by element; the smallest integer stays itself.
public enum Neg: UnaryElementwise, NumericUnary {
  public static let signature = OpSignature.unary("Neg", over: Types.signed)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.neg(upstream)
  }
  public static let kernels = KernelTable.numeric(
    Neg.self, over: .field.union(Set.signedIntegers))

  @inlinable @inline(__always)
  public static func apply<Scalar: NumericScalar>(_ x: Scalar) -> Scalar { Scalar.negated(x) }
}

/// `|x|`, element by element; the smallest integer stays itself.
public enum Abs: UnaryElementwise, RealUnary {
  public static let signature = OpSignature.unary(
    "Abs", over: "{bfloat16, half, float, double, int8, int16, int32, int64}")
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.build("Sign", [context.input(0)]))
  }
  public static let kernels = KernelTable.real(Abs.self, over: .floating.union(Set.signedIntegers))

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ x: Scalar) -> Scalar {
    // Equal to zero counts as negative, so that -0 becomes 0.
    x > .zero ? x : Scalar.wrappingSubtract(.zero, x)
  }
}

/// -1, 0 or 1 by the sign of `x`; NaN stays NaN; `x / |x|` for complex numbers.
public enum Sign: UnaryElementwise, RealUnary, ComplexKernelFamily {
  public static let signature = OpSignature.unary("Sign", over: Types.signed)
  public static let gradient = GradientRule.unary { context, _ in
    try context.zerosLike(context.input(0))
  }
  public static let kernels = KernelTable.real(
    Sign.self, over: .floating.union(Set.signedIntegers)
  ).or(.complex(Sign.self))

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ x: Scalar) -> Scalar {
    if x > .zero { return .one }
    if x < .zero { return Scalar.negated(.one) }
    return x == .zero ? .zero : x
  }

  public static func kernel<Real: FloatingScalar & BinaryFloatingPoint>(
    _ type: Complex<Real>.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(UnaryKernel<ComplexSign<Real>>())
  }
}

private enum ComplexSign<Real: FloatingScalar & BinaryFloatingPoint>: UnaryBody {
  static var cost: Double { 5 }
  static func apply(_ x: Complex<Real>) -> Complex<Real> {
    let length = x.magnitude
    return length == 0 ? .zero : Complex(x.real / length, x.imaginary / length)
  }
}

/// `-x`, element by element; the smallest integer stays itself.
///
/// - SeeAlso: TensorFlow op `Neg`.
public prefix func - <Scalar: NumericScalar>(
  x: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Neg")
}

/// `|x|`, element by element; the smallest integer stays itself.
///
/// - SeeAlso: TensorFlow op `Abs`.
public func abs<Scalar: RealScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Abs", name: name)
}

/// -1, 0 or 1 by the sign of `x`; NaN stays NaN.
///
/// - SeeAlso: TensorFlow op `Sign`.
public func sign<Scalar: NumericScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Sign", name: name)
}
