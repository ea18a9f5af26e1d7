#if Distributed
  import LoomCore
  import Synchronization

  /// Ids of the latest requests, so that one that arrives again is found out.
  ///
  /// TensorFlow's clients send a random id with what must not happen twice; 0 means that none was chosen.
  final class RecentRequests: Sendable {
    private struct State {
      var known: Set<Int64> = []
      /// The ids in the order they came; the oldest is at `next` once all places are taken.
      var order: [Int64] = []
      var next = 0
    }
    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int = 100_000) { self.capacity = Swift.max(capacity, 1) }

    /// Remembers the id of a request.
    ///
    /// - Throws: ``StatusError/Code/aborted`` if it was seen before.
    func admit(_ id: Int64, _ request: String) throws(StatusError) {
      guard id != 0 else { return }
      let isNew = state.withLock { state in
        guard state.known.insert(id).inserted else { return false }
        if state.order.count < capacity {
          state.order.append(id)
        } else {
          state.known.remove(state.order[state.next])
          state.order[state.next] = id
          state.next = (state.next + 1) % capacity
        }
        return true
      }
      guard isNew else {
        throw StatusError(
          .aborted, "The same \(request) request was received twice: request id \(id).")
      }
    }
  }
#endif
