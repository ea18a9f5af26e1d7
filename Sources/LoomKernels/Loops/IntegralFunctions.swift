import LoomCore

// Functions defined by integrals, domains as TensorFlow has them.

extension SpecialFunctions {
  /// Dawson's integral `exp(-x²) ∫₀ˣ exp(t²) dt`.
  package static func dawson(_ x: Double) -> Double {
    let size = x.magnitude
    if size.isNaN { return x }
    var value: Double
    if size < 7 {
      // exp(-x²) Σ x^(2k + 1) / (k! (2k + 1)), all terms positive.
      var (term, sum) = (1.0, 1.0)
      for k in 1..<400 {
        term *= size * size / Double(k)
        let part = term / Double(2 * k + 1)
        sum += part
        if part <= 1e-17 * sum { break }
      }
      value = libmExp(-size * size) * size * sum
    } else {
      let square = 1 / (2 * size * size)
      var (term, sum) = (1.0, 1.0)
      for k in 1..<40 {
        term *= Double(2 * k - 1) * square
        sum += term
        if term <= 1e-17 { break }
      }
      value = sum / (2 * size)
    }
    value = x < 0 ? -value : value
    return value
  }

  /// The exponential integral `Ei(x)` for positive `x`.
  package static func exponentialIntegral(_ x: Double) -> Double {
    if x == 0 { return -.infinity }
    if !(x > 0) || x == .infinity { return .nan }
    if x <= 40 {
      var (term, sum) = (1.0, 0.0)
      for k in 1..<400 {
        term *= x / Double(k)
        let part = term / Double(k)
        sum += part
        if part <= 1e-17 * sum { break }
      }
      return 0.577_215_664_901_532_860_6 + libmLog(x) + sum
    }
    var (term, sum) = (1.0, 1.0)
    for k in 1..<60 {
      let next = term * Double(k) / x
      if next >= term { break }
      term = next
      sum += term
      if term <= 1e-17 * sum { break }
    }
    return libmExp(x) / x * sum
  }

  /// Fresnel's integrals `∫₀ˣ cos(πt²/2) dt` and `∫₀ˣ sin(πt²/2) dt`.
  package static func fresnel(_ x: Double) -> (cosine: Double, sine: Double) {
    let size = x.magnitude
    if size.isNaN { return (x, x) }
    var (cosine, sine) = (0.5, 0.5)
    if size < 1.5 {
      (cosine, sine) = fresnelSeries(size)
    } else if size < 1e8 {
      (cosine, sine) = fresnelFraction(size)
    }
    return x < 0 ? (-cosine, -sine) : (cosine, sine)
  }

  private static func fresnelSeries(_ x: Double) -> (Double, Double) {
    let phase = Double.pi / 2 * x * x
    var (cosine, sine) = (0.0, 0.0)
    var term = x
    for k in 0..<100 {
      // x (iφ)^k / (k! (2k + 1)): real and imaginary parts alternate.
      let part = term / Double(2 * k + 1)
      switch k & 3 {
      case 0: cosine += part
      case 1: sine += part
      case 2: cosine -= part
      default: sine -= part
      }
      if part <= 1e-18 * x { break }
      term *= phase / Double(k + 1)
    }
    return (cosine, sine)
  }

  /// By the continued fraction of the complementary error function (Numerical Recipes, 6.8).
  private static func fresnelFraction(_ x: Double) -> (Double, Double) {
    let square = Double.pi * x * x
    var b = Complex128(1, -square)
    var c = Complex128(1e300)
    var d = Complex128(1) / b
    var h = d
    var n = -1.0
    for _ in 2..<1000 {
      n += 2
      let a = -n * (n + 1)
      b = b + Complex128(4)
      d = Complex128(1) / (Complex128(a) * d + b)
      c = b + Complex128(a) / c
      let change = c * d
      h = h * change
      if (change.real - 1).magnitude + change.imaginary.magnitude < 1e-16 { break }
    }
    h = Complex128(x, -x) * h
    // Only the rest of the phase by full turns matters, and that is exact.
    let turns = (x * x / 4).truncatingRemainder(dividingBy: 1)
    let angle = 2 * Double.pi * turns
    let rotation = Complex128(libmCos(angle), libmSin(angle))
    let value = Complex128(0.5, 0.5) * (Complex128(1) - rotation * h)
    return (value.real, value.imaginary)
  }

  /// Spence's function `-∫₁ˣ log(t) / (t - 1) dt`; NaN below zero.
  package static func spence(_ x: Double) -> Double {
    if !(x >= 0) || x == .infinity { return .nan }
    if x == 0 { return Double.pi * Double.pi / 6 }
    if x == 1 { return 0 }
    // Three reductions bring the argument of Σ z^k / k² to at most one half.
    if x < 0.5 {
      return Double.pi * Double.pi / 6 - libmLog(x) * libmLog1p(-x) - dilogarithmSeries(x)
    }
    if x > 1.5 {
      let logarithm = libmLog(x)
      return -spence(1 / x) - logarithm * logarithm / 2
    }
    return dilogarithmSeries(1 - x)
  }

  private static func dilogarithmSeries(_ z: Double) -> Double {
    var (power, sum) = (1.0, 0.0)
    for k in 1..<100 {
      power *= z
      let part = power / Double(k * k)
      sum += part
      if part.magnitude <= 1e-18 * sum.magnitude { break }
    }
    return sum
  }
}
