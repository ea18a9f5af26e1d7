import LoomCore

/// A range of floats that a number of evenly spaced steps represent, moved so that zero is one of them.
struct NudgedRange {
  let minimum: Float
  let maximum: Float
  let scale: Float
  let inverseScale: Float
  /// The step that stands for zero.
  private let zero: Float

  init(_ minimum: Float, _ maximum: Float, _ steps: FakeQuantizationSteps) {
    let (low, high) = (Float(steps.low), Float(steps.high))
    scale = (maximum - minimum) / (high - low)
    inverseScale = (high - low) / (maximum - minimum)
    let position = low - minimum / scale
    let rounded = position.rounded(.toNearestOrAwayFromZero)
    // NaN counts as the lowest step.
    let point = position > high ? high : position >= low ? rounded : low
    self.minimum = (low - point) * scale
    self.maximum = (high - point) * scale
    zero = (-self.minimum * inverseScale + 0.5).rounded(.down)
  }

  func clamp(_ value: Float) -> Float { Swift.max(Swift.min(value, maximum), minimum) }

  /// The nearest step, as a float.
  func quantize(_ value: Float, dividing: Bool = false) -> Float {
    if value.isNaN { return value }
    let shifted = clamp(value) - minimum
    let position = dividing ? shifted / scale : shifted * inverseScale
    return (position - zero + 0.5).rounded(.down) * scale
  }

  func contains(_ value: Float) -> Bool { value >= minimum && value <= maximum }
}

/// The integers that fake quantisation rounds to.
struct FakeQuantizationSteps: Sendable {
  let low: Int
  let high: Int

  init(_ attributes: Attributes) throws(StatusError) {
    let bits = try attributes.int("num_bits")
    guard (2...16).contains(bits) else {
      throw .invalidArgument("num_bits must be between 2 and 16, inclusive")
    }
    low = try attributes.bool("narrow_range") ? 1 : 0
    high = 1 << bits - 1
  }
}
