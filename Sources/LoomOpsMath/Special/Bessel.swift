import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

extension GradientContext {
  /// `derivative`, except where the input is 0, where it divides by zero: `limit` there.
  fileprivate func mended(_ derivative: AnyOutput, limit: Double) throws(StatusError) -> AnyOutput {
    let x = try input(0)
    let isZero = try equal(x, constant(0, x.dtype))
    return try select(isZero, constant(limit, x.dtype), derivative)
  }

  /// Another function of the input.
  fileprivate func function(_ op: String) throws(StatusError) -> AnyOutput {
    try build(op, [input(0)])
  }

  /// The output over the input.
  fileprivate func ratio() throws(StatusError) -> AnyOutput { try div(output(0), input(0)) }
}

/// The modified Bessel function of the first kind of order 0.
public enum BesselI0: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselI0", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.function("BesselI1"))
  }
  public static let kernels = KernelTable.elementary(.besselI0, over: [.half, .float, .double])
}

/// `exp(-|x|)` times ``BesselI0``: no overflow.
public enum BesselI0e: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselI0e", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let decay = try context.mul(context.function("Sign"), context.output(0))
    return try context.mul(upstream, context.sub(context.function("BesselI1e"), decay))
  }
  public static let kernels = KernelTable.elementary(.besselI0e, over: [.half, .float, .double])
}

/// The modified Bessel function of the first kind of order 1.
public enum BesselI1: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselI1", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let derivative = try context.sub(context.function("BesselI0"), context.ratio())
    return try context.mul(upstream, context.mended(derivative, limit: 1))
  }
  public static let kernels = KernelTable.elementary(.besselI1, over: [.half, .float, .double])
}

/// `exp(-|x|)` times ``BesselI1``: no overflow.
public enum BesselI1e: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselI1e", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let sum = try context.add(context.function("Sign"), context.function("Reciprocal"))
    let derivative = try context.sub(
      context.function("BesselI0e"), context.mul(context.output(0), sum))
    return try context.mul(upstream, context.mended(derivative, limit: 0.5))
  }
  public static let kernels = KernelTable.elementary(.besselI1e, over: [.half, .float, .double])
}

/// The modified Bessel function of the second kind of order 0; ∞ up to zero.
public enum BesselK0: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselK0", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.neg(context.function("BesselK1")))
  }
  public static let kernels = KernelTable.elementary(.besselK0, over: [.half, .float, .double])
}

/// `exp(x)` times ``BesselK0``: no underflow.
public enum BesselK0e: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselK0e", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.sub(context.output(0), context.function("BesselK1e")))
  }
  public static let kernels = KernelTable.elementary(.besselK0e, over: [.half, .float, .double])
}

/// The modified Bessel function of the second kind of order 1; ∞ up to zero.
public enum BesselK1: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselK1", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let derivative = try context.sub(
      context.neg(context.function("BesselK0")), context.ratio())
    return try context.mul(upstream, derivative)
  }
  public static let kernels = KernelTable.elementary(.besselK1, over: [.half, .float, .double])
}

/// `exp(x)` times ``BesselK1``: no underflow.
public enum BesselK1e: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselK1e", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let factor = try context.oneMinus(context.function("Reciprocal"))
    let derivative = try context.sub(
      context.mul(context.output(0), factor), context.function("BesselK0e"))
    return try context.mul(upstream, derivative)
  }
  public static let kernels = KernelTable.elementary(.besselK1e, over: [.half, .float, .double])
}

/// The Bessel function of the first kind of order 0.
public enum BesselJ0: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselJ0", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.neg(context.function("BesselJ1")))
  }
  public static let kernels = KernelTable.elementary(.besselJ0, over: [.half, .float, .double])
}

/// The Bessel function of the first kind of order 1.
public enum BesselJ1: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselJ1", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let derivative = try context.sub(context.function("BesselJ0"), context.ratio())
    return try context.mul(upstream, context.mended(derivative, limit: 0.5))
  }
  public static let kernels = KernelTable.elementary(.besselJ1, over: [.half, .float, .double])
}

/// The Bessel function of the second kind of order 0; -∞ up to zero.
public enum BesselY0: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselY0", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.neg(context.function("BesselY1")))
  }
  public static let kernels = KernelTable.elementary(.besselY0, over: [.half, .float, .double])
}

/// The Bessel function of the second kind of order 1; -∞ up to zero.
public enum BesselY1: UnaryElementwise {
  public static let signature = OpSignature.unary("BesselY1", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let derivative = try context.sub(context.function("BesselY0"), context.ratio())
    return try context.mul(upstream, derivative)
  }
  public static let kernels = KernelTable.elementary(.besselY1, over: [.half, .float, .double])
}
