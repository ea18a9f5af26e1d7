public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

extension OpSignature {
  fileprivate static func predicate(_ name: String) -> OpSignature {
    OpSignature(
      name, inputs: ["x: T"], outputs: ["y: bool"], attributes: ["T: \(Types.floating)"])
  }
}

/// Whether an element is NaN.
public enum IsNan: UnaryElementwise, FloatingPredicate {
  public static let signature = OpSignature.predicate("IsNan")
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(IsNan.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ x: Scalar) -> Bool { x != x }
}

/// Whether an element is infinite.
public enum IsInf: UnaryElementwise, FloatingPredicate {
  public static let signature = OpSignature.predicate("IsInf")
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(IsInf.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ x: Scalar) -> Bool {
    Scalar.magnitude(x) == .infinity
  }
}

/// Whether an element is neither infinite nor NaN.
public enum IsFinite: UnaryElementwise, FloatingPredicate {
  public static let signature = OpSignature.predicate("IsFinite")
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(IsFinite.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ x: Scalar) -> Bool {
    Scalar.magnitude(x) < .infinity
  }
}

/// Whether an element is NaN.
///
/// - SeeAlso: TensorFlow op `IsNan`.
public func isNaN<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try x.applying("IsNan", name: name)
}

/// Whether an element is infinite.
///
/// - SeeAlso: TensorFlow op `IsInf`.
public func isInfinite<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try x.applying("IsInf", name: name)
}

/// Whether an element is neither infinite nor NaN.
///
/// - SeeAlso: TensorFlow op `IsFinite`.
public func isFinite<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try x.applying("IsFinite", name: name)
}
