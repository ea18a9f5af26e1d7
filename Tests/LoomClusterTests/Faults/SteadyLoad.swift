#if Distributed
  import Synchronization
  import Weirloom

  /// A session that counts on a worker, step after step, and must not notice anything.
  final class SteadyLoad: Sendable {
    private struct State {
      var steps = 0
      var failure: String?
    }
    private let state = Mutex(State())
    private let task: Mutex<Task<Void, Never>?>

    /// Begins to count.
    init(_ session: Session, _ increment: Output<Float>) {
      task = Mutex(nil)
      let work = Task { [weak self] in
        while !Task.isCancelled {
          do {
            let count = try await session.run(increment).scalar
            guard let self else { return }
            let isRight = state.withLock { state in
              state.steps += 1
              return count == Float(state.steps)
            }
            if !isRight { fail("expected \(steps), got \(count ?? 0)") }
            // So that what is measured is not the load.
            try await Task.sleep(for: .milliseconds(10))
          } catch {
            guard !Task.isCancelled else { return }
            self?.fail("\(error)")
            return
          }
        }
      }
      task.withLock { $0 = work }
    }

    private func fail(_ text: String) { state.withLock { $0.failure = $0.failure ?? text } }

    /// How many steps have ended.
    var steps: Int { state.withLock { $0.steps } }

    /// What went wrong first.
    var failure: String? { state.withLock { $0.failure } }

    /// Ends the load and waits for its last step.
    func stop() async {
      let running = task.withLock { $0 }
      running?.cancel()
      await running?.value
    }
  }
#endif
