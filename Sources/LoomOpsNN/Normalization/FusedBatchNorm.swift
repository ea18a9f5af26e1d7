public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let outputs = [
  "y: T", "batch_mean: U", "batch_variance: U", "reserve_space_1: U", "reserve_space_2: U",
]
private let moments = ["epsilon: float = 0.0001", "exponential_avg_factor: float = 1.0"]
private let format = "data_format: {'NHWC', 'NCHW'} = \"NHWC\""
private let volumeFormat = "data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = \"NHWC\""
private let training = "is_training: bool = true"

/// Batch normalisation of Float images, with the moments of the batch or given ones.
///
/// While training `y` uses the biased variance, which is also the second reserve; the batch variance
/// that comes out is unbiased, and both moments are blended with the given ones by
/// `exponential_avg_factor`.
public enum FusedBatchNorm: OpDeclaration {
  public static let signature = OpSignature(
    "FusedBatchNorm", inputs: ["x: T", "scale: T", "offset: T", "mean: T", "variance: T"],
    outputs: [
      "y: T", "batch_mean: T", "batch_variance: T", "reserve_space_1: T", "reserve_space_2: T",
    ], attributes: ["T: {float}"] + moments + [format, training])
  public static let shapes = ShapeFunction { try inferBatchNorm($0) }
  public static let gradient = GradientRule.dense { try batchNormGradient($0, version: 1) }
  public static let kernels = KernelTable(where: ["T": [.float]]) {
    try BatchNormKernel($0, hasThirdReserve: false)
  }
}

/// ``FusedBatchNorm`` of half-precision images too.
public enum FusedBatchNormV2: OpDeclaration {
  public static let signature = OpSignature(
    "FusedBatchNormV2", inputs: ["x: T", "scale: U", "offset: U", "mean: U", "variance: U"],
    outputs: outputs,
    attributes: ["T: {half, bfloat16, float}", "U: {float}"] + moments + [format, training])
  public static let shapes = ShapeFunction { try inferBatchNorm($0) }
  public static let gradient = GradientRule.dense { try batchNormGradient($0, version: 2) }
  public static let kernels = KernelTable(
    where: ["T": [.half, .bfloat16, .float], "U": [.float]]
  ) { try BatchNormKernel($0, hasThirdReserve: false) }
}

/// ``FusedBatchNormV2`` of volumes too; its third reserve means nothing on the CPU.
public enum FusedBatchNormV3: OpDeclaration {
  public static let signature = OpSignature(
    "FusedBatchNormV3", inputs: ["x: T", "scale: U", "offset: U", "mean: U", "variance: U"],
    outputs: outputs + ["reserve_space_3: U"],
    attributes: ["T: {half, bfloat16, float}", "U: {bfloat16, float}"] + moments
      + [volumeFormat, training])
  public static let shapes = ShapeFunction { try inferBatchNorm($0) }
  public static let gradient = GradientRule.dense { try batchNormGradient($0, version: 3) }
  public static let kernels = KernelTable(
    where: ["T": [.half, .bfloat16, .float], "U": [.float]]
  ) { try BatchNormKernel($0, hasThirdReserve: true) }
}

extension FusedBatchNorm: InferenceNormalization {}
extension FusedBatchNormV2: InferenceNormalization {}
extension FusedBatchNormV3: InferenceNormalization {}

/// A normalisation that, with given moments, is one product and one sum.
public protocol InferenceNormalization: FusibleOp {}

extension InferenceNormalization {
  public static func stage(_ construction: KernelConstruction, input: Int) -> FusibleStage? {
    let attributes = construction.attributes
    // Attributes that can't be read are an error of the run.
    guard input == 0, (try? attributes.bool("is_training")) == false,
      (try? TensorLayout(attributes)) == .channelsLast,
      let epsilon = try? attributes.float("epsilon"),
      let scale = construction.constantVector(1), let offset = construction.constantVector(2),
      let mean = construction.constantVector(3), let variance = construction.constantVector(4),
      Set([scale.count, offset.count, mean.count, variance.count]).count == 1
    else { return nil }
    let factor = normalizationFactors(variance, epsilon, scale: scale)
    let shift = zip(zip(mean, factor), offset).map { $1 - $0.0 * $0.1 }
    return .affine(factor: factor, offset: shift)
  }
}

