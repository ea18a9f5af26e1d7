#if Distributed
  import LoomCore
  import LoomRuntime
  import Synchronization

  /// What a master knows of the other tasks' health, told once for each change.
  final class TaskWatch: Sendable {
    private enum Health {
      case present
      case lost
    }
    private let tasks = Mutex<[String: Health]>([:])
    private let log: PlacementLog
    /// What is left to be said to tasks that could not be reached.
    let farewells = Farewells()

    private let heartbeat = Heartbeat()

    init(_ log: PlacementLog) { self.log = log }

    func joined(_ task: String) {
      let isNew = tasks.withLock { tasks in
        defer { tasks[task] = .present }
        return tasks[task] != .present
      }
      if isNew { log.write(line: "Task \(task) has joined.") }
    }

    func lost(_ task: String, _ error: StatusError) {
      let isNew = tasks.withLock { tasks in
        defer { tasks[task] = .lost }
        return tasks[task] != .lost
      }
      if isNew { log.write(line: "Task \(task) is lost: \(error.reason)") }
    }

    /// Whether a task did not answer when it was last asked for something.
    func isLost(_ task: String) -> Bool { tasks.withLock { $0[task] == .lost } }

    /// Waits for what a worker was asked for, as long as the worker is there.
    ///
    /// - Parameter isWatched: whether the worker may be lost: not in this process.
    /// - Throws: What `work` throws; ``StatusError/Code/unavailable`` if the worker is lost.
    func run<R: Sendable>(
      on worker: any WorkerInterface, isWatched: Bool,
      _ work: @escaping @Sendable () async throws(StatusError) -> R
    ) async throws(StatusError) -> R {
      guard isWatched else { return try await work() }
      let outcome: Result<R, StatusError>? = await withTaskGroup { group in
        group.addTask { () -> Result<R, StatusError>? in
          do throws(StatusError) { return .success(try await work()) } catch {
            return .failure(error)
          }
        }
        group.addTask { await self.heartbeat.loss(of: worker).map { .failure($0) } }
        var outcome: Result<R, StatusError>?
        while outcome == nil, let next = await group.next() { outcome = next }
        group.cancelAll()
        return outcome
      }
      guard let outcome else {
        throw StatusError(.cancelled, "The task of the call was cancelled.")
      }
      switch outcome {
      case .success: if isLost(worker.name) { joined(worker.name) }
      case .failure(let error): if error.code == .unavailable { lost(worker.name, error) }
      }
      return try outcome.get()
    }
  }
#endif
