public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The square root, element by element; NaN below zero.
public enum Sqrt: UnaryElementwise {
  public static let signature = OpSignature.unary("Sqrt", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.build("SqrtGrad", [context.output(0), upstream])
  }
  public static let kernels = KernelTable.elementary(.sqrt, complex: .sqrt)
}

/// `dy / 2 / conj(y)`: the gradient of ``Sqrt`` from its output; 0 where `dy` is 0.
public enum SqrtGrad: OutputGradient {
  public static let signature = OpSignature.outputGradient("SqrtGrad", over: Types.field)
  public static let gradient = GradientRule.dense { context in
    let quotient = try context.div(context.upstream(0), context.input(0))
    return [
      try context.mul(context.neg(context.conjugate(quotient)), context.output(0)),
      try context.scaled(quotient, by: 0.5),
    ]
  }
  public static let kernels = KernelTable.field(SqrtGrad.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FieldScalar>(_ y: Scalar, _ dy: Scalar) -> Scalar {
    if dy == .zero { return .zero }
    let half = Scalar.wrappingMultiply(Scalar(converting: 0.5), dy)
    return Scalar.quotient(half, Scalar.conjugated(y))
  }
}

/// `1 / √x`, element by element; NaN below zero.
public enum Rsqrt: UnaryElementwise {
  public static let signature = OpSignature.unary("Rsqrt", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.build("RsqrtGrad", [context.output(0), upstream])
  }
  public static let kernels = KernelTable.elementary(.rsqrt, complex: .rsqrt)
}

/// `-dy / 2 · conj(y)³`: the gradient of ``Rsqrt`` from its output; 0 where `dy` is 0.
public enum RsqrtGrad: OutputGradient {
  public static let signature = OpSignature.outputGradient("RsqrtGrad", over: Types.field)
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let y = try context.conjugate(context.input(0))
    let factor = try context.mul(
      context.scaled(context.conjugate(upstream), by: -1.5), context.input(1))
    return [
      try context.mul(factor, context.square(y)), try context.build("RsqrtGrad", [y, upstream]),
    ]
  }
  public static let kernels = KernelTable.field(RsqrtGrad.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FieldScalar>(_ y: Scalar, _ dy: Scalar) -> Scalar {
    if dy == .zero { return .zero }
    let y = Scalar.conjugated(y)
    let scaled = Scalar.wrappingMultiply(
      Scalar(converting: -0.5), Scalar.wrappingMultiply(dy, y))
    return Scalar.wrappingMultiply(scaled, Scalar.wrappingMultiply(y, y))
  }
}

/// The square root, element by element; NaN below zero.
///
/// - SeeAlso: TensorFlow op `Sqrt`.
public func sqrt<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Sqrt", name: name)
}

/// `1 / √x`, element by element; NaN below zero.
///
/// - SeeAlso: TensorFlow op `Rsqrt`.
public func rsqrt<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Rsqrt", name: name)
}
