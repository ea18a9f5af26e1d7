import CLoomVector
import Foundation
import Testing

/// A function of CLoomVector with its meaning in Double.
@safe struct MathCase: Sendable, CustomTestStringConvertible {
  let name: String
  let single: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  let double: @Sendable (UnsafePointer<Double>, UnsafeMutablePointer<Double>, Int) -> Void
  let reference: @Sendable (Double) -> Double
  /// Largest error in ulp, for Float and Double; the Double reference itself may be off by one.
  let bound: (single: Double, double: Double)

  var testDescription: String { name }

  func callAsFunction(_ x: [Float]) -> [Float] {
    var y = [Float](repeating: .nan, count: x.count)
    unsafe single(x, &y, x.count)
    return y
  }

  func callAsFunction(_ x: [Double]) -> [Double] {
    var y = [Double](repeating: .nan, count: x.count)
    unsafe double(x, &y, x.count)
    return y
  }

  static let all: [MathCase] = unsafe [
    MathCase("exp", loom_exp_f32, loom_exp_f64, { exp($0) }, (1.2, 2.2)),
    MathCase("expm1", loom_expm1_f32, loom_expm1_f64, { expm1($0) }, (2, 3)),
    MathCase("log", loom_log_f32, loom_log_f64, { log($0) }, (1.2, 2.2)),
    MathCase("log1p", loom_log1p_f32, loom_log1p_f64, { log1p($0) }, (1.2, 2.2)),
    MathCase("tanh", loom_tanh_f32, loom_tanh_f64, { tanh($0) }, (2.6, 4)),
    MathCase("sigmoid", loom_sigmoid_f32, loom_sigmoid_f64, sigmoid, (2.6, 5)),
    MathCase("softplus", loom_softplus_f32, loom_softplus_f64, softplus, (2, 4)),
    MathCase("elu", loom_elu_f32, loom_elu_f64, { $0 < 0 ? expm1($0) : $0 }, (1.5, 3)),
    MathCase("selu", loom_selu_f32, loom_selu_f64, selu, (3, 5)),
    MathCase("sqrt", loom_sqrt_f32, loom_sqrt_f64, { $0.squareRoot() }, (0.51, 0)),
    MathCase("rsqrt", loom_rsqrt_f32, loom_rsqrt_f64, { 1 / $0.squareRoot() }, (1.6, 0)),
    MathCase("reciprocal", loom_reciprocal_f32, loom_reciprocal_f64, { 1 / $0 }, (0.51, 0)),
    MathCase("erf", loom_erf_f32, loom_erf_f64, { erf($0) }, (1.5, 0)),
    MathCase("erfc", loom_erfc_f32, loom_erfc_f64, { erfc($0) }, (0.52, 0)),
    MathCase("sin", loom_sin_f32, loom_sin_f64, { sin($0) }, (1.7, 0)),
    MathCase("cos", loom_cos_f32, loom_cos_f64, { cos($0) }, (1.7, 0)),
  ]

  private init(
    _ name: String,
    _ single: @escaping @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void,
    _ double:
      @escaping @Sendable (UnsafePointer<Double>, UnsafeMutablePointer<Double>, Int) -> Void,
    _ reference: @escaping @Sendable (Double) -> Double, _ bound: (Double, Double)
  ) {
    self.name = name
    unsafe self.single = unsafe single
    unsafe self.double = unsafe double
    self.reference = reference
    self.bound = bound
  }
}

private func sigmoid(_ x: Double) -> Double { x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)) }
private func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }
private func selu(_ x: Double) -> Double {
  1.0507009873554805 * (x < 0 ? 1.6732632423543772 * expm1(x) : x)
}

@Suite struct VectorMathTests {
  @Test(arguments: MathCase.all)
  func `float results lie within the stated ulps of the double reference`(_ function: MathCase) {
    // A walk over all bit patterns, which visits every exponent, sign and NaN.
    let stride: UInt32 = 65_521
    let x = Swift.stride(from: UInt32(0), to: .max - stride, by: Int(stride))
      .map { Float(bitPattern: $0) }
    for (argument, value) in zip(x, function(x)) {
      let error = ulps(value, from: function.reference(Double(argument)))
      #expect(error <= function.bound.single, "\(function.name)(\(argument)) = \(value)")
    }
  }

