public import LoomCore
import Synchronization

/// A convolution of Float images with a filter that never changes: scaled and packed once for each
/// geometry it meets.
///
/// Any number of steps may run it at a time.
public final class PreparedConvolution: Sendable {
  private struct Packed: Sendable {
    let geometry: ConvolutionGeometry
    let threadCount: Int
    let plan: ConvolutionPlan<Float>
    let filter: PackedFilter<Float>
    /// The scaled filter, for depthwise convolutions that the plan would do the long way.
    let windows: AnyTensor?
  }

  private let filter: AnyTensor
  private let fused: FusedEpilogue
  private let packed = Mutex<[Packed]>([])

  /// Packed filters kept at a time; a model runs with one or two batch sizes.
  private static let capacity = 4

  /// - Parameters:
  ///   - filter: `[height, width, channels / groups, outputs]`; depthwise
  ///     `[height, width, channels, outputs / channels]`, which is the same in memory.
  ///   - epilogue: What to do with the sums; its vectors have a value per output.
  /// - Returns: `nil` if this is no such filter, or the epilogue does not fit it.
  public init?(filter: AnyTensor, isDepthwise: Bool = false, epilogue: FusedEpilogue) {
    guard filter.dtype == .float, filter.shape.rank == 4, filter.elementCount > 0,
      epilogue.fits(channels: filter.shape[3] &* (isDepthwise ? filter.shape[2] : 1))
    else { return nil }
    self.filter = filter
    fused = epilogue
  }

  /// - Parameters:
  ///   - x: Images that fit the geometry, which fits the filter.
  ///   - y: Room for the result; the operand of the epilogue, if it adds one.
  public func run(
    _ x: AnyTensor, into y: AnyTensor, _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    let packed = try self.packed(for: geometry, workers)
    let input = unsafe try x.pointer(of: Float.self)
    let output = unsafe try y.writablePointer(of: Float.self)
    // As long as there are output channels, which the initialiser checked, or empty.
    try unsafe (fused.offset ?? []).withUnsafeBufferPointer { (offset) throws(StatusError) in
      let bias = fused.offset == nil ? nil : offset.baseAddress
      if let weights = packed.windows {
        return try unsafe FloatWindows.convolve(
          input, weights.pointer(of: Float.self), offset: bias, fused.activation, into: output,
          geometry, workers)
      }
      try unsafe packed.plan.forward(
        input: input, filter: packed.filter, bias: bias, output: output, pool: workers)
    }
  }

  private func packed(
    for geometry: ConvolutionGeometry, _ workers: WorkerPool
  ) throws(StatusError) -> Packed {
    let found = packed.withLock { list in
      list.first { $0.threadCount == workers.threadCount && $0.geometry == geometry }
    }
    if let found { return found }
    let epilogue = ConvolutionEpilogue(
      addsBias: fused.offset != nil, addsToOutput: fused.addsOperand, activation: fused.activation)
    let plan = try ConvolutionPlan<Float>(
      geometry, .forward(epilogue), threadCount: workers.threadCount)
    let scaled = try self.scaled()
    let isDepthwise =
      geometry.filterChannels == 1 && geometry.inputChannels == geometry.outputChannels
    let made = try unsafe Packed(
      geometry: geometry, threadCount: workers.threadCount, plan: plan,
      filter: plan.pack(scaled.pointer(of: Float.self)),
      windows: plan.isSpecialised || !isDepthwise || fused.addsOperand ? nil : scaled)
    packed.withLock { list in
      if list.count >= PreparedConvolution.capacity { list.removeFirst() }
      list.append(made)
    }
    return made
  }

  private func scaled() throws(StatusError) -> AnyTensor {
    guard let factor = fused.factor, !factor.isEmpty else { return filter }
    let scaled = try AnyTensor.uninitialized(dtype: .float, shape: filter.shape)
    let source = unsafe try filter.pointer(of: Float.self)
    let target = unsafe try scaled.writablePointer(of: Float.self)
    var start = 0
    // Outputs are the last dimension, so the filter is whole rows of them.
    while start < filter.elementCount {
      for (index, factor) in factor.enumerated() {
        unsafe target[start &+ index] = source[start &+ index] * factor
      }
      start &+= factor.count
    }
    return scaled
  }
}
