import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

extension GradientContext {
  /// `function(π/2 · x²)`.
  fileprivate func ofHalfTurns(_ function: String) throws(StatusError) -> AnyOutput {
    try build(function, [scaled(square(input(0)), by: Double.pi / 2)])
  }
}

/// Dawson's integral `exp(-x²) ∫₀ˣ exp(t²) dt`.
public enum Dawsn: UnaryElementwise {
  public static let signature = OpSignature.unary("Dawsn", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let product = try context.mul(context.scaled(context.input(0), by: 2), context.output(0))
    return try context.mul(upstream, context.oneMinus(product))
  }
  public static let kernels = KernelTable.elementary(.dawson, over: [.float, .double])
}

/// The exponential integral `Ei(x)`; NaN below zero.
public enum Expint: UnaryElementwise {
  public static let signature = OpSignature.unary("Expint", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let x = try context.input(0)
    return try context.div(context.mul(upstream, context.exp(x)), x)
  }
  public static let kernels = KernelTable.elementary(.exponentialIntegral, over: [.float, .double])
}

/// Fresnel's integral `∫₀ˣ cos(πt²/2) dt`.
public enum FresnelCos: UnaryElementwise {
  public static let signature = OpSignature.unary("FresnelCos", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.ofHalfTurns("Cos"))
  }
  public static let kernels = KernelTable.elementary(.fresnelCosine, over: [.float, .double])
}

/// Fresnel's integral `∫₀ˣ sin(πt²/2) dt`.
public enum FresnelSin: UnaryElementwise {
  public static let signature = OpSignature.unary("FresnelSin", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.ofHalfTurns("Sin"))
  }
  public static let kernels = KernelTable.elementary(.fresnelSine, over: [.float, .double])
}

/// Spence's function `-∫₁ˣ log(t) / (t - 1) dt`; NaN below zero.
public enum Spence: UnaryElementwise {
  public static let signature = OpSignature.unary("Spence", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let x = try context.input(0)
    let one = try context.constant(1, x.dtype)
    let derivative = try context.div(context.log(x), context.oneMinus(x))
    let mended = try context.select(
      context.equal(x, one), context.constant(-1, x.dtype), derivative)
    return try context.mul(upstream, mended)
  }
  public static let kernels = KernelTable.elementary(.spence, over: [.float, .double])
}
