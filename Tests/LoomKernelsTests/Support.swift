import LoomKernels

/// A repeatable generator (SplitMix64): a failing test prints its seed.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}

/// How far `value` is from `exact`, in units of the last place of the rounded exact value. NaN for NaN,
/// infinity for the same infinity and zero of the same sign count as 0.
func ulps(_ value: Float, from exact: Double) -> Double {
  let rounded = Float(exact)
  if rounded.isNaN || value.isNaN { return rounded.isNaN && value.isNaN ? 0 : .infinity }
  if rounded.isInfinite || value.isInfinite {
    // An exact value within an ulp of the largest float may round either way.
    return rounded == value ? 0 : abs(exact) > 3.4028e38 && abs(exact) < 3.4029e38 ? 1 : .infinity
  }
  if rounded == 0 && value == 0 { return rounded.sign == value.sign ? 0 : .infinity }
  return abs(Double(value) - exact) / Double(rounded.ulp)
}

func ulps(_ value: Double, from exact: Double) -> Double {
  if exact.isNaN || value.isNaN { return exact.isNaN && value.isNaN ? 0 : .infinity }
  if exact.isInfinite || value.isInfinite { return exact == value ? 0 : .infinity }
  if exact == 0 && value == 0 { return exact.sign == value.sign ? 0 : .infinity }
  return abs(value - exact) / exact.ulp
}

/// Pools with one and with several threads, for results that must not depend on it.
let pools = [WorkerPool(threadCount: 1), WorkerPool(threadCount: 3)]
