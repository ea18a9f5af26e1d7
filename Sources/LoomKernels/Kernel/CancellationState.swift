public import LoomCore
import Synchronization

/// Whether a step is to end, and why. Polled by the executor between nodes and by long kernels.
public final class CancellationState: Sendable {
  private let flag = Atomic<Bool>(false)
  private struct State {
    var reason: StatusError?
    var handlers: [Int: @Sendable (StatusError) -> Void] = [:]
    var nextID = 0
  }
  private let state = Mutex(State())

  public init() {}

  public var isCancelled: Bool { flag.load(ordering: .relaxed) }

  /// Ends the step; the first reason counts. Handlers run on the calling thread.
  public func cancel(_ reason: StatusError) {
    let handlers = state.withLock { state -> [@Sendable (StatusError) -> Void] in
      guard state.reason == nil else { return [] }
      state.reason = reason
      flag.store(true, ordering: .releasing)
      defer { state.handlers.removeAll() }
      return Array(state.handlers.values)
    }
    for handler in handlers { handler(reason) }
  }

  public var reason: StatusError? { state.withLock { $0.reason } }

  /// Calls `handler` once when the step is cancelled, at once if it is already.
  ///
  /// - Returns: a token for ``removeHandler(_:)``; `nil` if the handler ran already.
  public func onCancel(_ handler: @escaping @Sendable (StatusError) -> Void) -> Int? {
    let outcome = state.withLock { state -> (Int?, StatusError?) in
      if let reason = state.reason { return (nil, reason) }
      state.nextID += 1
      state.handlers[state.nextID] = handler
      return (state.nextID, nil)
    }
    if let reason = outcome.1 { handler(reason) }
    return outcome.0
  }

  public func removeHandler(_ token: Int?) {
    guard let token else { return }
    state.withLock { _ = $0.handlers.removeValue(forKey: token) }
  }

  /// - Throws: the reason, once the step is cancelled.
  @inlinable public func check() throws(StatusError) {
    if isCancelled { throw reason ?? StatusError(.cancelled, "The step was cancelled.") }
  }
}
