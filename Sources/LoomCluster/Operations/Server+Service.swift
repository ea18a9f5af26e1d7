#if Distributed
  public import ServiceLifecycle
  import Synchronization

  extension Server: Service {
    /// Serves until the service group shuts down, then drains; a cancelled task cancels what runs.
    public func run() async throws {
      try start()
      let draining = Mutex<Task<Void, Never>?>(nil)
      try await withTaskCancellationHandler {
        try await withGracefulShutdownHandler {
          try await join()
          // The server has ended before draining has: it still has to say so.
          await draining.withLock { $0 }?.value
        } onGracefulShutdown: {
          draining.withLock {
            $0 = Task(executorPreference: TransportExecutor.shared) { await self.drain() }
          }
        }
      } onCancel: {
        Task(executorPreference: TransportExecutor.shared) { await self.shutDown() }
      }
    }
  }
#endif
