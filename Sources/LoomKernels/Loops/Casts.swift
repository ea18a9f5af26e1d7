import LoomCore

// Conversions between dtypes. Eleven types convert directly (bool counts as a byte); half, bfloat16 and
// complex numbers go through tiles of Float or Double, as TensorFlow's conversions do too.

/// Converts `count` elements.
typealias CastLoop = @Sendable (UnsafeRawPointer, UnsafeMutableRawPointer, Int) -> Void

extension KernelTable {
  /// `Cast`: any plain dtype to any other; other dtypes only to themselves.
  package static let cast = KernelTable { construction in
    let source = try construction.attributes.type("SrcT").base
    let target = try construction.attributes.type("DstT").base
    if source == target {
      return ClosureKernel { context in try context.setOutput(0, context.input(0)) }
    }
    let truncates = try construction.attributes.bool("Truncate")
    guard let loop = unsafe Cast.loop(from: source, to: target, truncating: truncates) else {
      throw StatusError.unimplemented("Cast \(source) to \(target) is not supported")
    }
    return unsafe CastKernel(source, target, loop)
  }
}

@safe private final class CastKernel: Kernel {
  let source: DType
  let target: DType
  let loop: CastLoop

  init(_ source: DType, _ target: DType, _ loop: @escaping CastLoop) {
    self.source = source
    self.target = target
    unsafe self.loop = unsafe loop
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let job = try unsafe context.unaryJob(source, target)
    let (from, to) = unsafe (job.source, job.target)
    let sizes = (source.byteSize ?? 1, target.byteSize ?? 1)
    let cost = 1.0
    // Both allocations hold `count` elements of their dtypes.
    if unsafe Double(job.count) * cost < WorkerPool.worthSharing {
      unsafe loop(from, to, job.count)
    } else {
      context.workers.parallelFor(count: unsafe job.count, costPerItem: cost) { range in
        unsafe loop(
          from + range.lowerBound &* sizes.0, to + range.lowerBound &* sizes.1, range.count)
      }
    }
    unsafe extendLifetime(job.hold)
  }
}

private enum Cast {
  static let tile = 512

  static func loop(from source: DType, to target: DType, truncating: Bool) -> CastLoop? {
    // Quantised types have the layout of integers and are cast as such.
    let (source, target) = (stored(source), stored(target))
    if source == target, let size = source.byteSize {
      return { from, to, count in
        unsafe to.copyMemory(from: from, byteCount: count &* size)
      }
    }
    switch (source, target) {
    case (.complex64, .complex128): return unsafe map { (z: Complex64) in Complex128(widening: z) }
    case (.complex128, .complex64): return unsafe map { (z: Complex128) in Complex64(rounding: z) }
    default: break
    }
    let head = unsafe widening(source)
    let tail = unsafe narrowing(target, truncating: truncating)
    let (from, to) = unsafe (head?.wide ?? source, tail?.wide ?? target)
    var loop = unsafe head?.loop
    if from != to {
      guard let middle = unsafe direct(from, to, truncating) else { return nil }
      if let first = unsafe loop {
        unsafe loop = unsafe chain(first, through: from, middle, source, to)
      } else {
        unsafe loop = unsafe middle
      }
    }
    guard let last = unsafe tail?.loop else { return unsafe loop }
    guard let first = unsafe loop else { return unsafe last }
    return unsafe chain(first, through: to, last, source, target)
  }

  private static func stored(_ dtype: DType) -> DType {
    switch dtype {
    case .qint8: .int8
    case .quint8: .uint8
    case .qint16: .int16
    case .quint16: .uint16
    case .qint32: .int32
    default: dtype
    }
  }

