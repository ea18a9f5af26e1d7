public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The sine, element by element.
public enum Sin: UnaryElementwise {
  public static let signature = OpSignature.unary("Sin", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.build("Cos", [context.conjugate(context.input(0))]))
  }
  public static let kernels = KernelTable.elementary(.sin, complex: .sin)
}

/// The cosine, element by element.
public enum Cos: UnaryElementwise {
  public static let signature = OpSignature.unary("Cos", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    let sine = try context.build("Sin", [context.conjugate(context.input(0))])
    return try context.mul(context.neg(upstream), sine)
  }
  public static let kernels = KernelTable.elementary(.cos, complex: .cos)
}

/// The tangent, element by element.
public enum Tan: UnaryElementwise {
  public static let signature = OpSignature.unary("Tan", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    let cosine = try context.build("Cos", [context.conjugate(context.input(0))])
    return try context.mul(context.square(context.reciprocal(cosine)), upstream)
  }
  public static let kernels = KernelTable.elementary(.tan, complex: .tan)
}

extension GradientContext {
  /// `1 / √(1 - x²)`, the derivative of the arc sine.
  fileprivate func arcDerivative() throws(StatusError) -> AnyOutput {
    let x = try conjugate(input(0))
    return try reciprocal(sqrt(oneMinus(square(x))))
  }
}

/// The arc sine, in `-π/2 ... π/2`; NaN outside of `-1 ... 1`.
public enum Asin: UnaryElementwise {
  public static let signature = OpSignature.unary("Asin", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(upstream, context.arcDerivative())
  }
  public static let kernels = KernelTable.elementary(.asin, complex: .asin)
}

/// The arc cosine, in `0 ... π`; NaN outside of `-1 ... 1`.
public enum Acos: UnaryElementwise {
  public static let signature = OpSignature.unary("Acos", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    try context.mul(context.neg(upstream), context.arcDerivative())
  }
  public static let kernels = KernelTable.elementary(.acos, complex: .acos)
}

/// The arc tangent, in `-π/2 ... π/2`.
public enum Atan: UnaryElementwise {
  public static let signature = OpSignature.unary("Atan", over: Types.field)
  public static let gradient = GradientRule.unary { context, upstream in
    let x = try context.conjugate(context.input(0))
    let sum = try context.add(context.constant(1, x.dtype), context.square(x))
    return try context.mul(upstream, context.reciprocal(sum))
  }
  public static let kernels = KernelTable.elementary(.atan, complex: .atan)
}

/// The angle of the point (x, y), in `-π ... π`.
public enum Atan2: BinaryElementwise, FloatingBinary {
  public static let signature = OpSignature(
    "Atan2", inputs: ["y: T", "x: T"], outputs: ["z: T"], attributes: ["T: \(Types.floating)"])
  public static let gradient = GradientRule.binary { context, y, x, upstream in
    let scaled = try context.div(upstream, context.add(context.square(y), context.square(x)))
    return (try context.mul(x, scaled), try context.mul(context.neg(y), scaled))
  }
  public static let kernels = KernelTable.floating(Atan2.self)
  public static var cost: Double { 20 }

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ y: Scalar, _ x: Scalar) -> Scalar {
    Scalar.atan2(y: y, x: x)
  }
}

/// The sine, element by element.
///
/// - SeeAlso: TensorFlow op `Sin`.
public func sin<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Sin", name: name)
}

/// The cosine, element by element.
///
/// - SeeAlso: TensorFlow op `Cos`.
public func cos<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Cos", name: name)
}

/// The tangent, element by element.
///
/// - SeeAlso: TensorFlow op `Tan`.
public func tan<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Tan", name: name)
}

/// The arc sine, in `-π/2 ... π/2`; NaN outside of `-1 ... 1`.
///
/// - SeeAlso: TensorFlow op `Asin`.
public func asin<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Asin", name: name)
}

/// The arc cosine, in `0 ... π`; NaN outside of `-1 ... 1`.
///
/// - SeeAlso: TensorFlow op `Acos`.
public func acos<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Acos", name: name)
}

/// The arc tangent, in `-π/2 ... π/2`.
///
/// - SeeAlso: TensorFlow op `Atan`.
public func atan<Scalar: FieldScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Atan", name: name)
}

/// The angle of the point (x, y), in `-π ... π`, element by element with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Atan2`.
public func atan2<Scalar: FloatingScalar>(
  y: Output<Scalar>, x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try y.combining("Atan2", with: x, name: name)
}
