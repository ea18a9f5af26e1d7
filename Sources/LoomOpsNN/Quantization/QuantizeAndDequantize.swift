public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let types = "T: {bfloat16, half, float, double}"
private let roundMode = "round_mode: {'HALF_TO_EVEN', 'HALF_UP'} = \"HALF_TO_EVEN\""
private let narrowAndAxis = ["narrow_range: bool = false", "axis: int = -1"]
private let rangeInputs = ["input: T", "input_min: T", "input_max: T"]

/// Floats rounded to what a quantised dtype would keep of them.
public enum QuantizeAndDequantize: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "QuantizeAndDequantize", inputs: ["input: T"], outputs: ["output: T"],
    attributes: [
      "signed_input: bool = true", "num_bits: int = 8", "range_given: bool = false",
      "input_min: float = 0.0", "input_max: float = 0.0", types,
    ], deprecatedSince: 22)
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.rule { context in [context.upstream[0]] }
  public static let kernels = KernelTable.floating(
    QuantizeAndDequantize.self, over: [.float, .double])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let steps = try QuantizationSteps(construction.attributes)
    let isGiven = try construction.attributes.bool("range_given")
    let low = Scalar.Accumulator(try construction.attributes.float("input_min"))
    let high = Scalar.Accumulator(try construction.attributes.float("input_max"))
    if isGiven {
      guard low <= high else {
        throw .invalidArgument("Invalid range: input_min \(low) > input_max \(high)")
      }
    }
    return ClosureKernel { context in
      try roundTrip(
        context, of: Scalar.self, steps, axis: nil, given: isGiven ? [(low, high)] : nil)
    }
  }
}

/// ``QuantizeAndDequantize`` whose range is two tensors, for the whole tensor or along an axis.
public enum QuantizeAndDequantizeV2: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "QuantizeAndDequantizeV2", inputs: rangeInputs, outputs: ["output: T"],
    attributes: [
      "signed_input: bool = true", "num_bits: int = 8", "range_given: bool = false", types,
      roundMode,
    ] + narrowAndAxis)
  public static let shapes = ShapeFunction { try inferRoundTrip($0) }
  public static let gradient = GradientRule.rule { context in [context.upstream[0], nil, nil] }
  public static let kernels = KernelTable.floating(
    QuantizeAndDequantizeV2.self, over: [.float, .double])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel { specialized(try RoundTripKernel<Scalar>(construction)) }
}

/// ``QuantizeAndDequantizeV2`` whose number of bits is a tensor too.
public enum QuantizeAndDequantizeV3: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "QuantizeAndDequantizeV3", inputs: rangeInputs + ["num_bits: int32"], outputs: ["output: T"],
    attributes: ["signed_input: bool = true", "range_given: bool = true", types] + narrowAndAxis)
  public static let shapes = ShapeFunction { context in
    try inferRoundTrip(context)
    try context.requireRank(3, 0)
  }
  public static let gradient = GradientRule.rule { context in
    [context.upstream[0], nil, nil, nil]
  }
  public static let kernels = KernelTable.floating(
    QuantizeAndDequantizeV3.self, over: [.float, .double])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel { specialized(try RoundTripKernel<Scalar>(construction)) }
}

/// ``QuantizeAndDequantizeV2`` with a gradient that stops outside of the range.
public enum QuantizeAndDequantizeV4: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "QuantizeAndDequantizeV4", inputs: rangeInputs, outputs: ["output: T"],
    attributes: [
      "signed_input: bool = true", "num_bits: int = 8", "range_given: bool = false", types,
      roundMode,
    ] + narrowAndAxis)
  public static let shapes = ShapeFunction { try inferRoundTrip($0) }
  public static let gradient = GradientRule.dense { try roundTripGradient($0) }
  public static let kernels = KernelTable.floating(
    QuantizeAndDequantizeV4.self, over: [.float, .double])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel { specialized(try RoundTripKernel<Scalar>(construction)) }
}

