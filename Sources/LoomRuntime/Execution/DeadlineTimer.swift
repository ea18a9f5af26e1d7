import LoomCore
import LoomKernels
import Synchronization

/// Cancels steps whose time is up. One thread serves the process; it starts with the first deadline.
final class DeadlineTimer: Sendable {
  static let shared = DeadlineTimer()

  private struct State {
    var entries: [Int: (deadline: ContinuousClock.Instant, cancellation: CancellationState)] = [:]
    var nextID = 0
    var task: Task<Void, Never>?
  }
  private let state = Mutex(State())

  /// Cancels `cancellation` at `deadline` unless the entry is removed before.
  func add(_ deadline: ContinuousClock.Instant, _ cancellation: CancellationState) -> Int {
    state.withLock { state in
      state.nextID += 1
      state.entries[state.nextID] = (deadline, cancellation)
      state.task?.cancel()
      state.task = Task.detached { [self] in await wait() }
      return state.nextID
    }
  }

  func remove(_ id: Int) {
    state.withLock { state in
      state.entries[id] = nil
      if state.entries.isEmpty {
        state.task?.cancel()
        state.task = nil
      }
    }
  }

  private func wait() async {
    while !Task.isCancelled {
      guard let next = state.withLock({ $0.entries.values.map(\.deadline).min() }) else { return }
      // Only cancellation ends the sleep early; the loop's condition sees that.
      try? await Task.sleep(until: next, clock: .continuous)
      let now = ContinuousClock.now
      let due = state.withLock { state -> [CancellationState] in
        let ids = state.entries.filter { $0.value.deadline <= now }.keys
        return ids.compactMap { state.entries.removeValue(forKey: $0)?.cancellation }
      }
      for cancellation in due {
        cancellation.cancel(
          StatusError(.deadlineExceeded, "Timed out waiting for notification"))
      }
    }
  }
}
