public import LoomCore

/// Convolutions that filter each channel for itself; input channel `c` makes the output channels
/// `c * multiplier ..< (c + 1) * multiplier`.
///
/// Images are channels-last and the filter is `[height, width, channels, multiplier]`; of the geometry
/// `outputChannels` is `inputChannels * multiplier`. Sums run in a fixed order.
public enum DirectDepthwise {
  public static func forward(
    _ x: AnyTensor, _ filter: AnyTensor, into y: AnyTensor, _ geometry: ConvolutionGeometry,
    workers: WorkerPool
  ) throws(StatusError) {
    try convolve(x, filter, y, geometry, workers, .forward)
  }

  /// The gradient for the input, from that for the output.
  public static func backwardInput(
    _ upstream: AnyTensor, _ filter: AnyTensor, into dx: AnyTensor,
    _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    try convolve(upstream, filter, dx, geometry, workers, .backwardInput)
  }

  /// The gradient for the filter, from that for the output.
  public static func backwardFilter(
    _ x: AnyTensor, _ upstream: AnyTensor, into filter: AnyTensor,
    _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    try convolve(x, upstream, filter, geometry, workers, .backwardFilter)
  }

  private enum Pass { case forward, backwardInput, backwardFilter }

  private static func convolve(
    _ a: AnyTensor, _ b: AnyTensor, _ c: AnyTensor, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool, _ pass: Pass
  ) throws(StatusError) {
    switch c.dtype {
    case .float: try convolve(a, b, c, geometry, workers, pass, of: Float.self)
    case .double: try convolve(a, b, c, geometry, workers, pass, of: Double.self)
    case .half, .bfloat16:
      let wide = try AnyTensor.uninitialized(dtype: .float, shape: c.shape)
      try convolve(
        Widening.float(a), Widening.float(b), wide, geometry, workers, pass, of: Float.self)
      try Widening.narrow(wide, into: c)
    default: throw .unimplemented("There is no depthwise convolution of \(c.dtype)")
    }
  }

  private static func convolve<Value: BinaryFloatingPoint & NumericScalar>(
    _ a: AnyTensor, _ b: AnyTensor, _ c: AnyTensor, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool, _ pass: Pass, of type: Value.Type
  ) throws(StatusError) {
    let first = unsafe try a.pointer(of: Value.self)
    let second = unsafe try b.pointer(of: Value.self)
    let target = unsafe try c.writablePointer(of: Value.self)
    if let (a, b, c) = unsafe FloatCopies.cast((first, second, target), to: Float.self),
      geometry.outputChannels == geometry.inputChannels
    {
      switch pass {
      case .forward: return unsafe FloatWindows.convolve(a, b, into: c, geometry, workers)
      case .backwardInput:
        return unsafe FloatWindows.convolveBackInput(a, b, into: c, geometry, workers)
      case .backwardFilter:
        return unsafe FloatWindows.convolveBackFilter(a, b, into: c, geometry, workers)
      }
    }
    let images = geometry.batch
    let window = Double(geometry.taps) * Double(geometry.outputChannels) * 0.2
    switch pass {
    case .forward:
      workers.parallelFor(count: images &* geometry.outputPositions, costPerItem: window) { range in
        for item in range { unsafe forward(first, second, target, item, geometry) }
      }
    case .backwardInput:
      let cost = window * Double(geometry.outputPositions)
      workers.parallelFor(count: images, costPerItem: cost) { range in
        for image in range { unsafe backwardInput(first, second, target, image, geometry) }
      }
    case .backwardFilter:
      for index in 0..<c.elementCount { unsafe target[index] = 0 }
      // Strips of channels, so that threads write to different parts of the filter.
      let strip = 32
      let strips = (geometry.inputChannels &+ strip &- 1) / strip
      let cost = window * Double(images) * Double(geometry.outputPositions) / Double(strips)
      workers.parallelFor(count: strips, costPerItem: cost) { range in
        for index in range {
          let start = index &* strip
          let end = Swift.min(start &+ strip, geometry.inputChannels)
          unsafe backwardFilter(first, second, target, start..<end, geometry)
        }
      }
    }
  }

  // In all three the caller has checked the tensors against the geometry, so every offset is inside.

  @unsafe @inline(__always) private static func forward<Value: BinaryFloatingPoint>(
    _ x: UnsafePointer<Value>, _ filter: UnsafePointer<Value>, _ y: UnsafeMutablePointer<Value>,
    _ item: Int, _ geometry: ConvolutionGeometry
  ) {
    let (channels, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let multiplier = outputs / channels
    let result = unsafe y + item &* outputs
    for index in 0..<outputs { unsafe result[index] = 0 }
    let (image, position) = (item / geometry.outputPositions, item % geometry.outputPositions)
    let source = unsafe x + image &* geometry.inputPositions &* channels
    geometry.forEachTap(position) { tap, input in
      let pixel = unsafe source + input &* channels
      let weights = unsafe filter + tap &* outputs
      if multiplier == 1 {
        for channel in 0..<channels {
          unsafe result[channel] += pixel[channel] * weights[channel]
        }
      } else {
        for channel in 0..<channels {
          let value = unsafe pixel[channel]
          for index in (channel &* multiplier)..<(channel &* multiplier &+ multiplier) {
            unsafe result[index] += value * weights[index]
          }
        }
      }
    }
  }

  @unsafe @inline(__always) private static func backwardInput<Value: BinaryFloatingPoint>(
    _ upstream: UnsafePointer<Value>, _ filter: UnsafePointer<Value>,
    _ dx: UnsafeMutablePointer<Value>, _ image: Int, _ geometry: ConvolutionGeometry
  ) {
    let (channels, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let multiplier = outputs / channels
    let size = geometry.inputPositions &* channels
    let target = unsafe dx + image &* size
    for index in 0..<size { unsafe target[index] = 0 }
    for position in 0..<geometry.outputPositions {
      let gradient = unsafe upstream + (image &* geometry.outputPositions &+ position) &* outputs
      geometry.forEachTap(position) { tap, input in
        let pixel = unsafe target + input &* channels
        let weights = unsafe filter + tap &* outputs
        if multiplier == 1 {
          for channel in 0..<channels {
            unsafe pixel[channel] += gradient[channel] * weights[channel]
          }
        } else {
          for channel in 0..<channels {
            var total = unsafe pixel[channel]
            for index in (channel &* multiplier)..<(channel &* multiplier &+ multiplier) {
              unsafe total += gradient[index] * weights[index]
            }
            unsafe pixel[channel] = total
          }
        }
      }
    }
  }

  @unsafe @inline(__always) private static func backwardFilter<Value: BinaryFloatingPoint>(
    _ x: UnsafePointer<Value>, _ upstream: UnsafePointer<Value>,
    _ filter: UnsafeMutablePointer<Value>, _ strip: Range<Int>, _ geometry: ConvolutionGeometry
  ) {
    let (channels, outputs) = (geometry.inputChannels, geometry.outputChannels)
    let multiplier = outputs / channels
    for item in 0..<(geometry.batch &* geometry.outputPositions) {
      let (image, position) = (item / geometry.outputPositions, item % geometry.outputPositions)
      let source = unsafe x + image &* geometry.inputPositions &* channels
      let gradient = unsafe upstream + item &* outputs
      geometry.forEachTap(position) { tap, input in
        let pixel = unsafe source + input &* channels
        let weights = unsafe filter + tap &* outputs
        for channel in strip {
          let value = unsafe pixel[channel]
          for index in (channel &* multiplier)..<(channel &* multiplier &+ multiplier) {
            unsafe weights[index] += value * gradient[index]
          }
        }
      }
    }
  }
}
