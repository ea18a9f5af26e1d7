public import LoomCore

/// Convolutions of tensors, by the fastest way there is for their dtype and sizes.
///
/// half and bfloat16 are rounded once; int32 wraps. The caller has checked the tensors against the
/// geometry.
public enum Convolution {
  /// `y[n, o, q] = Σ x[n, o * stride - before + k * dilation, p] * filter[k, p, q]`.
  public static func forward(
    _ x: AnyTensor, _ filter: AnyTensor, into y: AnyTensor, _ geometry: ConvolutionGeometry,
    workers: WorkerPool
  ) throws(StatusError) {
    guard let plans = plans(y.dtype, geometry) else {
      return try DirectConvolution.forward(x, filter, into: y, geometry, workers: workers)
    }
    try plans.forward(x, filter, y, geometry, workers)
  }

  /// The gradient for the input, from that for the output.
  public static func backwardInput(
    _ upstream: AnyTensor, _ filter: AnyTensor, into dx: AnyTensor,
    _ geometry: ConvolutionGeometry, workers: WorkerPool
  ) throws(StatusError) {
    guard let plans = plans(dx.dtype, geometry) else {
      return try DirectConvolution.backwardInput(
        upstream, filter, into: dx, geometry, workers: workers)
    }
    try plans.backwardInput(upstream, filter, dx, geometry, workers)
  }

  /// The gradient for the filter, from that for the output. Its last bits may depend on the number of
  /// threads, unless `isDeterministic`.
  public static func backwardFilter(
    _ x: AnyTensor, _ upstream: AnyTensor, into filter: AnyTensor,
    _ geometry: ConvolutionGeometry, isDeterministic: Bool = false, workers: WorkerPool
  ) throws(StatusError) {
    guard let plans = plans(filter.dtype, geometry) else {
      return try DirectConvolution.backwardFilter(
        x, upstream, into: filter, geometry, workers: workers)
    }
    try plans.backwardFilter(x, upstream, filter, geometry, isDeterministic, workers)
  }

  /// What convolves images of a dtype; `nil` for volumes and integers.
  private static func plans(
    _ dtype: DType, _ geometry: ConvolutionGeometry
  ) -> (any PlannedConvolution)? {
    guard geometry.isPlanar else { return nil }
    switch dtype {
    case .float: return floatPlans
    case .double: return doublePlans
    case .half: return halfPlans
    case .bfloat16: return bfloat16Plans
    default: return nil
    }
  }

  // Enough for the convolutions of a large network, forward and backward.
  private static let floatPlans = PlanCache<Float>(capacity: 512)
  private static let doublePlans = PlanCache<Double>(capacity: 128)
  private static let halfPlans = PlanCache<Float16>(capacity: 128)
  private static let bfloat16Plans = PlanCache<BFloat16>(capacity: 512)
}

private protocol PlannedConvolution: Sendable {
  func forward(
    _ x: AnyTensor, _ filter: AnyTensor, _ y: AnyTensor, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool) throws(StatusError)
  func backwardInput(
    _ upstream: AnyTensor, _ filter: AnyTensor, _ dx: AnyTensor, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool) throws(StatusError)
  func backwardFilter(
    _ x: AnyTensor, _ upstream: AnyTensor, _ filter: AnyTensor, _ geometry: ConvolutionGeometry,
    _ isDeterministic: Bool, _ workers: WorkerPool) throws(StatusError)
}

/// The plans of one dtype that were used last.
private final class PlanCache<Scalar: FloatingScalar>: PlannedConvolution {
  private struct Key: Hashable, Sendable {
    let geometry: ConvolutionGeometry
    let direction: ConvolutionDirection
    let threadCount: Int
  }

  private let plans: BoundedCache<Key, ConvolutionPlan<Scalar>>

  init(capacity: Int) { plans = BoundedCache(capacity: capacity) }

  private func plan(
    _ geometry: ConvolutionGeometry, _ direction: ConvolutionDirection, _ workers: WorkerPool
  ) throws(StatusError) -> ConvolutionPlan<Scalar> {
    let key = Key(geometry: geometry, direction: direction, threadCount: workers.threadCount)
    return try plans.value(for: key) { () throws(StatusError) in
      try ConvolutionPlan<Scalar>(geometry, direction, threadCount: workers.threadCount)
    }
  }

  func forward(
    _ x: AnyTensor, _ filter: AnyTensor, _ y: AnyTensor, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool
  ) throws(StatusError) {
    // Sizes were checked; the result is the caller's alone.
    try unsafe plan(geometry, .forward, workers).forward(
      input: x.pointer(of: Scalar.self), filter: filter.pointer(of: Scalar.self),
      output: y.writablePointer(of: Scalar.self), pool: workers)
  }

  func backwardInput(
    _ upstream: AnyTensor, _ filter: AnyTensor, _ dx: AnyTensor, _ geometry: ConvolutionGeometry,
    _ workers: WorkerPool
  ) throws(StatusError) {
    // As above.
    try unsafe plan(geometry, .backwardInput, workers).backwardInput(
      filter: filter.pointer(of: Scalar.self), gradient: upstream.pointer(of: Scalar.self),
      into: dx.writablePointer(of: Scalar.self), pool: workers)
  }

  func backwardFilter(
    _ x: AnyTensor, _ upstream: AnyTensor, _ filter: AnyTensor, _ geometry: ConvolutionGeometry,
    _ isDeterministic: Bool, _ workers: WorkerPool
  ) throws(StatusError) {
    // As above.
    let direction = ConvolutionDirection.backwardFilter(isDeterministic: isDeterministic)
    try unsafe plan(geometry, direction, workers).backwardFilter(
      input: x.pointer(of: Scalar.self), gradient: upstream.pointer(of: Scalar.self),
      into: filter.writablePointer(of: Scalar.self), pool: workers)
  }
}
