public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let types =
  "T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8} = float"
private let format = "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = \"NHWC\""

/// The largest element of each window. NaN is passed over.
public enum MaxPool: OpDeclaration {
  public static let signature = OpSignature(
    "MaxPool", inputs: ["input: T"], outputs: ["output: T"],
    attributes: [
      types, "ksize: list(int) >= 4", "strides: list(int) >= 4",
      "padding: {'SAME', 'VALID', 'EXPLICIT'}", "explicit_paddings: list(int) = []", format,
    ])
  public static let shapes = ShapeFunction { context in
    let window = try PoolWindow(context.attributes, op: "MaxPool")
    let input = try context.requireRank(0, window.layout == .channelsFirstInFours ? 5 : 4)
    context.setOutput(0, try window.inferredShape(input, poolsChannels: true))
  }
  public static let gradient = GradientRule.dense { context in
    [
      try context.build(
        "MaxPoolGrad", [context.input(0), context.output(0), context.upstream(0)],
        context.keeping("ksize", "strides", "padding", "explicit_paddings", "data_format"))
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.real]) { construction in
    let window = try PoolWindow(construction.attributes, op: "MaxPool")
    try window.checkForKernel(supportsDepth: true)
    return ClosureKernel { context in try computeMaximum(context, window) }
  }
}

/// ``MaxPool`` whose window sizes and strides are tensors.
public enum MaxPoolV2: OpDeclaration {
  public static let signature = OpSignature(
    "MaxPoolV2", inputs: ["input: T", "ksize: int32", "strides: int32"], outputs: ["output: T"],
    attributes: [types, "padding: {'SAME', 'VALID'}", format])
  public static let shapes = ShapeFunction { context in
    try inferDynamicPool(context, first: 1, op: "MaxPool")
  }
  public static let gradient = GradientRule.dense { context in
    [
      try context.build(
        "MaxPoolGradV2",
        [
          context.input(0), context.output(0), context.upstream(0), context.input(1),
          context.input(2),
        ], context.keeping("padding", "data_format")),
      nil, nil,
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.real]) { construction in
    let attributes = construction.attributes
    _ = try TensorLayout(attributes)
    return ClosureKernel { context in
      let window = try dynamicWindow(context, attributes, first: 1, op: "MaxPool")
      try window.checkForKernel(supportsDepth: true)
      try computeMaximum(context, window)
    }
  }
}

private func computeMaximum(
  _ context: borrowing KernelContext, _ window: PoolWindow
) throws(StatusError) {
  let input = try context.input(0)
  if window.channelSize > 1 {
    return try computeDepthMaximum(context, input, window)
  }
  let geometry = try window.geometry(input.shape)
  let output = try context.allocate(0, dtype: input.dtype, shape: window.outputShape(geometry))
  if output.elementCount == 0 { return }
  try PoolLoops.maximum(input, into: output, geometry, workers: context.workers)
}

/// A pool over the channels: groups of neighbours, as TensorFlow restricts it.
private func computeDepthMaximum(
  _ context: borrowing KernelContext, _ input: AnyTensor, _ window: PoolWindow
) throws(StatusError) {
  guard input.shape.rank == 4 else {
    throw .invalidArgument("tensor_in must be 4-dimensional, got \(input.shape)")
  }
  guard window.size(0) == 1, window.size(1) == 1 else {
    throw .unimplemented(
      "MaxPooling supports exactly one of pooling across depth or pooling across width/height.")
  }
  let (channels, size) = (input.shape[3], window.channelSize)
  guard channels % size == 0 else {
    throw .unimplemented(
      "Depthwise max pooling requires the depth window to evenly divide the input depth")
  }
  guard size == window.channelStride else {
    throw .unimplemented(
      "Depthwise max pooling requires the depth window to equal the depth stride")
  }
  // Each group of channels is an image of one row of `size` pixels.
  let shape = try Shape([input.shape[0], input.shape[1], input.shape[2], channels / size])
  let output = try context.allocate(0, dtype: input.dtype, shape: shape)
  if output.elementCount == 0 { return }
  let geometry = ConvolutionGeometry(
    batch: output.elementCount, height: .single,
    width: WindowAxis(input: size, kernel: size, output: 1), inputChannels: 1, filterChannels: 1,
    outputChannels: 1)
  try PoolLoops.maximum(input, into: output, geometry, workers: context.workers)
}

/// The largest element of each window.
///
/// - Parameters:
///   - input: `[batch, height, width, channels]`.
///   - size: Rows and columns of the window.
///   - strides: Rows and columns from window to window; as large as the window by default.
/// - Note: NaN is passed over.
/// - SeeAlso: TensorFlow op `MaxPool`.
public func maxPool<Scalar: RealScalar>(
  _ input: Output<Scalar>, size: (Int, Int), strides: (Int, Int)? = nil,
  padding: Padding = .valid, layout: TensorLayout = .channelsLast, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  let strides = strides ?? size
  var attributes = padding.attributes(layout)
  attributes["ksize"] = .ints(layout.spread([size.0, size.1]))
  attributes["strides"] = .ints(layout.spread([strides.0, strides.1]))
  attributes["data_format"] = layout.format(space: 2)
  return try Output(
    input.graph.addOperation(
      "MaxPool", inputs: [input.erased], attributes: attributes, name: name
    ).output(0))
}
