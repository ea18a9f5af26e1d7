#if Distributed
  import Dispatch
  package import LoomCore
  import Synchronization

  /// Threads on which calls are made and answered.
  ///
  /// They are not the cooperative ones, which may all be inside of blocking runs that wait for just these
  /// calls.
  package final class TransportExecutor: TaskExecutor {
    package static let shared = TransportExecutor()

    private let queue = DispatchQueue(label: "weirloom.transport", attributes: .concurrent)

    package func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      // Each job is handed over once, and run once.
      queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Starts asynchronous work on these threads.
    package func start<R: Sendable>(
      _ work: @escaping @Sendable () async throws(StatusError) -> R
    ) -> Task<Result<R, StatusError>, Never> {
      Task(executorPreference: self) {
        do throws(StatusError) { return .success(try await work()) } catch {
          return .failure(error)
        }
      }
    }

    /// Runs asynchronous work on these threads; cancelling the caller's task cancels it.
    package func run<R: Sendable>(
      _ work: @escaping @Sendable () async throws(StatusError) -> R
    ) async throws(StatusError) -> R {
      let task = start(work)
      return try await withTaskCancellationHandler {
        await task.value
      } onCancel: {
        task.cancel()
      }.get()
    }

    /// Runs asynchronous work on these threads while the calling one sleeps.
    package func wait<R: Sendable>(
      for work: @escaping @Sendable () async throws(StatusError) -> R
    ) throws(StatusError) -> R {
      let outcome = Outcome<R>()
      _ = Task(executorPreference: self) {
        do throws(StatusError) { outcome.set(.success(try await work())) } catch {
          outcome.set(.failure(error))
        }
      }
      return try outcome.wait().get()
    }
  }

  /// A result that one thread sleeps for.
  private final class Outcome<R: Sendable>: Sendable {
    private let result = Mutex<Result<R, StatusError>?>(nil)
    private let isThere = DispatchSemaphore(value: 0)

    func set(_ value: Result<R, StatusError>) {
      result.withLock { $0 = value }
      isThere.signal()
    }

    func wait() -> Result<R, StatusError> {
      isThere.wait()
      // The semaphore is signalled after the result is there, once.
      return result.withLock { $0 } ?? .failure(.internal("A call ended without a result"))
    }
  }
#endif
