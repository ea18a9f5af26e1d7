public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let windowAttributes = [
  "strides: list(int)",
  "use_cudnn_on_gpu: bool = true",
  "padding: {'SAME', 'VALID', 'EXPLICIT'}",
  "explicit_paddings: list(int) = []",
  "data_format: {'NHWC', 'NCHW'} = \"NHWC\"",
  "dilations: list(int) = [1, 1, 1, 1]",
]

private let kernelTypes: Set<DType> = [.half, .bfloat16, .float, .double, .int32]

extension GradientContext {
  fileprivate var convolution: [String: AttributeValue] {
    keeping(
      "strides", "use_cudnn_on_gpu", "padding", "explicit_paddings", "data_format", "dilations")
  }
}

/// The correlation of images with a bank of filters.
///
/// `output[b, i, j, k] = Σ input[b, strides · (i, j) + dilations · (di, dj), q] · filter[di, dj, q, k]`.
/// Groups, if the input has a multiple of the filter's channels.
public enum Conv2D: OpDeclaration {
  public static let signature = OpSignature(
    "Conv2D", inputs: ["input: T", "filter: T"], outputs: ["output: T"],
    attributes: ["T: {half, bfloat16, float, double, int32}"] + windowAttributes)
  public static let shapes = ShapeFunction {
    try inferConvolution($0, op: "Conv2D", space: 2)
  }
  public static let gradient = GradientRule.dense { context in
    let (input, filter) = (try context.input(0), try context.input(1))
    let upstream = try context.upstream(0)
    return [
      try context.build(
        "Conv2DBackpropInput", [context.shape(input), filter, upstream], context.convolution),
      try context.build(
        "Conv2DBackpropFilter", [input, context.shape(filter), upstream], context.convolution),
    ]
  }
  public static let kernels = KernelTable(where: ["T": kernelTypes]) {
    ConvolutionKernel($0, try convolutionWindow($0))
  }
}

extension Conv2D: FusingOp {
  public static func kernel(
    _ construction: KernelConstruction, followedBy epilogue: FusedEpilogue
  ) throws(StatusError) -> (any Kernel)? {
    let kernel = ConvolutionKernel(construction, try convolutionWindow(construction), epilogue)
    return kernel.isFused ? kernel : nil
  }
}

private func convolutionWindow(
  _ construction: KernelConstruction
) throws(StatusError) -> WindowParameters {
  let window = try WindowParameters(construction.attributes, op: "Conv2D", space: 2)
  try window.checkForConvolution()
  return window
}

/// The gradient of ``Conv2D`` for its input: a transposed convolution.
///
/// Groups and dilations are computed too, which TensorFlow leaves to other devices.
public enum Conv2DBackpropInput: OpDeclaration {
  public static let signature = OpSignature(
    "Conv2DBackpropInput", inputs: ["input_sizes: int32", "filter: T", "out_backprop: T"],
    outputs: ["output: T"],
    attributes: ["T: {half, bfloat16, float, double, int32}"] + windowAttributes)
  public static let shapes = ShapeFunction { try inferConv2DBackpropInput($0) }
  public static let gradient = GradientRule.dense { context in
    let (filter, gradient) = (try context.input(1), try context.input(2))
    let upstream = try context.upstream(0)
    return [
      nil,
      try context.build(
        "Conv2DBackpropFilter", [upstream, context.shape(filter), gradient], context.convolution),
      try context.build("Conv2D", [upstream, filter], context.convolution),
    ]
  }
  public static let kernels = KernelTable(where: ["T": kernelTypes]) { construction in
    let window = try checkedWindow(
      construction, op: "Conv2DBackpropInput", batchFault: .unimplemented)
    return ClosureKernel { context in
      let (filter, upstream) = (try context.input(1), try context.input(2))
      let shape = try inputShape(
        of: context.input(0), filter: filter.shape, upstream: upstream.shape, window)
      let geometry = try ConvolutionGeometry(input: shape, filter: filter.shape, window)
      try geometry.check(upstream: upstream.shape, window)
      let output = try context.allocate(0, dtype: filter.dtype, shape: shape)
      if output.elementCount == 0 { return }
      try Convolution.backwardInput(
        upstream, filter, into: output, geometry, workers: context.workers)
    }
  }

