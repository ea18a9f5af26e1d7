#if Distributed
  import LoomCore
  import Synchronization

  /// Asks workers again and again whether they are there, while somebody waits for something of theirs.
  ///
  /// One question serves all who wait for a worker at the time.
  final class Heartbeat: Sendable {
    private typealias Waiter = CheckedContinuation<StatusError?, Never>

    private struct State {
      /// Those who wait, by worker. A worker that is being asked has an entry.
      var waiters: [ObjectIdentifier: [Int: Waiter]] = [:]
      var nextWaiter = 0
    }
    private let state = Mutex(State())

    /// How long a worker may keep silent, and how often it is asked. Together they stay below three seconds.
    private static let silence = Duration.seconds(2)
    private static let interval = Duration.milliseconds(500)

    /// Waits until a worker is lost.
    ///
    /// - Returns: why it is thought to be lost; `nil` if the calling task was cancelled before.
    func loss(of worker: any WorkerInterface) async -> StatusError? {
      let key = ObjectIdentifier(worker)
      let number = state.withLock { state in
        state.nextWaiter += 1
        return state.nextWaiter
      }
      return await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          enum Way { case asked, first, cancelled }
          let way = state.withLock { state -> Way in
            // The wait may be over before it begins.
            guard !Task.isCancelled else { return .cancelled }
            let isAsked = state.waiters[key] != nil
            state.waiters[key, default: [:]][number] = continuation
            return isAsked ? .asked : .first
          }
          switch way {
          case .asked: break
          case .first: ask(worker)
          case .cancelled: continuation.resume(returning: nil)
          }
        }
      } onCancel: {
        state.withLock { $0.waiters[key]?.removeValue(forKey: number) }?.resume(returning: nil)
      }
    }

    /// Asks a worker until nobody waits for it any more or it does not answer.
    private func ask(_ worker: any WorkerInterface) {
      let key = ObjectIdentifier(worker)
      _ = TransportExecutor.shared.start { [self] () throws(StatusError) in
        while true {
          // Nobody cancels this task.
          try? await Task.sleep(for: Heartbeat.interval)
          let isDone = state.withLock { state in
            guard state.waiters[key]?.isEmpty ?? true else { return false }
            state.waiters[key] = nil
            return true
          }
          if isDone { return }
          do throws(StatusError) {
            _ = try await Limited.run(for: Heartbeat.silence) { () throws(StatusError) in
              try await worker.status()
            }
          } catch {
            let reason =
              error.code == .deadlineExceeded
              ? "no answer within \(Heartbeat.silence)" : error.reason
            let loss = StatusError(.unavailable, "Task \(worker.name) is lost: \(reason)")
            let waiters = state.withLock { $0.waiters.removeValue(forKey: key) }
            for waiter in (waiters ?? [:]).values { waiter.resume(returning: loss) }
            return
          }
        }
      }
    }
  }
#endif
