import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let inputs = ["orig_input: T", "orig_output: T", "grad: T"]
private let dynamicInputs = inputs + ["ksize: int32", "strides: int32"]
private let fixedWindow = ["ksize: list(int) >= 4", "strides: list(int) >= 4"]
private let format = "data_format: {'NHWC', 'NCHW'} = \"NHWC\""
private let types =
  "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}"

/// The gradient of ``MaxPool``: each element goes to the first largest element of its window.
public enum MaxPoolGrad: OpDeclaration {
  public static let signature = OpSignature(
    "MaxPoolGrad", inputs: inputs, outputs: ["output: T"],
    attributes: fixedWindow + [
      "padding: {'SAME', 'VALID', 'EXPLICIT'}", "explicit_paddings: list(int) = []", format,
      types + " = float",
    ])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, 4))
  }
  public static let gradient = GradientRule.dense { context in
    try secondGradient(
      context, "MaxPoolGradGrad", context.keeping("ksize", "strides", "padding", "data_format"))
  }
  public static let kernels = KernelTable(where: ["T": Set.real]) { construction in
    let window = try PoolWindow(construction.attributes, op: "MaxPoolingGradOp")
    try window.checkForKernel()
    return ClosureKernel { context in try computeGradient(context, window) }
  }
}

/// ``MaxPoolGrad`` whose window sizes and strides are tensors.
public enum MaxPoolGradV2: OpDeclaration {
  public static let signature = OpSignature(
    "MaxPoolGradV2", inputs: dynamicInputs, outputs: ["output: T"],
    attributes: ["padding: {'SAME', 'VALID'}", format, types + " = float"])
  public static let shapes = MaxPoolGrad.shapes
  public static let gradient = GradientRule.dense { context in
    try secondGradient(
      context, "MaxPoolGradGradV2", context.keeping("padding", "data_format"))
  }
  public static let kernels = KernelTable(where: ["T": Set.real]) { construction in
    let attributes = construction.attributes
    return ClosureKernel { context in
      let window = try dynamicWindow(context, attributes, first: 3, op: "MaxPoolingGradOp")
      try window.checkForKernel()
      try computeGradient(context, window)
    }
  }
}

/// The gradient of ``MaxPoolGrad`` for its gradient: picks the elements that the pool picked.
public enum MaxPoolGradGrad: OpDeclaration {
  public static let signature = OpSignature(
    "MaxPoolGradGrad", inputs: inputs, outputs: ["output: T"],
    attributes: fixedWindow + ["padding: {'SAME', 'VALID'}", format, types])
  public static let shapes = ShapeFunction { context in
    let window = try PoolWindow(context.attributes, op: "MaxPool")
    let input = try context.requireRank(0, 4)
    context.setOutput(0, try window.inferredShape(input, poolsChannels: true))
    try checkSecondGradient(context)
  }
  public static let gradient = GradientRule.dense { context in
    try secondGradient(
      context, "MaxPoolGrad", context.keeping("ksize", "strides", "padding", "data_format"))
  }
  public static let kernels = KernelTable(where: ["T": Set.real]) { construction in
    let window = try PoolWindow(construction.attributes, op: "MaxPoolingGradGradOp")
    try window.checkForKernel()
    return ClosureKernel { context in try computeSecondGradient(context, window) }
  }
}

/// ``MaxPoolGradGrad`` whose window sizes and strides are tensors.
public enum MaxPoolGradGradV2: OpDeclaration {
  public static let signature = OpSignature(
    "MaxPoolGradGradV2", inputs: dynamicInputs, outputs: ["output: T"],
    attributes: ["padding: {'SAME', 'VALID'}", format, types])
  public static let shapes = ShapeFunction { context in
    try inferDynamicPool(context, first: 3, op: "MaxPool")
    try checkSecondGradient(context)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": Set.real]) { construction in
    let attributes = construction.attributes
    return ClosureKernel { context in
      let window = try dynamicWindow(context, attributes, first: 3, op: "MaxPoolingGradGradOp")
      try window.checkForKernel()
      try computeSecondGradient(context, window)
    }
  }
}

/// Input and gradient have one shape, the pool's output and this op's another.
private func checkSecondGradient(_ context: ShapeContext) throws(StatusError) {
  _ = try context.input(0).merged(with: context.input(2))
  _ = try context.outputs[0].merged(with: context.input(1))
}

/// No gradient for what was pooled; for the gradient the op that undoes the forward one. The window
/// inputs of the V2 ops are passed on.
private func secondGradient(
  _ context: GradientContext, _ op: String, _ attributes: [String: AttributeValue]
) throws -> [AnyOutput?] {
  let (input, output) = (try context.input(0), try context.input(1))
  let window = Array(context.inputs.dropFirst(3))
  let gradient = try context.build(
    op, [input, output, context.upstream(0)] + window, attributes)
  return [try context.zerosLike(input), try context.zerosLike(output), gradient]
    + window.map { _ in nil }
}

private func computeGradient(
  _ context: borrowing KernelContext, _ window: PoolWindow
) throws(StatusError) {
  let (input, pooled, upstream) = (
    try context.input(0), try context.input(1), try context.input(2)
  )
  let geometry = try window.geometry(input.shape)
  let shape = try window.outputShape(geometry)
  guard pooled.shape == shape else {
    throw .invalidArgument("Expected orig_output shape to be \(shape), but got \(pooled.shape)")
  }
  guard upstream.shape == shape else {
    throw .invalidArgument("Expected grad shape to be \(shape), but got \(upstream.shape)")
  }
  let output = try context.allocate(0, dtype: input.dtype, shape: input.shape)
  if output.elementCount == 0 { return }
  try PoolLoops.maximumGradient(
    input, upstream, into: output, geometry, workers: context.workers)
}

private func computeSecondGradient(
  _ context: borrowing KernelContext, _ window: PoolWindow
) throws(StatusError) {
  let (input, pooled, upstream) = (
    try context.input(0), try context.input(1), try context.input(2)
  )
  let geometry = try window.geometry(input.shape)
  let shape = try window.outputShape(geometry)
  guard pooled.shape == shape else {
    throw .invalidArgument("Expected orig_output shape to be \(shape), but got \(pooled.shape)")
  }
  guard upstream.shape == input.shape else {
    throw .invalidArgument("Expected grad shape to be \(input.shape), but got \(upstream.shape)")
  }
  let output = try context.allocate(0, dtype: input.dtype, shape: shape)
  if output.elementCount == 0 { return }
  try PoolLoops.maximumSecondGradient(
    input, pooled, upstream, into: output, geometry, workers: context.workers)
}
