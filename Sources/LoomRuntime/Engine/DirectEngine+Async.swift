import LoomCore
import LoomKernels

extension DirectEngine {
  /// Runs a plan once on a thread of its own; cancelling the task cancels the step.
  func runDetached(
    _ plan: RunnablePlan, feeds: [AnyTensor], options: RunOptions
  ) async throws(StatusError) -> [AnyTensor] {
    var metadata: RunMetadata?
    return try await runDetached(plan, feeds: feeds, options: options, metadata: &metadata)
  }

  /// Runs a plan once on a thread of its own and tells what `metadata` asks for.
  func runDetached(
    _ plan: RunnablePlan, feeds: [AnyTensor], options: RunOptions, metadata: inout RunMetadata?
  ) async throws(StatusError) -> [AnyTensor] {
    let request = try RunRequest(options, configuration, wantsMetadata: metadata != nil)
    let step = try begin(plan, request)
    // The step is ended only after the handler can't be called any more: it might strike the next
    // user of a warm step.
    let outcome = await Detached.run(cancelling: step.cancellation) {
      [self] () throws(StatusError) in
      try execute(step, of: plan, feeds, request)
    }
    switch outcome {
    case .success(let result):
      end(step, of: plan, isReusable: result.isReusable && request.pool == 0)
      if metadata != nil { metadata = result.metadata }
      return result.values
    case .failure(let error):
      end(step, of: plan, isReusable: false)
      throw error
    }
  }
}

/// Runs blocking work beside the cooperative threads, which other tasks need.
enum Detached {
  static func run<R: Sendable>(
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
