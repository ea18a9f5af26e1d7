public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

extension GradientContext {
  /// `upstream · factor · exp(-x²)`, the derivative of a multiple of the error function.
  fileprivate func bell(_ upstream: AnyOutput, factor: Double) throws(StatusError) -> AnyOutput {
    let exponential = try exp(neg(square(input(0))))
    return try mul(scaled(upstream, by: factor), exponential)
  }
}

/// The error function `2/√π ∫₀ˣ exp(-t²) dt`.
public enum Erf: UnaryElementwise {
  public static let signature = OpSignature.unary("Erf", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.bell(upstream, factor: 2 / Double.pi.squareRoot())
  }
  public static let kernels = KernelTable.elementary(.erf)
}

/// `1 - erf(x)`, exact also for large `x`.
public enum Erfc: UnaryElementwise {
  public static let signature = OpSignature.unary("Erfc", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.bell(upstream, factor: -2 / Double.pi.squareRoot())
  }
  public static let kernels = KernelTable.elementary(.erfc)
}

/// The inverse of the error function; NaN outside of `-1 ... 1`.
public enum Erfinv: UnaryElementwise {
  public static let signature = OpSignature.unary("Erfinv", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let power = try context.exp(context.square(context.output(0)))
    return try context.mul(
      context.scaled(upstream, by: Double.pi.squareRoot() / 2), power)
  }
  public static let kernels = KernelTable.elementary(.erfinv, over: [.float, .double])
}

/// The quantile of the standard normal distribution; NaN outside of `0 ... 1`.
public enum Ndtri: UnaryElementwise {
  public static let signature = OpSignature.unary("Ndtri", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let half = try context.scaled(context.square(context.output(0)), by: 0.5)
    return try context.mul(
      context.scaled(upstream, by: (2 * Double.pi).squareRoot()), context.exp(half))
  }
  public static let kernels = KernelTable.elementary(.ndtri, over: [.float, .double])
}

/// The error function `2/√π ∫₀ˣ exp(-t²) dt`, element by element.
///
/// - SeeAlso: TensorFlow op `Erf`.
public func erf<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Erf", name: name)
}

/// `1 - erf(x)`, exact also for large `x`, element by element.
///
/// - SeeAlso: TensorFlow op `Erfc`.
public func erfc<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Erfc", name: name)
}

/// The inverse of the error function, element by element; NaN outside of `-1 ... 1`.
///
/// - SeeAlso: TensorFlow op `Erfinv`.
public func inverseErf<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Erfinv", name: name)
}

/// The quantile of the standard normal distribution, element by element; NaN outside of `0 ... 1`.
///
/// - SeeAlso: TensorFlow op `Ndtri`.
public func normalQuantile<Scalar: FloatingScalar>(
  _ p: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try p.applying("Ndtri", name: name)
}
