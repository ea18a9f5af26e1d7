public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let types = "{half, bfloat16, float, double, complex64, complex128}"

extension GradientContext {
  /// 1 where `x` is not zero, else 0, in the dtype of `x`.
  fileprivate func indicator(_ x: AnyOutput) throws(StatusError) -> AnyOutput {
    try cast(build("NotEqual", [x, constant(0, x.dtype)]), to: x.dtype)
  }
}

/// `x · log(y)`, but 0 wherever `x` is 0.
public enum Xlogy: BinaryElementwise, FloatingBinary {
  public static let signature = OpSignature.binary("Xlogy", over: types)
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    let partialX = try context.build("Xlogy", [context.indicator(x), y])
    let partialY = try context.build("Xdivy", [x, y])
    return (try context.mul(partialX, upstream), try context.mul(partialY, upstream))
  }
  public static let kernels = KernelTable.floating(Xlogy.self).or(
    .complexProduct { Complex128.log($0) })
  public static var cost: Double { 10 }

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    a == .zero ? .zero : Scalar.wrappingMultiply(a, Scalar.log(b))
  }
}

/// `x · log(1 + y)`, but 0 wherever `x` is 0.
public enum Xlog1py: BinaryElementwise, FloatingBinary {
  public static let signature = OpSignature.binary("Xlog1py", over: types)
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    let partialX = try context.build("Xlog1py", [context.indicator(x), y])
    let sum = try context.add(y, context.constant(1, y.dtype))
    let partialY = try context.build("Xdivy", [x, sum])
    return (try context.mul(partialX, upstream), try context.mul(partialY, upstream))
  }
  public static let kernels = KernelTable.floating(Xlog1py.self).or(
    .complexProduct { Complex128.log(Complex(1 + $0.real, $0.imaginary)) })
  public static var cost: Double { 10 }

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    a == .zero ? .zero : Scalar.wrappingMultiply(a, Scalar.log1p(b))
  }
}

/// `x / y`, but 0 wherever `x` is 0.
public enum Xdivy: BinaryElementwise, FieldBinary {
  public static let signature = OpSignature.binary("Xdivy", over: types)
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    let partialX = try context.build("Xdivy", [context.indicator(x), y])
    let partialY = try context.build("Xdivy", [context.neg(x), context.square(y)])
    return (try context.mul(partialX, upstream), try context.mul(partialY, upstream))
  }
  public static let kernels = KernelTable.field(Xdivy.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FieldScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    a == .zero ? .zero : Scalar.quotient(a, b)
  }
}

/// `a · log(b)`, but 0 wherever `a` is 0; element by element with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Xlogy`.
public func xlogy<Scalar: FieldScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Xlogy", with: b, name: name)
}

/// `a · log(1 + b)`, but 0 wherever `a` is 0; element by element with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Xlog1py`.
public func xlog1py<Scalar: FieldScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Xlog1py", with: b, name: name)
}

/// `a / b`, but 0 wherever `a` is 0; element by element with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Xdivy`.
public func xdivy<Scalar: FieldScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Xdivy", with: b, name: name)
}
