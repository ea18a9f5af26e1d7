import CLoomVector
import Foundation
import LoomCore
import Testing

@Suite struct VectorRowTests {
  @Test func `every half converts to float and back`() {
    let bits = (0...UInt16.max).map { $0 }
    var wide = [Float](repeating: 0, count: bits.count)
    unsafe loom_half_to_float(bits, &wide, bits.count)
    var back = [UInt16](repeating: 0, count: bits.count)
    unsafe loom_float_to_half(wide, &back, bits.count)
    for (pattern, index) in zip(bits, bits.indices) {
      let half = Float16(bitPattern: pattern)
      if half.isNaN {
        #expect(wide[index].isNaN && Float16(bitPattern: back[index]).isNaN)
      } else {
        #expect(wide[index].bitPattern == Float(half).bitPattern)
        #expect(back[index] == pattern)
      }
    }
  }

  @Test func `float to half and bfloat16 rounds to nearest even`() {
    let floats = stride(from: UInt32(0), to: .max - 9_973, by: 9_973).map { Float(bitPattern: $0) }
    var half = [UInt16](repeating: 0, count: floats.count)
    var brain = half
    unsafe loom_float_to_half(floats, &half, floats.count)
    unsafe loom_float_to_bfloat16(floats, &brain, floats.count)
    for (index, value) in floats.enumerated() {
      if value.isNaN {
        #expect(Float16(bitPattern: half[index]).isNaN)
        #expect(BFloat16(bitPattern: brain[index]).isNaN)
      } else {
        #expect(half[index] == Float16(value).bitPattern, "\(value)")
        #expect(brain[index] == BFloat16(value).bitPattern, "\(value)")
      }
    }
  }

