/// A Swift type that a tensor can hold.
public protocol TensorScalar: Sendable {
  static var dtype: DType { get }
  /// What fresh elements hold where a value is not computed: zero, false, the empty string.
  static var zero: Self { get }
}

/// A scalar that is plain bytes, so that buffers of it can be copied, zeroed and mapped.
public protocol TrivialScalar: TensorScalar, BitwiseCopyable, Hashable {}

/// A scalar with wrapping arithmetic: TensorFlow's integer overflow wraps, and so does ours.
public protocol NumericScalar: TrivialScalar {
  static var one: Self { get }
  static func wrappingAdd(_ a: Self, _ b: Self) -> Self
  static func wrappingSubtract(_ a: Self, _ b: Self) -> Self
  static func wrappingMultiply(_ a: Self, _ b: Self) -> Self
  /// The quotient; the caller keeps integer division by zero away, and the smallest integer divided
  /// by -1 stays itself.
  static func quotient(_ a: Self, _ b: Self) -> Self
  /// `-a`; the smallest integer stays itself, and zeros change their sign.
  static func negated(_ a: Self) -> Self
  /// The complex conjugate; the number itself for real types.
  static func conjugated(_ a: Self) -> Self
  /// The nearest representable value, by C's rules where TensorFlow leaves them to the hardware.
  init(converting value: Double)
  /// The value as a Double (complex numbers: the real part).
  var doubleValue: Double { get }
}

extension NumericScalar {
  @inlinable @inline(__always) public static func conjugated(_ a: Self) -> Self { a }
}

/// A number with division, roots and logarithms: floating or complex.
public protocol FieldScalar: NumericScalar {}

/// A numeric scalar with an order.
public protocol RealScalar: NumericScalar, Comparable {
  /// The smallest value: minus infinity for floating types.
  static var lowest: Self { get }
  /// The largest value: infinity for floating types.
  static var highest: Self { get }
}

/// float, double, half, bfloat16.
public protocol FloatingScalar: RealScalar, FieldScalar {
  var isNaN: Bool { get }
  var isFinite: Bool { get }
  static var nan: Self { get }
  static var infinity: Self { get }
  /// The type sums and elementary functions are computed in: Float for the 16-bit types.
  associatedtype Accumulator: FloatingScalar & BinaryFloatingPoint
  init(_ value: Accumulator)
  var accumulator: Accumulator { get }
}

/// The eight integer dtypes.
public protocol IntegerScalar: RealScalar, FixedWidthInteger {}

// MARK: Integers

extension IntegerScalar {
  @inlinable public static var one: Self { 1 }
  @inlinable public static var lowest: Self { min }
  @inlinable public static var highest: Self { max }
  @inlinable @inline(__always) public static func wrappingAdd(_ a: Self, _ b: Self) -> Self {
    a &+ b
  }
  @inlinable @inline(__always) public static func wrappingSubtract(_ a: Self, _ b: Self) -> Self {
    a &- b
  }
  @inlinable @inline(__always) public static func wrappingMultiply(_ a: Self, _ b: Self) -> Self {
    a &* b
  }
  @inlinable @inline(__always) public static func quotient(_ a: Self, _ b: Self) -> Self {
    b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue
  }
  @inlinable @inline(__always) public static func negated(_ a: Self) -> Self { 0 &- a }
  @inlinable public init(converting value: Double) {
    // Truncates towards zero. Values outside and NaN give the minimum for the 32- and 64-bit signed
    // types, as x86 conversions do; narrower and unsigned types take the low bits.
    if let exact = Int64(exactly: value.rounded(.towardZero)) {
      if Self.bitWidth >= 32 && Self.isSigned {
        self = Self(exactly: exact) ?? Self.min
      } else {
        self = Self(truncatingIfNeeded: exact)
      }
    } else if Self.bitWidth == 64 && !Self.isSigned,
      let exact = UInt64(exactly: value.rounded(.towardZero))
    {
      self = Self(truncatingIfNeeded: exact)
    } else {
      self = Self.bitWidth >= 32 && Self.isSigned ? Self.min : Self(truncatingIfNeeded: Int64.min)
    }
  }
  @inlinable public var doubleValue: Double { Double(self) }
}

extension Int8: IntegerScalar { @inlinable public static var dtype: DType { .int8 } }
extension Int16: IntegerScalar { @inlinable public static var dtype: DType { .int16 } }
extension Int32: IntegerScalar { @inlinable public static var dtype: DType { .int32 } }
extension Int64: IntegerScalar { @inlinable public static var dtype: DType { .int64 } }
extension UInt8: IntegerScalar { @inlinable public static var dtype: DType { .uint8 } }
extension UInt16: IntegerScalar { @inlinable public static var dtype: DType { .uint16 } }
extension UInt32: IntegerScalar { @inlinable public static var dtype: DType { .uint32 } }
extension UInt64: IntegerScalar { @inlinable public static var dtype: DType { .uint64 } }

// MARK: Floating point

extension FloatingScalar where Self: BinaryFloatingPoint {
  @inlinable public static var one: Self { 1 }
  @inlinable public static var lowest: Self { -infinity }
  @inlinable public static var highest: Self { infinity }
  @inlinable @inline(__always) public static func wrappingAdd(_ a: Self, _ b: Self) -> Self {
    a + b
  }
  @inlinable @inline(__always) public static func wrappingSubtract(_ a: Self, _ b: Self) -> Self {
    a - b
  }
  @inlinable @inline(__always) public static func wrappingMultiply(_ a: Self, _ b: Self) -> Self {
    a * b
  }
  @inlinable @inline(__always) public static func quotient(_ a: Self, _ b: Self) -> Self { a / b }
  @inlinable @inline(__always) public static func negated(_ a: Self) -> Self { -a }
  @inlinable public init(converting value: Double) { self.init(value) }
}

extension Float: FloatingScalar {
  @inlinable public static var dtype: DType { .float }
  @inlinable public var accumulator: Float { self }
  @inlinable public var doubleValue: Double { Double(self) }
}

extension Double: FloatingScalar {
  @inlinable public static var dtype: DType { .double }
  @inlinable public var accumulator: Double { self }
  @inlinable public var doubleValue: Double { self }
}

extension Float16: FloatingScalar {
  @inlinable public static var dtype: DType { .half }
  @inlinable public var accumulator: Float { Float(self) }
  @inlinable public var doubleValue: Double { Double(self) }
}

// MARK: Others

extension Bool: TrivialScalar {
  @inlinable public static var dtype: DType { .bool }
  @inlinable public static var zero: Bool { false }
}
