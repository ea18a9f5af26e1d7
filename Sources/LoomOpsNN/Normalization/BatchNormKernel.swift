import LoomCore
import LoomKernels

/// What the batch normalisations and their gradients share: where the channels are, and how the
/// images become a Float matrix `[rows, channels]`.
struct BatchNormLayout {
  let layout: TensorLayout
  /// Dimensions of the images: 4 or 5.
  let rank: Int

  init(_ attributes: Attributes) throws(StatusError) {
    layout = try TensorLayout(attributes)
    rank = try attributes.string("data_format").utf8.count
  }

  /// The number of channels of images or volumes, whichever the format names.
  func channels(_ shape: Shape, name: String) throws(StatusError) -> Int {
    guard shape.rank == 4 || shape.rank == 5 else {
      throw .invalidArgument("\(name) must be 4 or 5-dimensional, got \(shape)")
    }
    return shape[layout.channel(rank: shape.rank)]
  }

  /// The images as Floats with the channels last.
  func matrix(_ x: AnyTensor) throws(StatusError) -> AnyTensor {
    let wide = try Widening.float(x)
    guard layout == .channelsFirst else { return wide }
    let view = ChannelLoops.View(x.shape, channel: 1)
    return try BatchNormalizationLoops.transpose(
      wide, batch: view.outer, view.channels, view.inner)
  }

  /// Writes a matrix as output `index`, in the layout and dtype of the images.
  func setOutput(
    _ index: Int, _ matrix: AnyTensor, like x: AnyTensor, _ context: borrowing KernelContext
  ) throws(StatusError) {
    var result = matrix
    if layout == .channelsFirst {
      let view = ChannelLoops.View(x.shape, channel: 1)
      result = try BatchNormalizationLoops.transpose(
        matrix, batch: view.outer, view.inner, view.channels)
    }
    if x.dtype == .float { return try context.setOutput(index, result) }
    let output = try context.allocate(index, dtype: x.dtype, shape: x.shape)
    try Widening.narrow(result, into: output)
  }

  /// A Float vector of one value per channel.
  static func vector(
    _ tensor: AnyTensor, channels: Int, name: String
  ) throws(StatusError) -> [Float] {
    guard tensor.shape.rank == 1 else {
      throw .invalidArgument("\(name) must be 1-dimensional, got \(tensor.shape)")
    }
    guard tensor.elementCount == channels else {
      throw .invalidArgument(
        "\(name) must have the same number of elements as the channels of x, got "
          + "\(tensor.elementCount) and \(channels)")
    }
    return try tensor.scalars(of: Float.self)
  }
}

/// `1 / sqrt(variance + epsilon)`, times `scale`.
func normalizationFactors(
  _ variance: [Float], _ epsilon: Float, scale: [Float]
) -> [Float] {
  zip(variance, scale).map { $1 / ($0 + epsilon).squareRoot() }
}

final class BatchNormKernel: Kernel {
  private let layout: BatchNormLayout
  private let epsilon: Float
  private let factor: Float
  private let isTraining: Bool
  private let hasThirdReserve: Bool

  init(_ construction: KernelConstruction, hasThirdReserve: Bool) throws(StatusError) {
    layout = try BatchNormLayout(construction.attributes)
    epsilon = try construction.attributes.float("epsilon")
    factor = try construction.attributes.float("exponential_avg_factor")
    isTraining = try construction.attributes.bool("is_training")
    self.hasThirdReserve = hasThirdReserve
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let x = try context.input(0)
    let channels = try layout.channels(x.shape, name: "input")
    let scale = try BatchNormLayout.vector(
      context.input(1), channels: channels, name: "scale")
    let offset = try BatchNormLayout.vector(
      context.input(2), channels: channels, name: "offset")
    // While training the given moments count only if they are blended in.
    let usesMoments = !isTraining || factor != 1
    let givenMean =
      usesMoments
      ? try BatchNormLayout.vector(context.input(3), channels: channels, name: "mean") : []
    let givenVariance =
      usesMoments
      ? try BatchNormLayout.vector(context.input(4), channels: channels, name: "variance") : []

    var mean = givenMean
    var variance = givenVariance
    var (batchMean, batchVariance) = (mean, variance)
    let matrix = try layout.matrix(x)
    if isTraining {
      (mean, variance) = try BatchNormalizationLoops.moments(
        matrix, channels: channels, workers: context.workers)
      // TensorFlow reserves zeros for a batch without images.
      if x.elementCount == 0 { mean = [Float](repeating: 0, count: channels) }
      let rows = channels == 0 ? 0 : x.elementCount / channels
      let correction = Float(rows) / Float(Swift.max(rows - 1, 1))
      let unbiased = variance.map { $0 * correction }
      (batchMean, batchVariance) =
        factor == 1
        ? (mean, unbiased)
        : (blend(givenMean, mean), blend(givenVariance, unbiased))
    }
    if x.elementCount == 0 {
      batchMean = [Float](repeating: .nan, count: channels)
      batchVariance = batchMean
    }
    try normalize(
      matrix, like: x, context, mean, normalizationFactors(variance, epsilon, scale: scale),
      offset)
    let results = [batchMean, batchVariance, mean, variance]
    for (index, values) in results.enumerated() {
      try context.makeOutput(index + 1, of: Float.self, shape: Shape(vector: channels)) { output in
        for channel in 0..<channels { output[channel] = values[channel] }
      }
    }
    if hasThirdReserve {
      try context.setOutput(5, AnyTensor(scalar: Float(0)))
    }
  }

  private func normalize(
    _ matrix: AnyTensor, like x: AnyTensor, _ context: borrowing KernelContext, _ mean: [Float],
    _ factors: [Float], _ offset: [Float]
  ) throws(StatusError) {
    // Channels-last Floats are written in place; the rest goes through a matrix of its own.
    if x.dtype == .float, layout.layout == .channelsLast {
      let output = try context.forwardOrAllocate(0, to: 0, dtype: .float, shape: x.shape)
      return try BatchNormalizationLoops.normalize(
        matrix, mean: mean, factor: factors, offset: offset, into: output,
        workers: context.workers)
    }
    try BatchNormalizationLoops.normalize(
      matrix, mean: mean, factor: factors, offset: offset, into: matrix, workers: context.workers)
    try layout.setOutput(0, matrix, like: x, context)
  }

  private func blend(_ old: [Float], _ new: [Float]) -> [Float] {
    zip(old, new).map { (1 - factor) * $0 + factor * $1 }
  }
}
