public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `exp(x)`, element by element.
public enum Exp: UnaryElementwise {
  public static let signature = OpSignature.unary("Exp", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.conjugate(context.output(0)))
  }
  public static let kernels = KernelTable.elementary(.exp, complex: .exp)
}

/// `exp(x) - 1`, exact also near zero.
public enum Expm1: UnaryElementwise {
  public static let signature = OpSignature.unary("Expm1", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.exp(context.conjugate(context.input(0))))
  }
  public static let kernels = KernelTable.elementary(.expm1, complex: .expm1)
}

/// The natural logarithm, element by element; -∞ at zero, NaN below.
public enum Log: UnaryElementwise {
  public static let signature = OpSignature.unary("Log", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.reciprocal(context.conjugate(context.input(0))))
  }
  public static let kernels = KernelTable.elementary(.log, complex: .log)
}

/// `log(1 + x)`, exact also near zero.
public enum Log1p: UnaryElementwise {
  public static let signature = OpSignature.unary("Log1p", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    let x = try context.conjugate(context.input(0))
    let sum = try context.add(context.constant(1, x.dtype), x)
    return try context.mul(upstream, context.reciprocal(sum))
  }
  public static let kernels = KernelTable.elementary(.log1p, complex: .log1p)
}

/// `1 / (1 + exp(-x))`, element by element.
public enum Sigmoid: UnaryElementwise {
  public static let signature = OpSignature.unary("Sigmoid", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.build("SigmoidGrad", [context.conjugate(context.output(0)), upstream])
  }
  public static let kernels = KernelTable.elementary(.sigmoid, complex: .sigmoid)
}

/// `dy · y · (1 - y)`: the gradient of ``Sigmoid`` from its output.
public enum SigmoidGrad: OutputGradient {
  public static let signature = OpSignature.outputGradient("SigmoidGrad", over: Types.field)
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let y = try context.conjugate(context.input(0))
    let product = try context.mul(upstream, context.conjugate(context.input(1)))
    return [
      try context.sub(product, context.mul(context.scaled(product, by: 2), y)),
      try context.build("SigmoidGrad", [y, upstream]),
    ]
  }
  public static let kernels = KernelTable.field(SigmoidGrad.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FieldScalar>(_ y: Scalar, _ dy: Scalar) -> Scalar {
    Scalar.wrappingMultiply(
      dy, Scalar.wrappingMultiply(y, Scalar.wrappingSubtract(.one, y)))
  }
}

/// `exp(x)`, element by element.
///
/// - SeeAlso: TensorFlow op `Exp`.
public func exp<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Exp", name: name)
}

/// `exp(x) - 1`, exact also near zero.
///
/// - SeeAlso: TensorFlow op `Expm1`.
public func expm1<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Expm1", name: name)
}

/// The natural logarithm, element by element; -∞ at zero, NaN below.
///
/// - SeeAlso: TensorFlow op `Log`.
public func log<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Log", name: name)
}

/// `log(1 + x)`, exact also near zero.
///
/// - SeeAlso: TensorFlow op `Log1p`.
public func log1p<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Log1p", name: name)
}

/// `1 / (1 + exp(-x))`, element by element.
///
/// - SeeAlso: TensorFlow op `Sigmoid`.
public func sigmoid<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Sigmoid", name: name)
}
