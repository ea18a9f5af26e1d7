#if Distributed
  package import LoomCore
  package import LoomGraph
  import LoomKernels
  package import LoomRuntime
  import Synchronization

  /// The sessions of a server.
  ///
  /// They share the server's variables, queues and tables, unless they asked for state of their own.
  package final class Master: Sendable {
    let host: EngineHost
    let role: ServerRole
    /// This server as a worker.
    let worker: LocalWorker
    /// The other tasks of the server's cluster.
    let peers: PeerWorkers
    let watch: TaskWatch
    /// How long tasks are waited for that are not there.
    let discoveryLimit: Duration
    private let registry: OpRegistry
    /// The server's settings, which decide about its devices and threads.
    private let configuration: SessionConfiguration
    private let origin: String
    private let defaultContainer: String
    private let sessions = Mutex<[String: MasterSession]>([:])
    private let requests = RecentRequests()
    let log: PlacementLog

    /// - Parameters:
    ///   - role: The task that the server is, and the cluster of the others.
    ///   - registry: The ops that graphs may use.
    package init(
      _ worker: LocalWorker, role: ServerRole, registry: OpRegistry,
      configuration: SessionConfiguration, log: PlacementLog = .standardError,
      discoveryLimit: Duration = .seconds(60)
    ) {
      self.worker = worker
      host = worker.host
      self.role = role
      self.registry = registry
      self.configuration = configuration
      self.log = log
      self.discoveryLimit = discoveryLimit
      peers = PeerWorkers(role.cluster, credentials: worker.peerCredentials)
      watch = TaskWatch(log)
      origin = "From \(worker.name):\n"
      defaultContainer = host.resources.defaultContainer
    }

    package var devices: [DeviceAttributes] { host.devices.all }

    // MARK: Sessions

    /// How many sessions are open.
    package var sessionCount: Int { sessions.withLock { $0.count } }

    /// Bytes of tensors that the open sessions hold.
    package var liveTensorBytes: Int {
      sessions.withLock { $0.values.reduce(0) { $0 + $1.engine.budget.liveBytes } }
    }

    /// Makes a session of a graph, which may be empty.
    ///
    /// - Parameter target: How the client calls this server.
    /// - Returns: the session's handle.
    /// - Throws: What importing the graph throws; ``StatusError/Code/invalidArgument`` for nodes that ask
    ///   for a device that is not there; ``StatusError/Code/deadlineExceeded`` if tasks are missing.
    func createSession(
      _ definition: GraphDefinition, _ requested: SessionConfiguration, target: String
    ) async throws(StatusError) -> String {
      let registry = registry
      let graph = try await Detached.run(cancelling: CancellationState()) {
        () throws(StatusError) in
        let graph = Graph(registry: registry, evaluator: ConstantFolder())
        try graph.append(definition)
        return graph
      }.get()
      var configuration = requested
      configuration.deviceCount = self.configuration.deviceCount
      configuration.intraOpParallelismThreads = self.configuration.intraOpParallelismThreads
      configuration.interOpParallelismThreads = self.configuration.interOpParallelismThreads
      configuration.usesPerSessionThreads = false
      configuration.interOpThreadPools = []
      configuration.memoryLimitBytes = self.configuration.memoryLimitBytes
      let handle = Master.makeHandle()
      let engine: any MasterEngine
      if let members = try await members(of: handle, configuration, target: target) {
        engine = ClusterEngine(
          graph: graph, configuration: configuration, members: members, log: log)
      } else {
        let resources =
          configuration.isolatesSessionState
          ? ResourceManager(defaultContainer: defaultContainer) : host.resources
        engine = try DirectEngine(
          graph: graph, configuration: configuration, log: log,
          host: host.with(resources: resources))
      }
      do throws(StatusError) {
        // Placing a large graph takes its time.
        _ = try await Detached.run(cancelling: CancellationState()) {
          () throws(StatusError) -> Int in
          try engine.extendIfNeeded()
          return graph.operationCount
        }.get()
      } catch {
        engine.abandon()
        throw error
      }
      if Task.isCancelled {
        // A client that is gone never learns of the handle, so nobody would close the session.
        engine.abandon()
        throw StatusError(.cancelled, "The call was cancelled.")
      }
      let session = MasterSession(handle: handle, graph: graph, engine: engine, origin: origin)
      sessions.withLock { $0[handle] = session }
      return handle
    }

    /// 64 random bits, as TensorFlow's: nobody is handed the same twice.
    private static func makeHandle() -> String {
      let digits = String(UInt64.random(in: 1...UInt64.max), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// - Throws: ``StatusError/Code/aborted`` if there is no such session.
    func session(_ handle: String) throws(StatusError) -> MasterSession {
      guard let session = sessions.withLock({ $0[handle] }) else {
        throw Master.unknownSession(handle)
      }
      return session
    }

    func admit(_ id: Int64, _ request: String) throws(StatusError) {
      try requests.admit(id, request)
    }

    /// - Throws: ``StatusError/Code/aborted`` if there is no such session.
    func closeSession(_ handle: String) async throws(StatusError) {
      guard let session = sessions.withLock({ $0.removeValue(forKey: handle) }) else {
        throw Master.lostSession(handle)
      }
      await session.close()
    }

    /// Closes all sessions, and clears the containers on all tasks; the default containers if none is
    /// named.
    ///
    /// - Parameter filters: Partial device names of the tasks that are meant; none mean all.
    /// - Throws: ``StatusError/Code/invalidArgument`` for a filter that is none; what tasks say.
    package func reset(containers: [String], filters: [String] = []) async throws(StatusError) {
      let tasks = try tasks(of: role.cluster, filters)
      await closeAll()
      try await worker.cleanUpAll(containers: containers)
      try await cleanUp(tasks, containers: containers)
    }

    /// Closes all sessions. What they shared stays.
    package func closeAll() async {
      let closing = sessions.withLock { sessions in
        defer { sessions = [:] }
        return Array(sessions.values)
      }
      for session in closing { await session.close() }
    }

    /// Closes sessions that nobody used for that long.
    package func closeIdleSessions(
      for limit: Duration, at now: ContinuousClock.Instant = .now
    ) async {
      let idle = sessions.withLock { sessions in
        let idle = sessions.values.filter { $0.isIdle(for: limit, at: now) }
        for session in idle { sessions[session.handle] = nil }
        return idle
      }
      for session in idle { await session.close() }
    }

    // MARK: Errors

    @inline(never)
    static func unknownSession(_ handle: String) -> StatusError {
      StatusError(.aborted, "Session \(handle) is not found.")
    }

    /// What requests are told that only an open session makes sense of.
    @inline(never)
    static func lostSession(_ handle: String) -> StatusError {
      StatusError(
        .aborted, "Session \(handle) is not found. Possibly, this master has restarted.")
    }
  }
#endif
