/// A complex number in rectangular form, with C's arithmetic (no special treatment of infinities).
public struct Complex<Real: BinaryFloatingPoint & FloatingScalar>: BitwiseCopyable, Hashable,
  Sendable
{
  public var real: Real
  public var imaginary: Real

  @inlinable public init(_ real: Real, _ imaginary: Real = 0) {
    self.real = real
    self.imaginary = imaginary
  }

  @inlinable public var conjugate: Complex { Complex(real, -imaginary) }

  /// The modulus, computed without overflow where the result fits.
  @inlinable public var magnitude: Real {
    let a = Swift.max(real.magnitude, imaginary.magnitude)
    let b = Swift.min(real.magnitude, imaginary.magnitude)
    if real.isInfinite || imaginary.isInfinite { return .infinity }
    if !(a > 0) { return real.isNaN || imaginary.isNaN ? .nan : a }
    let ratio = b / a
    return a * (1 + ratio * ratio).squareRoot()
  }

  @inlinable public static func + (a: Complex, b: Complex) -> Complex {
    Complex(a.real + b.real, a.imaginary + b.imaginary)
  }
  @inlinable public static func - (a: Complex, b: Complex) -> Complex {
    Complex(a.real - b.real, a.imaginary - b.imaginary)
  }
  @inlinable public static prefix func - (a: Complex) -> Complex {
    Complex(-a.real, -a.imaginary)
  }
  @inlinable public static func * (a: Complex, b: Complex) -> Complex {
    Complex(
      a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real)
  }
  /// Smith's algorithm: scales by the larger part of the divisor (R. L. Smith, 1962).
  @inlinable public static func / (a: Complex, b: Complex) -> Complex {
    if b.real.magnitude >= b.imaginary.magnitude {
      if b.real == 0 && b.imaginary == 0 {
        return Complex(a.real / b.real, a.imaginary / b.real)
      }
      let ratio = b.imaginary / b.real
      let scale = b.real + b.imaginary * ratio
      return Complex(
        (a.real + a.imaginary * ratio) / scale, (a.imaginary - a.real * ratio) / scale)
    }
    let ratio = b.real / b.imaginary
    let scale = b.real * ratio + b.imaginary
    return Complex((a.real * ratio + a.imaginary) / scale, (a.imaginary * ratio - a.real) / scale)
  }
}

extension Complex: TensorScalar, TrivialScalar, NumericScalar, FieldScalar
where Real: FloatingScalar {
  @inlinable public static var dtype: DType { Real.dtype == .float ? .complex64 : .complex128 }
  @inlinable public static var zero: Complex { Complex(0, 0) }
  @inlinable public static var one: Complex { Complex(1, 0) }
  @inlinable public static func wrappingAdd(_ a: Complex, _ b: Complex) -> Complex { a + b }
  @inlinable public static func wrappingSubtract(_ a: Complex, _ b: Complex) -> Complex { a - b }
  @inlinable public static func wrappingMultiply(_ a: Complex, _ b: Complex) -> Complex { a * b }
  @inlinable public static func quotient(_ a: Complex, _ b: Complex) -> Complex { a / b }
  @inlinable public static func negated(_ a: Complex) -> Complex { -a }
  @inlinable public static func conjugated(_ a: Complex) -> Complex { a.conjugate }
  @inlinable public init(converting value: Double) { self.init(Real(converting: value), 0) }
  @inlinable public var doubleValue: Double { real.doubleValue }
}

public typealias Complex64 = Complex<Float>
public typealias Complex128 = Complex<Double>

extension Complex: CustomStringConvertible {
  public var description: String { "(\(real),\(imaginary))" }
}
