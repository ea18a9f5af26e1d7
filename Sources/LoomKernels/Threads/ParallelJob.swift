import CLoomVector
import Synchronization

/// One parallel loop in flight: the pieces not yet claimed and the threads still inside.
///
/// All mutable state is atomic, and `body` outlives every use: the thread that started the loop returns
/// only once the job is closed to helpers and `helpers` is zero.
@safe final class ParallelJob {
  /// Handles one piece and says whether to go on.
  typealias Body = (Range<Int>) -> Bool

  let count: Int
  let pieceSize: Int
  private let body: UnsafePointer<Body>
  private let next = Atomic<Int>(0)
  /// Threads other than the starting one that are inside.
  let helpers = Atomic<Int>(0)
  /// Whether the starting thread sleeps until `helpers` is zero.
  let isAwaited = Atomic<Bool>(false)

  init(count: Int, pieceSize: Int, body: UnsafePointer<Body>) {
    self.count = count
    self.pieceSize = pieceSize
    unsafe self.body = unsafe body
  }

  /// Claims pieces, in order, and runs them until none is left. Loops started inside run inline.
  // Not inlined, so that everything the body holds is released before the caller announces its end.
  @inline(never) func run() {
    loom_add_parallel_depth(1)
    while true {
      let start = next.wrappingAdd(pieceSize, ordering: .relaxed).oldValue
      if start >= count { break }
      let goesOn = unsafe body.pointee(start..<Swift.min(start &+ pieceSize, count))
      if !goesOn { next.store(count, ordering: .relaxed) }
    }
    loom_add_parallel_depth(-1)
  }
}
