import LoomCore
import LoomGraph
import LoomKernels

/// The window of a pool: its sizes besides strides and padding.
struct PoolWindow {
  let parameters: WindowParameters
  let sizes: [Int]
  let op: String

  var layout: TensorLayout { parameters.layout }
  var space: Int { parameters.space }
  /// The dimension that holds channels, in strides and sizes.
  private var channel: Int { layout.channel(rank: space + 2) }
  var channelSize: Int { sizes[channel] }
  var channelStride: Int { parameters.channelStride }

  init(
    _ attributes: Attributes, op: String, space: Int = 2, sizes: [Int]? = nil,
    strides: [Int]? = nil
  ) throws(StatusError) {
    self.op = op
    parameters = try WindowParameters(attributes, op: op, space: space, strides: strides)
    if let sizes {
      self.sizes = sizes
    } else {
      self.sizes = try WindowParameters.integers(attributes, "ksize")
    }
    guard self.sizes.count == space + 2 else {
      throw .invalidArgument(
        "\(op) requires the ksize attribute to contain \(space + 2) values, but got: "
          + "\(self.sizes.count)")
    }
  }

  func size(_ index: Int) -> Int { sizes[layout.spatial(index)] }

  /// The checks kernels make once, when they are made.
  func checkForKernel(supportsDepth: Bool = false) throws(StatusError) {
    for size in sizes where size <= 0 {
      throw .invalidArgument("Sliding window ksize for dimension must be positive, got \(size)")
    }
    for stride in parameters.strides where stride <= 0 {
      throw .invalidArgument("Sliding window stride must be positive, got \(stride)")
    }
    guard sizes[0] == 1, parameters.batchStride == 1 else {
      throw .unimplemented("Pooling is not yet supported on the batch dimension.")
    }
    guard supportsDepth || channelSize == 1 else {
      throw .unimplemented("Pooling is not yet supported on the depth dimension.")
    }
    guard layout == .channelsLast else {
      throw .invalidArgument("Default \(op) only supports NHWC on device type CPU")
    }
  }

  // MARK: Inference

  /// The pooled shape of `input`, as far as it is known.
  func inferredShape(
    _ input: PartialShape, poolsChannels: Bool
  ) throws(StatusError) -> PartialShape {
    if layout == .channelsFirstInFours, let inner = input[4], inner != 4 {
      throw .invalidArgument("Dimension must be 4 but is \(inner)")
    }
    var result = [input[0]] + [Int?](repeating: nil, count: space + 1)
    for index in 0..<space {
      result[layout.spatial(index)] = try parameters.inferredSize(
        index, input: input[layout.spatial(index)], kernel: size(index))
    }
    result[channel] = input[channel]
    if poolsChannels {
      result[channel] = try WindowParameters.inferredSize(
        input: input[channel], kernel: channelSize, stride: channelStride,
        isSame: parameters.padding == .same)
    }
    if layout == .channelsFirstInFours { result.append(4) }
    return PartialShape(result)
  }

  // MARK: Kernels

  /// Where the windows over a channels-last tensor of `shape` lie.
  func geometry(_ shape: Shape, name: String = "tensor_in") throws(StatusError)
    -> ConvolutionGeometry
  {
    guard shape.rank == space + 2 else {
      throw .invalidArgument("\(name) must be \(space + 2)-dimensional, got \(shape)")
    }
    var axes: [WindowAxis] = space == 2 ? [.single] : []
    for index in 0..<space {
      axes.append(
        try parameters.axis(
          index, input: shape[layout.spatial(index)], kernel: size(index)))
    }
    let channels = shape[channel]
    return ConvolutionGeometry(
      batch: shape[0], depth: axes[0], height: axes[1], width: axes[2],
      inputChannels: channels, filterChannels: 1, outputChannels: channels)
  }

  func outputShape(_ geometry: ConvolutionGeometry) throws(StatusError) -> Shape {
    try geometry.outputShape(parameters)
  }
}
