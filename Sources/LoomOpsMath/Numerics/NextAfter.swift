public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The next number after `x1` in the direction of `x2`.
public enum NextAfter: OpDeclaration, FloatingBinary {
  public static let signature = OpSignature(
    "NextAfter", inputs: ["x1: T", "x2: T"], outputs: ["output: T"],
    attributes: ["T: {double, float} = float"])
  public static let shapes = ShapeFunction.broadcast
  public static let gradient = GradientRule.binary { context, _, _, upstream in
    (upstream, try context.zerosLike(upstream))
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.floating(NextAfter.self, over: [.float, .double])

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    if a != a || b != b { return .nan }
    if a == b { return b }
    return a < b ? Scalar(a.accumulator.nextUp) : Scalar(a.accumulator.nextDown)
  }
}

/// The next number after `x` in the direction of `target`.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `NextAfter`.
public func nextAfter<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, towards target: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.combining("NextAfter", with: target, name: name)
}
