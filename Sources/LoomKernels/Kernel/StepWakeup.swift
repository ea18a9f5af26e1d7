import LoomCore
import Synchronization

/// Wakes a step that waits: counts signals, so that none is lost between a look and a wait.
public final class StepWakeup: Sendable {
  private struct State {
    var count = 0
    var sleepers = 0
    /// Called at the next signal.
    var handler: (@Sendable () -> Void)?
  }
  private let state = Monitor(State())

  public init() {}

  /// How often ``signal()`` was called. Read it before looking for progress, and wait after it.
  public var count: Int { state.withLock { $0.count } }

  /// Something that the step may be waiting for has happened. Cheap; any thread may call it.
  public func signal() {
    let handler = state.withLock { state -> (@Sendable () -> Void)? in
      state.count &+= 1
      if state.sleepers > 0 { self.state.wakeAll(waitingFor: .work) }
      return state.handler.take()
    }
    handler?()
  }

  /// Sleeps until there are more than `seen` signals or the step is cancelled.
  public func wait(after seen: Int, cancellation: CancellationState) {
    let token = cancellation.onCancel { [weak self] _ in self?.signal() }
    defer { cancellation.removeHandler(token) }
    sleep(after: seen, for: nil)
  }

  /// Sleeps until there are more than `seen` signals or `limit` has passed.
  ///
  /// - Returns: whether there was a signal.
  @discardableResult
  package func sleep(after seen: Int, for limit: Duration?) -> Bool {
    state.withLock { $0.sleepers += 1 }
    defer { state.withLock { $0.sleepers -= 1 } }
    guard let limit else {
      return state.wait(for: .work) { $0.count != seen ? true : nil }
    }
    let end = ContinuousClock.now + limit
    return state.wait(
      for: .work, atMost: { _ in ContinuousClock.now.duration(to: end) },
      until: { state -> Bool? in
        if state.count != seen { return true }
        return ContinuousClock.now >= end ? false : nil
      })
  }

  /// Calls `handler` once when there are more than `seen` signals, at once if there are already. It
  /// takes the place of a handler that was not called yet.
  package func notify(after seen: Int, _ handler: @escaping @Sendable () -> Void) {
    let isDue = state.withLock { state -> Bool in
      if state.count != seen { return true }
      state.handler = handler
      return false
    }
    if isDue { handler() }
  }
}

/// A value that is set once.
final class ResultBox: Sendable {
  private let box = Mutex<Result<[AnyTensor], StatusError>?>(nil)

  var value: Result<[AnyTensor], StatusError>? { box.withLock { $0 } }

  /// - Returns: whether this was the first value.
  func set(_ result: Result<[AnyTensor], StatusError>) -> Bool {
    box.withLock { box in
      guard box == nil else { return false }
      box = result
      return true
    }
  }
}