  @Test func `sums, products and extremes of rows match double arithmetic`() {
    var random = SeededGenerator(seed: 4)
    for count in Array(0...70) + [1_000, 4_096, 4_097, 10_000] {
      let x = random.floats(count)
      let y = random.floats(count)
      let sum = x.reduce(0.0) { $0 + Double($1) }
      let dot = zip(x, y).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(Double(unsafe loom_sum_f32(x, count)) - sum) < 1e-4)
      #expect(abs(Double(unsafe loom_dot_f32(x, y, count)) - dot) < 1e-4)
      #expect(unsafe loom_max_f32(x, count) == (x.max() ?? -.infinity))
      #expect(unsafe loom_min_f32(x, count) == (x.min() ?? .infinity))
      let wide = x.map(Double.init)
      #expect(abs(unsafe loom_sum_f64(wide, count) - sum) < 1e-11)
      #expect(unsafe loom_max_f64(wide, count) == (wide.max() ?? -.infinity))
      #expect(unsafe loom_min_f64(wide, count) == (wide.min() ?? .infinity))
    }
  }

  @Test func `an extreme of a row with NaN is NaN wherever it stands`() {
    for count in [1, 15, 16, 17, 31, 32, 33, 50] {
      for place in 0..<count {
        var x = [Float](repeating: 1, count: count)
        x[place] = .nan
        #expect(unsafe loom_max_f32(x, count).isNaN)
        #expect(unsafe loom_min_f32(x, count).isNaN)
        #expect(unsafe loom_max_f64(x.map(Double.init), count).isNaN)
      }
    }
  }

  @Test func `long sums keep their accuracy`() {
    let count = 1 << 20
    let x = [Float](repeating: 0.1, count: count)
    // Added one by one, the sum would be 100,958.
    #expect(abs(unsafe loom_sum_f32(x, count) - 104_857.6) < 0.2)
  }

  @Test func `softmax and log-softmax of rows match double arithmetic`() {
    var random = SeededGenerator(seed: 5)
    for count in Array(1...40) + [1_000, 5_000] {
      let x = random.floats(count, in: -20...20)
      let largest = Double(x.max()!)
      let sum = x.reduce(0.0) { $0 + exp(Double($1) - largest) }
      var soft = [Float](repeating: 0, count: count)
      var logs = soft
      unsafe loom_softmax_f32(x, &soft, count)
      unsafe loom_log_softmax_f32(x, &logs, count)
      for index in 0..<count {
        let exponent = Double(x[index]) - largest
        let expected = exp(exponent) / sum
        #expect(abs(Double(soft[index]) - expected) <= 4e-6 * expected)
        #expect(abs(Double(logs[index]) - (exponent - log(sum))) < 1e-5)
      }
    }
  }

  @Test(arguments: [[1, .nan, 2], [1, .infinity, 2], [-.infinity, -.infinity]] as [[Float]])
  func `a row without a finite maximum or with NaN has no softmax`(_ row: [Float]) {
    var y = row
    unsafe loom_softmax_f32(row, &y, row.count)
    #expect(y.allSatisfy { $0.isNaN })
    unsafe loom_log_softmax_f32(row, &y, row.count)
    #expect(y.allSatisfy { $0.isNaN })
  }

  @Test func `layer normalisation uses the moments of its row`() {
    var random = SeededGenerator(seed: 6)
    for count in [1, 2, 15, 16, 17, 100, 768, 5_000] {
      let x = random.floats(count, in: 90...110)
      let scale = random.floats(count)
      let offset = random.floats(count)
      let mean = x.reduce(0.0) { $0 + Double($1) } / Double(count)
      let variance = x.reduce(0.0) { $0 + pow(Double($1) - mean, 2) } / Double(count)
      var y = [Float](repeating: 0, count: count)
      unsafe loom_layer_norm_f32(x, scale, offset, 1e-3, &y, count)
      for index in 0..<count {
        let normal = (Double(x[index]) - mean) / (variance + 1e-3).squareRoot()
        let expected = normal * Double(scale[index]) + Double(offset[index])
        #expect(abs(Double(y[index]) - expected) < 2e-4)
      }
    }
  }

  @Test func `optimizer steps match their formulas`() {
    var random = SeededGenerator(seed: 7)
    for nesterov in [false, true] {
      for count in [1, 16, 21] {
        let (v0, g, m0) = (random.floats(count), random.floats(count), random.floats(count))
        let s0 = random.floats(count, in: 0.1...1)
        var (v, m, s) = (v0, m0, s0)
        unsafe loom_adam_f32(&v, &m, &s, g, 0.1, 0.9, 0.99, 1e-3, nesterov, count)
        for i in 0..<count {
          let m1 = m0[i] + (g[i] - m0[i]) * 0.1
          let s1 = s0[i] + (g[i] * g[i] - s0[i]) * 0.01
          let step = nesterov ? m1 * 0.9 + g[i] * 0.1 : m1
          #expect(abs(m[i] - m1) < 1e-6 && abs(s[i] - s1) < 1e-6)
          #expect(abs(v[i] - (v0[i] - 0.1 * step / (s1.squareRoot() + 1e-3))) < 2e-6)
        }
        var (w, a) = (v0, m0)
        unsafe loom_momentum_f32(&w, &a, g, 0.1, 0.9, nesterov, count)
        for i in 0..<count {
          let a1 = m0[i] * 0.9 + g[i]
          #expect(abs(a[i] - a1) < 1e-6)
          let step = nesterov ? g[i] + 0.9 * a1 : a1
          #expect(abs(w[i] - (v0[i] - 0.1 * step)) < 1e-6)
        }
        var u = v0
        unsafe loom_gradient_descent_f32(&u, g, 0.5, count)
        for i in 0..<count { #expect(abs(u[i] - (v0[i] - 0.5 * g[i])) < 1e-6) }
      }
    }
  }

  @Test func `transposes move every element to its place`() {
    for rows in [0, 1, 7, 8, 15, 16, 17, 40] {
      for columns in [0, 1, 7, 8, 15, 16, 17, 33, 50] {
        let x = (0..<rows * columns).map { Float($0) }
        let wide = x.map(Double.init)
        var y = [Float](repeating: -1, count: rows * columns)
        var wideY = [Double](repeating: -1, count: rows * columns)
        unsafe loom_transpose_4(x, columns, &y, rows, rows, columns)
        unsafe loom_transpose_8(wide, columns, &wideY, rows, rows, columns)
        for r in 0..<rows {
          for c in 0..<columns {
            #expect(y[c * rows + r] == x[r * columns + c])
            #expect(wideY[c * rows + r] == wide[r * columns + c])
          }
        }
      }
    }
  }
}