/// Infers the outputs of FusedBatchNorm; the third reserve stays unknown.
private func inferBatchNorm(_ context: ShapeContext) throws(StatusError) {
  let format = try context.attributes.string("data_format")
  let layout = try TensorLayout(context.attributes)
  let rank = format.utf8.count
  let x = try context.requireRank(0, rank)
  let isTraining = try context.attributes.bool("is_training")
  let factor = try context.attributes.float("exponential_avg_factor")
  let channel = layout.channel(rank: rank)
  var channels = x[channel]
  for index in 1..<(isTraining && factor == 1 ? 3 : 5) {
    let vector = try context.requireRank(index, 1)
    channels = try ShapeContext.merge(channels, vector[0])
  }
  context.setOutput(0, x.replacing(channel, with: channels))
  for index in 1..<5 { context.setOutput(index, [channels]) }
}

/// TensorFlow's rule: with given moments the gradient op takes those instead of the reserves.
private func batchNormGradient(
  _ context: GradientContext, version: Int
) throws -> [AnyOutput?] {
  var x = try context.input(0)
  var upstream = try context.upstream(0)
  let scale = try context.input(1)
  var attributes = context.keeping("epsilon", "data_format", "is_training")
  let isTraining = try context.attributes.bool("is_training")
  let layout = try TensorLayout(context.attributes)
  let isVolume = try context.attributes.string("data_format").utf8.count == 5
  let movesChannels = !isTraining && layout == .channelsFirst
  if movesChannels {
    let order = try context.constant(isVolume ? [0, 2, 3, 4, 1] : [0, 2, 3, 1])
    x = try context.transpose(x, order)
    upstream = try context.transpose(upstream, order)
    attributes["data_format"] = isVolume ? "NDHWC" : "NHWC"
  }
  let (mean, variance) =
    isTraining
    ? (try context.output(3), try context.output(4))
    : (try context.input(3), try context.input(4))
  var inputs = [upstream, x, scale, mean, variance]
  if version == 3 { inputs.append(try context.output(5)) }
  let op = version == 1 ? "FusedBatchNormGrad" : "FusedBatchNormGradV\(version)"
  let gradients = try context.buildAll(op, inputs, attributes)
  var dx = gradients[0]
  if movesChannels {
    let order = try context.constant(isVolume ? [0, 4, 1, 2, 3] : [0, 3, 1, 2])
    dx = try context.transpose(dx, order)
  }
  return [dx, gradients[1], gradients[2], nil, nil]
}

/// Normalises the channels of a batch of images.
///
/// - Parameters:
///   - x: `[batch, height, width, channels]`, or as `layout` says.
///   - scale: `[channels]`.
///   - offset: `[channels]`.
///   - mean: `[channels]` for inference; empty while training.
///   - variance: As `mean`.
///   - epsilon: Added to the variance.
///   - isTraining: Whether the moments are those of the batch.
/// - Returns: The normalised images, and the mean and unbiased variance of the batch (while training)
///   or as given.
/// - SeeAlso: TensorFlow op `FusedBatchNormV3`.
public func batchNormalization<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, scale: Output<Float>, offset: Output<Float>, mean: Output<Float>,
  variance: Output<Float>, epsilon: Float = 0.001, isTraining: Bool,
  layout: TensorLayout = .channelsLast, name: String? = nil
) throws(StatusError) -> (y: Output<Scalar>, mean: Output<Float>, variance: Output<Float>) {
  let operation = try x.graph.addOperation(
    "FusedBatchNormV3",
    inputs: [x.erased, scale.erased, offset.erased, mean.erased, variance.erased],
    attributes: [
      "epsilon": .float(epsilon), "is_training": .bool(isTraining),
      "data_format": layout.format(space: x.shape.rank == 5 ? 3 : 2),
    ], name: name)
  return (
    try Output(operation.output(0)), try Output(operation.output(1)),
    try Output(operation.output(2))
  )
}
