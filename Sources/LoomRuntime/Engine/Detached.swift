package import LoomCore
package import LoomKernels
import Synchronization

/// Runs blocking work beside the cooperative threads, which other tasks need.
package enum Detached {
  package static func run<R: Sendable>(
    cancelling cancellation: CancellationState, _ work: @escaping @Sendable () throws -> R
  ) async -> Result<R, StatusError> {
    // The outcome goes through a lock, the continuation only wakes: what a continuation hands over is
    // beyond the thread sanitizer's sight.
    let outcome = OutcomeBox<R>()
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        do throws(StatusError) {
          try ThreadCache.shared.run {
            outcome.set(Result { try work() }.mapError(StatusError.wrapping))
            continuation.resume()
          }
        } catch {
          outcome.set(.failure(error))
          continuation.resume()
        }
      }
    } onCancel: {
      cancellation.cancel(StatusError(.cancelled, "The task that ran the step was cancelled."))
    }
    return outcome.take()
  }
}

/// Where a thread leaves what a task waits for.
private final class OutcomeBox<R: Sendable>: Sendable {
  private let outcome = Mutex<Result<R, StatusError>?>(nil)

  func set(_ result: Result<R, StatusError>) { outcome.withLock { $0 = result } }

  func take() -> Result<R, StatusError> {
    outcome.withLock { $0.take() } ?? .failure(.internal("A run has ended without an outcome"))
  }
}