  @Test(arguments: MathCase.all)
  func `double results lie within the stated ulps of the library`(_ function: MathCase) {
    var random = SeededGenerator(seed: 1)
    var x: [Double] = []
    for scale in [1e-300, 1e-20, 1e-8, 0.01, 0.5, 1, 3, 20, 700, 1e5, 1e300] {
      x += (0..<300).map { _ in Double.random(in: -scale...scale, using: &random) }
    }
    for (argument, value) in zip(x, function(x)) {
      let error = ulps(value, from: function.reference(argument))
      #expect(error <= function.bound.double, "\(function.name)(\(argument)) = \(value)")
    }
  }

  @Test(arguments: MathCase.all)
  func `special values give what the reference gives`(_ function: MathCase) {
    let x: [Float] = [
      0, -0.0, .infinity, -.infinity, .nan, 1, -1, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
      .leastNormalMagnitude, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 88.72283, 88.73,
      -87.4, -103.9, -104.1, 17, -17.5, 524_288, 1e10,
    ]
    for (argument, value) in zip(x, function(x)) {
      let error = ulps(value, from: function.reference(Double(argument)))
      #expect(error <= function.bound.single, "\(function.name)(\(argument)) = \(value)")
    }
    for (argument, value) in zip(x, function(x.map(Double.init))) {
      let error = ulps(value, from: function.reference(Double(argument)))
      #expect(error <= max(function.bound.double, 1), "\(function.name)(\(argument)) = \(value)")
    }
  }

  @Test(arguments: MathCase.all)
  func `a value does not depend on its place or on the length of the row`(_ function: MathCase) {
    var random = SeededGenerator(seed: 2)
    let x = random.floats(70, in: -4...4)
    let alone = x.map { function([$0])[0].bitPattern }
    let wide = x.map { function([Double($0)])[0].bitPattern }
    for count in 0...70 {
      let row = Array(x.prefix(count))
      #expect(function(row).map(\.bitPattern) == Array(alone.prefix(count)))
      #expect(function(row.map(Double.init)).map(\.bitPattern) == Array(wide.prefix(count)))
    }
  }

  @Test func `functions work in place`() {
    for count in [1, 3, 5, 9, 16, 17, 33, 100] {
      var x = (0..<count).map { Float($0) / 10 - 1 }
      let expected = x.map { Float(exp(Double($0))) }
      unsafe x.withUnsafeMutableBufferPointer {
        unsafe loom_exp_f32($0.baseAddress!, $0.baseAddress!, count)
      }
      for (value, reference) in zip(x, expected) {
        #expect(abs(value - reference) <= reference.ulp)
      }
    }
  }

  @Test func `pow follows IEEE 754 in its special cases`() {
    let values: [Float] = [
      0, -0.0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 2.5, -2.5, .infinity, -.infinity, .nan, 1e9, -1e9,
      16_777_215, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
    ]
    for base in values {
      var y = [Float](repeating: 0, count: values.count)
      unsafe loom_pow_f32([base], 0, values, 1, &y, values.count)
      for (exponent, value) in zip(values, y) {
        let expected = pow(Double(base), Double(exponent))
        #expect(ulps(value, from: expected) <= 0.6, "pow(\(base), \(exponent)) = \(value)")
      }
    }
  }

  @Test func `pow rounds nearly correctly for random arguments`() {
    var random = SeededGenerator(seed: 3)
    let base = random.floats(5_000, in: 0...20)
    let exponent = random.floats(5_000, in: -30...30)
    var y = [Float](repeating: 0, count: base.count)
    unsafe loom_pow_f32(base, 1, exponent, 1, &y, y.count)
    for index in y.indices {
      let expected = pow(Double(base[index]), Double(exponent[index]))
      #expect(ulps(y[index], from: expected) <= 0.51, "pow(\(base[index]), \(exponent[index]))")
    }
  }
}
