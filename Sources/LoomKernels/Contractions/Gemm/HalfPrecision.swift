internal import CLoomVector
internal import LoomCore

/// A 16-bit floating type that is computed with in Float.
protocol HalfPrecision: FloatingScalar where Accumulator == Float {
  @unsafe static func widen(_ x: UnsafePointer<Self>, to y: UnsafeMutablePointer<Float>, count: Int)
  /// Rounds to nearest, ties to even.
  @unsafe static func narrow(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Self>, count: Int)
}

extension Float16: HalfPrecision {
  @unsafe static func widen(
    _ x: UnsafePointer<Float16>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    unsafe loom_half_to_float(UnsafeRawPointer(x).assumingMemoryBound(to: UInt16.self), y, count)
  }

  @unsafe static func narrow(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float16>, count: Int
  ) {
    unsafe loom_float_to_half(
      x, UnsafeMutableRawPointer(y).assumingMemoryBound(to: UInt16.self), count)
  }
}

extension BFloat16: HalfPrecision {
  @unsafe static func widen(
    _ x: UnsafePointer<BFloat16>, to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    unsafe loom_bfloat16_to_float(
      UnsafeRawPointer(x).assumingMemoryBound(to: UInt16.self), y, count)
  }

  @unsafe static func narrow(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<BFloat16>, count: Int
  ) {
    unsafe loom_float_to_bfloat16(
      x, UnsafeMutableRawPointer(y).assumingMemoryBound(to: UInt16.self), count)
  }
}
