public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let divisible = """
  {bfloat16, half, float, double, uint8, int8, uint16, int16, int32, uint32, uint64, int64, \
  complex64, complex128}
  """

/// True division of floating and complex numbers, kernels shared by `RealDiv` and `Div`.
public enum RealDiv: BinaryElementwise, FieldBinary {
  public static let signature = OpSignature.binary("RealDiv", over: divisible)
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    let (x, y) = (try context.conjugate(x), try context.conjugate(y))
    let quotient = try context.div(context.div(context.neg(x), y), y)
    return (try context.div(upstream, y), try context.mul(upstream, quotient))
  }
  public static let kernels = KernelTable.field(RealDiv.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FieldScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.quotient(a, b)
  }
}

/// `x / y`: true division of floating and complex numbers, rounding towards zero for integers.
public enum Div: BinaryElementwise, IntegerBinary {
  public static let signature = OpSignature.binary("Div", over: divisible)
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    let (x, y) = (try context.conjugate(x), try context.conjugate(y))
    func divide(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
      try context.build("Div", [a, b])
    }
    let quotient = try divide(divide(context.neg(x), y), y)
    return (try divide(upstream, y), try context.mul(upstream, quotient))
  }
  public static let kernels = KernelTable.integer(Div.self).or(.field(RealDiv.self))
  public static var cost: Double { 2 }
  public static var refusal: StatusError { .divisionByZero }

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.quotient(a, b)
  }
  @inlinable @inline(__always)
  public static func accepts<Scalar: IntegerScalar>(_ b: Scalar) -> Bool { b != 0 }
}

/// `x / y` rounded towards zero, in the type of the operands.
public enum TruncateDiv: BinaryElementwise, IntegerBinary, FloatingBinary {
  public static let signature = OpSignature.binary("TruncateDiv", over: divisible)
  public static let gradient = GradientRule.flat
  public static let kernels = KernelTable.integer(TruncateDiv.self).or(.floating(TruncateDiv.self))
  public static var cost: Double { 2 }
  // The quotient is rounded to the operands' type before its fraction is cut.
  public static var widens: Bool { false }
  // Stock TensorFlow forgot this op in its list of those that may refuse a divisor.
  public static var refusal: StatusError {
    .internal(
      "Unexpected error in binary operator (only integer div and mod should have errors)")
  }

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.quotient(a, b)
  }
  @inlinable @inline(__always)
  public static func accepts<Scalar: IntegerScalar>(_ b: Scalar) -> Bool { b != 0 }
  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.rounded(Scalar.quotient(a, b), .towardZero)
  }
}

/// `x / y` rounded down, in the type of the operands.
public enum FloorDiv: BinaryElementwise, IntegerBinary, FloatingBinary {
  public static let signature = OpSignature.binary("FloorDiv", over: divisible)
  public static let gradient = GradientRule.flat
  public static let kernels = KernelTable.integer(FloorDiv.self).or(.floating(FloorDiv.self))
  public static var cost: Double { 2 }
  // The quotient is rounded to the operands' type before its fraction is cut.
  public static var widens: Bool { false }
  public static var refusal: StatusError { .divisionByZero }

  @inlinable @inline(__always)
  public static func apply<Scalar: IntegerScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    let quotient = Scalar.quotient(a, b)
    return quotient &* b != a && (a < 0) != (b < 0) ? quotient &- 1 : quotient
  }
  @inlinable @inline(__always)
  public static func accepts<Scalar: IntegerScalar>(_ b: Scalar) -> Bool { b != 0 }
  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.rounded(Scalar.quotient(a, b), .down)
  }
}

/// `x / y`, but 0 wherever `y` is 0, even if `x` is NaN.
public enum DivNoNan: BinaryElementwise, FieldBinary {
  public static let signature = OpSignature.binary(
    "DivNoNan", over: "{half, float, bfloat16, double, complex64, complex128}")
  public static let gradient = GradientRule.binary { context, x, y, upstream in
    let (x, y) = (try context.conjugate(x), try context.conjugate(y))
    func divide(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
      try context.build("DivNoNan", [a, b])
    }
    let quotient = try divide(divide(context.neg(x), y), y)
    return (try divide(upstream, y), try context.mul(upstream, quotient))
  }
  public static let kernels = KernelTable.field(DivNoNan.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FieldScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    b == .zero ? .zero : Scalar.quotient(a, b)
  }
}

extension StatusError {
  static var divisionByZero: StatusError { .invalidArgument("Integer division by zero") }
}

/// `a / b`, element by element with broadcasting: true division.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `RealDiv`.
public func / <Scalar: FieldScalar>(
  a: Output<Scalar>, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try a.combining("RealDiv", with: b, name: "truediv")
}

/// `a / b` of integers, element by element with broadcasting, rounded towards zero as Swift does.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast; a zero divisor is
///   an error of the run.
/// - SeeAlso: TensorFlow op `Div`.
public func / <Scalar: IntegerScalar>(
  a: Output<Scalar>, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try a.combining("Div", with: b, name: "div")
}

/// `a / b` rounded down, element by element with broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast; an integer zero
///   divisor is an error of the run.
/// - SeeAlso: TensorFlow op `FloorDiv`.
public func floorDivide<Scalar: RealScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("FloorDiv", with: b, name: name)
}

/// `a / b`, but 0 wherever `b` is 0, even if `a` is NaN.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `DivNoNan`.
public func divideNoNaN<Scalar: FieldScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try a.combining("DivNoNan", with: b, name: name)
}
