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
  }

  private let filter: AnyTensor
  private let fused: FusedEpilogue
  private let packed = Mutex<[Packed]>([])

  /// Packed filters kept at a time; a model runs with one or two batch sizes.
  private static let capacity = 4

  /// - Parameters:
  ///   - filter: `[height, width, channels / groups, outputs]`.
  ///   - epilogue: What to do with the sums; its vectors have a value per output.
  /// - Returns: `nil` if this is no such filter, or the epilogue does not fit it.
  public init?(filter: AnyTensor, epilogue: FusedEpilogue) {
    guard filter.dtype == .float, filter.shape.rank == 4, filter.elementCount > 0,
      epilogue.fits(channels: filter.shape[3])
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
    guard let offset = fused.offset else {
      return try unsafe packed.plan.forward(
        input: input, filter: packed.filter, output: output, pool: workers)
    }
    // As long as there are output channels, which the initialiser checked.
    try unsafe offset.withUnsafeBufferPointer { (bias) throws(StatusError) in
      try unsafe packed.plan.forward(
        input: input, filter: packed.filter, bias: bias.baseAddress, output: output, pool: workers)
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
    let made = Packed(
      geometry: geometry, threadCount: workers.threadCount, plan: plan, filter: try pack(plan))
    packed.withLock { list in
      if list.count >= PreparedConvolution.capacity { list.removeFirst() }
      list.append(made)
    }
    return made
  }

  private func pack(_ plan: ConvolutionPlan<Float>) throws(StatusError) -> PackedFilter<Float> {
    let source = unsafe try filter.pointer(of: Float.self)
    guard let factor = fused.factor, !factor.isEmpty else { return try unsafe plan.pack(source) }
    let scaled = try AnyTensor.uninitialized(dtype: .float, shape: filter.shape)
    let target = unsafe try scaled.writablePointer(of: Float.self)
    var start = 0
    // Outputs are the last dimension, so the filter is whole rows of them.
    while start < filter.elementCount {
      for (index, factor) in factor.enumerated() {
        unsafe target[start &+ index] = source[start &+ index] * factor
      }
      start &+= factor.count
    }
    return try unsafe plan.pack(UnsafePointer(target))
  }
}
