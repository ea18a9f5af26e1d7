import CLoomVector
public import LoomCore

// half and bfloat16 are storage: loops widen a tile to Float, compute there and round once. That is
// what TensorFlow does per operation, needs no loops of its own for two more types, and converts
// with the machine's vector instructions.

/// half or bfloat16.
public protocol SixteenBitScalar: FloatingScalar where Accumulator == Float {
  @unsafe static func widen(
    _ x: UnsafePointer<Self>, _ y: UnsafeMutablePointer<Float>, _ count: Int)
  @unsafe static func narrow(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Self>, _ count: Int)
}

extension Float16: SixteenBitScalar {
  @unsafe public static func widen(
    _ x: UnsafePointer<Float16>, _ y: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    // Float16 is its 16 bits.
    unsafe loom_half_to_float(UnsafeRawPointer(x).assumingMemoryBound(to: UInt16.self), y, count)
  }
  @unsafe public static func narrow(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float16>, _ count: Int
  ) {
    unsafe loom_float_to_half(
      x, UnsafeMutableRawPointer(y).assumingMemoryBound(to: UInt16.self), count)
  }
}

extension BFloat16: SixteenBitScalar {
  @unsafe public static func widen(
    _ x: UnsafePointer<BFloat16>, _ y: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    // BFloat16 holds one UInt16 and nothing else.
    unsafe loom_bfloat16_to_float(
      UnsafeRawPointer(x).assumingMemoryBound(to: UInt16.self), y, count)
  }
  @unsafe public static func narrow(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<BFloat16>, _ count: Int
  ) {
    unsafe loom_float_to_bfloat16(
      x, UnsafeMutableRawPointer(y).assumingMemoryBound(to: UInt16.self), count)
  }
}

/// Elements widened at a time: two tiles stay in the innermost cache.
@usableFromInline let halfTile = 512

/// A Float function on 16-bit elements.
public enum Widened<Inner: UnaryBody, Scalar: SixteenBitScalar>: UnaryBody
where Inner.Input == Float, Inner.Output == Float {
  @inlinable public static func apply(_ x: Scalar) -> Scalar { Scalar(Inner.apply(x.accumulator)) }
  @inlinable public static var cost: Double { Inner.cost + 0.2 }

  @unsafe @inlinable @inline(never) public static func map(
    _ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>, _ count: Int
  ) {
    // The tile holds `halfTile` elements and every piece is at most that long.
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: halfTile) { tile in
      guard let wide = tile.baseAddress else { return }
      var start = 0
      while start < count {
        let length = Swift.min(halfTile, count &- start)
        unsafe Scalar.widen(x + start, wide, length)
        unsafe Inner.map(wide, wide, length)
        unsafe Scalar.narrow(wide, y + start, length)
        start &+= length
      }
    }
  }
}

/// A question about Floats, asked of 16-bit elements.
public enum WidenedPredicate<Inner: UnaryBody, Scalar: SixteenBitScalar>: UnaryBody
where Inner.Input == Float, Inner.Output == Bool {
  @inlinable public static func apply(_ x: Scalar) -> Bool { Inner.apply(x.accumulator) }
  @inlinable public static var cost: Double { Inner.cost + 0.1 }

  @unsafe @inlinable @inline(never) public static func map(
    _ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Bool>, _ count: Int
  ) {
    // The tile holds `halfTile` elements and every piece is at most that long.
    unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: halfTile) { tile in
      guard let wide = tile.baseAddress else { return }
      var start = 0
      while start < count {
        let length = Swift.min(halfTile, count &- start)
        unsafe Scalar.widen(x + start, wide, length)
        unsafe Inner.map(wide, y + start, length)
        start &+= length
      }
    }
  }
}

/// A Float function of two operands on 16-bit elements.
public enum WidenedBinary<Inner: BinaryBody, Scalar: SixteenBitScalar>: BinaryBody
where Inner.Input == Float, Inner.Output == Float {
  @inlinable public static func apply(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar(Inner.apply(a.accumulator, b.accumulator))
  }
  @inlinable public static var cost: Double { Inner.cost + 0.3 }
  @inlinable public static var broadcasts: Bool { Inner.broadcasts }

  @unsafe @inlinable @inline(never) public static func run(
    _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, _ z: UnsafeMutablePointer<Scalar>,
    _ count: Int, _ stepX: Int, _ stepY: Int
  ) {
    unsafe withWidened(x, y, count, stepX, stepY) { a, b, start, length in
      // The result overwrites an operand's tile, which is not needed any more.
      let target = unsafe stepX == 1 ? a : b
      unsafe Inner.run(a, b, target, length, stepX, stepY)
      unsafe Scalar.narrow(target, z + start, length)
    }
  }
}

