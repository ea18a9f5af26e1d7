public import LoomCore

/// Sizes of a convolution of channels-last images or volumes; images have a depth of one.
public struct ConvolutionGeometry: Hashable, Sendable {
  public var batch: Int
  public var depth: WindowAxis
  public var height: WindowAxis
  public var width: WindowAxis
  public var inputChannels: Int
  /// Input channels that each output channel sees: less than `inputChannels` for groups.
  public var filterChannels: Int
  public var outputChannels: Int

  public init(
    batch: Int, depth: WindowAxis = .single, height: WindowAxis, width: WindowAxis,
    inputChannels: Int, filterChannels: Int, outputChannels: Int
  ) {
    self.batch = batch
    self.depth = depth
    self.height = height
    self.width = width
    self.inputChannels = inputChannels
    self.filterChannels = filterChannels
    self.outputChannels = outputChannels
  }

  public var groups: Int { filterChannels == 0 ? 0 : inputChannels / filterChannels }
  var taps: Int { depth.kernel &* height.kernel &* width.kernel }
  package var outputPositions: Int { depth.output &* height.output &* width.output }
  package var inputPositions: Int { depth.input &* height.input &* width.input }
}

/// Convolutions by their definition, for every dtype: loops over the output channels innermost.
///
/// half and bfloat16 are summed in Float and rounded once; int32 wraps. Sums run in a fixed order, so
/// results do not depend on the number of threads.
public enum DirectConvolution {
  /// `y[n, o, q] = Σ x[n, o * stride - before + k * dilation, p] * filter[k, p, q]`.
  public static func forward(
    _ x: AnyTensor, _ filter: AnyTensor, into y: AnyTensor, _ geometry: ConvolutionGeometry,
    workers: WorkerPool
  ) throws(StatusError) {
    try convolve(x, filter, y, geometry, workers, Forward.self)
  }

  /// The gradient for the input, from that for the output.
  public static func backwardInput(
    _ upstream: AnyTensor, _ filter: AnyTensor, into dx: AnyTensor,
    _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    try convolve(upstream, filter, dx, geometry, workers, BackwardInput.self)
  }

  /// The gradient for the filter, from that for the output.
  public static func backwardFilter(
    _ x: AnyTensor, _ upstream: AnyTensor, into filter: AnyTensor,
    _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    try convolve(x, upstream, filter, geometry, workers, BackwardFilter.self)
  }

  private static func convolve<Pass: ConvolutionPass>(
    _ a: AnyTensor, _ b: AnyTensor, _ c: AnyTensor, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool, _ pass: Pass.Type
  ) throws(StatusError) {
    switch c.dtype {
    case .float: try convolve(a, b, c, geometry, workers, pass, of: Float.self)
    case .double: try convolve(a, b, c, geometry, workers, pass, of: Double.self)
    case .int32: try convolve(a, b, c, geometry, workers, pass, of: Int32.self)
    case .half, .bfloat16:
      let wide = try AnyTensor.uninitialized(dtype: .float, shape: c.shape)
      try convolve(
        Widening.float(a), Widening.float(b), wide, geometry, workers, pass, of: Float.self)
      try Widening.narrow(wide, into: c)
    default: throw .unimplemented("There is no convolution of \(c.dtype)")
    }
  }

  private static func convolve<Pass: ConvolutionPass, Value: NumericScalar>(
    _ a: AnyTensor, _ b: AnyTensor, _ c: AnyTensor, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool, _ pass: Pass.Type, of type: Value.Type
  ) throws(StatusError) {
    let first = unsafe try a.pointer(of: Value.self)
    let second = unsafe try b.pointer(of: Value.self)
    let target = unsafe try c.writablePointer(of: Value.self)
    let items = pass.items(geometry)
    guard items > 0 else { return }
    let work =
      0.1 * Double(geometry.batch) * Double(geometry.outputPositions) * Double(geometry.taps)
      * Double(geometry.filterChannels) * Double(geometry.outputChannels)
    workers.parallelFor(count: items, costPerItem: work / Double(items)) { range in
      for item in range { unsafe pass.compute(first, second, target, item, geometry) }
    }
  }
}

/// One of the three products of a convolution. The caller has checked the tensors against the
/// geometry, so that every offset lies inside.
private protocol ConvolutionPass {
  /// Parts of the result that can be computed side by side.
  static func items(_ geometry: ConvolutionGeometry) -> Int
  @unsafe static func compute<Value: NumericScalar>(
    _ a: UnsafePointer<Value>, _ b: UnsafePointer<Value>, _ c: UnsafeMutablePointer<Value>,
    _ item: Int, _ geometry: ConvolutionGeometry)
}

extension ConvolutionGeometry {
  /// Calls `body` with tap and input position of each element of the window over `output` that lies
  /// inside the image.
  @inline(__always) package func forEachTap(
    _ output: Int, _ body: (_ tap: Int, _ input: Int) -> Void
  ) {
    let plane = height.output &* width.output
    let (outputDepth, rest) = (output / plane, output % plane)
    let (row, column) = (rest / width.output, rest % width.output)
    let (rows, columns) = (height.inside(row), width.inside(column))
    for kernelDepth in depth.inside(outputDepth) {
      let z = outputDepth &* depth.stride &- depth.before &+ kernelDepth &* depth.dilation
      for kernelRow in rows {
        let y = row &* height.stride &- height.before &+ kernelRow &* height.dilation
        let firstTap = (kernelDepth &* height.kernel &+ kernelRow) &* width.kernel
        let line = (z &* height.input &+ y) &* width.input
        for kernelColumn in columns {
          let x = column &* width.stride &- width.before &+ kernelColumn &* width.dilation
          body(firstTap &+ kernelColumn, line &+ x)
        }
      }
    }
  }
}

