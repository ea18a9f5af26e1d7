public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let attributes = [
  "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}",
  "variance_epsilon: float", "scale_after_normalization: bool",
]
private let kernelTypes: Set<DType> = [.half, .float, .double]

/// Batch normalisation by given moments, of TensorFlow's first versions.
public enum BatchNormWithGlobalNormalization: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "BatchNormWithGlobalNormalization",
    inputs: ["t: T", "m: T", "v: T", "beta: T", "gamma: T"], outputs: ["result: T"],
    attributes: attributes, deprecatedSince: 9)
  public static let shapes = ShapeFunction { context in
    let input = try context.requireRank(0, 4)
    var channels = input[3]
    for index in 1..<5 {
      channels = try ShapeContext.merge(channels, context.requireRank(index, 1)[0])
    }
    context.setOutput(0, input.replacing(3, with: channels))
  }
  public static let gradient = GradientRule.dense { context in
    let inputs = context.inputs
    guard inputs.count == 5 else { throw StatusError.internal("Expected five inputs") }
    return try context.buildAll(
      "BatchNormWithGlobalNormalizationGrad",
      [inputs[0], inputs[1], inputs[2], inputs[4], context.upstream(0)],
      context.keeping("variance_epsilon", "scale_after_normalization"))
  }
  public static let kernels = KernelTable.floating(
    BatchNormWithGlobalNormalization.self, over: kernelTypes)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let epsilon = Scalar.Accumulator(try construction.attributes.float("variance_epsilon"))
    let scales = try construction.attributes.bool("scale_after_normalization")
    return ClosureKernel { context in
      let input = try context.input(0)
      let channels = try checkedChannels(input)
      var vectors: [[Scalar.Accumulator]] = []
      for index in 1..<5 {
        vectors.append(try channelVector(context, index, channels, of: Scalar.self))
      }
      let (mean, variance, beta, gamma) = (vectors[0], vectors[1], vectors[2], vectors[3])
      let factors = variance.indices.map {
        (scales ? gamma[$0] : 1) / (variance[$0] + epsilon).squareRoot()
      }
      let x = try input.span(of: Scalar.self)
      try context.makeOutput(0, of: Scalar.self, shape: input.shape) { y in
        for index in x.indices {
          let channel = index % channels
          let centered = x[index].accumulator - mean[channel]
          y[index] = Scalar(centered * factors[channel] + beta[channel])
        }
      }
    }
  }
}

/// The gradient of ``BatchNormWithGlobalNormalization`` for all its inputs.
public enum BatchNormWithGlobalNormalizationGrad: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "BatchNormWithGlobalNormalizationGrad",
    inputs: ["t: T", "m: T", "v: T", "gamma: T", "backprop: T"],
    outputs: ["dx: T", "dm: T", "dv: T", "db: T", "dg: T"], attributes: attributes,
    deprecatedSince: 9)
  public static let shapes = ShapeFunction { context in
    let input = try context.requireRank(0, 4).merged(with: context.input(4))
    var channels = input[3]
    for index in 1..<4 {
      channels = try ShapeContext.merge(channels, context.requireRank(index, 1)[0])
    }
    context.setOutput(0, input.replacing(3, with: channels))
    for index in 1..<5 { context.setOutput(index, [channels]) }
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(
    BatchNormWithGlobalNormalizationGrad.self, over: kernelTypes)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    typealias Real = Scalar.Accumulator
    let epsilon = Real(try construction.attributes.float("variance_epsilon"))
    let scales = try construction.attributes.bool("scale_after_normalization")
    return ClosureKernel { context in
      let (input, upstream) = (try context.input(0), try context.input(4))
      let channels = try checkedChannels(input)
      guard upstream.shape == input.shape else {
        throw StatusError.invalidArgument("out_backprop must have the shape of the input")
      }
      let mean = try channelVector(context, 1, channels, of: Scalar.self)
      let variance = try channelVector(context, 2, channels, of: Scalar.self)
      let gamma = try channelVector(context, 3, channels, of: Scalar.self)
      let x = try input.span(of: Scalar.self)
      let dy = try upstream.span(of: Scalar.self)
      var sums = [Real](repeating: 0, count: channels)
      var products = sums
      for index in x.indices {
        let channel = index % channels
        let gradient = dy[index].accumulator
        sums[channel] += gradient
        products[channel] += gradient * (x[index].accumulator - mean[channel])
      }
      let inverse = variance.map { 1 / ($0 + epsilon).squareRoot() }
      let factors = inverse.indices.map { scales ? inverse[$0] * gamma[$0] : inverse[$0] }
      try context.makeOutput(0, of: Scalar.self, shape: input.shape) { dx in
        for index in dy.indices {
          dx[index] = Scalar(dy[index].accumulator * factors[index % channels])
        }
      }
      let results: [[Real]] = [
        inverse.indices.map { -sums[$0] * factors[$0] },
        inverse.indices.map { products[$0] * factors[$0] * -0.5 / (variance[$0] + epsilon) },
        sums,
        inverse.indices.map { scales ? products[$0] * inverse[$0] : 0 },
      ]
      for (index, values) in results.enumerated() {
        try context.makeOutput(index + 1, of: Scalar.self, shape: Shape(vector: channels)) {
          output in
          for channel in values.indices { output[channel] = Scalar(values[channel]) }
        }
      }
    }
  }
}

private func checkedChannels(_ input: AnyTensor) throws(StatusError) -> Int {
  guard input.shape.rank == 4 else {
    throw .invalidArgument("input must be 4-dimensional \(input.shape)")
  }
  return input.shape[3]
}

/// Input `index`, a vector of one value per channel.
private func channelVector<Scalar: FloatingScalar>(
  _ context: borrowing KernelContext, _ index: Int, _ channels: Int, of type: Scalar.Type
) throws(StatusError) -> [Scalar.Accumulator] {
  let tensor = try context.input(index)
  guard tensor.shape.rank == 1, tensor.elementCount == channels else {
    throw .invalidArgument(
      "Input \(index) must be 1-dimensional of \(channels) elements, got \(tensor.shape)")
  }
  return try tensor.scalars(of: Scalar.self).map(\.accumulator)
}
