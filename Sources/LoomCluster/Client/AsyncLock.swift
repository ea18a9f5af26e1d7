#if Distributed
  import LoomCore
  import Synchronization

  /// Mutual exclusion for asynchronous work; those who wait take turns.
  final class AsyncLock: Sendable {
    private struct State {
      var isTaken = false
      var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Mutex(State())

    /// Runs `body` while nobody else does.
    func withLock<R: Sendable>(
      _ body: () async throws(StatusError) -> R
    ) async throws(StatusError) -> R {
      await acquire()
      defer { release() }
      return try await body()
    }

    private func acquire() async {
      await withCheckedContinuation { continuation in
        let isFree = state.withLock { state in
          guard state.isTaken else {
            state.isTaken = true
            return true
          }
          state.waiting.append(continuation)
          return false
        }
        if isFree { continuation.resume() }
      }
    }

    /// Hands over to the first who waits.
    private func release() {
      let next: CheckedContinuation<Void, Never>? = state.withLock { state in
        guard !state.waiting.isEmpty else {
          state.isTaken = false
          return nil
        }
        return state.waiting.removeFirst()
      }
      next?.resume()
    }
  }
#endif