private enum Forward: ConvolutionPass {
  static func items(_ geometry: ConvolutionGeometry) -> Int {
    geometry.batch &* geometry.outputPositions
  }

  @unsafe @inline(__always) static func compute<Value: NumericScalar>(
    _ x: UnsafePointer<Value>, _ filter: UnsafePointer<Value>, _ y: UnsafeMutablePointer<Value>,
    _ item: Int, _ geometry: ConvolutionGeometry
  ) {
    let (groups, channels) = (geometry.groups, geometry.filterChannels)
    let outputs = geometry.outputChannels
    let perGroup = outputs / groups
    let result = unsafe y + item &* outputs
    for index in 0..<outputs { unsafe result[index] = .zero }
    let (image, position) = (item / geometry.outputPositions, item % geometry.outputPositions)
    let source = unsafe x + image &* geometry.inputPositions &* geometry.inputChannels
    geometry.forEachTap(position) { tap, input in
      let pixel = unsafe source + input &* geometry.inputChannels
      let weights = unsafe filter + tap &* channels &* outputs
      for group in 0..<groups {
        let sums = unsafe result + group &* perGroup
        for channel in 0..<channels {
          let value = unsafe pixel[group &* channels &+ channel]
          let row = unsafe weights + (channel &* outputs &+ group &* perGroup)
          for index in 0..<perGroup {
            unsafe sums[index] = Value.wrappingAdd(
              sums[index], Value.wrappingMultiply(value, row[index]))
          }
        }
      }
    }
  }
}

private enum BackwardInput: ConvolutionPass {
  static func items(_ geometry: ConvolutionGeometry) -> Int { geometry.batch }

  @unsafe @inline(__always) static func compute<Value: NumericScalar>(
    _ upstream: UnsafePointer<Value>, _ filter: UnsafePointer<Value>,
    _ dx: UnsafeMutablePointer<Value>, _ image: Int, _ geometry: ConvolutionGeometry
  ) {
    let (groups, channels) = (geometry.groups, geometry.filterChannels)
    let outputs = geometry.outputChannels
    let perGroup = outputs / groups
    let size = geometry.inputPositions &* geometry.inputChannels
    let target = unsafe dx + image &* size
    for index in 0..<size { unsafe target[index] = .zero }
    for position in 0..<geometry.outputPositions {
      let gradient = unsafe upstream + (image &* geometry.outputPositions &+ position) &* outputs
      geometry.forEachTap(position) { tap, input in
        let pixel = unsafe target + input &* geometry.inputChannels
        let weights = unsafe filter + tap &* channels &* outputs
        for group in 0..<groups {
          let sums = unsafe gradient + group &* perGroup
          for channel in 0..<channels {
            let row = unsafe weights + (channel &* outputs &+ group &* perGroup)
            var total = unsafe pixel[group &* channels &+ channel]
            for index in 0..<perGroup {
              unsafe total = Value.wrappingAdd(
                total, Value.wrappingMultiply(sums[index], row[index]))
            }
            unsafe pixel[group &* channels &+ channel] = total
          }
        }
      }
    }
  }
}

private enum BackwardFilter: ConvolutionPass {
  static func items(_ geometry: ConvolutionGeometry) -> Int { geometry.taps }

  @unsafe @inline(__always) static func compute<Value: NumericScalar>(
    _ x: UnsafePointer<Value>, _ upstream: UnsafePointer<Value>,
    _ filter: UnsafeMutablePointer<Value>, _ tap: Int, _ geometry: ConvolutionGeometry
  ) {
    let (groups, channels) = (geometry.groups, geometry.filterChannels)
    let outputs = geometry.outputChannels
    let perGroup = outputs / groups
    let weights = unsafe filter + tap &* channels &* outputs
    for index in 0..<(channels &* outputs) { unsafe weights[index] = .zero }
    let plane = geometry.height.kernel &* geometry.width.kernel
    let (kernelDepth, rest) = (tap / plane, tap % plane)
    let (kernelRow, kernelColumn) = (rest / geometry.width.kernel, rest % geometry.width.kernel)
    for image in 0..<geometry.batch {
      for depth in 0..<geometry.depth.output {
        guard let z = geometry.depth.position(depth, kernelDepth) else { continue }
        for row in 0..<geometry.height.output {
          guard let y = geometry.height.position(row, kernelRow) else { continue }
          for column in 0..<geometry.width.output {
            guard let u = geometry.width.position(column, kernelColumn) else { continue }
            let line = (image &* geometry.depth.input &+ z) &* geometry.height.input &+ y
            let inputPixel = line &* geometry.width.input &+ u
            let pixel = unsafe x + inputPixel &* geometry.inputChannels
            let outputLine =
              (image &* geometry.depth.output &+ depth) &* geometry.height.output &+ row
            let outputPixel = outputLine &* geometry.width.output &+ column
            let gradient = unsafe upstream + outputPixel &* outputs
            for group in 0..<groups {
              let factors = unsafe gradient + group &* perGroup
              for channel in 0..<channels {
                let value = unsafe pixel[group &* channels &+ channel]
                let sums = unsafe weights + (channel &* outputs &+ group &* perGroup)
                for index in 0..<perGroup {
                  unsafe sums[index] = Value.wrappingAdd(
                    sums[index], Value.wrappingMultiply(value, factors[index]))
                }
              }
            }
          }
        }
      }
    }
  }
}
