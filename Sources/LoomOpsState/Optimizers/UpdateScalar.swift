import LoomCore

/// What optimizers compute with: every operation rounds to the type, as TensorFlow's do.
protocol UpdateScalar: NumericScalar {
  static func + (a: Self, b: Self) -> Self
  static func - (a: Self, b: Self) -> Self
  static func * (a: Self, b: Self) -> Self
  static func / (a: Self, b: Self) -> Self
  static prefix func - (a: Self) -> Self
  var squareRoot: Self { get }
}

extension UpdateScalar {
  @inline(__always) var squared: Self { self * self }
  @inline(__always) var reciprocalSquareRoot: Self { .one / squareRoot }
  @inline(__always) static func += (a: inout Self, b: Self) { a = a + b }
  @inline(__always) static func -= (a: inout Self, b: Self) { a = a - b }
}

/// The ones with an order, for optimizers that look at signs.
protocol RealUpdateScalar: UpdateScalar, FloatingScalar {}

extension RealUpdateScalar {
  /// -1, 0 or 1; NaN stays NaN.
  @inline(__always) var sign: Self {
    self > .zero ? .one : self < .zero ? -.one : self * .zero
  }
  @inline(__always) var magnitude: Self { self < .zero ? -self : self }
  @inline(__always) func clamped(below limit: Self) -> Self { self < limit ? limit : self }
  func raised(to power: Self) -> Self {
    Self(Self.Accumulator(converting: Power.power(doubleValue, power.doubleValue)))
  }
  var exponential: Self { Self(Self.Accumulator(converting: Power.exponential(doubleValue))) }
}

extension Float: RealUpdateScalar {
  @inline(__always) var squareRoot: Float { squareRoot() }
}
extension Double: RealUpdateScalar {
  @inline(__always) var squareRoot: Double { squareRoot() }
}
extension Float16: RealUpdateScalar {
  @inline(__always) var squareRoot: Float16 { squareRoot() }
}
extension BFloat16: RealUpdateScalar {
  @inline(__always) static func + (a: BFloat16, b: BFloat16) -> BFloat16 { wrappingAdd(a, b) }
  @inline(__always) static func - (a: BFloat16, b: BFloat16) -> BFloat16 { wrappingSubtract(a, b) }
  @inline(__always) static func * (a: BFloat16, b: BFloat16) -> BFloat16 { wrappingMultiply(a, b) }
  @inline(__always) static func / (a: BFloat16, b: BFloat16) -> BFloat16 { quotient(a, b) }
  @inline(__always) static prefix func - (a: BFloat16) -> BFloat16 {
    BFloat16(bitPattern: a.bitPattern ^ 0x8000)
  }
  @inline(__always) var squareRoot: BFloat16 { BFloat16(accumulator.squareRoot()) }
}

extension Complex: UpdateScalar where Real: FloatingScalar {
  /// The root with a real part that is not negative.
  var squareRoot: Complex {
    let modulus = magnitude
    guard modulus > 0 else { return self }
    let major = ((modulus + real.magnitude) / 2).squareRoot()
    let minor = imaginary / (2 * major)
    if real >= 0 { return Complex(major, minor) }
    return Complex(minor.magnitude, imaginary < 0 ? -major : major)
  }
}
