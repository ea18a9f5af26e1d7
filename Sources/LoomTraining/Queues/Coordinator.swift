public import LoomCore
import Synchronization

/// Lets several tasks that work together end together: when one of them is done or fails, all are asked
/// to stop, and whoever waits for them hears of the first failure.
///
/// Waiting suspends a task and holds no thread. Thread-safe.
public final class Coordinator: Sendable {
  struct State {
    var isStopping = false
    var error: StatusError?
    /// The tasks that have not ended, by number.
    var live: [Int: String] = [:]
    var next = 0
    var waiters: [Int: Waiter] = [:]
  }

  struct Waiter {
    let isDue: @Sendable (borrowing State) -> Bool
    let continuation: CheckedContinuation<Bool, Never>
  }

  private let state = Mutex(State())
  private let cleanStops: Set<StatusError.Code>

  /// - Parameter cleanStops: Errors that mean the end of the work, not a failure.
  public init(cleanStops: Set<StatusError.Code> = [.outOfRange]) { self.cleanStops = cleanStops }

  // MARK: Stopping

  /// Asks all tasks to stop.
  ///
  /// - Parameter error: Why. The first one is what ``join(gracePeriod:ignoringLiveTasks:)`` throws,
  ///   unless it is a clean stop; later ones are dropped.
  public func requestStop(because error: (any Error)? = nil) {
    change { state in
      if !state.isStopping, let error {
        let status = StatusError.wrapping(error)
        if !cleanStops.contains(status.code) { state.error = status }
      }
      state.isStopping = true
    }
  }

  /// Whether tasks are asked to stop.
  public var shouldStop: Bool { state.withLock { $0.isStopping } }

  /// Takes the request to stop back; what failed is forgotten.
  public func clearStop() {
    change { state in
      state.isStopping = false
      state.error = nil
    }
  }

  /// Runs `body`; if it throws, all tasks are asked to stop because of that.
  public func stopOnError(_ body: () async throws -> Void) async {
    do { try await body() } catch { requestStop(because: error) }
  }

  /// Throws why the tasks were asked to stop, if it was a failure.
  public func throwRequestedError() throws(StatusError) {
    if let error = state.withLock({ $0.error }) { throw error }
  }

  // MARK: Tasks

  /// Starts a task that ``join(gracePeriod:ignoringLiveTasks:)`` waits for. If it throws, all are asked
  /// to stop.
  @discardableResult
  public func start(
    named name: String, _ body: @escaping @Sendable () async throws -> Void
  ) -> Task<Void, Never> {
    let number = register(name)
    return Task {
      await stopOnError(body)
      self.end(number)
    }
  }

  /// The names of the tasks that have not ended.
  public var liveTasks: [String] { state.withLock { $0.live.values.sorted() } }

  private func register(_ name: String) -> Int {
    state.withLock { state in
      state.next += 1
      state.live[state.next] = name
      return state.next
    }
  }

  private func end(_ number: Int) { change { $0.live[number] = nil } }

  // MARK: Waiting

  /// Waits until tasks are asked to stop, or the calling task is cancelled.
  public func waitForStop() async { _ = await wait { $0.isStopping } }

  /// Waits until tasks are asked to stop, `limit` at most.
  ///
  /// - Returns: whether they are.
  public func waitForStop(atMost limit: Duration) async -> Bool {
    await withLimit(limit) { await self.waitForStop() }
    return shouldStop
  }

  /// Waits until all tasks have ended. Once a stop is requested, they have `gracePeriod` for that.
  ///
  /// - Throws: The first failure; ``StatusError/Code/failedPrecondition`` if tasks still run after the
  ///   grace period, unless those are ignored; ``StatusError/Code/cancelled`` if the caller is.
  public func join(
    gracePeriod: Duration = .seconds(120), ignoringLiveTasks: Bool = false
  ) async throws(StatusError) {
    _ = await wait { $0.isStopping || $0.live.isEmpty }
    if !liveTasks.isEmpty {
      await withLimit(gracePeriod) { _ = await self.wait { $0.live.isEmpty } }
    }
    guard !Task.isCancelled else {
      throw StatusError(.cancelled, "The task that joined a coordinator was cancelled.")
    }
    let live = liveTasks
    try throwRequestedError()
    guard live.isEmpty || ignoringLiveTasks else {
      throw .failedPrecondition(
        "Coordinator stopped with threads still running: \(live.joined(separator: " "))")
    }
  }

  /// Changes the state and wakes those whose condition holds then.
  private func change(_ body: (inout State) -> Void) {
    let due = state.withLock { state -> [Waiter] in
      body(&state)
      let due = state.waiters.filter { $0.value.isDue(state) }
      for number in due.keys { state.waiters[number] = nil }
      return Array(due.values)
    }
    for waiter in due { waiter.continuation.resume(returning: true) }
  }

  /// - Returns: whether the condition holds; if not, the task was cancelled.
  private func wait(until isDue: @escaping @Sendable (borrowing State) -> Bool) async -> Bool {
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let result = state.withLock { state -> Bool? in
          if isDue(state) { return true }
          if Task.isCancelled { return false }
          state.waiters[number] = Waiter(isDue: isDue, continuation: continuation)
          return nil
        }
        if let result { continuation.resume(returning: result) }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
      waiter?.continuation.resume(returning: false)
    }
  }

  /// Cancels `body` after some time.
  private func withLimit(_ limit: Duration, _ body: @escaping @Sendable () async -> Void) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await body() }
      group.addTask { try? await Task.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }
}
