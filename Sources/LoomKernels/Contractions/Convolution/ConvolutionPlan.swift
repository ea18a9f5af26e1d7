public import LoomCore

#if OneDNN
  internal import COneDNN
#endif

/// A convolution of one geometry and direction, planned once and run many times.
///
/// Planning takes tens of microseconds; keep the plan, in a kernel or in a ``BoundedCache``. Any number
/// of steps may run a plan at a time.
///
/// half runs as Float and is rounded once at the end; so does bfloat16 where the processor has no
/// matrix instructions for it. Results do not depend on the number of threads, except those of
/// `Direction/backwardFilter(isDeterministic:)` where they are said to.
public final class ConvolutionPlan<Scalar: FloatingScalar>: Sendable {
  public typealias Direction = ConvolutionDirection

  enum Engine: Sendable {
    /// Nothing to multiply: gradients are zero, outputs do not exist.
    case nothing
    case columns
    case widened(ConvolutionPlan<Float>)
    #if OneDNN
      case oneDNN(OneDNNConvolution)
    #endif
  }

  public let geometry: ConvolutionGeometry
  public let direction: Direction
  let engine: Engine

  /// - Parameters:
  ///   - geometry: Sizes of a convolution of images, which the caller has checked: groups divide both
  ///     channel counts, counts fit `Int`.
  ///   - threadCount: How many threads the runs of this plan will have.
  /// - Throws: ``StatusError/Code/resourceExhausted`` if there is no memory to plan in.
  public init(
    _ geometry: ConvolutionGeometry, _ direction: Direction, threadCount: Int
  ) throws(StatusError) {
    self.geometry = geometry
    self.direction = direction
    if geometry.outputCount == 0 || (geometry.isEmpty && !direction.isForward) {
      engine = .nothing
      return
    }
    #if OneDNN
      let isServed =
        Scalar.dtype == .float || Scalar.dtype == .bfloat16 && OneDNNEngine.hasFastBFloat16
      if isServed, !geometry.isEmpty,
        let convolution = try OneDNNConvolution(
          geometry, direction, isBFloat16: Scalar.dtype == .bfloat16, threadCount: threadCount)
      {
        engine = .oneDNN(convolution)
        return
      }
    #endif
    if Scalar.dtype == .float || Scalar.dtype == .double {
      engine = .columns
    } else {
      engine = .widened(
        try ConvolutionPlan<Float>(geometry, direction, threadCount: threadCount))
    }
  }

  /// Whether a library made for convolutions runs it.
  var isSpecialised: Bool {
    #if OneDNN
      if case .oneDNN = engine { return true }
    #endif
    return false
  }

  /// Copies a filter of ``ConvolutionGeometry/filterCount`` elements into the layout this plan prefers.
  @unsafe public func pack(
    _ filter: UnsafePointer<Scalar>
  ) throws(StatusError) -> PackedFilter<Scalar> {
    switch engine {
    case .nothing: return PackedFilter(.plain([]))
    case .columns:
      return unsafe PackedFilter(
        .plain(Array(UnsafeBufferPointer(start: filter, count: geometry.filterCount))))
    case .widened(let plan):
      var packed: PackedFilter<Float>?
      try unsafe FloatCopies.with(filter, geometry.filterCount, for: .right) {
        (wide) throws(StatusError) in
        packed = try unsafe plan.pack(wide)
      }
      guard let packed else { throw .internal("Expected a packed filter") }
      return PackedFilter(.widened(packed))
    #if OneDNN
      case .oneDNN(let convolution):
        let weights = try convolution.makeWeights()
        try unsafe convolution.pack(filter, into: weights)
        return PackedFilter(.oneDNN(weights))
    #endif
    }
  }
}
