public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let attributes = [
  "T: {half, bfloat16, float, double}",
  "strides: list(int)",
  "padding: {'SAME', 'VALID', 'EXPLICIT'}",
  "explicit_paddings: list(int) = []",
  "data_format: {'NHWC', 'NCHW'} = \"NHWC\"",
  "dilations: list(int) = [1, 1, 1, 1]",
]

extension GradientContext {
  fileprivate var convolution: [String: AttributeValue] {
    keeping("strides", "padding", "explicit_paddings", "data_format", "dilations")
  }
}

/// Filters each channel for itself: output channel `c * multiplier + m` comes from input channel `c`.
///
/// Dilations and unequal strides are computed too, which TensorFlow leaves to other devices.
public enum DepthwiseConv2dNative: OpDeclaration {
  public static let signature = OpSignature(
    "DepthwiseConv2dNative", inputs: ["input: T", "filter: T"], outputs: ["output: T"],
    attributes: attributes)
  public static let shapes = ShapeFunction { try inferDepthwiseConvolution($0) }
  public static let gradient = GradientRule.dense { context in
    let (input, filter) = (try context.input(0), try context.input(1))
    let upstream = try context.upstream(0)
    return [
      try context.build(
        "DepthwiseConv2dNativeBackpropInput", [context.shape(input), filter, upstream],
        context.convolution),
      try context.build(
        "DepthwiseConv2dNativeBackpropFilter", [input, context.shape(filter), upstream],
        context.convolution),
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.floating]) {
    ConvolutionKernel($0, try depthwiseWindow($0), isDepthwise: true)
  }
}

extension DepthwiseConv2dNative: FusingOp {
  public static func kernel(
    _ construction: KernelConstruction, followedBy epilogue: FusedEpilogue
  ) throws(StatusError) -> (any Kernel)? {
    let kernel = ConvolutionKernel(
      construction, try depthwiseWindow(construction), isDepthwise: true, epilogue)
    return kernel.isFused ? kernel : nil
  }
}

/// The gradient of ``DepthwiseConv2dNative`` for its input.
public enum DepthwiseConv2dNativeBackpropInput: OpDeclaration {
  public static let signature = OpSignature(
    "DepthwiseConv2dNativeBackpropInput",
    inputs: ["input_sizes: int32", "filter: T", "out_backprop: T"], outputs: ["output: T"],
    attributes: attributes)
  public static let shapes = ShapeFunction { try inferFromSizes($0, 0, rank: 4) }
  public static let gradient = GradientRule.dense { context in
    let (filter, gradient) = (try context.input(1), try context.input(2))
    let upstream = try context.upstream(0)
    return [
      nil,
      try context.build(
        "DepthwiseConv2dNativeBackpropFilter", [upstream, context.shape(filter), gradient],
        context.convolution),
      try context.build("DepthwiseConv2dNative", [upstream, filter], context.convolution),
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.floating]) { construction in
    let window = try depthwiseWindow(construction)
    return ClosureKernel { context in
      let (filter, upstream) = (try context.input(1), try context.input(2))
      let input = try shape(
        of: context.input(0), name: "Conv2DBackpropInput: input_sizes input")
      let geometry = try ConvolutionGeometry(depthwise: input, filter: filter.shape, window)
      try geometry.check(upstream: upstream.shape, window)
      let output = try context.allocate(0, dtype: filter.dtype, shape: input)
      if output.elementCount == 0 { return }
      try DirectDepthwise.backwardInput(
        upstream, filter, into: output, geometry, workers: context.workers)
    }
  }
}

/// The gradient of ``DepthwiseConv2dNative`` for its filter.
public enum DepthwiseConv2dNativeBackpropFilter: OpDeclaration {
  public static let signature = OpSignature(
    "DepthwiseConv2dNativeBackpropFilter",
    inputs: ["input: T", "filter_sizes: int32", "out_backprop: T"], outputs: ["output: T"],
    attributes: attributes)
  public static let shapes = ShapeFunction { try inferFromSizes($0, 1, rank: 4) }
  public static let gradient = GradientRule.dense { context in
    let (input, gradient) = (try context.input(0), try context.input(2))
    let upstream = try context.upstream(0)
    return [
      try context.build(
        "DepthwiseConv2dNativeBackpropInput", [context.shape(input), upstream, gradient],
        context.convolution),
      nil,
      try context.build("DepthwiseConv2dNative", [input, upstream], context.convolution),
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.floating]) { construction in
    let window = try depthwiseWindow(construction)
    return ClosureKernel { context in
      let (input, upstream) = (try context.input(0), try context.input(2))
      let filter = try shape(
        of: context.input(1), name: "Conv2DBackpropFilter: filter_sizes input")
      let geometry = try ConvolutionGeometry(depthwise: input.shape, filter: filter, window)
      try geometry.check(upstream: upstream.shape, window)
      let output = try context.allocate(0, dtype: input.dtype, shape: filter)
      if output.elementCount == 0 { return }
      try DirectDepthwise.backwardFilter(
        input, upstream, into: output, geometry, workers: context.workers)
    }
  }
}

private func depthwiseWindow(
  _ construction: KernelConstruction
) throws(StatusError) -> WindowParameters {
  let window = try WindowParameters(
    construction.attributes, op: "DepthwiseConv2D", space: 2)
  guard window.batchStride == 1, window.channelStride == 1 else {
    throw .invalidArgument(
      "Current implementation does not yet support strides in the batch and depth dimensions.")
  }
  guard window.stride(0) > 0, window.stride(1) > 0 else {
    throw .invalidArgument("Row and column strides should be larger than 0.")
  }
  guard window.layout == .channelsLast else {
    throw .unimplemented(
      "Depthwise convolution on CPU is only supported for NHWC format")
  }
  return window
}

/// Filters each channel of a batch of images for itself.
///
/// - Parameters:
///   - input: `[batch, height, width, channels]`.
///   - filter: `[height, width, channels, multiplier]`.
/// - Returns: `[batch, height', width', channels * multiplier]`.
/// - SeeAlso: TensorFlow op `DepthwiseConv2dNative`.
public func depthwiseConv2D<Scalar: FloatingScalar>(
  _ input: Output<Scalar>, filter: Output<Scalar>, strides: (Int, Int) = (1, 1),
  padding: Padding = .same, dilations: (Int, Int) = (1, 1), layout: TensorLayout = .channelsLast,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  var attributes = padding.attributes(layout)
  attributes["strides"] = .ints(layout.spread([strides.0, strides.1]))
  attributes["dilations"] = .ints(layout.spread([dilations.0, dilations.1]))
  attributes["data_format"] = layout.format(space: 2)
  return try Output(
    input.graph.addOperation(
      "DepthwiseConv2dNative", inputs: [input.erased, filter.erased], attributes: attributes,
      name: name
    ).output(0))
}
