public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The largest integer not above `x`.
public enum Floor: UnaryElementwise, FloatingUnary {
  public static let signature = OpSignature.unary("Floor", over: Types.floating)
  public static let gradient = GradientRule.flat
  public static let kernels = KernelTable.floating(Floor.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ x: Scalar) -> Scalar {
    Scalar.rounded(x, .down)
  }
}

/// The smallest integer not below `x`.
public enum Ceil: UnaryElementwise, FloatingUnary {
  public static let signature = OpSignature.unary("Ceil", over: Types.floating)
  public static let gradient = GradientRule.flat
  public static let kernels = KernelTable.floating(Ceil.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ x: Scalar) -> Scalar {
    Scalar.rounded(x, .up)
  }
}

/// The nearest integer, ties to even. Integers stay as they are.
public enum Round: UnaryElementwise, FloatingUnary {
  public static let signature = OpSignature.unary("Round", over: Types.signed)
  public static let gradient = GradientRule.flat
  public static let kernels = KernelTable.floating(Round.self).or(
    KernelTable(where: ["T": .index]) { _ in
      ClosureKernel { context in try context.setOutput(0, context.input(0)) }
    })

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ x: Scalar) -> Scalar {
    Scalar.rounded(x, .toNearestOrEven)
  }
}

/// The nearest integer, ties to even.
public enum Rint: UnaryElementwise {
  public static let signature = OpSignature.unary("Rint", over: Types.floating)
  public static let gradient = GradientRule.flat
  public static let kernels = KernelTable.floating(Round.self, over: [.float, .double])
}

/// The largest integer not above `x`, element by element.
///
/// - SeeAlso: TensorFlow op `Floor`.
public func floor<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Floor", name: name)
}

/// The smallest integer not below `x`, element by element.
///
/// - SeeAlso: TensorFlow op `Ceil`.
public func ceil<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Ceil", name: name)
}

/// The nearest integer, ties to even, element by element.
///
/// - SeeAlso: TensorFlow op `Round`.
public func round<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Round", name: name)
}
