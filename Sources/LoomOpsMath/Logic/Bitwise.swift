public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

extension GradientRule {
  fileprivate static let ofBits = notDifferentiable(because: "it works on bits")
}

/// `x & y`, bit by bit.
public enum BitwiseAnd: BinaryElementwise, IntegerBinary {
  public static let signature = OpSignature.binary(
    "BitwiseAnd", over: Types.integers, isCommutative: true)
  public static let gradient = GradientRule.ofBits
  public static let kernels = KernelTable.integer(BitwiseAnd.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar { a & b }
}

/// `x | y`, bit by bit.
public enum BitwiseOr: BinaryElementwise, IntegerBinary {
  public static let signature = OpSignature.binary(
    "BitwiseOr", over: Types.integers, isCommutative: true)
  public static let gradient = GradientRule.ofBits
  public static let kernels = KernelTable.integer(BitwiseOr.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar { a | b }
}

/// `x ^ y`, bit by bit.
public enum BitwiseXor: BinaryElementwise, IntegerBinary {
  public static let signature = OpSignature.binary(
    "BitwiseXor", over: Types.integers, isCommutative: true)
  public static let gradient = GradientRule.ofBits
  public static let kernels = KernelTable.integer(BitwiseXor.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar { a ^ b }
}

/// `~x`, bit by bit.
public enum Invert: UnaryElementwise, IntegerUnary {
  public static let signature = OpSignature.unary("Invert", over: Types.integers)
  public static let gradient = GradientRule.ofBits
  public static let kernels = KernelTable.integer(Invert.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ x: Scalar) -> Scalar { ~x }
}

/// Shift distances are kept within the width, as stock TensorFlow does.
@inlinable @inline(__always)
func shiftDistance<Scalar: IntegerScalar>(_ y: Scalar) -> Scalar {
  let last = Scalar(truncatingIfNeeded: Scalar.bitWidth &- 1)
  return y < 0 ? 0 : y > last ? last : y
}

/// `x << y`; distances below 0 count as 0, those beyond the width as the width less one.
public enum LeftShift: BinaryElementwise, IntegerBinary {
  public static let signature = OpSignature.binary("LeftShift", over: Types.integers)
  public static let gradient = GradientRule.ofBits
  public static let kernels = KernelTable.integer(LeftShift.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    a &<< shiftDistance(b)
  }
}

/// `x >> y`, keeping the sign; distances below 0 count as 0, those beyond the width as the width less
/// one.
public enum RightShift: BinaryElementwise, IntegerBinary {
  public static let signature = OpSignature.binary("RightShift", over: Types.integers)
  public static let gradient = GradientRule.ofBits
  public static let kernels = KernelTable.integer(RightShift.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    a &>> shiftDistance(b)
  }
}

/// The number of bits that are set.
public enum PopulationCount: UnaryElementwise, IntegerKernelFamily {
  public static let signature = OpSignature(
    "PopulationCount", inputs: ["x: T"], outputs: ["y: uint8"], attributes: ["T: \(Types.integers)"]
  )
  public static let gradient = GradientRule.ofBits
  public static let kernels = KernelTable.integer(PopulationCount.self)

  public static func kernel<Scalar: IntegerScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(UnaryKernel<PopulationCountBody<Scalar>>())
  }
}

private enum PopulationCountBody<Scalar: IntegerScalar>: UnaryBody {
  static func apply(_ x: Scalar) -> UInt8 { UInt8(truncatingIfNeeded: x.nonzeroBitCount) }
}

/// `a & b`, bit by bit, with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `BitwiseAnd`.
public func & <Scalar: IntegerScalar>(
  a: Output<Scalar>, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try a.combining("BitwiseAnd", with: b)
}

/// `a | b`, bit by bit, with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `BitwiseOr`.
public func | <Scalar: IntegerScalar>(
  a: Output<Scalar>, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try a.combining("BitwiseOr", with: b)
}

/// `a ^ b`, bit by bit, with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `BitwiseXor`.
public func ^ <Scalar: IntegerScalar>(
  a: Output<Scalar>, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try a.combining("BitwiseXor", with: b)
}

/// `~x`, bit by bit.
///
/// - SeeAlso: TensorFlow op `Invert`.
public prefix func ~ <Scalar: IntegerScalar>(
  x: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try x.applying("Invert")
}
