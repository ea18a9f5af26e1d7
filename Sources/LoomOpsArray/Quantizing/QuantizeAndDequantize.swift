public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// What the ops that round to a grid of integers share: they differ in where range and bits come from.
private enum FakeGrid {
  /// The grid's range and the distance of its points.
  struct Range<Scalar: FloatingScalar & BinaryFloatingPoint> {
    var low: Scalar
    var high: Scalar
    let scale: Scalar
    let step: Scalar

    /// The largest scale that keeps `low ... high` within the integers and zero where it is.
    init(low: Scalar, high: Scalar, signed: Bool, bits: Int, narrow: Bool) {
      let top = Scalar((UInt64(1) << (signed ? bits - 1 : bits)) - 1)
      let bottom: Scalar = signed ? (narrow ? -top : -top - 1) : 0
      let fromLow = bottom * low > 0 ? bottom / low : Scalar.greatestFiniteMagnitude
      let fromHigh = top * high > 0 ? top / high : Scalar.greatestFiniteMagnitude
      if fromLow < fromHigh {
        scale = fromLow
        step = low / bottom
        self.low = low
        self.high = top * step
      } else {
        scale = fromHigh
        step = high / top
        self.low = bottom * step
        self.high = high
      }
    }

    func apply(_ value: Scalar, clamps: Bool, rounding: FloatingPointRoundingRule) -> Scalar {
      let clamped = clamps ? Scalar.maximum(Scalar.minimum(value, high), low) : value
      let scaled = clamped * scale
      let rounded =
        rounding == .toNearestOrEven
        ? scaled.rounded(rounding) : (scaled + 0.5).rounded(.down)
      return rounded * step
    }
  }

  static let perAxis = ShapeFunction { context in
    context.setOutput(0, context.input(0))
    let axis = try context.attributes.int("axis")
    guard axis >= -1 else {
      throw StatusError.invalidArgument("axis should be at least -1, got \(axis)")
    }
    let limits = try context.requireRank(1, axis == -1 ? 0 : 1)
      .merged(with: context.requireRank(2, axis == -1 ? 0 : 1))
    if axis >= 0 {
      let input = try context.requireRank(0, atLeast: axis + 1)
      _ = try ShapeContext.same(input[axis], limits[0])
    }
  }

  /// Gradients pass through as if nothing were rounded.
  static let straightThrough = GradientRule.rule { context in
    [context.upstream[0]] + context.inputs.dropFirst().map { _ in nil }
  }
}

private struct GridOptions {
  let signed: Bool
  let rangeGiven: Bool
  let narrow: Bool
  let axis: Int
  let rounding: FloatingPointRoundingRule
  /// `nil`: input 3.
  let bits: Int?

  init(_ attributes: Attributes) throws(StatusError) {
    signed = try attributes.bool("signed_input")
    rangeGiven = try attributes.bool("range_given")
    narrow = try attributes.bool("narrow_range")
    axis = try attributes.int("axis")
    bits = attributes["num_bits"] == nil ? nil : try attributes.int("num_bits")
    let halfUp =
      attributes["round_mode"] == nil ? false : try attributes.string("round_mode") == "HALF_UP"
    rounding = halfUp ? .up : .toNearestOrEven
    guard axis >= -1 else { throw .invalidArgument("Axis must be at least -1. Found \(axis)") }
    if let bits { try check(bits) }
  }

  func check(_ bits: Int) throws(StatusError) {
    guard bits > 0, bits < (signed ? 62 : 63) else {
      throw .invalidArgument("num_bits is out of range: \(bits) with signed_input_ \(signed)")
    }
  }
}

private final class GridKernel<Scalar: FloatingScalar & BinaryFloatingPoint>: Kernel {
  private let options: GridOptions

