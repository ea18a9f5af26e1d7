/// State behind a lock, for threads that sleep until it has changed.
///
/// `@unchecked Sendable` holds because `state` is read and written under `monitor` only.
package final class Waitable<State: Sendable>: @unchecked Sendable {
  private var state: State
  private let monitor = Monitor()

  package init(_ state: State) { self.state = state }

  package func withLock<R: Sendable, E: Error>(
    _ body: (inout State) throws(E) -> R
  ) throws(E) -> R {
    monitor.lock()
    defer { monitor.unlock() }
    return try body(&state)
  }

  /// Changes the state and wakes everyone who waits.
  package func change<R: Sendable, E: Error>(
    _ body: (inout State) throws(E) -> R
  ) throws(E) -> R {
    monitor.lock()
    defer {
      monitor.broadcast(.work)
      monitor.unlock()
    }
    return try body(&state)
  }

  /// Sleeps until `body` gives a value; it is asked at once and after every change.
  package func wait<R: Sendable, E: Error>(
    until body: (inout State) throws(E) -> R?
  ) throws(E) -> R {
    monitor.lock()
    defer { monitor.unlock() }
    while true {
      if let result = try body(&state) { return result }
      monitor.wait(for: .work)
    }
  }

  /// Sleeps until `body` gives a value, or as long as `limit`, which it is asked for before each sleep,
  /// says; `nil` has no limit. Asked again when the time is up.
  package func wait<R: Sendable>(
    atMost limit: (State) -> Duration?, until body: (inout State) -> R?
  ) -> R {
    monitor.lock()
    defer { monitor.unlock() }
    while true {
      if let result = body(&state) { return result }
      if let limit = limit(state) {
        monitor.wait(for: .work, atMost: limit)
      } else {
        monitor.wait(for: .work)
      }
    }
  }
}
