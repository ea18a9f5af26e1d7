import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let mode = "mode: {'MIN_COMBINED', 'MIN_FIRST', 'SCALED'} = \"MIN_COMBINED\""

/// How floats and integers of a quantised dtype correspond.
private enum QuantizationMode {
  case combined
  case first
  case scaled

  init(_ attributes: Attributes) throws(StatusError) {
    switch try attributes.string("mode") {
    case "MIN_FIRST": self = .first
    case "SCALED": self = .scaled
    default: self = .combined
    }
  }
}

private func requireImplemented(
  _ mode: QuantizationMode, axis: Int, op: String
) throws(StatusError) {
  guard mode != .first || axis == -1 else {
    throw .unimplemented("MIN_FIRST mode is not implemented for \(op) with axis != -1.")
  }
}

/// Floats as integers of a quantised dtype over a given range, which is widened to hold zero.
public enum QuantizeV2: OpDeclaration, QuantizedKernelFamily {
  public static let signature = OpSignature(
    "QuantizeV2", inputs: ["input: float", "min_range: float", "max_range: float"],
    outputs: ["output: T", "output_min: float", "output_max: float"],
    attributes: [
      "T: {qint8, quint8, qint32, qint16, quint16}", mode,
      "round_mode: {'HALF_AWAY_FROM_ZERO', 'HALF_TO_EVEN'} = \"HALF_AWAY_FROM_ZERO\"",
      "narrow_range: bool = false", "axis: int = -1", "ensure_minimum_range: float = 0.01",
    ])
  public static let shapes = ShapeFunction { context in
    let (shape, limits) = try inferQuantization(context)
    context.setOutput(0, shape)
    context.setOutput(1, limits)
    context.setOutput(2, limits)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.quantized(QuantizeV2.self)

  static func make<Quantized: QuantizedScalar>(
    _ type: Quantized.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let attributes = construction.attributes
    let mode = try QuantizationMode(attributes)
    let roundsToEven = try attributes.string("round_mode") == "HALF_TO_EVEN"
    guard !roundsToEven || mode == .scaled else {
      throw .invalidArgument("Round mode 'HALF_TO_EVEN' only supported for mode 'SCALED'")
    }
    let isNarrow = try attributes.bool("narrow_range")
    let axis = try attributes.int("axis")
    let least = try attributes.float("ensure_minimum_range")
    return ClosureKernel { context in
      let input = try context.input(0)
      try requireImplemented(mode, axis: axis, op: "Quantize")
      let channels = try QuantizationChannels(input.shape, axis: axis)
      let given = try channels.limits(context, first: 1, of: Float.self)
      var steps: [FloatSteps<Quantized>] = []
      for (low, high) in given {
        guard !(high < low) else {
          throw StatusError.invalidArgument(
            "input_max_range must be larger than input_min_range.")
        }
        let minimum = Swift.min(0, low)
        let epsilon = Swift.max(1, low.magnitude, high.magnitude) * least
        let maximum = Swift.max(0, Swift.max(high, minimum + epsilon))
        steps.append(FloatSteps(mode, minimum, maximum, isNarrow, roundsToEven))
      }
      let x = try input.span(of: Float.self)
      try context.makeOutput(0, of: Quantized.self, shape: input.shape) { output in
        for index in x.indices {
          output[index] = steps[channels.channel(index)].quantize(x[index])
        }
      }
      let shape = axis == -1 ? Shape.scalar : Shape(vector: channels.count)
      for (output, values) in [(1, steps.map(\.minimum)), (2, steps.map(\.maximum))] {
        try context.makeOutput(output, of: Float.self, shape: shape) { result in
          for index in values.indices { result[index] = values[index] }
        }
      }
    }
  }
}

/// From floats to one quantised dtype.
private struct FloatSteps<Quantized: QuantizedScalar> {
  let mode: QuantizationMode
  var minimum: Float
  var maximum: Float
  private let scale: Float
  private let roundsToEven: Bool

  init(
    _ mode: QuantizationMode, _ minimum: Float, _ maximum: Float, _ isNarrow: Bool,
    _ roundsToEven: Bool
  ) {
    self.mode = mode
    self.minimum = minimum
    self.maximum = maximum
    self.roundsToEven = roundsToEven
    let (lowest, highest) = (Float(Quantized.lowest), Float(Quantized.highest))
    switch mode {
    case .combined, .first:
      scale = (highest - lowest) / (maximum - minimum)
    case .scaled:
      let low = lowest + (isNarrow ? 1 : 0)
      let fromLow = low * minimum > 0 ? low / minimum : .greatestFiniteMagnitude
      let fromHigh = highest * maximum > 0 ? highest / maximum : .greatestFiniteMagnitude
      scale = Swift.min(fromLow, fromHigh)
      self.minimum = low / scale
      self.maximum = highest / scale
    }
  }

  func quantize(_ value: Float) -> Quantized {
    let clamped = Swift.max(Swift.min(value, maximum), minimum)
    let position: Float
    switch mode {
    case .combined:
      let shifted = (clamped - minimum) * scale
      // Signed dtypes round, unsigned ones add a half and truncate, as in TensorFlow.
      position =
        Quantized.lowest < 0
        ? (shifted - Float(-Quantized.lowest)).rounded(.toNearestOrAwayFromZero)
        : (shifted + 0.5).rounded(.towardZero)
    case .first:
      return FloatToQuantized<Quantized>(minimum, maximum).quantize(value)
    case .scaled:
      position = (clamped * scale).rounded(
        roundsToEven ? .toNearestOrEven : .toNearestOrAwayFromZero)
    }
    // 32 bits overflow to the lowest value, as the processor's conversion does.
    let step = Int64(exactly: position) ?? Quantized.lowest
    return Quantized(clamping: step > Quantized.highest ? Quantized.lowest : step)
  }
}

/// The conversion TensorFlow computes in single precision.
struct FloatToQuantized<Quantized: QuantizedScalar> {
  private let scale: Float
  private let offset: Float

