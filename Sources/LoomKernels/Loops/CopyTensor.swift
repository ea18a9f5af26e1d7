public import LoomCore

extension AnyTensor {
  /// The same elements in memory of their own.
  ///
  /// - Throws: ``StatusError/Code/resourceExhausted`` if the memory can't be had.
  public func copied(budget: MemoryBudget = .unlimited) throws(StatusError) -> AnyTensor {
    let copy = try AnyTensor.uninitialized(dtype: dtype, shape: shape, budget: budget)
    try SliceCopy.gather(from: self, offsets: CollectionOfOne(0), length: elementCount, into: copy)
    return copy
  }
}

/// Moves runs of elements between tensors of one dtype, whatever the dtype.
///
/// Offsets and lengths count elements. The caller has checked that every run lies inside both
/// tensors; runs that do not are refused with an error.
public enum SliceCopy {
  /// `target[i * length ..< (i + 1) * length] = source[offsets[i] ..< offsets[i] + length]`.
  public static func gather(
    from source: AnyTensor, offsets: some Collection<Int>, length: Int, into target: AnyTensor
  ) throws(StatusError) {
    var position = 0
    try run(source, target, length) { copy throws(StatusError) in
      for offset in offsets {
        try copy(offset, position)
        position &+= length
      }
    }
  }

  /// `target[offsets[i] ..< offsets[i] + length] = source[i * length ..< (i + 1) * length]`; with
  /// `repeating`, `source` is one element that fills every run. Negative offsets are skipped.
  public static func scatter(
    from source: AnyTensor, offsets: some Collection<Int>, length: Int, repeating: Bool = false,
    into target: AnyTensor
  ) throws(StatusError) {
    var position = 0
    try run(source, target, repeating ? 1 : length) { copy throws(StatusError) in
      for offset in offsets {
        if offset >= 0 {
          if repeating {
            for index in 0..<length { try copy(0, offset &+ index) }
          } else {
            try copy(position, offset)
          }
        }
        position &+= length
      }
    }
  }

  private struct Bounds {
    var lastSource: Int
    var lastTarget: Int

    func check(_ from: Int, _ to: Int) throws(StatusError) {
      guard from >= 0, from <= lastSource, to >= 0, to <= lastTarget else {
        throw .internal("A run of elements lies outside of its tensor")
      }
    }
  }

  /// Calls `body` with a function that copies one run from an offset to another.
  private static func run(
    _ source: AnyTensor, _ target: AnyTensor, _ length: Int,
    _ body: ((_ from: Int, _ to: Int) throws(StatusError) -> Void) throws(StatusError) -> Void
  ) throws(StatusError) {
    guard source.dtype == target.dtype else {
      throw .internal("Cannot copy elements of \(source.dtype) into \(target.dtype)")
    }
    guard length > 0 else { return }
    let bounds = Bounds(
      lastSource: source.elementCount - length, lastTarget: target.elementCount - length)
    if let size = target.dtype.byteSize {
      // Every run was checked to lie inside both tensors, whose memory is at least their elements.
      let base = unsafe source.buffer.pointer + source.byteOffset
      let output = unsafe target.buffer.pointer + target.byteOffset
      try body { from, to throws(StatusError) in
        try bounds.check(from, to)
        unsafe (output + to &* size).copyMemory(
          from: base + from &* size, byteCount: length &* size)
      }
      return
    }
    switch target.dtype {
    case .string: try runTyped(source, target, of: ByteString.self, length, bounds, body)
    case .resource: try runTyped(source, target, of: ResourceHandle.self, length, bounds, body)
    default: try runTyped(source, target, of: Variant.self, length, bounds, body)
    }
  }

  private static func runTyped<Scalar: TensorScalar>(
    _ source: AnyTensor, _ target: AnyTensor, of type: Scalar.Type, _ length: Int,
    _ bounds: Bounds,
    _ body: ((_ from: Int, _ to: Int) throws(StatusError) -> Void) throws(StatusError) -> Void
  ) throws(StatusError) {
    let base = unsafe try source.pointer(of: Scalar.self)
    let output = unsafe try target.writablePointer(of: Scalar.self)
    try body { from, to throws(StatusError) in
      try bounds.check(from, to)
      // Elements on both sides are initialised: memory of these dtypes always is.
      for index in 0..<length { unsafe output[to &+ index] = base[from &+ index] }
    }
  }
}
