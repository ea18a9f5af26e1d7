public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

extension OpSignature {
  fileprivate static func ordering(_ name: String) -> OpSignature {
    OpSignature(
      name, inputs: ["x: T", "y: T"], outputs: ["z: bool"], attributes: ["T: \(Types.ordered)"])
  }
}

extension GradientRule {
  fileprivate static let ofComparison = notDifferentiable(because: "its result is boolean")
}

/// Whether `x < y`; never with NaN.
public enum Less: BinaryElementwise, RealComparison {
  public static let signature = OpSignature.ordering("Less")
  public static let gradient = GradientRule.ofComparison
  public static let kernels = KernelTable.real(Less.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ a: Scalar, _ b: Scalar) -> Bool { a < b }
}

/// Whether `x <= y`; never with NaN.
public enum LessEqual: BinaryElementwise, RealComparison {
  public static let signature = OpSignature.ordering("LessEqual")
  public static let gradient = GradientRule.ofComparison
  public static let kernels = KernelTable.real(LessEqual.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ a: Scalar, _ b: Scalar) -> Bool { a <= b }
}

/// Whether `x > y`; never with NaN.
public enum Greater: BinaryElementwise, RealComparison {
  public static let signature = OpSignature.ordering("Greater")
  public static let gradient = GradientRule.ofComparison
  public static let kernels = KernelTable.real(Greater.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ a: Scalar, _ b: Scalar) -> Bool { a > b }
}

/// Whether `x >= y`; never with NaN.
public enum GreaterEqual: BinaryElementwise, RealComparison {
  public static let signature = OpSignature.ordering("GreaterEqual")
  public static let gradient = GradientRule.ofComparison
  public static let kernels = KernelTable.real(GreaterEqual.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ a: Scalar, _ b: Scalar) -> Bool { a >= b }
}

/// Whether `a < b`, element by element with broadcasting; never with NaN.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Less`.
public func less<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try a.combining("Less", with: b, name: name)
}

/// Whether `a <= b`, element by element with broadcasting; never with NaN.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `LessEqual`.
public func lessEqual<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try a.combining("LessEqual", with: b, name: name)
}

/// Whether `a > b`, element by element with broadcasting; never with NaN.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `Greater`.
public func greater<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try a.combining("Greater", with: b, name: name)
}

/// Whether `a >= b`, element by element with broadcasting; never with NaN.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `GreaterEqual`.
public func greaterEqual<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try a.combining("GreaterEqual", with: b, name: name)
}
