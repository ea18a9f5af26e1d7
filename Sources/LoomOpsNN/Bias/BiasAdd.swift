public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let numericTypes =
  "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}"

/// `value + bias`, one bias per channel.
public enum BiasAdd: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "BiasAdd", inputs: ["value: T", "bias: T"], outputs: ["output: T"],
    attributes: [numericTypes, "data_format: {'NHWC', 'NCHW'} = \"NHWC\""])
  public static let shapes = ShapeFunction { try inferBiasAdd($0) }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let format = context.attributes["data_format"] ?? "NHWC"
    return [
      upstream, try context.build("BiasAddGrad", [upstream], ["data_format": format]),
    ]
  }
  public static var properties: OpProperties {
    OpProperties(inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.numeric(BiasAdd.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(BiasAddKernel<Scalar>(layout: try TensorLayout(construction.attributes)))
  }
}

extension BiasAdd: FusibleOp {
  public static func stage(_ construction: KernelConstruction, input: Int) -> FusibleStage? {
    // A layout that can't be read is an error of the run.
    guard input == 0, let bias = construction.constantVector(1),
      (try? TensorLayout(construction.attributes)) == .channelsLast
    else { return nil }
    return .affine(factor: nil, offset: bias)
  }
}

/// ``BiasAdd`` of TensorFlow's first versions: channels last.
public enum BiasAddV1: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "BiasAddV1", inputs: ["value: T", "bias: T"], outputs: ["output: T"],
    attributes: [numericTypes])
  public static let shapes = ShapeFunction { try inferBiasAdd($0) }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let rank = try context.rank(upstream)
    let axes = try context.range(
      context.scalar(0), context.sub(rank, context.scalar(1)), context.scalar(1))
    return [upstream, try context.sum(upstream, axes)]
  }
  public static var properties: OpProperties {
    OpProperties(inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.numeric(BiasAddV1.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(BiasAddKernel<Scalar>(layout: .channelsLast))
  }
}

/// The gradient of ``BiasAdd`` for its bias: sums over all dimensions but the channels.
public enum BiasAddGrad: OpDeclaration, NumericKernelFamily, FloatingKernelFamily {
  public static let signature = OpSignature(
    "BiasAddGrad", inputs: ["out_backprop: T"], outputs: ["output: T"],
    attributes: [numericTypes, "data_format: {'NHWC', 'NCHW'} = \"NHWC\""])
  public static let shapes = ShapeFunction { context in
    let layout = try TensorLayout(context.attributes)
    let input = try context.requireRank(0, atLeast: layout == .channelsFirst ? 3 : 2)
    guard let rank = input.rank else { return context.setOutput(0, [nil]) }
    context.setOutput(0, [input[layout.channel(rank: rank)]])
  }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let shape = try context.shape(context.input(0))
    let length = try context.shape(upstream)
    let layout = try TensorLayout(context.attributes)
    let one = try context.constant([1])
    let rest: AnyOutput
    let (before, after): (AnyOutput, AnyOutput?)
    if layout == .channelsFirst {
      before = try context.slice(shape, begin: context.constant([0]), size: one)
      rest = try context.slice(shape, begin: context.constant([2]), size: context.constant([-1]))
      after = rest
    } else {
      let outer = try context.sub(context.expandDims(context.rank(context.input(0)), axis: 0), one)
      before = try context.slice(shape, begin: context.constant([0]), size: outer)
      after = nil
    }
    let axis = try context.scalar(0)
    var expanded = [try context.onesLike(before), length]
    var multiples = [before, one]
    if let after {
      expanded.append(try context.onesLike(after))
      multiples.append(after)
    }
    let column = try context.reshape(upstream, context.concat(expanded, axis: axis))
    return [try context.tile(column, context.concat(multiples, axis: axis))]
  }
  public static let kernels = KernelTable.floating(BiasAddGrad.self).or(
    .numeric(BiasAddGrad.self, over: Set<DType>.integers.union(Set<DType>.complex)))

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let layout = try TensorLayout(construction.attributes)
    return ClosureKernel { context in
      let input = try context.input(0)
      let view = try channels(of: input.shape, layout)
      let output = try context.allocate(
        0, dtype: Scalar.dtype, shape: Shape(vector: view.channels))
      try ChannelLoops.sum(input, into: output, view, of: Scalar.self)
    }
  }

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let layout = try TensorLayout(construction.attributes)
    return ClosureKernel { context in
      let input = try context.input(0)
      let view = try channels(of: input.shape, layout)
      let output = try context.allocate(
        0, dtype: Scalar.dtype, shape: Shape(vector: view.channels))
      try ChannelLoops.sumFloating(
        input, into: output, view, of: Scalar.self, workers: context.workers)
    }
  }
}

private final class BiasAddKernel<Scalar: NumericScalar>: Kernel {
  let layout: TensorLayout

  init(layout: TensorLayout) { self.layout = layout }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let bias = try context.input(1)
    let shape = try context.shape(of: 0)
    let view = try channels(of: shape, layout)
    guard bias.shape.rank == 1 else {
      throw .invalidArgument("Biases must be 1D: \(bias.shape)")
    }
    guard bias.elementCount == view.channels else {
      throw .invalidArgument(
        "Must provide as many biases as the channel dimension of the input tensor: \(bias.shape) "
          + "vs. \(view.channels) in \(shape)")
    }
    let (value, output) = try context.inPlace(0, to: 0)
    try ChannelLoops.add(
      value, bias, into: output, view, of: Scalar.self, workers: context.workers)
  }
}

private func channels(
  of shape: Shape, _ layout: TensorLayout
) throws(StatusError) -> ChannelLoops.View {
  guard shape.rank >= 2 else {
    throw .invalidArgument("Input tensor must be at least 2D: \(shape)")
  }
  return ChannelLoops.View(shape, channel: layout.channel(rank: shape.rank))
}

private func inferBiasAdd(_ context: ShapeContext) throws(StatusError) {
  let layout = try TensorLayout(context.attributes)
  let value = try context.requireRank(0, atLeast: layout == .channelsFirst ? 3 : 2)
  let bias = try context.requireRank(1, 1)
  guard let rank = value.rank else { return }
  let channel = layout.channel(rank: rank)
  let size = try ShapeContext.merge(value[channel], bias[0])
  context.setOutput(0, value.replacing(channel, with: size))
}

/// `value + bias` with one bias per channel, the last dimension unless `layout` says otherwise.
///
/// - Parameters:
///   - value: At least two dimensions.
///   - bias: A vector as long as the channel dimension.
/// - Throws: ``StatusError/Code/invalidArgument`` if the lengths are known and differ.
/// - SeeAlso: TensorFlow op `BiasAdd`.
public func biasAdd<Scalar: NumericScalar>(
  _ value: Output<Scalar>, _ bias: Output<Scalar>, layout: TensorLayout = .channelsLast,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    value.graph.addOperation(
      "BiasAdd", inputs: [value.erased, bias.erased],
      attributes: ["data_format": .string(ByteString(layout == .channelsFirst ? "NCHW" : "NHWC"))],
      name: name
    ).output(0))
}
