public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `x` to the power `y`, element by element with broadcasting; integers wrap.
public enum Pow: BinaryElementwise, IntegerBinary {
  public static let signature = OpSignature.binary(
    "Pow",
    over: "{bfloat16, float, half, double, int8, int16, int32, int64, complex64, complex128}")
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    let (base, exponent) = (try context.conjugate(x), try context.conjugate(y))
    let lower = try context.sub(exponent, context.constant(1, y.dtype))
    let gradientX = try context.mul(
      context.mul(upstream, exponent), context.pow(base, lower))
    // The logarithm is singular at zero and complex below: there, nothing flows to the exponent.
    let zeros = try context.zerosLike(x)
    let mask =
      x.dtype.isComplex
      ? try context.build("NotEqual", [base, zeros]) : try context.greater(base, zeros)
    let safe = try context.select(mask, base, context.onesLike(x))
    let logarithm = try context.select(mask, context.log(safe), zeros)
    let power = try context.conjugate(context.output(0))
    return (gradientX, try context.mul(context.mul(upstream, power), logarithm))
  }
  public static let kernels = KernelTable.fieldPower.or(
    .integer(Pow.self, over: .signedIntegers))
  public static var cost: Double { 5 }
  public static var refusal: StatusError {
    .invalidArgument("Integers to negative integer powers are not allowed")
  }

  @inlinable
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    var (result, square, rest) = (1 as Scalar, a, b)
    while rest > 0 {
      if rest & 1 == 1 { result &*= square }
      rest >>= 1
      square &*= square
    }
    return result
  }
  @inlinable @inline(__always)
  public static func accepts<Scalar: IntegerScalar>(_ b: Scalar) -> Bool { b >= 0 }
}

/// `a` to the power `b`, element by element with broadcasting; integers wrap.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast; a negative
///   integer exponent is an error of the run.
/// - SeeAlso: TensorFlow op `Pow`.
public func pow<Scalar: NumericScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Pow", with: b, name: name)
}
