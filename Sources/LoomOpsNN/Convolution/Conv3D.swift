public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let floating = "T: {half, bfloat16, float, double}"
private let strides = ["strides: list(int) >= 5", "padding: {'SAME', 'VALID'}"]
private let format = "data_format: {'NDHWC', 'NCDHW'} = \"NDHWC\""
private let dilations = "dilations: list(int) = [1, 1, 1, 1, 1]"

extension GradientContext {
  fileprivate var convolution: [String: AttributeValue] {
    keeping("strides", "padding", "data_format", "dilations")
  }
}

/// The correlation of volumes with a bank of filters.
///
/// Groups and dilations are computed too, which TensorFlow leaves to other devices.
public enum Conv3D: OpDeclaration {
  public static let signature = OpSignature(
    "Conv3D", inputs: ["input: T", "filter: T"], outputs: ["output: T"],
    attributes: [floating] + strides + [format, dilations])
  public static let shapes = ShapeFunction {
    try inferConvolution($0, op: "Conv3D", space: 3)
  }
  public static let gradient = GradientRule.dense { context in
    let (input, filter) = (try context.input(0), try context.input(1))
    let upstream = try context.upstream(0)
    return [
      try context.build(
        "Conv3DBackpropInputV2", [context.shape(input), filter, upstream], context.convolution),
      try context.build(
        "Conv3DBackpropFilterV2", [input, context.shape(filter), upstream], context.convolution),
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.floating]) { construction in
    let window = try volumeWindow(construction, op: "Conv3D")
    return ClosureKernel { context in
      let (input, filter) = (try context.input(0), try context.input(1))
      let geometry = try ConvolutionGeometry(input: input.shape, filter: filter.shape, window)
      guard filter.elementCount > 0 else {
        throw StatusError.invalidArgument(
          "filter must not have zero elements (i.e. all dimensions must be non-zero)")
      }
      let output = try context.allocate(
        0, dtype: input.dtype, shape: geometry.outputShape(window))
      if output.elementCount == 0 { return }
      try Convolution.forward(
        input, filter, into: output, geometry, workers: context.workers)
    }
  }
}

/// The gradient of ``Conv3D`` for its input: a transposed convolution.
public enum Conv3DBackpropInputV2: OpDeclaration {
  public static let signature = OpSignature(
    "Conv3DBackpropInputV2", inputs: ["input_sizes: Tshape", "filter: T", "out_backprop: T"],
    outputs: ["output: T"],
    attributes: [floating] + strides + [format, dilations, "Tshape: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { try inferFromSizes($0, 0, rank: 5) }
  public static let gradient = GradientRule.dense { context in
    let (filter, gradient) = (try context.input(1), try context.input(2))
    let upstream = try context.upstream(0)
    return [
      nil,
      try context.build(
        "Conv3DBackpropFilterV2", [upstream, context.shape(filter), gradient],
        context.convolution),
      try context.build("Conv3D", [upstream, filter], context.convolution),
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.floating]) { construction in
    let window = try volumeWindow(construction, op: "Conv3DBackpropInputOpV2")
    return ClosureKernel { context in
      let input = try shape(of: context.input(0), name: "input_sizes")
      try computeInputGradient(context, input: input, window)
    }
  }
}

/// The gradient of ``Conv3D`` for its filter.
public enum Conv3DBackpropFilterV2: OpDeclaration {
  public static let signature = OpSignature(
    "Conv3DBackpropFilterV2", inputs: ["input: T", "filter_sizes: int32", "out_backprop: T"],
    outputs: ["output: T"], attributes: [floating] + strides + [format, dilations])
  public static let shapes = ShapeFunction { try inferFromSizes($0, 1, rank: 5) }
  public static let gradient = GradientRule.dense { context in
    let (input, gradient) = (try context.input(0), try context.input(2))
    let upstream = try context.upstream(0)
    return [
      try context.build(
        "Conv3DBackpropInputV2", [context.shape(input), upstream, gradient], context.convolution),
      nil,
      try context.build("Conv3D", [input, upstream], context.convolution),
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.floating]) { construction in
    let window = try volumeWindow(construction, op: "Conv3DBackpropFilterOpV2")
    return ClosureKernel { context in
      let filter = try shape(of: context.input(1), name: "filter_sizes")
      try computeFilterGradient(context, filter: filter, window)
    }
  }
}

/// ``Conv3DBackpropInputV2`` of TensorFlow's first versions: takes the input for its shape.
public enum Conv3DBackpropInput: OpDeclaration {
  public static let signature = OpSignature(
    "Conv3DBackpropInput", inputs: ["input: T", "filter: T", "out_backprop: T"],
    outputs: ["output: T"],
    attributes: ["T: {half, float, double}"] + strides + [dilations], deprecatedSince: 10)
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, 5))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": [.half, .float, .double]]) { construction in
    let window = try volumeWindow(construction, op: "Conv3DBackpropInputOp")
    return ClosureKernel { context in
      try computeInputGradient(context, input: context.input(0).shape, window)
    }
  }
}

