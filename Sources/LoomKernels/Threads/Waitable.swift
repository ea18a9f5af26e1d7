/// State behind a lock, for threads that sleep until it has changed.
package final class Waitable<State: Sendable>: Sendable {
  private let monitor: Monitor<State>

  package init(_ state: State) { monitor = Monitor(state) }

  package func withLock<R: Sendable, E: Error>(
    _ body: (inout State) throws(E) -> R
  ) throws(E) -> R {
    try monitor.withLock(body)
  }

  /// Changes the state and wakes everyone who waits.
  package func change<R: Sendable, E: Error>(
    _ body: (inout State) throws(E) -> R
  ) throws(E) -> R {
    try monitor.withLock { (state) throws(E) in
      defer { monitor.wakeAll(waitingFor: .work) }
      return try body(&state)
    }
  }

  /// Sleeps until `body` gives a value; it is asked at once and after every change.
  package func wait<R: Sendable, E: Error>(
    until body: (inout State) throws(E) -> R?
  ) throws(E) -> R {
    try monitor.wait(for: .work, until: body)
  }

  /// Sleeps until `body` gives a value, or as long as `limit`, which it is asked for before each sleep,
  /// says; `nil` has no limit. Asked again when the time is up.
  package func wait<R: Sendable>(
    atMost limit: (State) -> Duration?, until body: (inout State) -> R?
  ) -> R {
    monitor.wait(for: .work, atMost: limit, until: body)
  }
}
