#if Distributed
  import LoomCore
  import LoomGraph
  import LoomRuntime

  /// The tasks that a session runs on, as its master sees them.
  struct ClusterMembers: Sendable {
    /// The session's handle, which the workers know it by.
    let handle: String
    /// The master's own task.
    let own: String
    let workers: [String: any WorkerInterface]
    /// The devices of all tasks, those of the master's first.
    let devices: DeviceSet
    let watch: TaskWatch

    /// How long those are waited for who have nothing more to say.
    static let partingLimit = Duration.seconds(5)

    /// - Throws: ``StatusError/Code/internal`` if there is no such task.
    func worker(_ task: String) throws(StatusError) -> any WorkerInterface {
      guard let worker = workers[task] else {
        throw .internal("Task \(task) is not a member of the session")
      }
      return worker
    }

    /// Whether a task may be lost while others go on.
    func isRemote(_ task: String) -> Bool { task != own }

    /// Asks one task for something, as long as it is there.
    func ask<R: Sendable>(
      _ task: String,
      _ work: @escaping @Sendable (any WorkerInterface) async throws(StatusError) -> R
    ) async throws(StatusError) -> R {
      let worker = try worker(task)
      return try await watch.run(on: worker, isWatched: isRemote(task)) {
        () throws(StatusError) in try await work(worker)
      }
    }

    /// Asks tasks for something at the same time.
    ///
    /// - Returns: what they said, by task.
    /// - Throws: What one of them failed of; the others are given up then.
    func askAll<R: Sendable>(
      _ tasks: [String],
      _ work: @escaping @Sendable (String, any WorkerInterface) async throws(StatusError) -> R
    ) async throws(StatusError) -> [String: R] {
      let answers = await answers(of: tasks, givesUp: true, work)
      if let failure = answers.failure { throw failure }
      return answers.values
    }

    /// What tasks said that were asked for something at the same time.
    struct Answers<R: Sendable>: Sendable {
      /// By task.
      var values: [String: R] = [:]
      /// What the first of those failed of that did.
      var failure: StatusError?
    }

    /// Asks tasks for something at the same time.
    ///
    /// - Parameter givesUp: whether the others are given up when one fails.
    func answers<R: Sendable>(
      of tasks: [String], givesUp: Bool,
      _ work: @escaping @Sendable (String, any WorkerInterface) async throws(StatusError) -> R
    ) async -> Answers<R> {
      await withTaskGroup { group in
        for task in tasks {
          group.addTask { () -> (String, Result<R, StatusError>) in
            do throws(StatusError) {
              return (
                task,
                .success(
                  try await ask(task) { (worker) throws(StatusError) in
                    try await work(task, worker)
                  })
              )
            } catch {
              return (task, .failure(error))
            }
          }
        }
        var answers = Answers<R>()
        for await (task, result) in group {
          switch result {
          case .success(let value): answers.values[task] = value
          case .failure(let error):
            if answers.failure == nil {
              answers.failure = error.code == .cancelled ? error : error.said(by: task)
            }
            if givesUp { group.cancelAll() }
          }
        }
        return answers
      }
    }

    /// Tells remote tasks something whose answer nobody waits for, and the own one before this returns.
    func tell(
      _ tasks: [String],
      _ work: @escaping @Sendable (String, any WorkerInterface) async throws(StatusError) -> Void
    ) async {
      for task in tasks {
        guard let worker = workers[task] else { continue }
        if isRemote(task) {
          _ = TransportExecutor.shared.start { () throws(StatusError) in
            try await Limited.run(for: ClusterMembers.partingLimit) { () throws(StatusError) in
              try await work(task, worker)
            }
          }
        } else {
          // Who can't be told has nothing left to forget.
          try? await work(task, worker)
        }
      }
    }

    /// Ends the session on all workers. Those that can't be told now are told when they are back.
    func leave() async {
      await withTaskGroup { group in
        for worker in workers.values {
          group.addTask {
            // Nobody waits for a task that is known not to answer.
            let isLost = watch.isLost(worker.name)
            let farewell = TransportExecutor.shared.start { () throws(StatusError) in
              await watch.farewells.say(to: worker, [handle])
            }
            if !isLost { _ = await farewell.value }
          }
        }
      }
    }
  }

  extension StatusError {
    /// The error with the name of the task that had it, unless it says so already.
    func said(by task: String) -> StatusError {
      reason.hasPrefix("From /job:") ? self : prefixed("From \(task):\n")
    }
  }
#endif
