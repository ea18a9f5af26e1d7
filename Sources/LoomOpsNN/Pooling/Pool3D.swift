import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let window = [
  "ksize: list(int) >= 5", "strides: list(int) >= 5", "padding: {'SAME', 'VALID'}",
  "data_format: {'NDHWC', 'NCDHW'} = \"NDHWC\"",
]
private let kernelTypes: Set<DType> = [.float, .bfloat16]

extension GradientContext {
  fileprivate var window: [String: AttributeValue] {
    keeping("ksize", "strides", "padding", "data_format")
  }
}

extension ShapeFunction {
  fileprivate static let pool3D = ShapeFunction { context in
    let window = try PoolWindow(context.attributes, op: "Pool3D", space: 3)
    let input = try context.requireRank(0, 5)
    context.setOutput(0, try window.inferredShape(input, poolsChannels: false))
  }
}

/// The largest element of each window of volumes.
public enum MaxPool3D: OpDeclaration {
  public static let signature = OpSignature(
    "MaxPool3D", inputs: ["input: T"], outputs: ["output: T"],
    attributes: window + ["T: {half, bfloat16, float}"])
  public static let shapes = ShapeFunction.pool3D
  public static let gradient = GradientRule.dense { context in
    [
      try context.build(
        "MaxPool3DGrad", [context.input(0), context.output(0), context.upstream(0)],
        context.window)
    ]
  }
  public static let kernels = KernelTable(where: ["T": kernelTypes]) { construction in
    let window = try volumePool(construction, op: "MaxPool3D")
    return ClosureKernel { context in
      let input = try context.input(0)
      let geometry = try window.geometry(input.shape)
      let output = try context.allocate(
        0, dtype: input.dtype, shape: window.outputShape(geometry))
      if output.elementCount == 0 { return }
      try PoolLoops.maximum(input, into: output, geometry, workers: context.workers)
    }
  }
}

/// The gradient of ``MaxPool3D``: each element goes to every largest element of its window, unlike the
/// first alone as in two dimensions.
public enum MaxPool3DGrad: OpDeclaration {
  public static let signature = OpSignature(
    "MaxPool3DGrad", inputs: ["orig_input: TInput", "orig_output: TInput", "grad: T"],
    outputs: ["output: T"],
    attributes: window + [
      "T: {half, bfloat16, float} = float", "TInput: {half, bfloat16, float} = float",
    ])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, 5))
  }
  public static let gradient = GradientRule.dense { context in
    let (input, output) = (try context.input(0), try context.input(1))
    return [
      try context.zerosLike(input), try context.zerosLike(output),
      try context.build(
        "MaxPool3DGradGrad", [input, output, context.upstream(0)], context.window),
    ]
  }
  public static let kernels = KernelTable(
    where: ["T": [.float], "TInput": [.float]], makeGradient
  ).or(KernelTable(where: ["T": [.bfloat16], "TInput": [.bfloat16]], makeGradient))

  private static let makeGradient: @Sendable (KernelConstruction) throws -> any Kernel = {
    construction in
    let window = try volumePool(construction, op: "MaxPool3DGrad")
    return ClosureKernel { context in
      let (input, pooled, upstream) = (
        try context.input(0), try context.input(1), try context.input(2)
      )
      let geometry = try window.geometry(input.shape)
      let shape = try window.outputShape(geometry)
      guard pooled.shape == shape, upstream.shape == shape else {
        throw StatusError.invalidArgument(
          "Expected orig_output and grad of shape \(shape), but got \(pooled.shape) and "
            + "\(upstream.shape)")
      }
      let output = try context.allocate(0, dtype: input.dtype, shape: input.shape)
      if output.elementCount == 0 { return }
      try PoolLoops.maximumGradientToAll(
        input, pooled, upstream, into: output, geometry, workers: context.workers)
    }
  }
}

