import LoomCore
import LoomKernels
import Testing

/// A convolution written for clarity.
struct ReferenceConvolution {
  let shape: ConvolutionShape

  /// Calls `body` with the offsets of all products: input, filter, output.
  func forEachProduct(_ body: (Int, Int, Int) -> Void) {
    let (h, w) = (shape.height, shape.width)
    let (inputs, outputs) = (
      shape.inputChannels / shape.groups, shape.outputChannels / shape.groups
    )
    for n in 0..<shape.batch {
      for y in 0..<h.outputSize {
        for x in 0..<w.outputSize {
          for ky in 0..<h.windowSize {
            for kx in 0..<w.windowSize {
              let iy = y * h.stride - h.paddingBefore + ky * h.dilation
              let ix = x * w.stride - w.paddingBefore + kx * w.dilation
              if iy < 0 || iy >= h.inputSize || ix < 0 || ix >= w.inputSize { continue }
              let pixel = (n * h.inputSize + iy) * w.inputSize + ix
              let result = (n * h.outputSize + y) * w.outputSize + x
              let tap = ky * w.windowSize + kx
              for o in 0..<shape.outputChannels {
                for i in 0..<inputs {
                  body(
                    pixel * shape.inputChannels + o / outputs * inputs + i,
                    (tap * inputs + i) * shape.outputChannels + o,
                    result * shape.outputChannels + o)
                }
              }
            }
          }
        }
      }
    }
  }

  func forward(_ input: [Double], _ filter: [Double]) -> [Double] {
    var output = [Double](repeating: 0, count: shape.outputCount)
    forEachProduct { i, f, o in output[o] += input[i] * filter[f] }
    return output
  }

