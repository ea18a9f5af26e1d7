#if Distributed
  import LoomCore
  import Synchronization

  /// The calls that a server has to finish before it may end.
  final class RunningCalls: Sendable {
    private struct State {
      var count = 0
      var isDraining = false
      var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
      var nextWaiter = 0
    }
    private let state = Mutex(State())
    private let changed: @Sendable (Int) -> Void

    /// - Parameter changed: is told how many there are.
    init(changed: @escaping @Sendable (Int) -> Void) { self.changed = changed }

    var count: Int { state.withLock { $0.count } }

    /// Begins work.
    ///
    /// - Throws: ``StatusError/Code/unavailable``, with which clients try elsewhere or later, once the server
    ///   is about to end.
    func enter() throws(StatusError) {
      let count: Int? = state.withLock { state in
        guard !state.isDraining else { return nil }
        state.count += 1
        return state.count
      }
      guard let count else { throw .serverIsEnding }
      changed(count)
    }

    func leave() {
      let (count, waiting) = state.withLock { state in
        state.count -= 1
        guard state.count == 0 else {
          return (state.count, [CheckedContinuation<Void, Never>]())
        }
        defer { state.waiting = [:] }
        return (0, Array(state.waiting.values))
      }
      changed(count)
      for continuation in waiting { continuation.resume() }
    }

    /// Takes no further work.
    func drain() { state.withLock { $0.isDraining = true } }

    /// Waits until nothing is under way.
    ///
    /// - Returns: whether that came about in time.
    func finish(within limit: Duration) async -> Bool {
      await withTaskGroup(of: Bool.self) { group in
        group.addTask {
          await self.finish()
          return true
        }
        group.addTask {
          // Cancelled when all is done before.
          try? await Task.sleep(for: limit)
          return false
        }
        let isDone = await group.next() ?? true
        group.cancelAll()
        return isDone
      }
    }

    private func finish() async {
      let id = state.withLock { state in
        state.nextWaiter += 1
        return state.nextWaiter
      }
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isDone = state.withLock { state in
            // The time may be over before the wait begins.
            guard state.count > 0, !Task.isCancelled else { return true }
            state.waiting[id] = continuation
            return false
          }
          if isDone { continuation.resume() }
        }
      } onCancel: {
        state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
      }
    }
  }

  extension StatusError {
    /// What sends clients elsewhere, or has them try again later.
    static let serverIsEnding = StatusError(
      .unavailable, "The server is shutting down and takes no new work.")
  }
#endif