  init(_ minimum: Float, _ maximum: Float) {
    scale =
      minimum == maximum ? 0 : Float((Quantized.stepCount - 1) / Double(maximum - minimum))
    offset =
      (minimum * scale).rounded(.toNearestOrAwayFromZero) - Float(Quantized.lowest)
  }

  func quantize(_ value: Float) -> Quantized {
    let position = (value * scale).rounded(.toNearestOrAwayFromZero) - offset
    if position.isNaN { return Quantized(clamping: 0) }
    let low = Swift.max(Float(Quantized.lowest), -2_147_483_648)
    let high = Swift.min(Float(Quantized.highest), 2_147_483_520)
    return Quantized(clamping: Int64(Swift.min(Swift.max(position, low), high)))
  }
}

/// Integers of a quantised dtype as the floats they stand for.
public enum Dequantize: OpDeclaration, QuantizedKernelFamily {
  public static let signature = OpSignature(
    "Dequantize", inputs: ["input: T", "min_range: float", "max_range: float"],
    outputs: ["output: dtype"],
    attributes: [
      "T: {qint8, quint8, qint32, qint16, quint16}", mode, "narrow_range: bool = false",
      "axis: int = -1", "dtype: {bfloat16, float} = float",
    ])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try inferQuantization(context).shape)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.quantized(
    Dequantize.self, with: ["dtype": [.float, .bfloat16]])

  static func make<Quantized: QuantizedScalar>(
    _ type: Quantized.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let attributes = construction.attributes
    let mode = try QuantizationMode(attributes)
    let isNarrow = try attributes.bool("narrow_range")
    let axis = try attributes.int("axis")
    let dtype = try attributes.type("dtype")
    guard dtype == .float || mode == .combined else {
      throw .invalidArgument(
        "When output type is bfloat16, Mode string must be 'MIN_COMBINED', is "
          + "'\(try attributes.string("mode"))'")
    }
    return ClosureKernel { context in
      let input = try context.input(0)
      try requireImplemented(mode, axis: axis, op: "Dequantize")
      let channels = try QuantizationChannels(input.shape, axis: axis)
      let given = try channels.limits(context, first: 1, of: Float.self)
      let lines = given.map { line(type, mode, $0.0, $0.1, isNarrow) }
      let q = try input.span(of: Quantized.self)
      func value(_ index: Int, _ q: Quantized) -> Float {
        let line = lines[channels.channel(index)]
        return mode == .first
          ? line.offset + Float(q.integer) * line.scale
          : (Float(q.integer) + line.shift) * line.scale + line.offset
      }
      if dtype == .bfloat16 {
        try context.makeOutput(0, of: BFloat16.self, shape: input.shape) { output in
          for index in q.indices { output[index] = BFloat16(value(index, q[index])) }
        }
      } else {
        try context.makeOutput(0, of: Float.self, shape: input.shape) { output in
          for index in q.indices { output[index] = value(index, q[index]) }
        }
      }
    }
  }

  /// The line from integers to floats.
  private static func line<Quantized: QuantizedScalar>(
    _ type: Quantized.Type, _ mode: QuantizationMode, _ minimum: Float, _ maximum: Float,
    _ isNarrow: Bool
  ) -> (shift: Float, scale: Float, offset: Float) {
    let (lowest, highest) = (Float(Quantized.lowest), Float(Quantized.highest))
    switch mode {
    case .combined:
      // Half of the range of a signed dtype.
      return (-lowest, (maximum - minimum) / (highest - lowest), minimum)
    case .first:
      let scale = Float(Double(maximum - minimum) / (Quantized.stepCount - 1))
      let rounded =
        minimum == maximum
        ? minimum : (minimum / scale).rounded(.toNearestOrAwayFromZero) * scale
      return (0, scale, rounded - lowest * scale)
    case .scaled:
      let low = lowest + (isNarrow ? 1 : 0)
      let scale =
        Quantized.lowest == 0
        ? maximum / highest : Swift.max(minimum / low, maximum / highest)
      return (0, scale, 0)
    }
  }
}

/// Input 0, and limits that are scalars or vectors along the axis.
private func inferQuantization(
  _ context: ShapeContext
) throws(StatusError) -> (shape: PartialShape, limits: PartialShape) {
  let axis = try context.attributes.int("axis")
  guard axis >= -1 else { throw .invalidArgument("axis should be at least -1, got \(axis)") }
  let input = context.input(0)
  let first = try context.requireRank(1, axis == -1 ? 0 : 1)
  let second = try context.requireRank(2, axis == -1 ? 0 : 1)
  if axis == -1 { return (input, .scalar) }
  let size: Int?
  if let rank = input.rank {
    guard axis < rank else {
      throw .invalidArgument("Shape must be at least rank \(axis + 1) but is rank \(rank)")
    }
    size = input[axis]
  } else {
    size = nil
  }
  let length = try ShapeContext.merge(ShapeContext.merge(first[0], second[0]), size)
  return (input, [length])
}