  func backwardInput(_ filter: [Double], _ gradient: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: shape.inputCount)
    forEachProduct { i, f, o in result[i] += gradient[o] * filter[f] }
    return result
  }

  func backwardFilter(_ input: [Double], _ gradient: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: shape.filterCount)
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
    _ shape: ConvolutionShape, as type: Scalar.Type, pool: WorkerPool, seed: UInt64
  ) throws {
    var random = SeededGenerator(seed: seed)
    let reference = ReferenceConvolution(shape: shape)
    let input = values(shape.inputCount, using: &random)
    let filter = values(shape.filterCount, using: &random)
    let gradient = values(shape.outputCount, using: &random)
    func typed(_ values: [Double]) -> [Scalar] { values.map(Scalar.init(converting:)) }
    let (x, w, g) = (typed(input), typed(filter), typed(gradient))
    let threads = pool.threadCount

    let forward = try ConvolutionPlan<Scalar>(shape, .forward, threadCount: threads)
    var y = [Scalar](repeating: .nan, count: shape.outputCount)
    try unsafe forward.forward(input: x, filter: w, output: &y, pool: pool)
    let expected = reference.forward(input, filter)
    #expect(y.map(\.doubleValue) == expected, "forward \(type) \(shape)")
    y = [Scalar](repeating: .nan, count: shape.outputCount)
    let packed = try unsafe forward.pack(w)
    try unsafe forward.forward(input: x, filter: packed, output: &y, pool: pool)
    #expect(y.map(\.doubleValue) == expected, "forward, packed \(type) \(shape)")

    let backwardInput = try ConvolutionPlan<Scalar>(shape, .backwardInput, threadCount: threads)
    var dx = [Scalar](repeating: .nan, count: shape.inputCount)
    try unsafe backwardInput.backwardInput(filter: w, gradient: g, into: &dx, pool: pool)
    #expect(
      dx.map(\.doubleValue) == reference.backwardInput(filter, gradient), "input \(type) \(shape)")

    for isDeterministic in [false, true] {
      let backwardFilter = try ConvolutionPlan<Scalar>(
        shape, .backwardFilter(isDeterministic: isDeterministic), threadCount: threads)
      var dw = [Scalar](repeating: .nan, count: shape.filterCount)
      try unsafe backwardFilter.backwardFilter(input: x, gradient: g, into: &dw, pool: pool)
      let exact = reference.backwardFilter(input, gradient).map { Scalar(converting: $0) }
      #expect(dw == exact, "filter \(type) \(shape)")
    }
  }

  private static let shapes: [ConvolutionShape] = {
    var shapes: [ConvolutionShape] = []
    for (size, window, stride, dilation) in [
      (1, 1, 1, 1), (4, 1, 1, 1), (5, 1, 2, 1), (5, 3, 1, 1), (6, 3, 2, 1), (7, 3, 1, 2),
      (4, 4, 1, 1), (6, 2, 3, 1),
    ] {
      let same = ConvolutionAxis.same(
        inputSize: size, windowSize: window, stride: stride, dilation: dilation)
      let valid = ConvolutionAxis(
        inputSize: size + 1, windowSize: window, stride: stride, dilation: dilation)
      let explicit = ConvolutionAxis(
        inputSize: size, windowSize: window, stride: stride, dilation: dilation, paddingBefore: 2,
        paddingAfter: 1)
      for (height, width) in [(same, same), (same, valid), (valid, explicit), (explicit, same)] {
        for (inputs, outputs, groups) in [(1, 1, 1), (3, 5, 1), (4, 6, 2), (2, 2, 2)] {
          shapes.append(
            ConvolutionShape(
              batch: 2, height: height, width: width, inputChannels: inputs,
              outputChannels: outputs,
              groups: groups))
        }
      }
    }
    return shapes
  }()

  @Test func `small float convolutions and their gradients are right`() throws {
    for (index, shape) in Self.shapes.enumerated() {
      try check(shape, as: Float.self, pool: pools[0], seed: UInt64(index))
    }
  }

  @Test func `small double convolutions and their gradients are right`() throws {
    for (index, shape) in Self.shapes.enumerated() {
      try check(shape, as: Double.self, pool: pools[0], seed: UInt64(index))
    }
  }

  @Test func `small 16-bit convolutions and their gradients are right`() throws {
    for (index, shape) in Self.shapes.enumerated() where index % 3 == 0 {
      try check(shape, as: Float16.self, pool: pools[0], seed: UInt64(index))
      try check(shape, as: BFloat16.self, pool: pools[0], seed: UInt64(index))
    }
  }

  @Test(arguments: [1, 2, 5])
  func `convolutions cut for several threads are right`(_ batch: Int) throws {
    let height = ConvolutionAxis.same(inputSize: 23, windowSize: 3, stride: 2)
    let width = ConvolutionAxis.same(inputSize: 20, windowSize: 5)
    for groups in [1, 2] {
      let shape = ConvolutionShape(
        batch: batch, height: height, width: width, inputChannels: 16, outputChannels: 18,
        groups: groups)
      for pool in pools {
        try check(shape, as: Float.self, pool: pool, seed: 3)
        try check(shape, as: Double.self, pool: pool, seed: 4)
      }
    }
  }

  @Test func `cutting between threads does not change a bit of the output`() throws {
    var random = SeededGenerator(seed: 5)
    for (batch, size, channels) in [(1, 28, 64), (2, 14, 96), (5, 9, 40)] {
      let axis = ConvolutionAxis.same(inputSize: size, windowSize: 3)
      let shape = ConvolutionShape(
        batch: batch, height: axis, width: axis, inputChannels: channels, outputChannels: channels)
      let x = random.floats(shape.inputCount)
      let w = random.floats(shape.filterCount)
      var results: [[Float]] = []
      for pool in pools {
        let plan = try ConvolutionPlan<Float>(shape, .forward, threadCount: pool.threadCount)
        var y = [Float](repeating: 0, count: shape.outputCount)
        try unsafe plan.forward(input: x, filter: w, output: &y, pool: pool)
        results.append(y)
      }
      #expect(results[0] == results[1])
    }
  }

  @Test func `a deterministic filter gradient does not depend on the threads`() throws {
    var random = SeededGenerator(seed: 6)
    let axis = ConvolutionAxis.same(inputSize: 9, windowSize: 3)
    let shape = ConvolutionShape(
      batch: 7, height: axis, width: axis, inputChannels: 32, outputChannels: 32)
    let x = random.floats(shape.inputCount)
    let g = random.floats(shape.outputCount)
    var results: [[Float]] = []
    for pool in pools {
      let plan = try ConvolutionPlan<Float>(
        shape, .backwardFilter(isDeterministic: true), threadCount: pool.threadCount)
      var dw = [Float](repeating: 0, count: shape.filterCount)
      try unsafe plan.backwardFilter(input: x, gradient: g, into: &dw, pool: pool)
      results.append(dw)
    }
    #expect(results[0] == results[1])
  }

  @Test func `the epilogue adds the bias and the old output, then activates`() throws {
    var random = SeededGenerator(seed: 7)
    let axis = ConvolutionAxis.same(inputSize: 5, windowSize: 3)
    let shape = ConvolutionShape(
      batch: 2, height: axis, width: axis, inputChannels: 3, outputChannels: 4)
    let input = values(shape.inputCount, using: &random)
    let filter = values(shape.filterCount, using: &random).map { $0 - 1 }
    let bias = [1.0, -2, 3, 0]
    let old = values(shape.outputCount, using: &random)
    let sums = ReferenceConvolution(shape: shape).forward(input, filter)

    func check<Scalar: FloatingScalar>(_ type: Scalar.Type, _ epilogue: ConvolutionEpilogue) throws
    {
      func typed(_ values: [Double]) -> [Scalar] { values.map(Scalar.init(converting:)) }
      let plan = try ConvolutionPlan<Scalar>(shape, .forward(epilogue), threadCount: 1)
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
    let axis = ConvolutionAxis.same(inputSize: 4, windowSize: 3)
    let tooLong = ConvolutionAxis(inputSize: 2, windowSize: 3)
    #expect(tooLong.outputSize == 0)
    for shape in [
      ConvolutionShape(batch: 0, height: axis, width: axis, inputChannels: 2, outputChannels: 3),
      ConvolutionShape(batch: 2, height: axis, width: axis, inputChannels: 0, outputChannels: 3),
      ConvolutionShape(batch: 2, height: axis, width: axis, inputChannels: 3, outputChannels: 0),
      ConvolutionShape(batch: 2, height: tooLong, width: axis, inputChannels: 2, outputChannels: 3),
    ] {
      try check(shape, as: Float.self, pool: pools[1], seed: 8)
      try check(shape, as: Double.self, pool: pools[1], seed: 8)
      try check(shape, as: BFloat16.self, pool: pools[1], seed: 8)
    }
  }

  @Test func `SAME padding puts the odd cell after the image`() {
    let even = ConvolutionAxis.same(inputSize: 6, windowSize: 3, stride: 2)
    #expect((even.paddingBefore, even.paddingAfter, even.outputSize) == (0, 1, 3))
    let odd = ConvolutionAxis.same(inputSize: 5, windowSize: 3, stride: 2)
    #expect((odd.paddingBefore, odd.paddingAfter, odd.outputSize) == (1, 1, 3))
  }
}
