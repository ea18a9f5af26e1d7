import LoomCore
import LoomKernels
import Testing

extension WindowAxis {
  static func padded(
    _ input: Int, _ kernel: Int, stride: Int = 1, dilation: Int = 1, _ padding: (Int, Int)
  ) -> WindowAxis {
    let span = input + padding.0 + padding.1 - ((kernel - 1) * dilation + 1)
    return WindowAxis(
      input: input, kernel: kernel, output: span < 0 ? 0 : span / stride + 1, stride: stride,
      dilation: dilation, before: padding.0)
  }

  static func same(_ input: Int, _ kernel: Int, stride: Int = 1, dilation: Int = 1) -> WindowAxis {
    let output = (input + stride - 1) / stride
    let padding = max((output - 1) * stride + (kernel - 1) * dilation + 1 - input, 0)
    return padded(
      input, kernel, stride: stride, dilation: dilation, (padding / 2, padding - padding / 2))
  }
}

/// A convolution written for clarity.
struct ReferenceConvolution {
  let geometry: ConvolutionGeometry

  /// Calls `body` with the offsets of all products: input, filter, output.
  func forEachProduct(_ body: (Int, Int, Int) -> Void) {
    let (h, w) = (geometry.height, geometry.width)
    let inputs = geometry.filterChannels
    let outputs = geometry.outputChannels / max(1, geometry.groups)
    for n in 0..<geometry.batch {
      for y in 0..<h.output {
        for x in 0..<w.output {
          for ky in 0..<h.kernel {
            for kx in 0..<w.kernel {
              let iy = y * h.stride - h.before + ky * h.dilation
              let ix = x * w.stride - w.before + kx * w.dilation
              if iy < 0 || iy >= h.input || ix < 0 || ix >= w.input { continue }
              let pixel = (n * h.input + iy) * w.input + ix
              let result = (n * h.output + y) * w.output + x
              let tap = ky * w.kernel + kx
              for o in 0..<geometry.outputChannels {
                for i in 0..<inputs {
                  body(
                    pixel * geometry.inputChannels + o / outputs * inputs + i,
                    (tap * inputs + i) * geometry.outputChannels + o,
                    result * geometry.outputChannels + o)
                }
              }
            }
          }
        }
      }
    }
  }

  func forward(_ input: [Double], _ filter: [Double]) -> [Double] {
    var output = [Double](repeating: 0, count: geometry.outputCount)
    forEachProduct { i, f, o in output[o] += input[i] * filter[f] }
    return output
  }

  func backwardInput(_ filter: [Double], _ gradient: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: geometry.inputCount)
    forEachProduct { i, f, o in result[i] += gradient[o] * filter[f] }
    return result
  }

  func backwardFilter(_ input: [Double], _ gradient: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: geometry.filterCount)
    forEachProduct { i, f, o in result[f] += input[i] * gradient[o] }
    return result
  }
}

@Suite struct ConvolutionTests {
  /// Small integers, so that every sum is exact in every type.
  private func values(_ count: Int, using random: inout SeededGenerator) -> [Double] {
    (0..<count).map { _ in Double(Int.random(in: 0...2, using: &random)) }
  }

  private func check<Scalar: FloatingScalar>(
    _ geometry: ConvolutionGeometry, as type: Scalar.Type, pool: WorkerPool, seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    let reference = ReferenceConvolution(geometry: geometry)
    let input = values(geometry.inputCount, using: &random)
    let filter = values(geometry.filterCount, using: &random)
    let gradient = values(geometry.outputCount, using: &random)
    func typed(_ values: [Double]) -> [Scalar] { values.map(Scalar.init(converting:)) }
    let (x, w, g) = (typed(input), typed(filter), typed(gradient))
    let threads = pool.threadCount

    let forward = try ConvolutionPlan<Scalar>(geometry, .forward, threadCount: threads)
    var y = [Scalar](repeating: .nan, count: geometry.outputCount)
    try unsafe forward.forward(input: x, filter: w, output: &y, pool: pool)
    let expected = reference.forward(input, filter)
    #expect(y.map(\.doubleValue) == expected, "forward \(type) \(geometry)")
    y = [Scalar](repeating: .nan, count: geometry.outputCount)
    let packed = try unsafe forward.pack(w)
    try unsafe forward.forward(input: x, filter: packed, output: &y, pool: pool)
    #expect(y.map(\.doubleValue) == expected, "forward, packed \(type) \(geometry)")

    let backwardInput = try ConvolutionPlan<Scalar>(geometry, .backwardInput, threadCount: threads)
    var dx = [Scalar](repeating: .nan, count: geometry.inputCount)
    try unsafe backwardInput.backwardInput(filter: w, gradient: g, into: &dx, pool: pool)
    #expect(
      dx.map(\.doubleValue) == reference.backwardInput(filter, gradient),
      "input \(type) \(geometry)")

