public import LoomCore

/// A depthwise convolution of Float images, one output per channel, with a filter that never changes.
public final class PreparedDepthwise: Sendable {
  private let filter: AnyTensor
  private let offset: [Float]?
  private let activation: ConvolutionEpilogue.Activation

  /// - Parameters:
  ///   - filter: `[height, width, channels, 1]`.
  ///   - epilogue: What to do with the sums, without an operand; its vectors have a value per channel.
  /// - Returns: `nil` if this is no such filter, or the epilogue does not fit it.
  public init?(filter: AnyTensor, epilogue: FusedEpilogue) {
    guard filter.dtype == .float, filter.shape.rank == 4, filter.elementCount > 0,
      filter.shape[3] == 1, epilogue.fits(channels: filter.shape[2]), !epilogue.addsOperand
    else { return nil }
    offset = epilogue.offset
    activation = epilogue.activation
    guard let factor = epilogue.factor else {
      self.filter = filter
      return
    }
    // Without memory for it, the op is not fused; the run will tell.
    guard let scaled = try? AnyTensor.uninitialized(dtype: .float, shape: filter.shape),
      let source = unsafe try? filter.pointer(of: Float.self),
      let target = unsafe try? scaled.writablePointer(of: Float.self)
    else { return nil }
    for index in 0..<filter.elementCount {
      unsafe target[index] = source[index] * factor[index % factor.count]
    }
    self.filter = scaled
  }

  /// - Parameters:
  ///   - x: Images that fit the geometry, which fits the filter.
  ///   - y: Room for the result.
  public func run(
    _ x: AnyTensor, into y: AnyTensor, _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    let input = unsafe try x.pointer(of: Float.self)
    let weights = unsafe try filter.pointer(of: Float.self)
    let output = unsafe try y.writablePointer(of: Float.self)
    guard let offset else {
      return unsafe FloatWindows.convolve(
        input, weights, activation, into: output, geometry, workers)
    }
    // As long as there are channels, which the initialiser checked.
    unsafe offset.withUnsafeBufferPointer { offset in
      unsafe FloatWindows.convolve(
        input, weights, offset: offset.baseAddress, activation, into: output, geometry, workers)
    }
  }
}