/// The gradient of ``MaxPool3DGrad`` for its gradient: picks the elements that the pool picked.
public enum MaxPool3DGradGrad: OpDeclaration {
  public static let signature = OpSignature(
    "MaxPool3DGradGrad", inputs: ["orig_input: T", "orig_output: T", "grad: T"],
    outputs: ["output: T"],
    attributes: window + [
      "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}"
    ])
  public static let shapes = ShapeFunction { context in
    try ShapeFunction.pool3D.body(context)
    _ = try context.input(0).merged(with: context.input(2))
    _ = try context.outputs[0].merged(with: context.input(1))
  }
  public static let gradient = GradientRule.dense { context in
    let (input, output) = (try context.input(0), try context.input(1))
    return [
      try context.zerosLike(input), try context.zerosLike(output),
      try context.build("MaxPool3DGrad", [input, output, context.upstream(0)], context.window),
    ]
  }
  public static let kernels = KernelTable(where: ["T": kernelTypes]) { construction in
    let window = try volumePool(construction, op: "MaxPool3DGradGrad")
    return ClosureKernel { context in
      let (input, pooled, upstream) = (
        try context.input(0), try context.input(1), try context.input(2)
      )
      guard input.elementCount > 0 else {
        throw StatusError.invalidArgument("received empty tensor tensor_in: \(input.shape)")
      }
      let geometry = try window.geometry(input.shape)
      let shape = try window.outputShape(geometry)
      guard pooled.shape == shape, upstream.shape == input.shape else {
        throw StatusError.invalidArgument(
          "Expected orig_output of shape \(shape) and grad of shape \(input.shape), but got "
            + "\(pooled.shape) and \(upstream.shape)")
      }
      let output = try context.allocate(0, dtype: input.dtype, shape: shape)
      if output.elementCount == 0 { return }
      try PoolLoops.maximumSecondGradient(
        input, pooled, upstream, into: output, geometry, workers: context.workers)
    }
  }
}

/// The mean of those elements of each window that lie inside the volume.
public enum AvgPool3D: OpDeclaration {
  public static let signature = OpSignature(
    "AvgPool3D", inputs: ["input: T"], outputs: ["output: T"],
    attributes: window + ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction.pool3D
  public static let gradient = GradientRule.dense { context in
    [
      try context.build(
        "AvgPool3DGrad", [context.shape(context.input(0)), context.upstream(0)], context.window)
    ]
  }
  public static let kernels = KernelTable(where: ["T": kernelTypes]) { construction in
    let window = try volumePool(construction, op: "AvgPool3D")
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

/// The gradient of ``AvgPool3D``: spreads each element evenly over its window.
public enum AvgPool3DGrad: OpDeclaration {
  public static let signature = OpSignature(
    "AvgPool3DGrad", inputs: ["orig_input_shape: int32", "grad: T"], outputs: ["output: T"],
    attributes: window + ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction { try inferFromSizes($0, 0, rank: 5) }
  public static let gradient = GradientRule.dense { context in
    [
      try context.build("StopGradient", [context.input(0)]),
      try context.build("AvgPool3D", [context.upstream(0)], context.window),
    ]
  }
  public static let kernels = KernelTable(where: ["T": kernelTypes]) { construction in
    let window = try volumePool(construction, op: "AvgPool3DGrad")
    return ClosureKernel { context in
      let (sizes, upstream) = (try context.input(0), try context.input(1))
      guard sizes.shape.rank == 1, sizes.elementCount == 5 else {
        throw StatusError.invalidArgument(
          "tensor_in must be 1-dimensional and 5 elements: \(sizes.shape)")
      }
      guard upstream.shape.rank == 5 else {
        throw StatusError.invalidArgument("out_backprop must be 5-dimensional")
      }
      try computeMeanGradient(context, shape: Shape(sizes.integers()), upstream, window)
    }
  }
}

private func volumePool(
  _ construction: KernelConstruction, op: String
) throws(StatusError) -> PoolWindow {
  let window = try PoolWindow(construction.attributes, op: op, space: 3)
  try window.checkForKernel()
  return window
}
