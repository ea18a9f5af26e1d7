#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The memory behind tensors: 64-byte aligned, reference counted, possibly shared by several tensors
/// and possibly borrowed from the caller.
///
/// `@unchecked Sendable` holds because a buffer is written only by the kernel that allocated it or
/// that holds its only reference; from then on it is read-only.
@safe public final class TensorBuffer: @unchecked Sendable {
  /// Alignment of every allocation in bytes: a cache line, and the widest vector register.
  public static let alignment = 64

  @usableFromInline let base: UnsafeMutableRawPointer
  /// Usable bytes.
  public let byteCount: Int
  /// Whether the memory is ours to write: borrowed memory never is.
  public let isWritable: Bool
  private let ownership: Ownership

  @unsafe private enum Ownership {
    case allocated(MemoryBudget, teardown: (@Sendable (UnsafeMutableRawPointer) -> Void)?)
    case borrowed(release: @Sendable () -> Void)
  }

  private init(base: UnsafeMutableRawPointer, byteCount: Int, ownership: Ownership) {
    unsafe self.base = unsafe base
    self.byteCount = byteCount
    isWritable =
      switch unsafe ownership {
      case .allocated: true
      case .borrowed: false
      }
    unsafe self.ownership = ownership
  }

  /// Uninitialised memory of at least `byteCount` bytes.
  ///
  /// - Throws: ``StatusError/Code/resourceExhausted`` if the budget or the system refuses.
  public static func allocate(
    byteCount: Int, budget: MemoryBudget
  ) throws(StatusError) -> TensorBuffer {
    try unsafe allocate(byteCount: byteCount, budget: budget, teardown: nil)
  }

  /// Memory of `count` initialised elements of a type that owns references, such as strings.
  static func allocate<Element: TensorScalar>(
    count: Int, of type: Element.Type, budget: MemoryBudget
  ) throws(StatusError) -> TensorBuffer {
    guard let bytes = Checked.multiply(count, MemoryLayout<Element>.stride) else {
      throw .resourceExhausted("OOM when allocating \(count) elements of \(Element.dtype)")
    }
    let buffer = try unsafe allocate(byteCount: bytes, budget: budget) { base in
      // The closure runs once, from deinit, over exactly the elements initialised below.
      unsafe base.assumingMemoryBound(to: Element.self).deinitialize(count: count)
    }
    unsafe buffer.base.bindMemory(to: Element.self, capacity: count)
      .initialize(repeating: .zero, count: count)
    return buffer
  }

  private static func allocate(
    byteCount: Int, budget: MemoryBudget,
    teardown: (@Sendable (UnsafeMutableRawPointer) -> Void)?
  ) throws(StatusError) -> TensorBuffer {
    let size = Swift.max(byteCount, 1)
    guard byteCount >= 0, size < Int.max - alignment, budget.reserve(size) else {
      throw .resourceExhausted(
        "OOM when allocating \(byteCount) bytes: \(budget.liveBytes) of \(budget.limit) are in use")
    }
    var pointer: UnsafeMutableRawPointer?
    guard unsafe posix_memalign(&pointer, alignment, size) == 0, let base = unsafe pointer else {
      budget.release(size)
      throw .resourceExhausted("OOM when allocating \(byteCount) bytes: the system refused")
    }
    return unsafe TensorBuffer(
      base: base, byteCount: byteCount, ownership: .allocated(budget, teardown: teardown))
  }

  /// Memory that belongs to someone else, who is told by `release` when the last tensor is gone.
  ///
  /// - Precondition: `base` is readable for `byteCount` bytes and unchanged until `release` is called.
  @unsafe public static func borrowing(
    _ base: UnsafeRawPointer, byteCount: Int, release: @escaping @Sendable () -> Void
  ) -> TensorBuffer {
    unsafe TensorBuffer(
      base: UnsafeMutableRawPointer(mutating: base), byteCount: byteCount,
      ownership: .borrowed(release: release))
  }

  /// The memory, valid while the buffer is alive.
  @unsafe @inlinable public var pointer: UnsafeMutableRawPointer { unsafe base }

  deinit {
    switch unsafe ownership {
    case .allocated(let budget, let teardown):
      unsafe teardown?(base)
      unsafe free(base)
      budget.release(Swift.max(byteCount, 1))
    case .borrowed(let release):
      release()
    }
  }
}
