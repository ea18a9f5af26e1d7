#if Distributed
  import LoomCore
  import Synchronization

  /// Ends of sessions that tasks have not heard of yet.
  ///
  /// A task that is stopped or cut off keeps what a session has there. Nobody else knows the session's handle,
  /// so the master tells the task once it is back.
  package final class Farewells: Sendable {
    /// Task -> handles.
    private let owed = Mutex<[String: [String]]>([:])

    /// How many a task is told at most: one that never comes back must not cost more and more memory.
    private static let limit = 1024

    package init() {}

    /// How many ends a task has not heard of.
    package func count(for task: String) -> Int { owed.withLock { $0[task]?.count ?? 0 } }

    /// Ends sessions on a worker; what it can't be told stays owed.
    package func say(to worker: any WorkerInterface, _ handles: [String]) async {
      var rest = handles[...]
      while let handle = rest.first {
        do throws(StatusError) {
          try await Limited.run(for: ClusterMembers.partingLimit) { () throws(StatusError) in
            try await worker.deleteSession(handle)
          }
        } catch {
          // Any other answer comes from a worker that has no such session.
          guard [.deadlineExceeded, .unavailable, .cancelled].contains(error.code) else {
            rest = rest.dropFirst()
            continue
          }
          let left = Array(rest)
          owed.withLock { owed in
            owed[worker.name] = Array(
              ((owed[worker.name] ?? []) + left).suffix(Farewells.limit))
          }
          return
        }
        rest = rest.dropFirst()
      }
    }

    /// Tells a worker that is back what it has missed, in the background.
    package func catchUp(with worker: any WorkerInterface) {
      let handles = owed.withLock { $0.removeValue(forKey: worker.name) }
      guard let handles else { return }
      _ = TransportExecutor.shared.start { [self] () throws(StatusError) in
        await say(to: worker, handles)
      }
    }
  }
#endif
