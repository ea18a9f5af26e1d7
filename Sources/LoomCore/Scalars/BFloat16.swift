/// The upper half of a Float: 8 bits of exponent, 7 of mantissa. Arithmetic goes through Float and
/// rounds to nearest, ties to even.
public struct BFloat16: FloatingScalar {
  public var bitPattern: UInt16

  @inlinable public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  @inlinable public init(_ value: Float) {
    if value.isNaN {
      // Quiet, whatever the payload: rounding could turn a NaN into an infinity.
      bitPattern = UInt16(truncatingIfNeeded: value.bitPattern >> 16) | 0x0040
    } else {
      let bits = value.bitPattern
      let rounding = 0x7FFF &+ ((bits >> 16) & 1)
      bitPattern = UInt16(truncatingIfNeeded: (bits &+ rounding) >> 16)
    }
  }

  @inlinable public init(converting value: Double) { self.init(Float(value)) }

  @inlinable public var accumulator: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
  @inlinable public var doubleValue: Double { Double(accumulator) }

  @inlinable public static var dtype: DType { .bfloat16 }
  @inlinable public static var zero: BFloat16 { BFloat16(bitPattern: 0) }
  @inlinable public static var one: BFloat16 { BFloat16(bitPattern: 0x3F80) }
  @inlinable public static var nan: BFloat16 { BFloat16(bitPattern: 0x7FC0) }
  @inlinable public static var infinity: BFloat16 { BFloat16(bitPattern: 0x7F80) }
  @inlinable public static var lowest: BFloat16 { BFloat16(bitPattern: 0xFF80) }
  @inlinable public static var highest: BFloat16 { infinity }
  @inlinable public var isNaN: Bool { accumulator.isNaN }
  @inlinable public var isFinite: Bool { accumulator.isFinite }

  @inlinable public static func wrappingAdd(_ a: BFloat16, _ b: BFloat16) -> BFloat16 {
    BFloat16(a.accumulator + b.accumulator)
  }
  @inlinable public static func wrappingSubtract(_ a: BFloat16, _ b: BFloat16) -> BFloat16 {
    BFloat16(a.accumulator - b.accumulator)
  }
  @inlinable public static func wrappingMultiply(_ a: BFloat16, _ b: BFloat16) -> BFloat16 {
    BFloat16(a.accumulator * b.accumulator)
  }
  @inlinable public static func quotient(_ a: BFloat16, _ b: BFloat16) -> BFloat16 {
    BFloat16(a.accumulator / b.accumulator)
  }
  @inlinable public static func negated(_ a: BFloat16) -> BFloat16 {
    BFloat16(bitPattern: a.bitPattern ^ 0x8000)
  }
  @inlinable public static func < (a: BFloat16, b: BFloat16) -> Bool {
    a.accumulator < b.accumulator
  }
  // By value, as IEEE compares: -0 equals 0 and NaN equals nothing.
  @inlinable public static func == (a: BFloat16, b: BFloat16) -> Bool {
    a.accumulator == b.accumulator
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(accumulator) }
}

extension BFloat16: CustomStringConvertible {
  public var description: String { accumulator.description }
}
