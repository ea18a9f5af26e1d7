#if Distributed
  package import LoomCore
  import NIOCore
  package import NIOPosix

  /// Threads on which calls are made and answered: those that serve the connections.
  ///
  /// Work stays on the thread that it is handed over by, if that is one of these. So a call is read,
  /// answered and written by its connection's thread, without waking another. They are not the cooperative
  /// threads, which may all be inside of blocking runs that wait for just these calls.
  ///
  /// Nothing may block these threads; work that takes its time goes elsewhere.
  package final class TransportExecutor: TaskExecutor {
    package static let shared = TransportExecutor()

    /// The loops, for the transports: of their own, so that no other user of NIO in this process blocks
    /// them.
    package let loops = MultiThreadedEventLoopGroup(
      numberOfThreads: max(TransportExecutor.fewestLoops, System.coreCount))
    /// While a loop writes a message of a gigabyte, another has to tell that the task is alive.
    private static let fewestLoops = 4
    private let members: Set<ObjectIdentifier>

    private init() {
      members = Set(loops.makeIterator().map { ObjectIdentifier($0) })
    }

    /// The loop whose thread this is, if it is one of these.
    private var current: (any EventLoop)? {
      guard let loop = MultiThreadedEventLoopGroup.currentEventLoop,
        members.contains(ObjectIdentifier(loop))
      else { return nil }
      return loop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
      let job = UnownedJob(job)
      // Each job is handed over once, and run once.
      (current ?? loops.next()).execute {
        unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
      }
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

    /// Runs asynchronous work on these threads while the calling one, which is none of them, sleeps.
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
#endif