/// A comparison of Floats on 16-bit elements.
public enum WidenedComparison<Inner: BinaryBody, Scalar: SixteenBitScalar>: BinaryBody
where Inner.Input == Float, Inner.Output == Bool {
  @inlinable public static func apply(_ a: Scalar, _ b: Scalar) -> Bool {
    Inner.apply(a.accumulator, b.accumulator)
  }
  @inlinable public static var cost: Double { Inner.cost + 0.2 }
  @inlinable public static var broadcasts: Bool { Inner.broadcasts }

  @unsafe @inlinable @inline(never) public static func run(
    _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, _ z: UnsafeMutablePointer<Bool>,
    _ count: Int, _ stepX: Int, _ stepY: Int
  ) {
    unsafe withWidened(x, y, count, stepX, stepY) { a, b, start, length in
      unsafe Inner.run(a, b, z + start, length, stepX, stepY)
    }
  }
}

/// Calls `body` with tiles of both operands widened to Float; an operand of step 0 is one element.
/// At least one step is 1.
@unsafe @inlinable @inline(__always)
func withWidened<Scalar: SixteenBitScalar>(
  _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, _ count: Int, _ stepX: Int, _ stepY: Int,
  _ body: (
    _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>, _ start: Int, _ length: Int
  ) -> Void
) {
  guard count > 0 else { return }
  // Two tiles of `halfTile` elements each; every piece is at most that long.
  unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * halfTile) { tiles in
    guard let a = tiles.baseAddress else { return }
    let b = unsafe a + halfTile
    if stepX == 0 { unsafe Scalar.widen(x, a, 1) }
    if stepY == 0 { unsafe Scalar.widen(y, b, 1) }
    var start = 0
    while start < count {
      let length = Swift.min(halfTile, count &- start)
      if stepX == 1 { unsafe Scalar.widen(x + start, a, length) }
      if stepY == 1 { unsafe Scalar.widen(y + start, b, length) }
      unsafe body(a, b, start, length)
      start &+= length
    }
  }
}

// The kernel for a 16-bit dtype, or nil for others: lets families write one expression for all.

@inlinable func unary16<Body: UnaryBody>(_ body: Body.Type, _ dtype: DType) -> (any Kernel)?
where Body.Input == Float, Body.Output == Float {
  switch dtype {
  case .half: specialized(UnaryKernel<Widened<Body, Float16>>())
  case .bfloat16: specialized(UnaryKernel<Widened<Body, BFloat16>>())
  default: nil
  }
}

@inlinable func predicate16<Body: UnaryBody>(_ body: Body.Type, _ dtype: DType) -> (any Kernel)?
where Body.Input == Float, Body.Output == Bool {
  switch dtype {
  case .half: specialized(UnaryKernel<WidenedPredicate<Body, Float16>>())
  case .bfloat16: specialized(UnaryKernel<WidenedPredicate<Body, BFloat16>>())
  default: nil
  }
}

@inlinable func binary16<Body: BinaryBody>(_ body: Body.Type, _ dtype: DType) -> (any Kernel)?
where Body.Input == Float, Body.Output == Float {
  switch dtype {
  case .half: specialized(BinaryKernel<WidenedBinary<Body, Float16>>())
  case .bfloat16: specialized(BinaryKernel<WidenedBinary<Body, BFloat16>>())
  default: nil
  }
}

@inlinable func comparison16<Body: BinaryBody>(_ body: Body.Type, _ dtype: DType) -> (any Kernel)?
where Body.Input == Float, Body.Output == Bool {
  switch dtype {
  case .half: specialized(BinaryKernel<WidenedComparison<Body, Float16>>())
  case .bfloat16: specialized(BinaryKernel<WidenedComparison<Body, BFloat16>>())
  default: nil
  }
}
