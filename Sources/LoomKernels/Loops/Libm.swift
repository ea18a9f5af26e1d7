#if canImport(Glibc)
  public import Glibc
#elseif canImport(Musl)
  public import Musl
#else
  public import Darwin
#endif

// The C library's functions under names of their own, so that methods called `exp` can use them.

@inlinable func libmExp(_ x: Float) -> Float { exp(x) }
@inlinable func libmExp(_ x: Double) -> Double { exp(x) }
@inlinable func libmExpm1(_ x: Float) -> Float { expm1(x) }
@inlinable func libmExpm1(_ x: Double) -> Double { expm1(x) }
@inlinable func libmLog(_ x: Float) -> Float { log(x) }
@inlinable func libmLog(_ x: Double) -> Double { log(x) }
@inlinable func libmLog1p(_ x: Float) -> Float { log1p(x) }
@inlinable func libmLog1p(_ x: Double) -> Double { log1p(x) }
@inlinable func libmSin(_ x: Float) -> Float { sin(x) }
@inlinable func libmSin(_ x: Double) -> Double { sin(x) }
@inlinable func libmCos(_ x: Float) -> Float { cos(x) }
@inlinable func libmCos(_ x: Double) -> Double { cos(x) }
@inlinable func libmTan(_ x: Float) -> Float { tan(x) }
@inlinable func libmTan(_ x: Double) -> Double { tan(x) }
@inlinable func libmAsin(_ x: Float) -> Float { asin(x) }
@inlinable func libmAsin(_ x: Double) -> Double { asin(x) }
@inlinable func libmAcos(_ x: Float) -> Float { acos(x) }
@inlinable func libmAcos(_ x: Double) -> Double { acos(x) }
@inlinable func libmAtan(_ x: Float) -> Float { atan(x) }
@inlinable func libmAtan(_ x: Double) -> Double { atan(x) }
@inlinable func libmSinh(_ x: Float) -> Float { sinh(x) }
@inlinable func libmSinh(_ x: Double) -> Double { sinh(x) }
@inlinable func libmCosh(_ x: Float) -> Float { cosh(x) }
@inlinable func libmCosh(_ x: Double) -> Double { cosh(x) }
@inlinable func libmTanh(_ x: Float) -> Float { tanh(x) }
@inlinable func libmTanh(_ x: Double) -> Double { tanh(x) }
@inlinable func libmAsinh(_ x: Float) -> Float { asinh(x) }
@inlinable func libmAsinh(_ x: Double) -> Double { asinh(x) }
@inlinable func libmAcosh(_ x: Float) -> Float { acosh(x) }
@inlinable func libmAcosh(_ x: Double) -> Double { acosh(x) }
@inlinable func libmAtanh(_ x: Float) -> Float { atanh(x) }
@inlinable func libmAtanh(_ x: Double) -> Double { atanh(x) }
@inlinable func libmErf(_ x: Float) -> Float { erf(x) }
@inlinable func libmErf(_ x: Double) -> Double { erf(x) }
@inlinable func libmErfc(_ x: Float) -> Float { erfc(x) }
@inlinable func libmErfc(_ x: Double) -> Double { erfc(x) }
@inlinable func libmPow(_ x: Float, _ y: Float) -> Float { pow(x, y) }
@inlinable func libmPow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
@inlinable func libmAtan2(_ x: Float, _ y: Float) -> Float { atan2(x, y) }
@inlinable func libmAtan2(_ x: Double, _ y: Double) -> Double { atan2(x, y) }
@inlinable func libmFmod(_ x: Float, _ y: Float) -> Float { fmod(x, y) }
@inlinable func libmFmod(_ x: Double, _ y: Double) -> Double { fmod(x, y) }

/// The logarithm of the absolute value of the gamma function.
@inlinable func libmLgamma(_ x: Double) -> Double {
  var sign: Int32 = 0
  return unsafe lgamma_r(x, &sign)
}
@inlinable func libmLgamma(_ x: Float) -> Float {
  var sign: Int32 = 0
  return unsafe lgammaf_r(x, &sign)
}
