#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

// Bessel functions of orders 0 and 1, domains as TensorFlow has them.

extension SpecialFunctions {
  // MARK: First and second kind, by the C library

  package static func besselJ(_ order: Int, _ x: Double) -> Double {
    if x.isInfinite { return .nan }
    return order == 0 ? j0(x) : j1(x)
  }

  package static func besselY(_ order: Int, _ x: Double) -> Double {
    if x == .infinity { return .nan }
    if x <= 0 { return -.infinity }
    return order == 0 ? y0(x) : y1(x)
  }

  // MARK: Modified, first kind

  /// `exp(-|x|) I(x)`.
  package static func scaledBesselI(_ order: Int, _ x: Double) -> Double {
    let size = x.magnitude
    let value = size <= 20 ? seriesI(order, size) : asymptoticI(order, size)
    return order == 1 && x < 0 ? -value : value
  }

  package static func besselI(_ order: Int, _ x: Double) -> Double {
    libmExp(x.magnitude) * scaledBesselI(order, x)
  }

  /// Σ (x/2)^(2k + order) / (k! (k + order)!), all terms positive.
  private static func seriesI(_ order: Int, _ x: Double) -> Double {
    if x.isNaN { return x }
    let square = x * x / 4
    var term = order == 0 ? 1 : x / 2
    var sum = term
    for k in 1..<200 {
      term *= square / (Double(k) * Double(k + order))
      sum += term
      if term <= 1e-17 * sum { break }
    }
    return libmExp(-x) * sum
  }

  /// Hankel's expansion, which from 20 on is exact before it diverges.
  private static func asymptoticI(_ order: Int, _ x: Double) -> Double {
    let mu = order == 0 ? 0.0 : 4.0
    var (term, sum) = (1.0, 1.0)
    for k in 1..<40 {
      let odd = Double(2 * k - 1)
      term *= -(mu - odd * odd) / (Double(k) * 8 * x)
      sum += term
      if term.magnitude <= 1e-17 * sum.magnitude { break }
    }
    return sum / (2 * Double.pi * x).squareRoot()
  }

  // MARK: Modified, second kind

  /// `exp(x) K(x)`.
  package static func scaledBesselK(_ order: Int, _ x: Double) -> Double {
    if x <= 0 { return .infinity }
    if x <= 2 { return libmExp(x) * seriesK(order, x) }
    return fractionK(order, x)
  }

  package static func besselK(_ order: Int, _ x: Double) -> Double {
    if x <= 0 { return .infinity }
    if x <= 2 { return seriesK(order, x) }
    return x == .infinity ? 0 : libmExp(-x) * fractionK(order, x)
  }

  /// DLMF 10.31: a logarithm times I, and a series with harmonic numbers.
  private static func seriesK(_ order: Int, _ x: Double) -> Double {
    let square = x * x / 4
    let logarithm = libmLog(x / 2)
    let euler = 0.577_215_664_901_532_860_6
    // ψ(k + 1) = H_k - γ.
    var harmonic = 0.0
    var (term, sum) = (1.0, 0.0)
    for k in 0..<40 {
      if k > 0 {
        harmonic += 1 / Double(k)
        term *= square / (Double(k) * Double(k + order))
      }
      let psi = harmonic - euler
      sum += order == 0 ? term * psi : term * (2 * psi + 1 / Double(k + 1))
      if term <= 1e-18 * sum.magnitude { break }
    }
    let first = libmExp(x) * seriesI(order, x)
    return order == 0
      ? sum - logarithm * first : 1 / x + logarithm * first - x / 4 * sum
  }

  /// Steed's continued fraction as Temme evaluates it (Numerical Recipes, 6.7), for x above 2.
  private static func fractionK(_ order: Int, _ x: Double) -> Double {
    if x.isNaN { return x }
    if x == .infinity { return 0 }
    var b = 2 * (1 + x)
    var d = 1 / b
    var h = d
    var step = d
    var (q1, q2) = (0.0, 1.0)
    let start = 0.25
    var (q, c, a) = (start, start, -start)
    var s = 1 + q * step
    for index in 2..<termLimit {
      let i = Double(index)
      a -= 2 * (i - 1)
      c = -a * c / i
      let next = (q1 - b * q2) / a
      (q1, q2) = (q2, next)
      q += c * next
      b += 2
      d = 1 / (b + a * d)
      step = (b * d - 1) * step
      h += step
      let change = q * step
      s += change
      if (change / s).magnitude < 1e-17 { break }
    }
    let zero = (Double.pi / (2 * x)).squareRoot() / s
    return order == 0 ? zero : zero * (x + 0.5 - start * h) / x
  }
}