  init(_ construction: KernelConstruction, _ type: Scalar.Type) throws(StatusError) {
    options = try GridOptions(construction.attributes)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let axis = options.axis
    guard axis < input.shape.rank else {
      throw .invalidArgument(
        "Shape must be at least rank \(axis + 1) but is rank \(input.shape.rank)")
    }
    let bits =
      if let bits = options.bits { bits } else { try context.integer(3, named: "num_bits") }
    try options.check(bits)
    let channels = axis < 0 ? 1 : input.shape[axis]
    let inner = axis < 0 ? input.elementCount : input.shape.count(in: axis + 1..<input.shape.rank)
    let outer = axis < 0 ? 1 : input.shape.count(in: 0..<axis)
    let ranges = try ranges(context, input, channels, outer, inner, bits)
    let source = try input.span(of: Scalar.self)
    let (clamps, rounding) = (options.rangeGiven, options.rounding)
    try context.makeOutput(0, of: Scalar.self, shape: input.shape) { span in
      var index = 0
      for _ in 0..<outer {
        for channel in 0..<channels {
          let range = ranges[channel]
          for _ in 0..<inner {
            span[index] = range.apply(source[index], clamps: clamps, rounding: rounding)
            index &+= 1
          }
        }
      }
    }
  }

  private func ranges(
    _ context: borrowing KernelContext, _ input: AnyTensor, _ channels: Int, _ outer: Int,
    _ inner: Int, _ bits: Int
  ) throws(StatusError) -> [FakeGrid.Range<Scalar>] {
    var lows: [Scalar]
    var highs: [Scalar]
    if options.rangeGiven {
      lows = try context.input(1).scalars(of: Scalar.self)
      highs = try context.input(2).scalars(of: Scalar.self)
      guard lows.count == channels, highs.count == channels else {
        throw .invalidArgument(
          "Expected input_min and input_max of \(channels) elements, got \(lows.count) and "
            + "\(highs.count)")
      }
      for (low, high) in zip(lows, highs) where low > high {
        throw .invalidArgument("Invalid range: input_min \(low) > input_max \(high)")
      }
    } else {
      lows = [Scalar](repeating: .infinity, count: channels)
      highs = [Scalar](repeating: -.infinity, count: channels)
      let source = try input.span(of: Scalar.self)
      for index in source.indices {
        let channel = inner == 0 ? 0 : index / inner % channels
        lows[channel] = Swift.min(lows[channel], source[index])
        highs[channel] = Swift.max(highs[channel], source[index])
      }
    }
    var result: [FakeGrid.Range<Scalar>] = []
    for (low, high) in zip(lows, highs) {
      result.append(
        .init(low: low, high: high, signed: options.signed, bits: bits, narrow: options.narrow))
    }
    return result
  }
}

extension KernelTable {
  fileprivate static let grid = KernelTable(where: ["T": [.float]]) { construction in
    try GridKernel(construction, Float.self)
  }.or(
    KernelTable(where: ["T": [.double]]) { construction in
      try GridKernel(construction, Double.self)
    })
}

/// Numbers rounded to what integers of some bits can express, and back.
public enum QuantizeAndDequantizeV2: OpDeclaration {
  public static let signature = OpSignature(
    "QuantizeAndDequantizeV2", inputs: ["input: T", "input_min: T", "input_max: T"],
    outputs: ["output: T"],
    attributes: [
      "signed_input: bool = true", "num_bits: int = 8", "range_given: bool = false",
      "T: {bfloat16, half, float, double}",
      "round_mode: {'HALF_TO_EVEN', 'HALF_UP'} = \"HALF_TO_EVEN\"", "narrow_range: bool = false",
      "axis: int = -1",
    ])
  public static let shapes = FakeGrid.perAxis
  public static let gradient = FakeGrid.straightThrough
  public static let kernels = KernelTable.grid
}

/// Numbers rounded to what integers of a computed number of bits can express, and back.
public enum QuantizeAndDequantizeV3: OpDeclaration {
  public static let signature = OpSignature(
    "QuantizeAndDequantizeV3",
    inputs: ["input: T", "input_min: T", "input_max: T", "num_bits: int32"],
    outputs: ["output: T"],
    attributes: [
      "signed_input: bool = true", "range_given: bool = true",
      "T: {bfloat16, half, float, double}", "narrow_range: bool = false", "axis: int = -1",
    ])
  public static let shapes = FakeGrid.perAxis
  public static let gradient = FakeGrid.straightThrough
  public static let kernels = KernelTable.grid
}