  /// One conversion after the other, a tile at a time.
  private static func chain(
    _ first: @escaping CastLoop, through wide: DType, _ second: @escaping CastLoop,
    _ source: DType, _ target: DType
  ) -> CastLoop {
    let sizes = (source.byteSize ?? 1, target.byteSize ?? 1)
    let bytes = tile &* (wide.byteSize ?? 8)
    return { from, to, count in
      // The tile holds `tile` elements of the type in between; every piece is at most that long.
      unsafe withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 16) { scratch in
        guard let between = scratch.baseAddress else { return }
        var start = 0
        while start < count {
          let length = Swift.min(tile, count &- start)
          unsafe first(from + start &* sizes.0, between, length)
          unsafe second(between, to + start &* sizes.1, length)
          start &+= length
        }
      }
    }
  }

  // MARK: Ends

  /// The type that values of `source` are read through, and how; `nil` for types read directly.
  private static func widening(_ source: DType) -> (wide: DType, loop: CastLoop)? {
    switch source {
    case .half:
      (
        .float,
        { x, y, n in
          unsafe Float16.widen(
            x.assumingMemoryBound(to: Float16.self), y.assumingMemoryBound(to: Float.self), n)
        }
      )
    case .bfloat16:
      (
        .float,
        { x, y, n in
          unsafe BFloat16.widen(
            x.assumingMemoryBound(to: BFloat16.self), y.assumingMemoryBound(to: Float.self), n)
        }
      )
    case .complex64: unsafe (.float, map { (z: Complex64) in z.real })
    case .complex128: unsafe (.double, map { (z: Complex128) in z.real })
    default: nil
    }
  }

  /// The type that values of `target` are written through, and how; `nil` for types written directly.
  private static func narrowing(
    _ target: DType, truncating: Bool
  ) -> (wide: DType, loop: CastLoop)? {
    switch target {
    case .half:
      if truncating {
        return unsafe (.float, map { (x: Float) in Float16(cut(x, keeping: 10)) })
      }
      return (
        .float,
        { x, y, n in
          unsafe Float16.narrow(
            x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: Float16.self), n)
        }
      )
    case .bfloat16:
      if truncating {
        return unsafe (.float, map { (x: Float) in BFloat16(cut(x, keeping: 7)) })
      }
      return (
        .float,
        { x, y, n in
          unsafe BFloat16.narrow(
            x.assumingMemoryBound(to: Float.self), y.assumingMemoryBound(to: BFloat16.self), n)
        }
      )
    case .complex64: return unsafe (.float, map { (x: Float) in Complex64(x, 0) })
    case .complex128: return unsafe (.double, map { (x: Double) in Complex128(x, 0) })
    default: return nil
    }
  }

  /// `x` with only the leading bits of its fraction.
  private static func cut(_ x: Float, keeping bits: UInt32) -> Float {
    x.isNaN ? x : Float(bitPattern: x.bitPattern & ~((1 << (23 - bits)) - 1))
  }

  /// `x` with only the leading bits of its fraction that Float keeps.
  private static func cut(_ x: Double) -> Double {
    x.isNaN ? x : Double(bitPattern: x.bitPattern & ~((1 << 29) - 1))
  }

  // MARK: Direct conversions

  @inline(__always)
  private static func map<Source, Target>(
    _ convert: @escaping @Sendable (Source) -> Target
  ) -> CastLoop {
    { from, to, count in
      // The kernel passes arrays of `count` elements of these types.
      let x = unsafe from.assumingMemoryBound(to: Source.self)
      let y = unsafe to.assumingMemoryBound(to: Target.self)
      for index in 0..<count { unsafe y[index] = convert(x[index]) }
    }
  }

  private static func direct(
    _ source: DType, _ target: DType, _ truncating: Bool
  ) -> CastLoop? {
    if truncating, source == .double, target == .float {
      return unsafe map { (x: Double) in Float(cut(x)) }
    }
    return switch source {
    case .float: unsafe fromFloating(Float.self, target)
    case .double: unsafe fromFloating(Double.self, target)
    case .int8: unsafe fromInteger(Int8.self, target)
    case .int16: unsafe fromInteger(Int16.self, target)
    case .int32: unsafe fromInteger(Int32.self, target)
    case .int64: unsafe fromInteger(Int64.self, target)
    case .uint8, .bool: unsafe fromInteger(UInt8.self, target)
    case .uint16: unsafe fromInteger(UInt16.self, target)
    case .uint32: unsafe fromInteger(UInt32.self, target)
    case .uint64: unsafe fromInteger(UInt64.self, target)
    default: nil
    }
  }

  @inline(__always)
  private static func fromInteger<Source: IntegerScalar>(
    _ type: Source.Type, _ target: DType
  ) -> CastLoop? {
    switch target {
    case .float: unsafe map { (x: Source) in Float(x) }
    case .double: unsafe map { (x: Source) in Double(x) }
    case .int8, .uint8: unsafe map { (x: Source) in UInt8(truncatingIfNeeded: x) }
    case .int16, .uint16: unsafe map { (x: Source) in UInt16(truncatingIfNeeded: x) }
    case .int32, .uint32: unsafe map { (x: Source) in UInt32(truncatingIfNeeded: x) }
    case .int64, .uint64: unsafe map { (x: Source) in UInt64(truncatingIfNeeded: x) }
    case .bool: unsafe map { (x: Source) in x != 0 }
    default: nil
    }
  }

  @inline(__always)
  private static func fromFloating<Source: BinaryFloatingPoint & FloatingScalar>(
    _ type: Source.Type, _ target: DType
  ) -> CastLoop? {
    switch target {
    case .float: unsafe map { (x: Source) in Float(x) }
    case .double: unsafe map { (x: Source) in Double(x) }
    case .int8, .uint8: unsafe map { (x: Source) in UInt8(truncatingIfNeeded: toInt32(x)) }
    case .int16, .uint16: unsafe map { (x: Source) in UInt16(truncatingIfNeeded: toInt32(x)) }
    case .int32: unsafe map { (x: Source) in toInt32(x) }
    case .uint32: unsafe map { (x: Source) in UInt32(truncatingIfNeeded: toInt64(x)) }
    case .int64: unsafe map { (x: Source) in toInt64(x) }
    case .uint64: unsafe map { (x: Source) in toUInt64(x) }
    case .bool: unsafe map { (x: Source) in x != 0 }
    default: nil
    }
  }

  // Towards zero; what does not fit, NaN included, becomes the minimum, as the processor has it.

  @inline(__always)
  private static func toInt32<Source: BinaryFloatingPoint>(_ x: Source) -> Int32 {
    x > -2_147_483_649 && x < 2_147_483_648 ? Int32(x) : .min
  }

  @inline(__always)
  private static func toInt64<Source: BinaryFloatingPoint>(_ x: Source) -> Int64 {
    x >= -0x1p63 && x < 0x1p63 ? Int64(x) : .min
  }

  @inline(__always)
  private static func toUInt64<Source: BinaryFloatingPoint>(_ x: Source) -> UInt64 {
    if x >= 0x1p63 { return x < 0x1p64 ? UInt64(x) : .max }
    return UInt64(truncatingIfNeeded: toInt64(x))
  }
}
