#if Distributed
  import LoomCore
  import LoomGraph
  import LoomRuntime
  import Synchronization

  /// Asks tasks for their devices and waits for those that are not there yet.
  struct DeviceDiscovery {
    let workers: [any WorkerInterface]
    let watch: TaskWatch
    let log: PlacementLog
    /// How long missing tasks are waited for.
    let limit: Duration

    /// How often those who wait are told.
    private static let progressInterval = Duration.seconds(5)
    private static let pause = Duration.milliseconds(200)
    /// How long one question may take: a task that is stopped may go on.
    private static let questionLimit = Duration.seconds(5)

    /// Whether a task that is there has said no, and would do so again.
    private static func isFinal(_ error: StatusError) -> Bool {
      [.unauthenticated, .permissionDenied, .unimplemented].contains(error.code)
    }

    /// - Returns: task name -> devices.
    /// - Throws: ``StatusError/Code/deadlineExceeded``, naming the tasks, if some do not answer; what one
    ///   says that does not let this server in.
    func devices() async throws(StatusError) -> [String: [DeviceAttributes]] {
      let start = ContinuousClock.now
      let found = Found(missing: workers.map(\.name))
      let end = start + limit
      let log = log
      let watch = watch
      let progress = Task(executorPreference: TransportExecutor.shared) {
        while true {
          try await Task.sleep(for: DeviceDiscovery.progressInterval)
          for name in found.missing {
            log.write(line: "CreateSession still waiting for response from worker: \(name)")
          }
        }
      }
      defer { progress.cancel() }
      await withTaskGroup(of: Void.self) { group in
        for worker in workers {
          group.addTask {
            while !Task.isCancelled, found.refusal == nil, ContinuousClock.now < end {
              let left = Swift.min(end - ContinuousClock.now, DeviceDiscovery.questionLimit)
              do throws(StatusError) {
                let devices = try await Limited.run(for: left) { () throws(StatusError) in
                  try await worker.status()
                }
                watch.joined(worker.name)
                watch.farewells.catchUp(with: worker)
                found.add(devices, of: worker.name)
                return
              } catch {
                if DeviceDiscovery.isFinal(error) {
                  found.refuse(error.said(by: worker.name))
                  return
                }
                // Whatever it is: the task may come up until the limit is over.
                found.note(error, of: worker.name)
                try? await Task.sleep(for: DeviceDiscovery.pause)
              }
            }
          }
        }
        await group.waitForAll()
      }
      if Task.isCancelled {
        throw StatusError(.cancelled, "The task of the call was cancelled.")
      }
      if let refusal = found.refusal { throw refusal }
      let absent = found.missing
      guard absent.isEmpty else {
        throw StatusError(
          .deadlineExceeded,
          "Expected an answer of all tasks within \(limit), got none of "
            + absent.map { "\($0) (\(found.reason(for: $0)))" }.joined(separator: ", "))
      }
      return found.devices
    }
  }

  /// The devices of the tasks that have answered so far.
  private final class Found: Sendable {
    private let names: [String]
    private let answers = Mutex<[String: [DeviceAttributes]]>([:])
    private let firstRefusal = Mutex<StatusError?>(nil)
    private let reasons = Mutex<[String: String]>([:])

    init(missing names: [String]) { self.names = names }

    func add(_ devices: [DeviceAttributes], of task: String) {
      answers.withLock { $0[task] = devices }
    }

    func refuse(_ error: StatusError) { firstRefusal.withLock { $0 = $0 ?? error } }

    func note(_ error: StatusError, of task: String) {
      reasons.withLock { $0[task] = error.reason }
    }

    /// What the last question to a task failed of.
    func reason(for task: String) -> String {
      reasons.withLock { $0[task] } ?? "it was not asked in time"
    }

    /// Why waiting for the others is of no use.
    var refusal: StatusError? { firstRefusal.withLock { $0 } }

    var devices: [String: [DeviceAttributes]] { answers.withLock { $0 } }

    var missing: [String] {
      let present = devices
      return names.filter { present[$0] == nil }
    }
  }
#endif