/// Numbers rounded to what integers of some bits can express, and back; the gradient stops outside of
/// the range.
public enum QuantizeAndDequantizeV4: OpDeclaration {
  public static let signature = OpSignature(
    "QuantizeAndDequantizeV4", inputs: ["input: T", "input_min: T", "input_max: T"],
    outputs: ["output: T"],
    attributes: [
      "signed_input: bool = true", "num_bits: int = 8", "range_given: bool = false",
      "T: {bfloat16, half, float, double}",
      "round_mode: {'HALF_TO_EVEN', 'HALF_UP'} = \"HALF_TO_EVEN\"", "narrow_range: bool = false",
      "axis: int = -1",
    ])
  public static let shapes = FakeGrid.perAxis
  public static let gradient = GradientRule.dense { context in
    let inputs = [
      try context.upstream(0), try context.input(0), try context.input(1), try context.input(2),
    ]
    let axis = Int64(try context.attributes.int("axis"))
    return try context.buildAll("QuantizeAndDequantizeV4Grad", inputs, ["axis": .int(axis)])
  }
  public static let kernels = KernelTable.grid
}

/// The gradient of `QuantizeAndDequantizeV4`: what lies within the range.
public enum QuantizeAndDequantizeV4Grad: OpDeclaration {
  public static let signature = OpSignature(
    "QuantizeAndDequantizeV4Grad",
    inputs: ["gradients: T", "input: T", "input_min: T", "input_max: T"],
    outputs: ["input_backprop: T", "input_min_backprop: T", "input_max_backprop: T"],
    attributes: ["T: {bfloat16, half, float, double}", "axis: int = -1"])
  public static let shapes = ShapeFunction { context in
    let axis = try context.attributes.int("axis")
    guard axis >= -1 else {
      throw StatusError.invalidArgument("axis should be at least -1, got \(axis)")
    }
    let limits = try context.requireRank(2, axis == -1 ? 0 : 1)
      .merged(with: context.requireRank(3, axis == -1 ? 0 : 1))
    context.setOutput(0, try context.input(0).merged(with: context.input(1)))
    context.setOutput(1, limits)
    context.setOutput(2, limits)
  }
  public static let gradient = GradientRule.dense { context in
    let inputs = [
      try context.upstream(0), try context.input(0), try context.input(1), try context.input(2),
    ]
    let axis = Int64(try context.attributes.int("axis"))
    let parts = try context.buildAll(
      "QuantizeAndDequantizeV4Grad", inputs, ["axis": .int(axis)])
    return parts.map { $0 } + [nil]
  }
  public static let kernels = KernelTable(where: ["T": [.float]]) { construction in
    try kernel(construction, Float.self)
  }.or(
    KernelTable(where: ["T": [.double]]) { construction in
      try kernel(construction, Double.self)
    })

  private static func kernel<Scalar: FloatingScalar & BinaryFloatingPoint>(
    _ construction: KernelConstruction, _ type: Scalar.Type
  ) throws(StatusError) -> any Kernel {
    let axis = try construction.attributes.int("axis")
    return ClosureKernel { context in
      let (upstream, input) = (try context.input(0), try context.input(1))
      guard upstream.shape == input.shape else {
        throw StatusError.invalidArgument("gradient and input must be the same size")
      }
      guard axis >= -1, axis < input.shape.rank else {
        throw StatusError.invalidArgument(
          "Axis must be at least -1 and below the rank, got \(axis)")
      }
      let limits = try context.input(2).shape
      let channels = axis < 0 ? 1 : input.shape[axis]
      let inner = axis < 0 ? input.elementCount : input.shape.count(in: axis + 1..<input.shape.rank)
      let lows = try context.input(2).scalars(of: type)
      let highs = try context.input(3).scalars(of: type)
      guard lows.count == channels, highs.count == channels else {
        throw StatusError.invalidArgument(
          "Expected input_min and input_max of \(channels) elements, got \(lows.count) and "
            + "\(highs.count)")
      }
      let values = try input.scalars(of: type)
      let gradients = try upstream.scalars(of: type)
      try context.makeOutput(0, of: type, shape: input.shape) { span in
        for index in span.indices {
          let channel = inner == 0 ? 0 : index / inner % channels
          let isInside = values[index] >= lows[channel] && values[index] <= highs[channel]
          span[index] = isInside ? gradients[index] : 0
        }
      }
      for output in 1...2 {
        try context.makeOutput(output, of: type, shape: limits) { span in
          for index in span.indices { span[index] = 0 }
        }
      }
    }
  }
}
