public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The integers behind a quantised dtype.
private struct QuantizedLimits {
  let low: Int
  let high: Int

  init<Scalar: QuantizedScalar>(_ type: Scalar.Type) {
    low = Int(clamping: Scalar.Storage.min)
    high = Int(clamping: Scalar.Storage.max)
  }

  var isSigned: Bool { low < 0 }
}

/// How real numbers map to integers.
private enum QuantizationMode: String {
  case minCombined = "MIN_COMBINED"
  case minFirst = "MIN_FIRST"
  case scaled = "SCALED"

  init(_ attributes: Attributes) throws(StatusError) {
    let name = try attributes.string("mode")
    guard let mode = QuantizationMode(rawValue: name) else {
      throw .invalidArgument(
        "Mode string must be 'MIN_COMBINED', 'MIN_FIRST' or 'SCALED', got \(name)")
    }
    self = mode
  }
}

/// The kernel of `QuantizeV2` for one dtype.
private final class QuantizeKernel<Scalar: QuantizedScalar>: Kernel {
  private let mode: QuantizationMode
  private let rounding: FloatingPointRoundingRule
  private let narrow: Bool
  private let axis: Int
  private let least: Float
  private let limits = QuantizedLimits(Scalar.self)

  init(_ construction: KernelConstruction) throws(StatusError) {
    let attributes = construction.attributes
    mode = try QuantizationMode(attributes)
    let isEven = try attributes.string("round_mode") == "HALF_TO_EVEN"
    guard !isEven || mode == .scaled else {
      throw .invalidArgument("Round mode 'HALF_TO_EVEN' only supported for mode 'SCALED'")
    }
    rounding = isEven ? .toNearestOrEven : .toNearestOrAwayFromZero
    narrow = try attributes.bool("narrow_range")
    axis = try attributes.int("axis")
    least = try attributes.float("ensure_minimum_range")
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let lows = try context.input(1).scalars(of: Float.self)
    let highs = try context.input(2).scalars(of: Float.self)
    guard axis >= -1, axis < input.shape.rank else {
      throw .invalidArgument("Axis must be at least -1 and below the rank, got \(axis)")
    }
    let channels = axis < 0 ? 1 : input.shape[axis]
    let inner = axis < 0 ? input.elementCount : input.shape.count(in: axis + 1..<input.shape.rank)
    guard lows.count == channels, highs.count == channels else {
      throw .invalidArgument(
        "Expected min_range and max_range of \(channels) elements, got \(lows.count) and "
          + "\(highs.count)")
    }
    var ranges: [(low: Float, high: Float)] = []
    for (low, high) in zip(lows, highs) { ranges.append(try range(low, high)) }
    let source = try input.span(of: Float.self)
    try context.makeOutput(0, of: Scalar.self, shape: input.shape) { span in
      for index in span.indices {
        let range = ranges[inner == 0 ? 0 : index / inner % channels]
        span[index] = quantized(source[index], range)
      }
    }
    let shape = try context.input(1).shape
    try context.makeOutput(1, of: Float.self, shape: shape) { span in
      for index in span.indices { span[index] = ranges[index].low }
    }
    try context.makeOutput(2, of: Float.self, shape: shape) { span in
      for index in span.indices { span[index] = ranges[index].high }
    }
  }

  /// The range that is used: it holds zero, is not too small, and in `SCALED` mode fits the integers.
  private func range(_ low: Float, _ high: Float) throws(StatusError) -> (low: Float, high: Float) {
    guard !(high < low) else {
      throw .invalidArgument("max_range must be larger than min_range.")
    }
    let first = Swift.min(0, low)
    let margin = Swift.max(1, low.magnitude, high.magnitude) * least
    let last = Swift.max(0, high, first + margin)
    guard mode == .scaled else { return (first, last) }
    let scale = scale(first, last)
    return (lowest / scale, Float(limits.high) / scale)
  }

  private var lowest: Float { Float(limits.low + (narrow ? 1 : 0)) }

  private func scale(_ low: Float, _ high: Float) -> Float {
    let top = Float(limits.high)
    return Swift.min(
      lowest * low > 0 ? lowest / low : .greatestFiniteMagnitude,
      top * high > 0 ? top / high : .greatestFiniteMagnitude)
  }

  private func quantized(_ value: Float, _ range: (low: Float, high: Float)) -> Scalar {
    let clamped = Swift.max(Swift.min(value, range.high), range.low)
    let span = Double(limits.high) - Double(limits.low)
    switch mode {
    case .minCombined:
      let factor = Float(span) / (range.high - range.low)
      let scaled = (clamped - range.low) * factor
      if limits.isSigned {
        let half = Float((span + 1) / 2)
        return store(Double((scaled - half).rounded(.toNearestOrAwayFromZero)))
      }
      return store(Double((scaled + 0.5).rounded(.towardZero)))
    case .minFirst:
      let factor = span / (Double(range.high) - Double(range.low))
      let offset = (Double(range.low) * factor).rounded(.toNearestOrAwayFromZero)
      let rounded = (Double(value) * factor).rounded(.toNearestOrAwayFromZero)
      return store(rounded - offset + Double(limits.low))
    case .scaled:
      let factor = scale(range.low, range.high)
      return store(Double((clamped * factor).rounded(rounding)))
    }
  }

  private func store(_ value: Double) -> Scalar {
    let inside = Swift.min(Swift.max(value, Double(limits.low)), Double(limits.high))
    return Scalar(Scalar.Storage(converting: inside.isNaN ? 0 : inside))
  }
}

/// Real numbers as integers of a quantised dtype, with the range those stand for.
public enum QuantizeV2: OpDeclaration {
  public static let signature = OpSignature(
    "QuantizeV2", inputs: ["input: float", "min_range: float", "max_range: float"],
    outputs: ["output: T", "output_min: float", "output_max: float"],
    attributes: [
      "T: {qint8, quint8, qint32, qint16, quint16}",
      "mode: {'MIN_COMBINED', 'MIN_FIRST', 'SCALED'} = \"MIN_COMBINED\"",
      "round_mode: {'HALF_AWAY_FROM_ZERO', 'HALF_TO_EVEN'} = \"HALF_AWAY_FROM_ZERO\"",
      "narrow_range: bool = false", "axis: int = -1",
      "ensure_minimum_range: float = 0.009999999776482582",
    ])
  public static let shapes = ShapeFunction { context in
    let axis = try context.attributes.int("axis")
    context.setOutput(0, context.input(0))
    let rank = axis == -1 ? 0 : 1
    var limits = try context.requireRank(1, rank).merged(with: context.requireRank(2, rank))
    if axis >= 0 {
      let input = try context.requireRank(0, atLeast: axis + 1)
      limits = [try ShapeContext.same(input[axis], limits[0])]
    }
    context.setOutput(1, limits)
    context.setOutput(2, limits)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    switch try construction.attributes.type("T") {
    case .qint8: try QuantizeKernel<QInt8>(construction)
    case .quint8: try QuantizeKernel<QUInt8>(construction)
    case .qint16: try QuantizeKernel<QInt16>(construction)
    case .quint16: try QuantizeKernel<QUInt16>(construction)
    default: try QuantizeKernel<QInt32>(construction)
    }
  }
}
