public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `1 / x`, element by element.
public enum Reciprocal: UnaryElementwise {
  public static let signature = OpSignature.unary("Reciprocal", over: Types.signed)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.build("ReciprocalGrad", [context.output(0), upstream])
  }
  public static let kernels = KernelTable.elementary(.reciprocal, complex: .reciprocal)
}

/// ``Reciprocal`` under its first name.
public enum Inv: UnaryElementwise {
  public static let signature = OpSignature.unary("Inv", over: Types.signed)
  public static let gradient = Reciprocal.gradient
  public static let kernels = Reciprocal.kernels
}

/// `-dy · conj(y)²`: the gradient of ``Reciprocal`` from its output; 0 where `dy` is 0.
public enum ReciprocalGrad: OutputGradient {
  public static let signature = OpSignature.outputGradient("ReciprocalGrad", over: Types.field)
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let y = try context.conjugate(context.input(0))
    let factor = try context.mul(
      context.scaled(context.conjugate(upstream), by: -2), context.input(1))
    return [
      try context.mul(factor, y), try context.build("ReciprocalGrad", [y, upstream]),
    ]
  }
  public static let kernels = KernelTable.field(ReciprocalGrad.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FieldScalar>(_ y: Scalar, _ dy: Scalar) -> Scalar {
    if dy == .zero { return .zero }
    let y = Scalar.conjugated(y)
    return Scalar.wrappingMultiply(Scalar.wrappingMultiply(Scalar.negated(y), y), dy)
  }
}

/// ``ReciprocalGrad`` under its first name.
public enum InvGrad: OutputGradient {
  public static let signature = OpSignature.outputGradient("InvGrad", over: Types.field)
  public static let gradient = ReciprocalGrad.gradient
  public static let kernels = ReciprocalGrad.kernels

  @inlinable @inline(__always)
  public static func apply<Scalar: FieldScalar>(_ y: Scalar, _ dy: Scalar) -> Scalar {
    ReciprocalGrad.apply(y, dy)
  }
}

/// `1 / x`, element by element.
///
/// - SeeAlso: TensorFlow op `Reciprocal`.
public func reciprocal<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Reciprocal", name: name)
}
