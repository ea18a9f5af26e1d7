#if Distributed
  import Dispatch
  import LoomCore
  import LoomKernels
  import Synchronization

  /// A result that one thread sleeps for.
  final class Outcome<R: Sendable>: Sendable {
    private let result = Mutex<Result<R, StatusError>?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func set(_ value: Result<R, StatusError>) {
      result.withLock { $0 = value }
      isThere.signal()
    }

    func wait() -> Result<R, StatusError> {
      isThere.wait()
      // The semaphore is signalled after the result is there, once.
      return result.withLock { $0 } ?? .failure(.internal("A call ended without a result"))
    }

    /// Does something on another thread while the calling one sleeps: for work that leaves traces with its
    /// thread.
    ///
    /// - Throws: What `work` throws; ``StatusError/Code/resourceExhausted`` if there is no thread.
    static func elsewhere(
      _ work: @escaping @Sendable () throws(StatusError) -> R
    ) throws(StatusError) -> R {
      let outcome = Outcome()
      try ThreadCache.shared.run { outcome.set(Result(catching: work)) }
      return try outcome.wait().get()
    }
  }
#endif