/// ``Conv3DBackpropFilterV2`` of TensorFlow's first versions: takes the filter for its shape.
public enum Conv3DBackpropFilter: OpDeclaration {
  public static let signature = OpSignature(
    "Conv3DBackpropFilter", inputs: ["input: T", "filter: T", "out_backprop: T"],
    outputs: ["output: T"],
    attributes: ["T: {half, float, double}"] + strides + [dilations], deprecatedSince: 10)
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(1, 5))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": [.half, .float, .double]]) { construction in
    let window = try volumeWindow(construction, op: "Conv3DBackpropFilterOp")
    return ClosureKernel { context in
      try computeFilterGradient(context, filter: context.input(1).shape, window)
    }
  }
}

private func computeInputGradient(
  _ context: borrowing KernelContext, input: Shape, _ window: WindowParameters
) throws(StatusError) {
  let (filter, upstream) = (try context.input(1), try context.input(2))
  let geometry = try ConvolutionGeometry(input: input, filter: filter.shape, window)
  try geometry.check(upstream: upstream.shape, window)
  let output = try context.allocate(0, dtype: filter.dtype, shape: input)
  if output.elementCount == 0 { return }
  try Convolution.backwardInput(
    upstream, filter, into: output, geometry, workers: context.workers)
}

private func computeFilterGradient(
  _ context: borrowing KernelContext, filter: Shape, _ window: WindowParameters
) throws(StatusError) {
  let (input, upstream) = (try context.input(0), try context.input(2))
  let geometry = try ConvolutionGeometry(input: input.shape, filter: filter, window)
  try geometry.check(upstream: upstream.shape, window)
  let output = try context.allocate(0, dtype: input.dtype, shape: filter)
  if output.elementCount == 0 { return }
  try Convolution.backwardFilter(
    input, upstream, into: output, geometry, workers: context.workers)
}

private func volumeWindow(
  _ construction: KernelConstruction, op: String
) throws(StatusError) -> WindowParameters {
  let window = try WindowParameters(construction.attributes, op: op, space: 3)
  try window.checkForConvolution(batchFault: .invalidArgument)
  guard window.layout == .channelsLast else {
    throw .invalidArgument("\(op) only supports NDHWC on the CPU, got NCDHW")
  }
  return window
}

/// The correlation of a batch of volumes with a bank of filters.
///
/// - Parameters:
///   - input: `[batch, depth, height, width, channels]`.
///   - filter: `[depth, height, width, channels, outputs]`.
///   - padding: ``Padding/same`` or ``Padding/valid``.
/// - SeeAlso: TensorFlow op `Conv3D`.
public func conv3D<Scalar: FloatingScalar>(
  _ input: Output<Scalar>, filter: Output<Scalar>, strides: (Int, Int, Int) = (1, 1, 1),
  padding: Padding = .same, dilations: (Int, Int, Int) = (1, 1, 1),
  layout: TensorLayout = .channelsLast, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  var attributes = padding.attributes(layout)
  attributes["strides"] = .ints(layout.spread([strides.0, strides.1, strides.2]))
  attributes["dilations"] = .ints(layout.spread([dilations.0, dilations.1, dilations.2]))
  attributes["data_format"] = layout.format(space: 3)
  return try Output(
    input.graph.addOperation(
      "Conv3D", inputs: [input.erased, filter.erased], attributes: attributes, name: name
    ).output(0))
}
