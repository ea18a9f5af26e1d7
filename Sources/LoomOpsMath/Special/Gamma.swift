public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The logarithm of the absolute value of the gamma function.
public enum Lgamma: UnaryElementwise {
  public static let signature = OpSignature.unary("Lgamma", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.build("Digamma", [context.input(0)]))
  }
  public static let kernels = KernelTable.elementary(.lgamma, over: [.half, .float, .double])
}

/// The derivative of ``Lgamma``; NaN at zero and the negative integers.
public enum Digamma: UnaryElementwise {
  public static let signature = OpSignature.unary("Digamma", over: Types.floating)
  public static let gradient = GradientRule.unary { context, upstream in
    let x = try context.input(0)
    let trigamma = try context.build("Polygamma", [context.constant(1, x.dtype), x])
    return try context.mul(upstream, trigamma)
  }
  public static let kernels = KernelTable.elementary(.digamma, over: [.half, .float, .double])
}

extension OpSignature {
  fileprivate static func incompleteGamma(_ name: String, over types: String) -> OpSignature {
    OpSignature(name, inputs: ["a: T", "x: T"], outputs: ["z: T"], attributes: ["T: \(types)"])
  }
}

extension GradientContext {
  /// The derivatives of the lower incomplete gamma function by `a` and `x`, times `upstream`.
  fileprivate func lowerGammaGradients(
    _ a: AnyOutput, _ x: AnyOutput, _ upstream: AnyOutput
  ) throws(StatusError) -> (AnyOutput, AnyOutput) {
    let partialA = try build("IgammaGradA", [a, x])
    // In logarithms, because the gamma function and its derivative grow fast.
    let logarithm = try mul(sub(a, constant(1, a.dtype)), log(x))
    let exponent = try sub(sub(logarithm, x), build("Lgamma", [a]))
    return (try mul(partialA, upstream), try mul(exp(exponent), upstream))
  }
}

/// The regularised lower incomplete gamma function: the share of the gamma distribution with
/// parameter `a` below `x`.
public enum Igamma: BinaryElementwise, FloatingBinary {
  public static let signature = OpSignature.incompleteGamma("Igamma", over: Types.floating)
  public static let gradient = GradientRule.binary { context, a, x, upstream in
    try context.lowerGammaGradients(a, x, upstream)
  }
  public static let kernels = KernelTable.floating(Igamma.self, over: [.float, .double])
  public static var cost: Double { 300 }

  public static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ x: Scalar) -> Scalar {
    Scalar(converting: SpecialFunctions.lowerGamma(a.doubleValue, x.doubleValue))
  }
}

/// The regularised upper incomplete gamma function: one less ``Igamma``.
public enum Igammac: BinaryElementwise, FloatingBinary {
  public static let signature = OpSignature.incompleteGamma("Igammac", over: Types.floating)
  public static let gradient = GradientRule.binary { context, a, x, upstream in
    let (gradientA, gradientX) = try context.lowerGammaGradients(a, x, upstream)
    return (try context.neg(gradientA), try context.neg(gradientX))
  }
  public static let kernels = KernelTable.floating(Igammac.self, over: [.float, .double])
  public static var cost: Double { 300 }

  public static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ x: Scalar) -> Scalar {
    Scalar(converting: SpecialFunctions.upperGamma(a.doubleValue, x.doubleValue))
  }
}

/// The derivative of ``Igamma`` by its first operand.
public enum IgammaGradA: BinaryElementwise, FloatingBinary {
  public static let signature = OpSignature.incompleteGamma("IgammaGradA", over: Types.single)
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(IgammaGradA.self, over: [.float, .double])
  public static var cost: Double { 600 }

  public static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ x: Scalar) -> Scalar {
    Scalar(converting: SpecialFunctions.lowerGammaSlope(a.doubleValue, x.doubleValue))
  }
}

/// The Hurwitz zeta function `Σ (k + q)^-x`.
public enum Zeta: BinaryElementwise, FloatingBinary {
  public static let signature = OpSignature(
    "Zeta", inputs: ["x: T", "q: T"], outputs: ["z: T"], attributes: ["T: \(Types.single)"])
  public static let gradient = GradientRule.binary { context, x, q, upstream in
    let next = try context.build("Zeta", [context.add(x, context.constant(1, x.dtype)), q])
    return (nil, try context.mul(context.mul(context.neg(x), next), upstream))
  }
  public static let kernels = KernelTable.floating(Zeta.self, over: [.float, .double])
  public static var cost: Double { 300 }

  public static func apply<Scalar: FloatingScalar>(_ x: Scalar, _ q: Scalar) -> Scalar {
    Scalar(converting: SpecialFunctions.zeta(x.doubleValue, q.doubleValue))
  }
}

/// The derivative of order `a` of ``Digamma`` at `x`.
public enum Polygamma: BinaryElementwise, FloatingBinary {
  public static let signature = OpSignature.incompleteGamma("Polygamma", over: Types.single)
  public static let gradient = GradientRule.binary { context, order, x, upstream in
    let next = try context.build(
      "Polygamma", [context.add(order, context.constant(1, order.dtype)), x])
    return (nil, try context.mul(next, upstream))
  }
  public static let kernels = KernelTable.floating(Polygamma.self, over: [.float, .double])
  public static var cost: Double { 300 }

  public static func apply<Scalar: FloatingScalar>(_ order: Scalar, _ x: Scalar) -> Scalar {
    Scalar(converting: SpecialFunctions.polygamma(order.doubleValue, x.doubleValue))
  }
}

/// The logarithm of the absolute value of the gamma function, element by element.
///
/// - SeeAlso: TensorFlow op `Lgamma`.
public func lgamma<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Lgamma", name: name)
}

/// The derivative of ``lgamma(_:name:)``, element by element; NaN at zero and the negative integers.
///
/// - SeeAlso: TensorFlow op `Digamma`.
public func digamma<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Digamma", name: name)
}

/// The regularised lower incomplete gamma function, element by element with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Igamma`.
public func lowerIncompleteGamma<Scalar: FloatingScalar>(
  _ a: Output<Scalar>, _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Igamma", with: x, name: name)
}

/// The regularised upper incomplete gamma function, element by element with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Igammac`.
public func upperIncompleteGamma<Scalar: FloatingScalar>(
  _ a: Output<Scalar>, _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Igammac", with: x, name: name)
}
