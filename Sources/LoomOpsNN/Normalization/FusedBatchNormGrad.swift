import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let outputs = ["x_backprop: T", "scale_backprop: U", "offset_backprop: U"]
private let epsilon = "epsilon: float = 0.0001"
private let format = "data_format: {'NHWC', 'NCHW'} = \"NHWC\""
private let volumeFormat = "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = \"NHWC\""
private let training = "is_training: bool = true"

/// The gradient of ``FusedBatchNorm``.
///
/// While training the reserves are mean and biased variance of the batch, else the given moments.
public enum FusedBatchNormGrad: OpDeclaration {
  public static let signature = OpSignature(
    "FusedBatchNormGrad",
    inputs: ["y_backprop: T", "x: T", "scale: T", "reserve_space_1: T", "reserve_space_2: T"],
    outputs: [
      "x_backprop: T", "scale_backprop: T", "offset_backprop: T", "reserve_space_3: T",
      "reserve_space_4: T",
    ], attributes: ["T: {float}", epsilon, format, training])
  public static let shapes = ShapeFunction { try inferBatchNormGrad($0) }
  public static let gradient = GradientRule.dense { try secondGradient($0) }
  public static let kernels = KernelTable(where: ["T": [.float]]) { try BatchNormGradKernel($0) }
}

/// The gradient of ``FusedBatchNormV2``.
public enum FusedBatchNormGradV2: OpDeclaration {
  public static let signature = OpSignature(
    "FusedBatchNormGradV2",
    inputs: ["y_backprop: T", "x: T", "scale: float", "reserve_space_1: U", "reserve_space_2: U"],
    outputs: outputs + ["reserve_space_3: U", "reserve_space_4: U"],
    attributes: ["T: {half, bfloat16, float}", "U: {float}", epsilon, format, training])
  public static let shapes = ShapeFunction { try inferBatchNormGrad($0) }
  public static let gradient = GradientRule.dense { try secondGradient($0) }
  public static let kernels = KernelTable(
    where: ["T": [.half, .bfloat16, .float], "U": [.float]]
  ) { try BatchNormGradKernel($0) }
}

/// The gradient of ``FusedBatchNormV3``.
public enum FusedBatchNormGradV3: OpDeclaration {
  public static let signature = OpSignature(
    "FusedBatchNormGradV3",
    inputs: [
      "y_backprop: T", "x: T", "scale: float", "reserve_space_1: U", "reserve_space_2: U",
      "reserve_space_3: U",
    ],
    outputs: outputs + ["reserve_space_4: U", "reserve_space_5: U"],
    attributes: ["T: {half, bfloat16, float}", "U: {float}", epsilon, volumeFormat, training])
  public static let shapes = ShapeFunction { try inferBatchNormGrad($0) }
  public static let gradient = GradientRule.dense { try secondGradient($0) }
  public static let kernels = KernelTable(
    where: ["T": [.half, .bfloat16, .float], "U": [.float]]
  ) { try BatchNormGradKernel($0) }
}

private func inferBatchNormGrad(_ context: ShapeContext) throws(StatusError) {
  let layout = try BatchNormLayout(context.attributes)
  let upstream = try context.requireRank(0, layout.rank)
  let x = try context.requireRank(1, layout.rank)
  let channel = layout.layout.channel(rank: layout.rank)
  var channels = try ShapeContext.merge(upstream[channel], x[channel])
  for index in 2..<5 {
    let vector = try context.requireRank(index, 1)
    channels = try ShapeContext.merge(channels, vector[0])
  }
  context.setOutput(0, upstream.replacing(channel, with: channels))
  context.setOutput(1, [channels])
  context.setOutput(2, [channels])
  context.setOutput(3, [0])
  context.setOutput(4, [0])
}

private final class BatchNormGradKernel: Kernel {
  let layout: BatchNormLayout
  let epsilon: Float
  let isTraining: Bool

  init(_ construction: KernelConstruction) throws(StatusError) {
    layout = try BatchNormLayout(construction.attributes)
    epsilon = try construction.attributes.float("epsilon")
    isTraining = try construction.attributes.bool("is_training")
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let (upstream, x) = (try context.input(0), try context.input(1))
    _ = try layout.channels(upstream.shape, name: "out_backprop")
    let channels = try layout.channels(x.shape, name: "input")
    guard upstream.shape == x.shape else {
      throw .invalidArgument(
        "x and y_backprop must have same shape, but x has shape \(x.shape) and y_backprop has "
          + "shape \(upstream.shape)")
    }
    let scale = try BatchNormLayout.vector(
      context.input(2), channels: channels, name: "scale")
    let mean = try BatchNormLayout.vector(
      context.input(3), channels: channels, name: "saved mean")
    let variance = try BatchNormLayout.vector(
      context.input(4), channels: channels, name: "saved variance")
    let gradients = try layout.matrix(upstream)
    let matrix = try layout.matrix(x)
    let sums = try BatchNormalizationLoops.gradientSums(
      gradients, matrix, mean: mean, workers: context.workers)
    let factors = normalizationFactors(variance, epsilon, scale: scale)
    let rows = Double(channels == 0 ? 0 : x.elementCount / channels)
    let zeros = [Float](repeating: 0, count: channels)
    // Training: the batch's moments depend on x too.
    let shift = isTraining ? sums.gradient.map { Float($0 / rows) } : zeros
    let slope =
      isTraining
      ? zip(sums.product, variance).map { Float($0 / rows / Double($1 + epsilon)) } : zeros
    let isDirect = x.dtype == .float && layout.layout == .channelsLast
    let result =
      isDirect
      ? try context.allocate(0, dtype: .float, shape: x.shape)
      : try AnyTensor.uninitialized(dtype: .float, shape: x.shape, budget: context.budget)
    try BatchNormalizationLoops.gradient(
      gradients, matrix, mean: mean, shift: shift, slope: slope, factor: factors, into: result,
      workers: context.workers)
    if !isDirect { try layout.setOutput(0, result, like: x, context) }
    let added = epsilon
    try context.makeOutput(1, of: Float.self, shape: Shape(vector: channels)) { output in
      for channel in 0..<channels {
        output[channel] = Float(
          sums.product[channel] / Double((variance[channel] + added).squareRoot()))
      }
    }
    try context.makeOutput(2, of: Float.self, shape: Shape(vector: channels)) { output in
      for channel in 0..<channels { output[channel] = Float(sums.gradient[channel]) }
    }
    for index in 3..<5 {
      try context.makeOutput(index, of: Float.self, shape: Shape(vector: 0)) { _ in }
    }
  }
}
