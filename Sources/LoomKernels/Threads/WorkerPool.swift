/// Threads for loops inside kernels.
public final class WorkerPool: Sendable {
  public let threadCount: Int
  /// Nanoseconds of work below which handing over to another core does not pay.
  public static let threshold = 30_000.0
  public init(threadCount: Int = 0) { self.threadCount = threadCount }
  public static let shared = WorkerPool()
  /// Runs `body` over parts of `0 ..< count`; cost is in nanoseconds per item.
  @inlinable public func parallelFor(
    count: Int, costPerItem: Double, _ body: (Range<Int>) -> Void
  ) {
    if count > 0 { body(0..<count) }
  }
}