    for isDeterministic in [false, true] {
      let backwardFilter = try ConvolutionPlan<Scalar>(
        geometry, .backwardFilter(isDeterministic: isDeterministic), threadCount: threads)
      var dw = [Scalar](repeating: .nan, count: geometry.filterCount)
      try unsafe backwardFilter.backwardFilter(input: x, gradient: g, into: &dw, pool: pool)
      let exact = reference.backwardFilter(input, gradient).map { Scalar(converting: $0) }
      #expect(dw == exact, "filter \(type) \(geometry)")
    }
  }

  private static let geometries: [ConvolutionGeometry] = {
    var geometries: [ConvolutionGeometry] = []
    for (size, window, stride, dilation) in [
      (1, 1, 1, 1), (4, 1, 1, 1), (5, 1, 2, 1), (5, 3, 1, 1), (6, 3, 2, 1), (7, 3, 1, 2),
      (4, 4, 1, 1), (6, 2, 3, 1),
    ] {
      let same = WindowAxis.same(size, window, stride: stride, dilation: dilation)
      let valid = WindowAxis.padded(size + 1, window, stride: stride, dilation: dilation, (0, 0))
      let explicit = WindowAxis.padded(size, window, stride: stride, dilation: dilation, (2, 1))
      for (height, width) in [(same, same), (same, valid), (valid, explicit), (explicit, same)] {
        for (inputs, outputs, groups) in [(1, 1, 1), (3, 5, 1), (4, 6, 2), (2, 2, 2)] {
          geometries.append(
            ConvolutionGeometry(
              batch: 2, height: height, width: width, inputChannels: inputs,
              filterChannels: inputs / groups, outputChannels: outputs))
        }
      }
    }
    return geometries
  }()

  @Test func `small float convolutions and their gradients are right`() throws {
    for (index, geometry) in Self.geometries.enumerated() {
      try check(geometry, as: Float.self, pool: pools[0], seed: UInt64(index))
    }
  }

  @Test func `small double convolutions and their gradients are right`() throws {
    for (index, geometry) in Self.geometries.enumerated() {
      try check(geometry, as: Double.self, pool: pools[0], seed: UInt64(index))
    }
  }

  @Test func `small 16-bit convolutions and their gradients are right`() throws {
    for (index, geometry) in Self.geometries.enumerated() where index % 3 == 0 {
      try check(geometry, as: Float16.self, pool: pools[0], seed: UInt64(index))
      try check(geometry, as: BFloat16.self, pool: pools[0], seed: UInt64(index))
    }
  }

  @Test(arguments: [1, 2, 5])
  func `convolutions cut for several threads are right`(_ batch: Int) throws {
    let height = WindowAxis.same(23, 3, stride: 2)
    let width = WindowAxis.same(20, 5)
    for groups in [1, 2] {
      let geometry = ConvolutionGeometry(
        batch: batch, height: height, width: width, inputChannels: 16,
        filterChannels: 16 / groups, outputChannels: 18)
      for pool in pools {
        try check(geometry, as: Float.self, pool: pool, seed: 3)
        try check(geometry, as: Double.self, pool: pool, seed: 4)
      }
    }
  }

  @Test func `cutting between threads does not change a bit of the output`() throws {
    var random = SeededGenerator(seed: 5)
    for (batch, size, channels) in [(1, 28, 64), (2, 14, 96), (5, 9, 40)] {
      let axis = WindowAxis.same(size, 3)
      let geometry = ConvolutionGeometry(
        batch: batch, height: axis, width: axis, inputChannels: channels,
        filterChannels: channels, outputChannels: channels)
      let x = random.floats(geometry.inputCount)
      let w = random.floats(geometry.filterCount)
      var results: [[Float]] = []
      for pool in pools {
        let plan = try ConvolutionPlan<Float>(geometry, .forward, threadCount: pool.threadCount)
        var y = [Float](repeating: 0, count: geometry.outputCount)
        try unsafe plan.forward(input: x, filter: w, output: &y, pool: pool)
        results.append(y)
      }
      #expect(results[0] == results[1])
    }
  }

  @Test func `a deterministic filter gradient does not depend on the threads`() throws {
    var random = SeededGenerator(seed: 6)
    let axis = WindowAxis.same(9, 3)
    let geometry = ConvolutionGeometry(
      batch: 7, height: axis, width: axis, inputChannels: 32,
      filterChannels: 32, outputChannels: 32)
    let x = random.floats(geometry.inputCount)
    let g = random.floats(geometry.outputCount)
    var results: [[Float]] = []
    for pool in pools {
      let plan = try ConvolutionPlan<Float>(
        geometry, .backwardFilter(isDeterministic: true), threadCount: pool.threadCount)
      var dw = [Float](repeating: 0, count: geometry.filterCount)
      try unsafe plan.backwardFilter(input: x, gradient: g, into: &dw, pool: pool)
      results.append(dw)
    }
    #expect(results[0] == results[1])
  }

  @Test func `the epilogue adds the bias and the old output, then activates`() throws {
    var random = SeededGenerator(seed: 7)
    let axis = WindowAxis.same(5, 3)
    let geometry = ConvolutionGeometry(
      batch: 2, height: axis, width: axis, inputChannels: 3,
      filterChannels: 3, outputChannels: 4)
    let input = values(geometry.inputCount, using: &random)
    let filter = values(geometry.filterCount, using: &random).map { $0 - 1 }
    let bias = [1.0, -2, 3, 0]
    let old = values(geometry.outputCount, using: &random)
    let sums = ReferenceConvolution(geometry: geometry).forward(input, filter)

    func check<Scalar: FloatingScalar>(_ type: Scalar.Type, _ epilogue: ConvolutionEpilogue) throws
    {
      func typed(_ values: [Double]) -> [Scalar] { values.map(Scalar.init(converting:)) }
      let plan = try ConvolutionPlan<Scalar>(geometry, .forward(epilogue), threadCount: 1)
      var y = typed(old)
      let packed = try unsafe plan.pack(typed(filter))
      try unsafe plan.forward(
        input: typed(input), filter: packed, bias: typed(bias), output: &y, pool: pools[0])
      for index in y.indices {
        var expected = sums[index]
        if epilogue.addsBias { expected += bias[index % 4] }
        if epilogue.addsToOutput { expected += old[index] }
        switch epilogue.activation {
        case .none: break
        case .relu: expected = max(expected, 0)
        case .relu6: expected = min(max(expected, 0), 6)
        }
        #expect(y[index].doubleValue == expected, "\(type) \(epilogue)")
      }
    }
    for addsBias in [false, true] {
      for addsToOutput in [false, true] {
        for activation in [ConvolutionEpilogue.Activation.none, .relu, .relu6] {
          let epilogue = ConvolutionEpilogue(
            addsBias: addsBias, addsToOutput: addsToOutput, activation: activation)
          try check(Float.self, epilogue)
          try check(Double.self, epilogue)
          try check(Float16.self, epilogue)
          try check(BFloat16.self, epilogue)
        }
      }
    }
  }

  @Test func `empty convolutions give nothing, zeros or zero gradients`() throws {
    let axis = WindowAxis.same(4, 3)
    let tooLong = WindowAxis(input: 2, kernel: 3, output: 0)
    for geometry in [
      ConvolutionGeometry(
        batch: 0, height: axis, width: axis, inputChannels: 2,
        filterChannels: 2, outputChannels: 3),
      ConvolutionGeometry(
        batch: 2, height: axis, width: axis, inputChannels: 0,
        filterChannels: 0, outputChannels: 3),
      ConvolutionGeometry(
        batch: 2, height: axis, width: axis, inputChannels: 3,
        filterChannels: 3, outputChannels: 0),
      ConvolutionGeometry(
        batch: 2, height: tooLong, width: axis, inputChannels: 2,
        filterChannels: 2, outputChannels: 3),
    ] {
      try check(geometry, as: Float.self, pool: pools[1], seed: 8)
      try check(geometry, as: Double.self, pool: pools[1], seed: 8)
      try check(geometry, as: BFloat16.self, pool: pools[1], seed: 8)
    }
  }
}
