import LoomCore
import LoomKernels

/// Draws from gamma distributions of unit scale (G. Marsaglia, W. W. Tsang, A simple method for
/// generating gamma variables, 2000).
struct GammaSampler {
  private let alpha: Double
  private let d: Double
  private let c: Double

  init(alpha: Double) {
    self.alpha = alpha
    // Below one, the shape plus one is sampled and the result scaled down.
    d = alpha + (alpha < 1 ? 2.0 / 3 : -1.0 / 3)
    c = 1.0 / 3 / d.squareRoot()
  }

  /// One draw, from the start of a stretch of the stream that nobody else uses.
  func draw(_ generator: Philox) -> Double {
    guard alpha > 0 else { return .nan }
    var numbers = PairedNumbers(generator)
    if alpha == 1 { return -Double.log1p(-numbers.uniform()) }
    while true {
      let x = numbers.normal()
      var v = 1 + c * x
      if v <= 0 { continue }
      v = v * v * v
      let u = numbers.uniform()
      // The first condition spares the logarithms most of the time.
      if u < 1 - 0.0331 * (x * x) * (x * x)
        || Double.log(u) < 0.5 * x * x + d * (1 - v + Double.log(v))
      {
        let result = d * v
        return alpha < 1 ? result * Double.pow(numbers.uniform(), 1 / alpha) : result
      }
      // Infinite parameters never get there.
      if !v.isFinite { return .nan }
    }
  }
}

/// Draws from Poisson distributions.
struct PoissonSampler {
  private let rate: Double
  /// The highest result that the output's dtype holds.
  private let highest: Double

  init(rate: Double, highest: Double) {
    self.rate = rate
    self.highest = highest
  }

  /// One draw, from the start of a stretch of the stream that nobody else uses.
  func draw(_ generator: Philox) -> Double {
    if rate.isNaN { return .nan }
    if rate == .infinity { return .infinity }
    var numbers = PairedNumbers(generator)
    return rate < 10 ? multiplying(&numbers) : rejecting(&numbers)
  }

  /// Counts how many uniform numbers can be multiplied before the product falls below exp(-rate)
  /// (D. E. Knuth).
  private func multiplying(_ numbers: inout PairedNumbers) -> Double {
    let limit = Double.exp(-rate)
    var product = 1.0
    var count = 0.0
    while true {
      product *= numbers.uniform()
      if product <= limit && count <= highest { return count }
      count += 1
    }
  }

  /// Transformed rejection (W. Hörmann, The transformed rejection method for generating Poisson random
  /// variables, 1993); the names are the paper's.
  private func rejecting(_ numbers: inout PairedNumbers) -> Double {
    let logRate = Double.log(rate)
    let b = 0.931 + 2.53 * rate.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    while true {
      let u = numbers.uniform() - 0.5
      let v = numbers.uniform()
      let shifted = 0.5 - u.magnitude
      let k = ((2 * a / shifted + b) * u + rate + 0.43).rounded(.down)
      if k > highest { continue }
      if shifted >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2) { return k }
      if k < 0 || (shifted < 0.013 && v > shifted) { continue }
      let s = Double.log(v * inverseAlpha / (a / (shifted * shifted) + b))
      let t = -rate + k * logRate - Double.lgamma(k + 1)
      if s <= t { return k }
    }
  }
}

/// Uniform and normal numbers in double precision from one stream. A block gives two numbers, of which
/// the second is used first.
private struct PairedNumbers {
  private var generator: Philox
  private var uniforms = (0.0, 0.0)
  private var normals = (0.0, 0.0)
  private var uniformsLeft = 0
  private var normalsLeft = 0

  init(_ generator: Philox) { self.generator = generator }

  mutating func uniform() -> Double {
    if uniformsLeft == 0 {
      let x = generator.next()
      uniforms = (RandomBits.double(x[0], x[1]), RandomBits.double(x[2], x[3]))
      uniformsLeft = 2
    }
    uniformsLeft -= 1
    return uniformsLeft == 1 ? uniforms.1 : uniforms.0
  }

  mutating func normal() -> Double {
    if normalsLeft == 0 {
      normals = RandomBits.normals(generator.next())
      normalsLeft = 2
    }
    normalsLeft -= 1
    return normalsLeft == 1 ? normals.1 : normals.0
  }
}
