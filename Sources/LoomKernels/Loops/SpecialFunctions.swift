import LoomCore

// Special functions in double precision. Goals, in this order: the value and the domain TensorFlow's
// functions have, relative accuracy around 1e-12, bounded work for any argument, speed. Single precision
// is computed in double and rounded.

/// A number with its derivative by one variable, for differentiating series term by term.
private struct Dual {
  var value: Double
  var slope: Double

  init(_ value: Double, _ slope: Double = 0) {
    self.value = value
    self.slope = slope
  }

  static func + (a: Dual, b: Dual) -> Dual { Dual(a.value + b.value, a.slope + b.slope) }
  static func * (a: Dual, b: Dual) -> Dual {
    Dual(a.value * b.value, a.slope * b.value + a.value * b.slope)
  }
  static func / (a: Dual, b: Dual) -> Dual {
    let quotient = a.value / b.value
    return Dual(quotient, (a.slope - quotient * b.slope) / b.value)
  }
}

package enum SpecialFunctions {
  /// Terms of a series or continued fraction after which it is taken as it is.
  static let termLimit = 10_000

  /// The value of a polynomial, coefficients from the constant upwards.
  static func polynomial(_ x: Double, _ coefficients: InlineArray<8, Double>) -> Double {
    var sum = coefficients[7]
    for index in (0..<7).reversed() { sum = sum * x + coefficients[index] }
    return sum
  }

  // MARK: Gamma function

  /// The logarithmic derivative of the gamma function.
  package static func digamma(_ x: Double) -> Double {
    if x <= 0 {
      if x == x.rounded(.down) { return .nan }
      return digamma(reflected: x)
    }
    return positiveDigamma(x)
  }

  /// By reflection: ψ(x) = ψ(1 - x) - π / tan(πx).
  private static func digamma(reflected x: Double) -> Double {
    // Only the fraction matters to the tangent, and it is exact.
    let fraction = x - x.rounded(.toNearestOrEven)
    return positiveDigamma(1 - x)
      - (fraction == 0.5 || fraction == -0.5
        ? 0 : Double.pi / libmTan(Double.pi * fraction))
  }

  /// Up to 10 by the recurrence ψ(x) = ψ(x + 1) - 1/x, from there by the asymptotic series.
  private static func positiveDigamma(_ x: Double) -> Double {
    if x.isNaN || x == .infinity { return x }
    var (argument, sum) = (x, 0.0)
    while argument < 10 {
      sum -= 1 / argument
      argument += 1
    }
    let square = 1 / (argument * argument)
    // Bernoulli numbers over 2k, with alternating signs.
    let series =
      square
      * polynomial(
        square,
        [
          1 / 12.0, -1 / 120.0, 1 / 252.0, -1 / 240.0, 1 / 132.0, -691 / 32760.0, 1 / 12.0,
          -3617 / 8160.0,
        ])
    return sum + libmLog(argument) - 0.5 / argument - series
  }

  /// The regularised lower incomplete gamma function P(a, x).
  package static func lowerGamma(_ a: Double, _ x: Double) -> Double {
    if x == 0 { return 0 }
    if !(x > 0) || !(a > 0) { return .nan }
    if a == .infinity { return 0 }
    if x == .infinity { return 1 }
    return x > 1 && x > a
      ? 1 - upperFraction(Dual(a), x).value : lowerSeries(Dual(a), x).value
  }

  /// The regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x).
  package static func upperGamma(_ a: Double, _ x: Double) -> Double {
    if !(x >= 0) || !(a > 0) { return .nan }
    if x == .infinity { return 0 }
    if a == .infinity { return 1 }
    if x == 0 { return 1 }
    return x < 1 || x < a
      ? 1 - lowerSeries(Dual(a), x).value : upperFraction(Dual(a), x).value
  }

  /// ∂P(a, x)/∂a.
  package static func lowerGammaSlope(_ a: Double, _ x: Double) -> Double {
    if x == 0 { return 0 }
    if !(x > 0) || !(a > 0) { return .nan }
    if a == .infinity || x == .infinity { return 0 }
    return x > 1 && x > a
      ? -upperFraction(Dual(a, 1), x).slope : lowerSeries(Dual(a, 1), x).slope
  }

  /// x^a exp(-x) / Γ(b), where b follows a at a fixed distance.
  private static func gammaFactor(_ a: Dual, _ b: Dual, _ x: Double) -> Dual {
    let logarithm = a.value * libmLog(x) - x - libmLgamma(b.value)
    let value = libmExp(logarithm)
    return Dual(value, a.slope == 0 ? 0 : value * (libmLog(x) - digamma(b.value)) * a.slope)
  }

  /// P by its power series: x^a exp(-x) / Γ(a + 1) · Σ x^n / ((a + 1) … (a + n)). For x up to about a.
  private static func lowerSeries(_ a: Dual, _ x: Double) -> Dual {
    // Γ(a + 1), not a Γ(a): for tiny a the pole of the gamma function would eat the digits.
    let next = a + Dual(1)
    let factor = gammaFactor(a, next, x)
    if factor.value == 0 { return Dual(0) }
    var denominator = a
    var term = Dual(1)
    var sum = term
    for _ in 0..<termLimit {
      denominator = denominator + Dual(1)
      term = term * Dual(x) / denominator
      sum = sum + term
      if term.value.magnitude <= 1e-17 * sum.value.magnitude,
        term.slope.magnitude <= 1e-17 * sum.slope.magnitude
      {
        break
      }
    }
    return sum * factor
  }

  /// Q by its continued fraction (Legendre), evaluated forwards as Lentz does. For x above a.
  private static func upperFraction(_ a: Dual, _ x: Double) -> Dual {
    let factor = gammaFactor(a, a, x)
    if factor.value == 0 { return Dual(0) }
    let minusA = Dual(-a.value, -a.slope)
    var b = Dual(x + 1) + minusA
    var c = Dual(1e300)
    var d = Dual(1) / b
    var fraction = d
    for index in 1..<termLimit {
      let n = Double(index)
      let numerator = Dual(-n) * (Dual(n) + minusA)
      b = b + Dual(2)
      d = Dual(1) / guarded(numerator * d + b)
      c = guarded(b + numerator / c)
      let change = c * d
      fraction = fraction * change
      if (change.value - 1).magnitude <= 1e-16, change.slope.magnitude <= 1e-16 { break }
    }
    return fraction * factor
  }

  /// Lentz' method must not divide by zero.
  private static func guarded(_ x: Dual) -> Dual {
    x.value.magnitude < 1e-300 ? Dual(1e-300, x.slope) : x
  }

  // MARK: Normal distribution

  /// The quantile of the standard normal distribution.
  package static func normalQuantile(_ p: Double) -> Double {
    if !(p >= 0 && p <= 1) { return .nan }
    return quantile(offset: p - 0.5, tail: Swift.min(p, 1 - p))
  }

  /// The inverse of the error function.
  package static func inverseErf(_ x: Double) -> Double {
    if !(x >= -1 && x <= 1) { return .nan }
    // Not through the probability (x + 1) / 2, which loses the digits of small arguments.
    return quantile(offset: x / 2, tail: (1 - x.magnitude) / 2) * 0.5.squareRoot()
  }

  /// The normal quantile of `0.5 + offset`, whose distance to the nearer end is `tail`
  /// (M. J. Wichura, Algorithm AS 241, 1988).
  private static func quantile(offset: Double, tail: Double) -> Double {
    if offset.magnitude <= 0.425 {
      let r = 0.180625 - offset * offset
      return offset
        * polynomial(
          r,
          [
            3.387_132_872_796_366_608_0e0, 1.331_416_678_917_843_774_5e+2,
            1.971_590_950_306_551_442_7e+3, 1.373_169_376_550_946_112_5e+4,
            4.592_195_393_154_987_145_7e+4, 6.726_577_092_700_870_085_3e+4,
            3.343_057_558_358_812_810_5e+4, 2.509_080_928_730_122_672_7e+3,
          ])
        / polynomial(
          r,
          [
            1, 4.231_333_070_160_091_125_2e+1, 6.871_870_074_920_579_083_0e+2,
            5.394_196_021_424_751_107_7e+3, 2.121_379_430_158_659_586_7e+4,
            3.930_789_580_009_271_061_0e+4, 2.872_908_573_572_194_267_4e+4,
            5.226_495_278_852_854_561_0e+3,
          ])
    }
    if tail == 0 { return offset < 0 ? -.infinity : .infinity }
    let root = (-libmLog(tail)).squareRoot()
    let size: Double
    if root <= 5 {
      let r = root - 1.6
      size =
        polynomial(
          r,
          [
            1.423_437_110_749_683_577_34e0, 4.630_337_846_156_545_295_90e0,
            5.769_497_221_460_691_405_50e0, 3.647_848_324_763_204_605_04e0,
            1.270_458_252_452_368_382_58e0, 2.417_807_251_774_506_117_70e-1,
            2.272_384_498_926_918_458_33e-2, 7.745_450_142_783_414_076_40e-4,
          ])
        / polynomial(
          r,
          [
            1, 2.053_191_626_637_758_821_87e0, 1.676_384_830_183_803_849_40e0,
            6.897_673_349_851_000_045_50e-1, 1.481_039_764_274_800_745_90e-1,
            1.519_866_656_361_645_719_66e-2, 5.475_938_084_995_344_946_00e-4,
            1.050_750_071_644_416_843_24e-9,
          ])
    } else {
      let r = root - 5
      size =
        polynomial(
          r,
          [
            6.657_904_643_501_103_777_20e0, 5.463_784_911_164_114_369_90e0,
            1.784_826_539_917_291_335_80e0, 2.965_605_718_285_048_912_30e-1,
            2.653_218_952_657_612_309_30e-2, 1.242_660_947_388_078_438_60e-3,
            2.711_555_568_743_487_578_15e-5, 2.010_334_399_292_288_132_65e-7,
          ])
        / polynomial(
          r,
          [
            1, 5.998_322_065_558_879_376_90e-1, 1.369_298_809_227_358_053_10e-1,
            1.487_536_129_085_061_485_25e-2, 7.868_691_311_456_132_591_00e-4,
            1.846_318_317_510_054_681_80e-5, 1.421_511_758_316_445_888_70e-7,
            2.044_263_103_389_939_785_64e-15,
          ])
    }
    return offset < 0 ? -size : size
  }

  // MARK: Beta function

  /// The regularised incomplete beta function I_x(a, b).
  package static func incompleteBeta(_ a: Double, _ b: Double, _ x: Double) -> Double {
    if !(a > 0) || !(b > 0) || !(x >= 0) || x > 1 { return .nan }
    if x == 0 || x == 1 { return x }
    // The fraction converges fast below the mean; above, the mirrored function is below its own.
    if x > (a + 1) / (a + b + 2) {
      return 1 - betaFraction(b, a, 1 - x, complement: x)
    }
    return betaFraction(a, b, x, complement: 1 - x)
  }

  /// I_x(a, b) by its continued fraction (DLMF 8.17.22), evaluated as Lentz does.
  private static func betaFraction(
    _ a: Double, _ b: Double, _ x: Double, complement: Double
  ) -> Double {
    let logarithm =
      a * libmLog(x) + b * libmLog(complement) + libmLgamma(a + b) - libmLgamma(a) - libmLgamma(b)
    var c = 1.0
    var d = 1 / guarded(1 - (a + b) * x / (a + 1))
    var fraction = d
    for index in 1..<termLimit {
      let m = Double(index)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / guarded(1 + even * d)
      c = guarded(1 + even / c)
      fraction *= c * d
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / guarded(1 + odd * d)
      c = guarded(1 + odd / c)
      fraction *= c * d
      if (c * d - 1).magnitude <= 1e-16 { break }
    }
    return libmExp(logarithm) * fraction / a
  }

  private static func guarded(_ x: Double) -> Double { x.magnitude < 1e-300 ? 1e-300 : x }

  // MARK: Zeta function

  /// The Hurwitz zeta function Σ (k + q)^-x.
  package static func zeta(_ x: Double, _ q: Double) -> Double {
    if x == 1 { return .infinity }
    if !(x > 1) || q.isNaN { return .nan }
    if q <= 0 {
      if q == q.rounded(.down) {
        return (x / 2).rounded(.toNearestOrEven) == x / 2 ? .infinity : .nan
      }
      if x != x.rounded(.down) { return .nan }
    }
    if q == .infinity { return 0 }
    if x == .infinity && q > 0 { return q > 1 ? 0 : q == 1 ? 1 : .infinity }
    // Ten terms, and all with a negative base, then the Euler-Maclaurin formula.
    var sum = libmPow(q, -x)
    var base = q
    var count = 0
    var term = 0.0
    while (count < 10 || base <= 9) && count < termLimit {
      count += 1
      base += 1
      term = libmPow(base, -x)
      sum += term
      if (term / sum).magnitude < 1e-17 { return sum }
    }
    sum += term * base / (x - 1) - 0.5 * term
    // (2j)! / B_2j.
    let factors: InlineArray<12, Double> = [
      12, -720, 30240, -1_209_600, 47_900_160, -1.892_437_580_318_379_160_6e9, 7.472_424_96e10,
      -2.950_130_727_918_164_224e12, 1.164_678_281_435_006_724_9e14,
      -4.597_978_722_407_472_610_5e15, 1.815_210_540_194_354_677_3e17,
      -7.166_165_256_175_667_011_3e18,
    ]
    var rising = 1.0
    var index = 0.0
    for factor in 0..<12 {
      rising *= x + index
      term /= base
      let correction = rising * term / factors[factor]
      sum += correction
      if (correction / sum).magnitude < 1e-17 { break }
      index += 1
      rising *= x + index
      term /= base
      index += 1
    }
    return sum
  }

  /// The derivative of order `n` of ``digamma(_:)``.
  package static func polygamma(_ n: Double, _ x: Double) -> Double {
    if !(n >= 0) || n != n.rounded(.down) { return .nan }
    if n == 0 { return digamma(x) }
    let size = libmExp(libmLgamma(n + 1)) * zeta(n + 1, x)
    return n.truncatingRemainder(dividingBy: 2) == 0 ? -size : size
  }
}
