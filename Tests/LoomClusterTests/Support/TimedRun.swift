#if Distributed
  import Foundation
  import Synchronization

  /// Something that runs on a thread of its own, so that the time it takes is not that of other tests.
  final class TimedRun: Sendable {
    private let outcome = Mutex<(Result<Void, any Error>, ContinuousClock.Instant)?>(nil)
    private let isDone = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () throws -> Void) {
      Thread.detachNewThread { [self] in
        let result = Result { try body() }
        outcome.withLock { $0 = (result, .now) }
        isDone.signal()
      }
    }

    /// Waits for the end.
    ///
    /// - Returns: when it was.
    /// - Throws: what the body throws.
    @discardableResult
    func wait() throws -> ContinuousClock.Instant {
      isDone.wait()
      isDone.signal()
      let ended = outcome.withLock { $0 }
      try ended?.0.get()
      return ended?.1 ?? .now
    }

    /// Waits for the end without keeping others from this thread.
    ///
    /// - Returns: whether it came in time.
    func hasEnded(within limit: Duration) async -> Bool {
      await eventually(within: limit) { end != nil }
    }

    /// When it ended, if it has.
    var end: ContinuousClock.Instant? { outcome.withLock { $0?.1 } }
  }
#endif
