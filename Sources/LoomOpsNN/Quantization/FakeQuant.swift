import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let quantization = ["num_bits: int = 8", "narrow_range: bool = false"]
private let range = ["min: float = -6.0", "max: float = 6.0"]

/// Floats rounded to the steps of a quantised range given by attributes.
public enum FakeQuantWithMinMaxArgs: OpDeclaration {
  public static let signature = OpSignature(
    "FakeQuantWithMinMaxArgs", inputs: ["inputs: float"], outputs: ["outputs: float"],
    attributes: range + quantization)
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    [
      try context.build(
        "FakeQuantWithMinMaxArgsGradient", [context.upstream(0), context.input(0)],
        context.keeping("min", "max", "num_bits", "narrow_range"))
    ]
  }
  public static let kernels = KernelTable { construction in
    let range = try nudgedRange(construction)
    return ClosureKernel { context in
      let inputs = try context.input(0)
      let x = try inputs.span(of: Float.self)
      try context.makeOutput(0, of: Float.self, shape: inputs.shape) { y in
        for index in x.indices { y[index] = range.quantize(x[index]) }
      }
    }
  }
}

/// The gradient of ``FakeQuantWithMinMaxArgs``: passes where the input is in range.
public enum FakeQuantWithMinMaxArgsGradient: OpDeclaration {
  public static let signature = OpSignature(
    "FakeQuantWithMinMaxArgsGradient", inputs: ["gradients: float", "inputs: float"],
    outputs: ["backprops: float"], attributes: range + quantization)
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.notDifferentiable(
    because: "TensorFlow leaves the second derivative out")
  public static let kernels = KernelTable { construction in
    let range = try nudgedRange(construction)
    return ClosureKernel { context in
      let (gradients, inputs) = (try context.input(0), try context.input(1))
      try requireSameSize(gradients, inputs)
      let dy = try gradients.span(of: Float.self)
      let x = try inputs.span(of: Float.self)
      try context.makeOutput(0, of: Float.self, shape: inputs.shape) { dx in
        for index in x.indices { dx[index] = dy[index] * (range.contains(x[index]) ? 1 : 0) }
      }
    }
  }
}

/// ``FakeQuantWithMinMaxArgs`` whose range is two tensors.
public enum FakeQuantWithMinMaxVars: OpDeclaration {
  public static let signature = OpSignature(
    "FakeQuantWithMinMaxVars", inputs: ["inputs: float", "min: float", "max: float"],
    outputs: ["outputs: float"], attributes: quantization)
  public static let shapes = ShapeFunction { context in
    try context.requireRank(1, 0)
    try context.requireRank(2, 0)
    context.setOutput(0, context.input(0))
  }
  public static let gradient = GradientRule.dense { context in
    try context.buildAll(
      "FakeQuantWithMinMaxVarsGradient",
      [context.upstream(0), context.input(0), context.input(1), context.input(2)],
      context.keeping("num_bits", "narrow_range"))
  }
  public static let kernels = KernelTable { construction in
    let steps = try FakeQuantizationSteps(construction.attributes)
    return ClosureKernel { context in
      let inputs = try context.input(0)
      let limits = try limits(context, first: 1, count: nil)
      try quantizeChannels(context, inputs, limits, steps, dividing: true)
    }
  }
}

/// The gradient of ``FakeQuantWithMinMaxVars``: what is out of range goes to the range's ends.
public enum FakeQuantWithMinMaxVarsGradient: OpDeclaration {
  public static let signature = OpSignature(
    "FakeQuantWithMinMaxVarsGradient",
    inputs: ["gradients: float", "inputs: float", "min: float", "max: float"],
    outputs: ["backprops_wrt_input: float", "backprop_wrt_min: float", "backprop_wrt_max: float"],
    attributes: quantization)
  public static let shapes = ShapeFunction { context in
    let shape = try context.input(0).merged(with: context.input(1))
    try context.requireRank(2, 0)
    try context.requireRank(3, 0)
    context.setOutput(0, shape)
    context.setOutput(1, .scalar)
    context.setOutput(2, .scalar)
  }
  public static let gradient = GradientRule.notDifferentiable(
    because: "TensorFlow leaves the second derivative out")
  public static let kernels = KernelTable { construction in
    let steps = try FakeQuantizationSteps(construction.attributes)
    return ClosureKernel { context in
      let limits = try limits(context, first: 2, count: nil)
      try spreadGradient(context, limits, steps, shape: .scalar)
    }
  }
}

/// ``FakeQuantWithMinMaxVars`` with a range for each element of the last dimension.
public enum FakeQuantWithMinMaxVarsPerChannel: OpDeclaration {
  public static let signature = OpSignature(
    "FakeQuantWithMinMaxVarsPerChannel", inputs: ["inputs: float", "min: float", "max: float"],
    outputs: ["outputs: float"], attributes: quantization)
  public static let shapes = ShapeFunction { context in
    let inputs = try context.requireRank(0, atLeast: 1)
    _ = try mergedChannels(context, inputs, first: 1)
    context.setOutput(0, inputs)
  }
  public static let gradient = GradientRule.dense { context in
    try context.buildAll(
      "FakeQuantWithMinMaxVarsPerChannelGradient",
      [context.upstream(0), context.input(0), context.input(1), context.input(2)],
      context.keeping("num_bits", "narrow_range"))
  }
  public static let kernels = KernelTable { construction in
    let steps = try FakeQuantizationSteps(construction.attributes)
    return ClosureKernel { context in
      let inputs = try context.input(0)
      let limits = try limits(context, first: 1, count: channelCount(inputs))
      try quantizeChannels(context, inputs, limits, steps, dividing: false)
    }
  }
}

