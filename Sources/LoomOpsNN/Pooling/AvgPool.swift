public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let attributes = [
  "ksize: list(int) >= 4", "strides: list(int) >= 4", "padding: {'SAME', 'VALID'}",
  "data_format: {'NHWC', 'NCHW'} = \"NHWC\"", "T: {half, bfloat16, float, double}",
]

extension GradientContext {
  fileprivate var window: [String: AttributeValue] {
    keeping("ksize", "strides", "padding", "data_format")
  }
}

/// The mean of those elements of each window that lie inside the image.
public enum AvgPool: OpDeclaration {
  public static let signature = OpSignature(
    "AvgPool", inputs: ["value: T"], outputs: ["output: T"], attributes: attributes)
  public static let shapes = ShapeFunction { context in
    let window = try PoolWindow(context.attributes, op: "AvgPool")
    let input = try context.requireRank(0, 4)
    context.setOutput(0, try window.inferredShape(input, poolsChannels: false))
  }
  public static let gradient = GradientRule.dense { context in
    [
      try context.build(
        "AvgPoolGrad", [context.shape(context.input(0)), context.upstream(0)], context.window)
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.floating]) { construction in
    let window = try PoolWindow(construction.attributes, op: "AvgPoolingOp")
    try window.checkForKernel()
    return ClosureKernel { context in
      let input = try context.input(0)
      let geometry = try window.geometry(input.shape)
      let output = try context.allocate(
        0, dtype: input.dtype, shape: window.outputShape(geometry))
      if output.elementCount == 0 { return }
      try PoolLoops.mean(input, into: output, geometry, workers: context.workers)
    }
  }
}

/// The gradient of ``AvgPool``: spreads each element evenly over its window.
public enum AvgPoolGrad: OpDeclaration {
  public static let signature = OpSignature(
    "AvgPoolGrad", inputs: ["orig_input_shape: int32", "grad: T"], outputs: ["output: T"],
    attributes: attributes)
  public static let shapes = ShapeFunction { try inferFromSizes($0, 0, rank: 4) }
  public static let gradient = GradientRule.dense { context in
    [
      try context.build("StopGradient", [context.input(0)]),
      try context.build("AvgPool", [context.upstream(0)], context.window),
    ]
  }
  public static let kernels = KernelTable(where: ["T": Set.floating]) { construction in
    let window = try PoolWindow(construction.attributes, op: "AvgPoolingGradOp")
    try window.checkForKernel()
    return ClosureKernel { context in
      let (sizes, upstream) = (try context.input(0), try context.input(1))
      guard sizes.shape.rank == 1, sizes.elementCount == 4 else {
        throw StatusError.invalidArgument(
          "out_backprop must be 1-dimensional and 4 elements: \(sizes.shape)")
      }
      guard upstream.shape.rank == 4 else {
        throw StatusError.invalidArgument("out_backprop must be 4-dimensional")
      }
      try computeMeanGradient(context, shape: Shape(sizes.integers()), upstream, window)
    }
  }
}

/// Output 0 of the gradient of a mean over a tensor of `shape`.
func computeMeanGradient(
  _ context: borrowing KernelContext, shape: Shape, _ upstream: AnyTensor, _ window: PoolWindow
) throws(StatusError) {
  let geometry = try window.geometry(shape, name: "orig_input_shape")
  let expected = try window.outputShape(geometry)
  guard upstream.shape == expected else {
    throw .invalidArgument("Expected grad shape to be \(expected), but got \(upstream.shape)")
  }
  let output = try context.allocate(0, dtype: upstream.dtype, shape: shape)
  if output.elementCount == 0 { return }
  try PoolLoops.meanGradient(upstream, into: output, geometry, workers: context.workers)
}

/// The mean of those elements of each window that lie inside the image.
///
/// - Parameters:
///   - input: `[batch, height, width, channels]`.
///   - size: Rows and columns of the window.
///   - strides: Rows and columns from window to window; as large as the window by default.
///   - padding: ``Padding/same`` or ``Padding/valid``.
/// - SeeAlso: TensorFlow op `AvgPool`.
public func averagePool<Scalar: FloatingScalar>(
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
      "AvgPool", inputs: [input.erased], attributes: attributes, name: name
    ).output(0))
}
