internal import CLoomVector
internal import LoomCore

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Working memory for contractions.
enum ThreadScratch {
  /// Uses that may be alive at the same time on one thread.
  enum Use {
    case gemm, left, right, result, columns, primitive

    fileprivate var slot: Int32 {
      let slot =
        switch self {
        case .gemm: LOOM_SCRATCH_GEMM
        case .left: LOOM_SCRATCH_LEFT
        case .right: LOOM_SCRATCH_RIGHT
        case .result: LOOM_SCRATCH_RESULT
        case .columns: LOOM_SCRATCH_COLUMNS
        case .primitive: LOOM_SCRATCH_PRIMITIVE
        }
      return Int32(slot)
    }
  }

  /// Blocks up to this many bytes stay with their thread; larger ones are returned after use.
  private static let largestKept = 8 << 20

  /// Lends `body` uninitialised memory for `count` elements, aligned to 64 bytes. A use must not be
  /// asked for again inside `body`.
  static func with<Element: BitwiseCopyable>(
    _ count: Int, of type: Element.Type, for use: Use,
    _ body: (UnsafeMutablePointer<Element>) throws(StatusError) -> Void
  ) throws(StatusError) {
    guard let bytes = Checked.multiply(Swift.max(count, 1), MemoryLayout<Element>.stride) else {
      throw refusal(count)
    }
    if bytes <= largestKept {
      guard let memory = unsafe loom_scratch(use.slot, bytes) else { throw refusal(count) }
      return try unsafe body(memory.bindMemory(to: Element.self, capacity: count))
    }
    var memory: UnsafeMutableRawPointer?
    guard unsafe posix_memalign(&memory, 64, bytes) == 0, let memory = unsafe memory else {
      throw refusal(count)
    }
    defer { unsafe free(memory) }
    try unsafe body(memory.bindMemory(to: Element.self, capacity: count))
  }

  @inline(never) private static func refusal(_ count: Int) -> StatusError {
    .resourceExhausted("OOM when allocating scratch memory for \(count) elements")
  }
}
