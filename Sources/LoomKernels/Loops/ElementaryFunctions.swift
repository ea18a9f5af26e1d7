public import LoomCore

// Elementary functions of one scalar. The 16-bit types compute in Float and round once.

extension FloatingScalar {
  /// Applies one of two functions, by the type that this one computes in.
  @inlinable @inline(__always)
  static func compute(
    _ x: Self, _ single: (Float) -> Float, _ double: (Double) -> Double
  ) -> Self {
    // The conversions are exact: an accumulator is Float or Double. They vanish when specialised.
    if Accumulator.self == Double.self {
      return Self(Accumulator(double(Double(x.accumulator))))
    }
    return Self(Accumulator(single(Float(x.accumulator))))
  }

  @inlinable @inline(__always)
  static func compute(
    _ x: Self, _ y: Self, _ single: (Float, Float) -> Float,
    _ double: (Double, Double) -> Double
  ) -> Self {
    if Accumulator.self == Double.self {
      return Self(Accumulator(double(Double(x.accumulator), Double(y.accumulator))))
    }
    return Self(Accumulator(single(Float(x.accumulator), Float(y.accumulator))))
  }

  @inlinable public static func exp(_ x: Self) -> Self { compute(x, libmExp, libmExp) }
  @inlinable public static func expm1(_ x: Self) -> Self { compute(x, libmExpm1, libmExpm1) }
  @inlinable public static func log(_ x: Self) -> Self { compute(x, libmLog, libmLog) }
  @inlinable public static func log1p(_ x: Self) -> Self { compute(x, libmLog1p, libmLog1p) }
  @inlinable public static func sin(_ x: Self) -> Self { compute(x, libmSin, libmSin) }
  @inlinable public static func cos(_ x: Self) -> Self { compute(x, libmCos, libmCos) }
  @inlinable public static func tan(_ x: Self) -> Self { compute(x, libmTan, libmTan) }
  @inlinable public static func asin(_ x: Self) -> Self { compute(x, libmAsin, libmAsin) }
  @inlinable public static func acos(_ x: Self) -> Self { compute(x, libmAcos, libmAcos) }
  @inlinable public static func atan(_ x: Self) -> Self { compute(x, libmAtan, libmAtan) }
  @inlinable public static func sinh(_ x: Self) -> Self { compute(x, libmSinh, libmSinh) }
  @inlinable public static func cosh(_ x: Self) -> Self { compute(x, libmCosh, libmCosh) }
  @inlinable public static func tanh(_ x: Self) -> Self { compute(x, libmTanh, libmTanh) }
  @inlinable public static func asinh(_ x: Self) -> Self { compute(x, libmAsinh, libmAsinh) }
  @inlinable public static func acosh(_ x: Self) -> Self { compute(x, libmAcosh, libmAcosh) }
  @inlinable public static func atanh(_ x: Self) -> Self { compute(x, libmAtanh, libmAtanh) }
  @inlinable public static func erf(_ x: Self) -> Self { compute(x, libmErf, libmErf) }
  @inlinable public static func erfc(_ x: Self) -> Self { compute(x, libmErfc, libmErfc) }

  /// The logarithm of the absolute value of the gamma function.
  @inlinable public static func lgamma(_ x: Self) -> Self { compute(x, libmLgamma, libmLgamma) }

  @inlinable public static func pow(_ x: Self, _ y: Self) -> Self {
    compute(x, y, libmPow, libmPow)
  }
  /// The angle of the point (x, y).
  @inlinable public static func atan2(y: Self, x: Self) -> Self {
    compute(y, x, libmAtan2, libmAtan2)
  }
  /// The remainder of a division that rounds towards zero: it has the sign of `x`.
  @inlinable public static func remainder(_ x: Self, _ y: Self) -> Self {
    compute(x, y, libmFmod, libmFmod)
  }

  @inlinable public static func sqrt(_ x: Self) -> Self { Self(x.accumulator.squareRoot()) }
  @inlinable public static func rsqrt(_ x: Self) -> Self { Self(1 / x.accumulator.squareRoot()) }
  /// Rounds to an integer: `.down`, `.up`, `.towardZero` or, ties to even, `.toNearestOrEven`.
  @inlinable public static func rounded(_ x: Self, _ rule: FloatingPointRoundingRule) -> Self {
    Self(x.accumulator.rounded(rule))
  }
  @inlinable @inline(__always) public static func magnitude(_ x: Self) -> Self {
    Self(x.accumulator.magnitude)
  }

  /// `1 / (1 + exp(-x))`, without overflow on the way and with relative accuracy for very negative x.
  @inlinable public static func sigmoid(_ x: Self) -> Self {
    if x < .zero {
      let power = exp(x)
      return quotient(power, wrappingAdd(one, power))
    }
    return quotient(one, wrappingAdd(one, exp(negated(x))))
  }
}
