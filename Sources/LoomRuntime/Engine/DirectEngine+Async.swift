package import LoomCore
import LoomKernels
import Synchronization

extension DirectEngine {
  /// Runs a plan once beside the cooperative threads; cancelling the task cancels the step. While the
  /// step waits for a queue or a message it holds no thread. Steps that are known to be brief run at once,
  /// on the caller's thread.
  package func runDetached(
    _ plan: RunnablePlan, feeds: [AnyTensor], options: RunOptions
  ) async throws(StatusError) -> [AnyTensor] {
    var metadata: RunMetadata?
    return try await runDetached(plan, feeds: feeds, options: options, metadata: &metadata)
  }

  /// Runs a plan once beside the cooperative threads and tells what `metadata` asks for.
  package func runDetached(
    _ plan: RunnablePlan, feeds: [AnyTensor], options: RunOptions, metadata: inout RunMetadata?
  ) async throws(StatusError) -> [AnyTensor] {
    let request = try RunRequest(options, runDefaults, wantsMetadata: metadata != nil)
    let outcome = try await runDetached(plan, feeds, request)
    if metadata != nil { metadata = outcome.metadata }
    return outcome.values
  }

  /// Runs a plan once, beside the cooperative threads, as part of a step that runs elsewhere too.
  ///
  /// - Parameters:
  ///   - rendezvous: where the parts meet. Whoever made it aborts it when a part fails.
  ///   - traces: whether the nodes' statistics are wanted.
  ///   - reportsCosts: whether the costs are.
  /// - Throws: What kernels throw, and what the other parts say of the step's end.
  package func runPart(
    _ plan: RunnablePlan, meeting rendezvous: any Rendezvous, traces: Bool, reportsCosts: Bool
  ) async throws(StatusError) -> RunMetadata {
    var request = try RunRequest(
      RunOptions(trace: traces ? .full : .none), runDefaults,
      wantsMetadata: traces || reportsCosts)
    request.rendezvous = rendezvous
    request.reportsCosts = reportsCosts
    return try await runDetached(plan, [], request).metadata ?? RunMetadata()
  }

  /// Runs a plan once, on the calling thread, if that is known to be brief and nothing but the fetches is
  /// asked for; `nil` if not.
  package func runBriefly(
    _ plan: RunnablePlan, feeds: [AnyTensor], options: RunOptions
  ) throws(StatusError) -> [AnyTensor]? {
    try runBriefly(plan, feeds, RunRequest(options, runDefaults, wantsMetadata: false))
  }

  private func runBriefly(
    _ plan: RunnablePlan, _ feeds: [AnyTensor], _ request: RunRequest
  ) throws(StatusError) -> [AnyTensor]? {
    guard request.isPlain, plan.isBrief(feeds) else { return nil }
    return try plan.timed { () throws(StatusError) in try run(plan, feeds) }
  }

  private func runDetached(
    _ plan: RunnablePlan, _ feeds: [AnyTensor], _ request: RunRequest
  ) async throws(StatusError) -> StepOutcome {
    if !Task.isCancelled, let values = try runBriefly(plan, feeds, request) {
      return StepOutcome(values: values)
    }
    let step = try begin(plan, request)
    // The step is ended only after the handler can't be called any more: it might strike the next
    // user of a warm step.
    do throws(StatusError) {
      let run = DetachedRun(
        try StepExecution(self, step, plan, feeds, request), of: plan, warning: waitWarning)
      let outcome = try await run.outcome().get()
      end(step, of: plan, isReusable: outcome.isReusable && request.pool == 0)
      return outcome
    } catch {
      end(step, of: plan, isReusable: false)
      throw error
    }
  }
}

/// A run that goes from thread to thread: it takes one when it can go on, and leaves it to wait.
private final class DetachedRun: Sendable {
  typealias Outcome = Result<StepOutcome, StatusError>

  private let execution: StepExecution
  private let plan: RunnablePlan
  private let wakeup: StepWakeup
  // The outcome goes through the lock, the continuation only wakes: what a continuation hands over is
  // beyond the thread sanitizer's sight.
  private struct Ending {
    var continuation: CheckedContinuation<Void, Never>?
    var outcome: Outcome?
  }
  private let ending = Mutex(Ending())
  private let warning: WaitWarning?
  /// Rings when the run has waited for long.
  private let alarm = CancellationState()
  private let isAlarmSet = Atomic<Bool>(false)
  private let alarmEntry = Atomic<Int>(-1)
  private let isWarned = Atomic<Bool>(false)

  init(_ execution: StepExecution, of plan: RunnablePlan, warning: WaitWarning?) {
    self.execution = execution
    self.plan = plan
    self.warning = warning
    wakeup = execution.step.services.wakeup
  }

  func outcome() async -> Outcome {
    let cancellation = execution.step.cancellation
    // A cancelled step that waits has to wake up to end.
    let token = cancellation.onCancel { [wakeup] _ in wakeup.signal() }
    defer { cancellation.removeHandler(token) }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        ending.withLock { $0.continuation = continuation }
        schedule()
      }
    } onCancel: {
      cancellation.cancel(StatusError(.cancelled, "The task that ran the step was cancelled."))
    }
    return ending.withLock { $0.outcome.take() }
      ?? .failure(.internal("A run has ended without an outcome"))
  }

  private func schedule() {
    do throws(StatusError) {
      try ThreadCache.shared.run { [self] in advance() }
    } catch {
      finish(.failure(error))
    }
  }

  private func advance() {
    let seen = wakeup.count
    do throws(StatusError) {
      let outcome = try plan.timed { () throws(StatusError) in try execution.advance() }
      if let outcome {
        finish(.success(outcome))
      } else {
        warn()
        wakeup.notify(after: seen) { [self] in schedule() }
      }
    } catch {
      finish(.failure(error))
    }
  }

  /// The first wait sets the alarm, the first look after it has rung tells.
  private func warn() {
    guard let warning, !isWarned.load(ordering: .relaxed) else { return }
    if alarm.isCancelled {
      isWarned.store(true, ordering: .relaxed)
      warning.tell(execution.waits)
    } else if !isAlarmSet.exchange(true, ordering: .relaxed) {
      _ = alarm.onCancel { [wakeup] _ in wakeup.signal() }
      // Without the timer's thread there is no warning; the run itself is not concerned.
      alarmEntry.store(
        (try? DeadlineTimer.shared.add(.now + warning.limit, alarm)) ?? -1, ordering: .relaxed)
    }
  }

  private func finish(_ outcome: Outcome) {
    let entry = alarmEntry.load(ordering: .relaxed)
    if entry >= 0 { _ = DeadlineTimer.shared.remove(entry) }
    let waiting = ending.withLock { ending in
      ending.outcome = outcome
      return ending.continuation.take()
    }
    waiting?.resume()
  }
}
