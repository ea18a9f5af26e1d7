import LoomCore
import LoomKernels
import Testing

/// The vector loops for Float against the plain loops for Double, on small integers.
@Suite struct WindowTests {
  private func tensor<Scalar: NumericScalar>(
    _ shape: [Int], _ values: [Double], of type: Scalar.Type
  ) throws -> AnyTensor {
    let tensor = try AnyTensor.uninitialized(dtype: Scalar.dtype, shape: try Shape(shape))
    let pointer = unsafe try tensor.writablePointer(of: Scalar.self)
    for (index, value) in values.enumerated() {
      unsafe pointer[index] = Scalar(converting: value)
    }
    return tensor
  }

  private func values<Scalar: NumericScalar>(
    _ tensor: AnyTensor, of type: Scalar.Type
  ) throws -> [Double] {
    let pointer = unsafe try tensor.pointer(of: Scalar.self)
    return (0..<tensor.elementCount).map { unsafe pointer[$0].doubleValue }
  }

  private static let geometries: [ConvolutionGeometry] = {
    var result: [ConvolutionGeometry] = []
    for channels in [1, 3, 16, 21, 70, 130] {
      for (height, width) in [
        (WindowAxis.same(5, 3), WindowAxis.same(6, 2, stride: 2)),
        (WindowAxis.padded(7, 3, stride: 2, dilation: 2, (2, 3)), WindowAxis.same(4, 4)),
        (WindowAxis.padded(4, 4, (0, 0)), WindowAxis.padded(1, 1, (1, 1))),
      ] {
        for depth in [WindowAxis.single, WindowAxis.same(3, 2)] {
          result.append(
            ConvolutionGeometry(
              batch: 2, depth: depth, height: height, width: width, inputChannels: channels,
              filterChannels: 1, outputChannels: channels))
        }
      }
    }
    return result
  }()

  private struct Sizes {
    let input: [Int]
    let output: [Int]
    let filter: [Int]

    init(_ g: ConvolutionGeometry) {
      input = [g.batch, g.depth.input, g.height.input, g.width.input, g.inputChannels]
      output = [g.batch, g.depth.output, g.height.output, g.width.output, g.inputChannels]
      filter = [g.depth.kernel, g.height.kernel, g.width.kernel, g.inputChannels]
    }
  }

  private func integers(_ shape: [Int], _ random: inout SeededGenerator) -> [Double] {
    (0..<shape.reduce(1, *)).map { _ in Double(Int.random(in: -3...3, using: &random)) }
  }

  /// Runs `body` on Float and on Double tensors, and compares what it writes.
  private func compare(
    _ name: String, _ geometry: ConvolutionGeometry, _ first: ([Int], [Double]),
    _ second: ([Int], [Double]), _ result: [Int],
    _ body: (AnyTensor, AnyTensor, AnyTensor, WorkerPool) throws -> Void
  ) throws {
    let wide = try tensor(result, [], of: Double.self)
    try body(
      tensor(first.0, first.1, of: Double.self), tensor(second.0, second.1, of: Double.self), wide,
      pools[0])
    let expected = try values(wide, of: Double.self)
    for pool in pools {
      let narrow = try tensor(result, [], of: Float.self)
      try body(
        tensor(first.0, first.1, of: Float.self), tensor(second.0, second.1, of: Float.self),
        narrow,
        pool)
      let found = try values(narrow, of: Float.self)
      for (a, b) in zip(found, expected) {
        // The lowest finite number of one type is not that of the other.
        let same = a == b || (a.isNaN && b.isNaN) || (a < -1e38 && b < -1e38)
        #expect(same || abs(a - b) <= 1e-6 * max(1, abs(b)), "\(name) \(geometry): \(a) for \(b)")
      }
    }
  }

  @Test func `depthwise convolutions and their gradients match the plain loops`() throws {
    var random = SeededGenerator(seed: 20)
    for geometry in Self.geometries {
      let sizes = Sizes(geometry)
      let x = (sizes.input, integers(sizes.input, &random))
      let w = (sizes.filter, integers(sizes.filter, &random))
      let g = (sizes.output, integers(sizes.output, &random))
      try compare("forward", geometry, x, w, sizes.output) {
        try DirectDepthwise.forward($0, $1, into: $2, geometry, workers: $3)
      }
      try compare("input", geometry, g, w, sizes.input) {
        try DirectDepthwise.backwardInput($0, $1, into: $2, geometry, workers: $3)
      }
      try compare("filter", geometry, x, g, sizes.filter) {
        try DirectDepthwise.backwardFilter($0, $1, into: $2, geometry, workers: $3)
      }
    }
  }

  @Test func `pools and their gradients match the plain loops, also with NaN`() throws {
    var random = SeededGenerator(seed: 21)
    for geometry in Self.geometries {
      let sizes = Sizes(geometry)
      var x = (sizes.input, integers(sizes.input, &random))
      let g = (sizes.output, integers(sizes.output, &random))
      try compare("mean", geometry, x, g, sizes.output) { x, _, y, pool in
        try PoolLoops.mean(x, into: y, geometry, workers: pool)
      }
      try compare("mean gradient", geometry, x, g, sizes.input) { _, g, dx, pool in
        try PoolLoops.meanGradient(g, into: dx, geometry, workers: pool)
      }
      for index in x.1.indices where Int.random(in: 0..<4, using: &random) == 0 {
        x.1[index] = [.nan, -.infinity, .infinity].randomElement(using: &random) ?? .nan
      }
      try compare("maximum", geometry, x, g, sizes.output) { x, _, y, pool in
        try PoolLoops.maximum(x, into: y, geometry, workers: pool)
      }
      try compare("maximum gradient", geometry, x, g, sizes.input) { x, g, dx, pool in
        try PoolLoops.maximumGradient(x, g, into: dx, geometry, workers: pool)
      }
    }
  }
}
