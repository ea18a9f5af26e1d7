public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The remainder of a division that rounds down: it has the divisor's sign.
public enum FloorMod: BinaryElementwise, IntegerBinary, FloatingBinary {
  public static let signature = OpSignature.binary(
    "FloorMod",
    over: """
      {int8, int16, int32, int64, uint8, uint16, uint32, uint64, bfloat16, half, float, double}
      """)
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    let quotient = try context.build("FloorDiv", [x, y])
    return (upstream, try context.mul(upstream, context.neg(quotient)))
  }
  public static let kernels = KernelTable.integer(FloorMod.self).or(.floating(FloorMod.self))
  public static var cost: Double { 4 }
  public static var refusal: StatusError { .divisionByZero }

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    let rest = TruncateMod.apply(a, b)
    return rest != 0 && (rest < 0) != (b < 0) ? rest &+ b : rest
  }
  @inlinable @inline(__always)
  public static func accepts<Scalar: IntegerScalar>(_ b: Scalar) -> Bool { b != 0 }
  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    let rest = Scalar.remainder(a, b)
    return rest != .zero && (rest < .zero) != (b < .zero) ? Scalar.wrappingAdd(rest, b) : rest
  }
}

/// The remainder of a division that rounds towards zero: it has the dividend's sign.
public enum TruncateMod: BinaryElementwise, IntegerBinary, FloatingBinary {
  public static let signature = OpSignature.binary(
    "TruncateMod", over: "{int32, int64, bfloat16, half, float, double}")
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.integer(TruncateMod.self, over: .index)
    .or(.floating(TruncateMod.self, over: [.float, .double]))
  public static var cost: Double { 4 }
  public static var refusal: StatusError { .divisionByZero }

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    // The smallest integer leaves no rest with -1, though the quotient overflows.
    b == 0 ? 0 : a.remainderReportingOverflow(dividingBy: b).partialValue
  }
  @inlinable @inline(__always)
  public static func accepts<Scalar: IntegerScalar>(_ b: Scalar) -> Bool { b != 0 }
  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.remainder(a, b)
  }
}

/// ``TruncateMod`` under its first name.
public enum Mod: BinaryElementwise {
  public static let signature = OpSignature.binary(
    "Mod", over: "{int32, int64, half, half, bfloat16, float, double}")
  public static let gradient = GradientRule.undefined
  public static let kernels = TruncateMod.kernels
}

/// The remainder of `a / b` rounded down: it has the sign of `b`.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast; an integer zero
///   divisor is an error of the run.
/// - SeeAlso: TensorFlow op `FloorMod`.
public func floorModulo<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("FloorMod", with: b, name: name)
}