/// The gradient of ``FakeQuantWithMinMaxVarsPerChannel``.
public enum FakeQuantWithMinMaxVarsPerChannelGradient: OpDeclaration {
  public static let signature = OpSignature(
    "FakeQuantWithMinMaxVarsPerChannelGradient",
    inputs: ["gradients: float", "inputs: float", "min: float", "max: float"],
    outputs: ["backprops_wrt_input: float", "backprop_wrt_min: float", "backprop_wrt_max: float"],
    attributes: quantization)
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, atLeast: 1)
    try context.requireRank(0, atMost: 4)
    let shape = try context.input(0).merged(with: context.input(1))
    let channels = try mergedChannels(context, shape, first: 2)
    context.setOutput(0, shape)
    context.setOutput(1, [channels])
    context.setOutput(2, [channels])
  }
  public static let gradient = GradientRule.notDifferentiable(
    because: "TensorFlow leaves the second derivative out")
  public static let kernels = KernelTable { construction in
    let steps = try FakeQuantizationSteps(construction.attributes)
    return ClosureKernel { context in
      let count = try channelCount(context.input(1))
      let limits = try limits(context, first: 2, count: count)
      try spreadGradient(context, limits, steps, shape: Shape(vector: count))
    }
  }
}

private typealias Limits = [(minimum: Float, maximum: Float)]

private func nudgedRange(
  _ construction: KernelConstruction
) throws(StatusError) -> NudgedRange {
  let minimum = try construction.attributes.float("min")
  let maximum = try construction.attributes.float("max")
  guard minimum < maximum else {
    throw .invalidArgument("min has to be smaller than max, was: \(minimum) >= \(maximum)")
  }
  return NudgedRange(minimum, maximum, try FakeQuantizationSteps(construction.attributes))
}

/// Inputs `first` and `first + 1`: scalars for no count, else vectors of that length.
private func limits(
  _ context: borrowing KernelContext, first: Int, count: Int?
) throws(StatusError) -> Limits {
  let (minimum, maximum) = (try context.input(first), try context.input(first + 1))
  for (tensor, name) in [(minimum, "min"), (maximum, "max")] {
    if let count {
      guard tensor.shape.rank == 1, tensor.elementCount == count else {
        throw .invalidArgument(
          "\(name) has incorrect size, expected \(count) was \(tensor.shape)")
      }
    } else if !tensor.shape.isScalar {
      throw .invalidArgument("`\(name)` must be rank 0 but is rank \(tensor.shape.rank)")
    }
  }
  let (low, high) = (
    try minimum.scalars(of: Float.self), try maximum.scalars(of: Float.self)
  )
  return zip(low, high).map { ($0, $1) }
}

private func channelCount(_ inputs: AnyTensor) throws(StatusError) -> Int {
  guard inputs.shape.rank >= 1 else {
    throw .invalidArgument("Input must have at least one dimension, got \(inputs.shape)")
  }
  return inputs.shape[inputs.shape.rank - 1]
}

private func mergedChannels(
  _ context: ShapeContext, _ inputs: PartialShape, first: Int
) throws(StatusError) -> Int? {
  let (minimum, maximum) = (
    try context.requireRank(first, 1), try context.requireRank(first + 1, 1)
  )
  let last = inputs.rank.flatMap { inputs[$0 - 1] }
  return try ShapeContext.merge(ShapeContext.merge(last, minimum[0]), maximum[0])
}

private func requireSameSize(_ a: AnyTensor, _ b: AnyTensor) throws(StatusError) {
  guard a.shape == b.shape else {
    throw .invalidArgument("gradient and input must be the same size")
  }
}

/// `nil` for a range of nothing, which quantises everything to zero.
private func nudged(_ limits: Limits, _ steps: FakeQuantizationSteps) -> [NudgedRange?] {
  limits.map { low, high in low == 0 && high == 0 ? nil : NudgedRange(low, high, steps) }
}

private func quantizeChannels(
  _ context: borrowing KernelContext, _ inputs: AnyTensor, _ limits: Limits,
  _ steps: FakeQuantizationSteps, dividing: Bool
) throws(StatusError) {
  let ranges = nudged(limits, steps)
  let x = try inputs.span(of: Float.self)
  try context.makeOutput(0, of: Float.self, shape: inputs.shape) { y in
    for index in x.indices {
      y[index] = ranges[index % ranges.count]?.quantize(x[index], dividing: dividing) ?? 0
    }
  }
}

private func spreadGradient(
  _ context: borrowing KernelContext, _ limits: Limits, _ steps: FakeQuantizationSteps,
  shape: Shape
) throws(StatusError) {
  let (gradients, inputs) = (try context.input(0), try context.input(1))
  try requireSameSize(gradients, inputs)
  let ranges = nudged(limits, steps)
  let dy = try gradients.span(of: Float.self)
  let x = try inputs.span(of: Float.self)
  var below = [Double](repeating: 0, count: ranges.count)
  var above = below
  try context.makeOutput(0, of: Float.self, shape: inputs.shape) { dx in
    for index in x.indices {
      let channel = index % ranges.count
      guard let range = ranges[channel] else {
        dx[index] = dy[index]
        continue
      }
      dx[index] = dy[index] * (range.contains(x[index]) ? 1 : 0)
      if x[index] < range.minimum { below[channel] += Double(dy[index]) }
      if x[index] > range.maximum { above[channel] += Double(dy[index]) }
    }
  }
  for (output, sums) in [(1, below), (2, above)] {
    try context.makeOutput(output, of: Float.self, shape: shape) { result in
      for index in sums.indices { result[index] = Float(sums[index]) }
    }
  }
}
