import LoomCore
import LoomKernels

/// The integers a simulated quantisation rounds to.
struct QuantizationSteps: Sendable {
  let low: Int64
  let high: Int64
  let roundsHalfUp: Bool

  /// - Parameter bits: The attribute `num_bits` by default.
  init(_ attributes: Attributes, bits: Int? = nil) throws(StatusError) {
    let isSigned = try attributes.bool("signed_input")
    let isNarrow = attributes["narrow_range"] == .bool(true)
    roundsHalfUp = attributes["round_mode"] == "HALF_UP"
    let bits = if let bits { bits } else { try attributes.int("num_bits") }
    guard bits > 0, bits < (isSigned ? 62 : 63) else {
      throw .invalidArgument(
        "num_bits is out of range: \(bits) with signed_input_ \(isSigned ? 1 : 0)")
    }
    high = isSigned ? 1 << Int64(bits - 1) - 1 : 1 << Int64(bits) - 1
    low = isSigned ? -(1 << Int64(bits - 1)) + (isNarrow ? 1 : 0) : 0
  }
}

/// The largest scale that keeps a range within the steps and zero in its place.
struct QuantizationScale<Real: BinaryFloatingPoint & FloatingScalar> {
  private let low: Real
  private let high: Real
  private let scale: Real
  private let inverse: Real

  init(_ minimum: Real, _ maximum: Real, _ steps: QuantizationSteps) {
    let (first, last) = (Real(steps.low), Real(steps.high))
    let fromLow = first * minimum > 0 ? first / minimum : .greatestFiniteMagnitude
    let fromHigh = last * maximum > 0 ? last / maximum : .greatestFiniteMagnitude
    if fromLow < fromHigh {
      scale = fromLow
      inverse = minimum / first
      low = minimum
      high = last * inverse
    } else {
      scale = fromHigh
      inverse = maximum / last
      low = first * inverse
      high = maximum
    }
  }

  func clamp(_ value: Real) -> Real {
    value.isNaN ? value : Swift.max(Swift.min(value, high), low)
  }

  func round(_ value: Real, _ steps: QuantizationSteps) -> Real {
    let scaled = value * scale
    return
      (steps.roundsHalfUp
      ? (scaled + 0.5).rounded(.down) : scaled.rounded(.toNearestOrEven)) * inverse
  }
}

/// The slices along one axis that are quantised for themselves; one slice for axis -1.
struct QuantizationChannels {
  let count: Int
  private let inner: Int

  init(_ shape: Shape, axis: Int) throws(StatusError) {
    guard axis >= -1 else { throw .invalidArgument("Axis must be at least -1. Found \(axis)") }
    guard axis < shape.rank else {
      throw .invalidArgument("Shape must be at least rank \(axis + 1) but is rank \(shape.rank)")
    }
    count = axis == -1 ? 1 : shape[axis]
    inner = axis == -1 ? Swift.max(shape.elementCount, 1) : shape.count(in: (axis + 1)..<shape.rank)
  }

  func channel(_ index: Int) -> Int { index / inner % count }

  /// The limits of each slice that inputs `first` and `first + 1` hold.
  func limits<Scalar: FloatingScalar>(
    _ context: borrowing KernelContext, first: Int, of type: Scalar.Type
  ) throws(StatusError) -> [(Scalar.Accumulator, Scalar.Accumulator)] {
    let (minimum, maximum) = (try context.input(first), try context.input(first + 1))
    for (tensor, name) in [(minimum, "min"), (maximum, "max")] {
      guard tensor.elementCount == count else {
        throw .invalidArgument(
          "input_\(name) has incorrect number of elements, expected \(count) was "
            + "\(tensor.elementCount)")
      }
    }
    let (low, high) = (
      try minimum.scalars(of: Scalar.self), try maximum.scalars(of: Scalar.self)
    )
    return zip(low, high).map { ($0.accumulator, $1.accumulator) }
  }
}
