package import LoomCore

/// Cancels steps whose time is up. One thread serves the process while there are deadlines, and for a
/// moment after.
package final class DeadlineTimer: Sendable {
  package static let shared = DeadlineTimer()

  private struct State {
    var entries: [Int: (deadline: ContinuousClock.Instant, cancellation: CancellationState)] = [:]
    var nextID = 0
    var isServed = false
  }
  private let state = Monitor(State())

  /// How long the thread waits for another deadline before it ends.
  private static let idleTime = Duration.seconds(2)

  /// Cancels `cancellation` at `deadline` unless the entry is removed before.
  ///
  /// - Throws: ``StatusError/Code/resourceExhausted`` if the system refuses a thread.
  package func add(
    _ deadline: ContinuousClock.Instant, _ cancellation: CancellationState
  ) throws(StatusError) -> Int {
    let (id, isServed) = state.withLock { pending -> (Int, Bool) in
      pending.nextID += 1
      pending.entries[pending.nextID] = (deadline, cancellation)
      defer { pending.isServed = true }
      state.wake(waitingFor: .work)
      return (pending.nextID, pending.isServed)
    }
    if !isServed {
      do throws(StatusError) { try SystemThread.start { [self] in serve() } } catch {
        state.withLock { $0.isServed = false }
        throw error
      }
    }
    return id
  }

  /// - Returns: whether the deadline was still to come; if not, the step is cancelled or about to be.
  package func remove(_ id: Int) -> Bool {
    state.withLock { $0.entries.removeValue(forKey: id) != nil }
  }

  private enum Event: Sendable {
    case due([CancellationState])
    case idle
  }

  private func serve() {
    while true {
      let idleEnd = ContinuousClock.now + DeadlineTimer.idleTime
      let event = state.wait(
        for: .work,
        atMost: { state in
          ContinuousClock.now.duration(to: state.entries.values.map(\.deadline).min() ?? idleEnd)
        },
        until: { state -> Event? in
          let now = ContinuousClock.now
          let due = state.entries.filter { $0.value.deadline <= now }
          if !due.isEmpty {
            for id in due.keys { state.entries[id] = nil }
            return .due(due.values.map(\.cancellation))
          }
          guard state.entries.isEmpty, now >= idleEnd else { return nil }
          state.isServed = false
          return .idle
        })
      guard case .due(let cancellations) = event else { return }
      for cancellation in cancellations {
        cancellation.cancel(
          StatusError(.deadlineExceeded, "Timed out waiting for notification"))
      }
    }
  }
}
