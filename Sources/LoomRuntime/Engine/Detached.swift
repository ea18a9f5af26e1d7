package import LoomCore
package import LoomKernels

/// Runs blocking work beside the cooperative threads, which other tasks need.
package enum Detached {
  package static func run<R: Sendable>(
    cancelling cancellation: CancellationState, _ work: @escaping @Sendable () throws -> R
  ) async -> Result<R, StatusError> {
    await withTaskCancellationHandler {
      await withCheckedContinuation {
        (continuation: CheckedContinuation<Result<R, StatusError>, Never>) in
        do throws(StatusError) {
          try ThreadCache.shared.run {
            do { continuation.resume(returning: .success(try work())) } catch {
              continuation.resume(returning: .failure(StatusError.wrapping(error)))
            }
          }
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    } onCancel: {
      cancellation.cancel(StatusError(.cancelled, "The task that ran the step was cancelled."))
    }
  }
}
