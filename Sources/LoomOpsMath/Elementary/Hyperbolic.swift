public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The hyperbolic sine, element by element.
public enum Sinh: UnaryElementwise {
  public static let signature = OpSignature.unary("Sinh", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.build("Cosh", [context.conjugate(context.input(0))]))
  }
  public static let kernels = KernelTable.elementary(.sinh, complex: .sinh)
}

/// The hyperbolic cosine, element by element.
public enum Cosh: UnaryElementwise {
  public static let signature = OpSignature.unary("Cosh", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.build("Sinh", [context.conjugate(context.input(0))]))
  }
  public static let kernels = KernelTable.elementary(.cosh, complex: .cosh)
}

/// The hyperbolic tangent, element by element.
public enum Tanh: UnaryElementwise {
  public static let signature = OpSignature.unary("Tanh", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.build("TanhGrad", [context.conjugate(context.output(0)), upstream])
  }
  public static let kernels = KernelTable.elementary(.tanh, complex: .tanh)
}

/// `dy · (1 - y²)`: the gradient of ``Tanh`` from its output.
public enum TanhGrad: OutputGradient {
  public static let signature = OpSignature.outputGradient("TanhGrad", over: Types.field)
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let y = try context.conjugate(context.input(0))
    let product = try context.mul(
      context.scaled(upstream, by: -2), context.conjugate(context.input(1)))
    return [try context.mul(product, y), try context.build("TanhGrad", [y, upstream])]
  }
  public static let kernels = KernelTable.field(TanhGrad.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FieldScalar>(_ y: Scalar, _ dy: Scalar) -> Scalar {
    Scalar.wrappingMultiply(
      dy, Scalar.wrappingSubtract(.one, Scalar.wrappingMultiply(y, y)))
  }
}

/// The inverse of the hyperbolic sine, element by element.
public enum Asinh: UnaryElementwise {
  public static let signature = OpSignature.unary("Asinh", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.div(upstream, context.build("Cosh", [context.conjugate(context.output(0))]))
  }
  public static let kernels = KernelTable.elementary(.asinh, complex: .asinh)
}

/// The inverse of the hyperbolic cosine, element by element; NaN below 1.
public enum Acosh: UnaryElementwise {
  public static let signature = OpSignature.unary("Acosh", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.div(upstream, context.build("Sinh", [context.conjugate(context.output(0))]))
  }
  public static let kernels = KernelTable.elementary(.acosh, complex: .acosh)
}

/// The inverse of the hyperbolic tangent, element by element; NaN outside of `-1 ... 1`.
public enum Atanh: UnaryElementwise {
  public static let signature = OpSignature.unary("Atanh", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    let x = try context.conjugate(context.input(0))
    return try context.mul(upstream, context.reciprocal(context.oneMinus(context.square(x))))
  }
  public static let kernels = KernelTable.elementary(.atanh, complex: .atanh)
}

/// The hyperbolic sine, element by element.
///
/// - SeeAlso: TensorFlow op `Sinh`.
public func sinh<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Sinh", name: name)
}

/// The hyperbolic cosine, element by element.
///
/// - SeeAlso: TensorFlow op `Cosh`.
public func cosh<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Cosh", name: name)
}

/// The hyperbolic tangent, element by element.
///
/// - SeeAlso: TensorFlow op `Tanh`.
public func tanh<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Tanh", name: name)
}

/// The inverse of the hyperbolic sine, element by element.
///
/// - SeeAlso: TensorFlow op `Asinh`.
public func asinh<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Asinh", name: name)
}

/// The inverse of the hyperbolic cosine, element by element; NaN below 1.
///
/// - SeeAlso: TensorFlow op `Acosh`.
public func acosh<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Acosh", name: name)
}

/// The inverse of the hyperbolic tangent, element by element; NaN outside of `-1 ... 1`.
///
/// - SeeAlso: TensorFlow op `Atanh`.
public func atanh<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Atanh", name: name)
}