  /// `input_sizes` holds all four sizes, or just height and width.
  private static func inputShape(
    of sizes: AnyTensor, filter: Shape, upstream: Shape, _ window: WindowParameters
  ) throws(StatusError) -> Shape {
    guard sizes.shape.rank == 1 else {
      throw .invalidArgument(
        "Conv2DBackpropInput: input_sizes input must be 1-dim, not \(sizes.shape.rank)")
    }
    let values = try sizes.integers()
    switch values.count {
    case 4: return try Shape(values)
    case 2:
      guard upstream.rank == 4, filter.rank == 4 else {
        throw .invalidArgument("filter and out_backprop must be 4-dimensional")
      }
      return try Shape([upstream[0], values[0], values[1], filter[2]])
    default:
      throw .invalidArgument(
        "Conv2DBackpropInput requires input_sizes to contain 4 values or 2 values, but got: "
          + "\(values.count)")
    }
  }
}

/// The gradient of ``Conv2D`` for its filter.
public enum Conv2DBackpropFilter: OpDeclaration {
  public static let signature = OpSignature(
    "Conv2DBackpropFilter", inputs: ["input: T", "filter_sizes: int32", "out_backprop: T"],
    outputs: ["output: T"],
    attributes: ["T: {half, bfloat16, float, double}"] + windowAttributes)
  public static let shapes = ShapeFunction { try inferFromSizes($0, 1, rank: 4) }
  public static let gradient = GradientRule.dense { context in
    let (input, gradient) = (try context.input(0), try context.input(2))
    let upstream = try context.upstream(0)
    return [
      try context.build(
        "Conv2DBackpropInput", [context.shape(input), upstream, gradient], context.convolution),
      nil,
      try context.build("Conv2D", [input, upstream], context.convolution),
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.floating]) { construction in
    let window = try checkedWindow(
      construction, op: "Conv2DBackpropFilter", batchFault: .invalidArgument)
    return ClosureKernel { context in
      let (input, upstream) = (try context.input(0), try context.input(2))
      let filter = try shape(of: context.input(1), name: "Conv2DBackpropFilter: filter_sizes")
      let geometry = try ConvolutionGeometry(input: input.shape, filter: filter, window)
      try geometry.check(upstream: upstream.shape, window)
      let output = try context.allocate(0, dtype: input.dtype, shape: filter)
      if output.elementCount == 0 { return }
      try Convolution.backwardFilter(
        input, upstream, into: output, geometry, workers: context.workers)
    }
  }
}

private func checkedWindow(
  _ construction: KernelConstruction, op: String, batchFault: StatusError.Code
) throws(StatusError) -> WindowParameters {
  let window = try WindowParameters(construction.attributes, op: op, space: 2)
  try window.checkForConvolution(batchFault: batchFault)
  guard window.layout == .channelsLast else {
    throw .invalidArgument("\(op) only supports NHWC on the CPU, got NCHW")
  }
  return window
}

/// The correlation of a batch of images with a bank of filters.
///
/// - Parameters:
///   - input: `[batch, height, width, channels]`, or as `layout` says.
///   - filter: `[height, width, channels, outputs]`. The input may have a multiple of the filter's
///     channels: a grouped convolution.
///   - strides: Of rows and columns.
///   - dilations: Distance of the filter's rows and columns.
/// - Returns: `[batch, height', width', outputs]`.
/// - Throws: ``StatusError/Code/invalidArgument`` if known sizes do not fit.
/// - Note: On the CPU only channels-last images can be computed.
/// - SeeAlso: TensorFlow op `Conv2D`.
public func conv2D<Scalar: NumericScalar>(
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
      "Conv2D", inputs: [input.erased, filter.erased], attributes: attributes, name: name
    ).output(0))
}
