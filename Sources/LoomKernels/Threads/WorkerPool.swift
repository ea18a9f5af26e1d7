import CLoomVector
public import LoomCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Threads that share the work of long loops and run closures beside their callers.
///
/// A pool has no thread until something is worth one. Workers that run out of work look for more for
/// some microseconds, then sleep. Any thread may use a pool, several at once too.
///
/// The pool's threads end in ``close()`` or when the pool is released.
public final class WorkerPool: Sendable {
  /// Threads that take part in one loop, the calling one included.
  public let threadCount: Int
  private let crew: WorkerCrew

  /// A pool of `threadCount` threads; 0 means one per processor.
  public init(threadCount: Int = 0) {
    let count = threadCount > 0 ? threadCount : WorkerPool.processorCount
    self.threadCount = count
    crew = WorkerCrew(helperLimit: count - 1, threadLimit: count)
  }

  deinit { crew.close() }

  /// Processors this process may run on.
  public static var processorCount: Int { Swift.max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Work below this is done by the caller: waking a sleeping thread costs about as much.
  /// In nanoseconds.
  public static let worthSharing = 20_000.0

  /// The pool of everything that names none: a thread per processor.
  public static let shared = WorkerPool()

  /// What one claim from a shared loop should at least be worth.
  private static let worthClaiming = 10_000.0

  /// Calls `body` with ranges that together cover `0 ..< count`, each index once, some of them on
  /// other threads at the same time.
  ///
  /// Returns when all calls have returned. `body` runs inline, with the whole range, if the work is
  /// too little to share, if the pool has one thread, or inside the body of another parallel loop.
  ///
  /// - Parameters:
  ///   - count: Items; nothing happens for 0.
  ///   - costPerItem: Estimated nanoseconds per item on one thread.
  ///   - alignment: Ranges start at multiples of this.
  ///   - body: Must tolerate being called from several threads at once, on disjoint ranges. How the
  ///     ranges are cut depends on the number of threads: for results that do not, combine them by
  ///     item.
  /// - Throws: The error of the lowest range that failed; ranges after it may have been skipped.
  @inlinable public func parallelFor<Failure: Error>(
    count: Int, costPerItem: Double, alignment: Int = 1,
    _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    if count <= 0 { return }
    if threadCount == 1 || Double(count) * costPerItem < WorkerPool.worthSharing
      || count <= alignment
    {
      return try body(0..<count)
    }
    try share(count: count, costPerItem: costPerItem, alignment: alignment, body)
  }

  /// Runs `work` on a thread of the pool, after what was handed over before if all are busy.
  ///
  /// `work` may start parallel loops, but must not wait for other work of this pool.
  ///
  /// - Throws: ``StatusError/Code/cancelled`` if the pool is closed,
  ///   ``StatusError/Code/resourceExhausted`` if the system refuses the first thread.
  public func async(_ work: @escaping @Sendable () -> Void) throws(StatusError) {
    try crew.enqueue(work)
  }

  /// Waits for all work handed over and ends the threads. Loops started later run inline.
  ///
  /// Called from one of the pool's own threads it does not wait for that thread.
  public func close() {
    crew.close()
  }

  @usableFromInline func share<Failure: Error>(
    count: Int, costPerItem: Double, alignment: Int,
    _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    if loom_parallel_depth() > 0 { return try body(0..<count) }
    let work = Double(count) * costPerItem
    let pieces = Swift.min(Double(4 * threadCount), Swift.max(2, work / WorkerPool.worthClaiming))
    let unaligned = Int((Double(count) / pieces).rounded(.up))
    let pieceSize = (unaligned + alignment - 1) / alignment * alignment
    let failure = Mutex<(start: Int, error: Failure)?>(nil)
    crew.run(count: count, pieceSize: pieceSize) { range in
      do throws(Failure) {
        try body(range)
        return true
      } catch {
        // Pieces are claimed in order, so every piece before this one runs to its end: the lowest
        // failure does not depend on timing.
        failure.withLock {
          if range.lowerBound < $0?.start ?? .max { $0 = (range.lowerBound, error) }
        }
        return false
      }
    }
    if let (_, error) = failure.withLock({ $0 }) { throw error }
  }
}