/// The gradient of ``QuantizeAndDequantizeV4``.
public enum QuantizeAndDequantizeV4Grad: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "QuantizeAndDequantizeV4Grad", inputs: ["gradients: T"] + rangeInputs,
    outputs: ["input_backprop: T", "input_min_backprop: T", "input_max_backprop: T"],
    attributes: [types, "axis: int = -1"])
  public static let shapes = ShapeFunction { context in
    let axis = try context.attributes.int("axis")
    let limits = try context.requireRank(2, axis == -1 ? 0 : 1).merged(with: context.input(3))
    let inputs = try context.input(0).merged(with: context.input(1))
    if axis < -1 { throw StatusError.invalidArgument("axis should be at least -1, got \(axis)") }
    if axis >= 0, let rank = inputs.rank, rank > axis {
      _ = try ShapeContext.merge(limits[0], inputs[axis])
    }
    context.setOutput(0, inputs)
    context.setOutput(1, limits)
    context.setOutput(2, limits)
  }
  public static let gradient = GradientRule.dense { context in
    try roundTripGradient(context) + [nil]
  }
  public static let kernels = KernelTable.floating(
    QuantizeAndDequantizeV4Grad.self, over: [.float, .double])

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let axis = try construction.attributes.int("axis")
    return ClosureKernel { context in
      let (gradients, inputs) = (try context.input(0), try context.input(1))
      guard gradients.shape == inputs.shape else {
        throw StatusError.invalidArgument("gradient and input must be the same size")
      }
      let channels = try QuantizationChannels(inputs.shape, axis: axis)
      let given = try channels.limits(context, first: 2, of: Scalar.self)
      let dy = try gradients.span(of: Scalar.self)
      let x = try inputs.span(of: Scalar.self)
      try context.makeOutput(0, of: Scalar.self, shape: inputs.shape) { dx in
        for index in x.indices {
          let (low, high) = given[channels.channel(index)]
          let value = x[index].accumulator
          dx[index] = value >= low && value <= high ? dy[index] : .zero
        }
      }
      let shape = axis == -1 ? Shape.scalar : Shape(vector: channels.count)
      for output in 1...2 {
        try context.setOutput(output, .zeros(dtype: Scalar.dtype, shape: shape))
      }
    }
  }
}

/// Both V4 ops' gradients are the V4 gradient op, as in TensorFlow.
private func roundTripGradient(_ context: GradientContext) throws -> [AnyOutput?] {
  try context.buildAll(
    "QuantizeAndDequantizeV4Grad",
    [context.upstream(0), context.input(0), context.input(1), context.input(2)],
    context.keeping("axis"))
}

private func inferRoundTrip(_ context: ShapeContext) throws(StatusError) {
  let axis = try context.attributes.int("axis")
  let limits = try context.requireRank(1, axis == -1 ? 0 : 1).merged(with: context.input(2))
  guard axis >= -1 else { throw .invalidArgument("axis should be at least -1, got \(axis)") }
  let inputs = context.input(0)
  if axis >= 0, let rank = inputs.rank {
    guard axis < rank else { throw .invalidArgument("Axis must be less than the rank \(rank)") }
    _ = try ShapeContext.merge(limits[0], inputs[axis])
  }
  context.setOutput(0, inputs)
}

private final class RoundTripKernel<Scalar: FloatingScalar>: Kernel {
  private let attributes: Attributes
  /// `nil` where the number of bits is an input.
  private let steps: QuantizationSteps?
  private let axis: Int
  private let isGiven: Bool

  init(_ construction: KernelConstruction) throws(StatusError) {
    attributes = construction.attributes
    axis = try attributes.int("axis")
    isGiven = try attributes.bool("range_given")
    steps = attributes["num_bits"] == nil ? nil : try QuantizationSteps(attributes)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let steps: QuantizationSteps
    if let known = self.steps {
      steps = known
    } else {
      let bits = try context.input(3)
      guard bits.elementCount == 1 else {
        throw .invalidArgument("num_bits must be a scalar, got \(bits.shape)")
      }
      steps = try QuantizationSteps(attributes, bits: try bits.integers()[0])
    }
    let channels = try QuantizationChannels(context.input(0).shape, axis: axis)
    var given: [(Scalar.Accumulator, Scalar.Accumulator)]?
    if isGiven {
      let limits = try channels.limits(context, first: 1, of: Scalar.self)
      for (low, high) in limits where !(low <= high) {
        throw .invalidArgument("Invalid range: input_min \(low) > input_max \(high)")
      }
      given = limits
    }
    try roundTrip(
      context, of: Scalar.self, steps, axis: axis == -1 ? nil : axis, given: given)
  }
}

/// Output 0 is input 0 rounded to `steps` steps, per channel.
private func roundTrip<Scalar: FloatingScalar>(
  _ context: borrowing KernelContext, of type: Scalar.Type, _ steps: QuantizationSteps,
  axis: Int?, given: [(Scalar.Accumulator, Scalar.Accumulator)]?
) throws(StatusError) {
  let inputs = try context.input(0)
  let channels = try QuantizationChannels(inputs.shape, axis: axis ?? -1)
  let x = try inputs.span(of: Scalar.self)
  var ranges = given ?? []
  if given == nil {
    ranges = [(Scalar.Accumulator, Scalar.Accumulator)](
      repeating: (.infinity, -.infinity), count: channels.count)
    for index in x.indices {
      let (value, channel) = (x[index].accumulator, channels.channel(index))
      ranges[channel].0 = Swift.min(ranges[channel].0, value)
      ranges[channel].1 = Swift.max(ranges[channel].1, value)
    }
  }
  let scales = ranges.map { QuantizationScale($0.0, $0.1, steps) }
  try context.makeOutput(0, of: Scalar.self, shape: inputs.shape) { y in
    for index in x.indices {
      let scale = scales[channels.channel(index)]
      let value = x[index].accumulator
      y[index] = Scalar(scale.round(given == nil ? value : scale.clamp(value), steps))
    }
  }
}
