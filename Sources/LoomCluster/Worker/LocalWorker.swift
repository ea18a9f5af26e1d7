#if Distributed
  package import LoomCore
  package import LoomGraph
  import LoomKernels
  package import LoomRuntime
  import Synchronization

  /// This process as a worker: it runs parts of graphs for masters, its own among them.
  ///
  /// Its variables, queues and tables are the server's, unless a session asks for state of its own.
  package final class LocalWorker: WorkerInterface {
    package let name: String
    let host: EngineHost
    private let registry: OpRegistry
    /// The server's settings, which decide about its threads and its memory.
    private let configuration: SessionConfiguration
    /// What requests belong to that name no session of the worker.
    private let legacySession: WorkerSession
    private let sessions = Mutex<[String: WorkerSession]>([:])
    let steps: StepTable
    private let log = TransferLog()
    let runs = RecentRequests()
    let receives = RecentRequests()
    /// What this server shows to its peers.
    let peerCredentials: ChannelCredentials

    /// - Parameters:
    ///   - role: The task that the server is, and the cluster where its peers are.
    ///   - registry: The ops that graphs may use.
    ///   - peerCredentials: What this server shows to its peers.
    package init(
      host: EngineHost, role: ServerRole, registry: OpRegistry, configuration: SessionConfiguration,
      peerCredentials: ChannelCredentials
    ) {
      self.peerCredentials = peerCredentials
      self.host = host
      self.registry = registry
      self.configuration = configuration
      name = PeerWorkers.name(job: role.job, task: role.task)
      steps = StepTable(log: log)
      legacySession = WorkerSession(
        handle: "",
        context: .init(
          worker: name, peers: PeerWorkers(role.cluster, credentials: peerCredentials)),
        host: host,
        registry: registry)
    }

    package func status() async throws(StatusError) -> [DeviceAttributes] { host.devices.all }

    // MARK: Sessions

    package func createSession(_ request: WorkerSessionRequest) async throws(StatusError) {
      guard !request.handle.isEmpty else {
        throw .invalidArgument("Session must be non-empty.")
      }
      var devices = host.devices
      var context = legacySession.context
      context.session = request.handle
      if !request.server.cluster.jobs.isEmpty {
        let server = request.server
        context = StepRendezvous.Context(
          session: request.handle, worker: PeerWorkers.name(job: server.job, task: server.task),
          peers: PeerWorkers(try ClusterSpec(server.cluster), credentials: peerCredentials))
        devices = devices.renamed(job: server.job, task: server.task)
      }
      let resources =
        request.isolatesState
        ? ResourceManager(defaultContainer: host.resources.defaultContainer) : host.resources
      let session = WorkerSession(
        handle: request.handle, masterTask: request.masterTask,
        masterIncarnation: request.masterIncarnation, context: context,
        host: host.with(resources: resources, devices: devices), registry: registry)
      let stale = sessions.withLock { sessions -> [WorkerSession] in
        // Sessions of a master that was restarted meanwhile are nobody's.
        let stale = sessions.values.filter {
          !request.masterTask.isEmpty && $0.masterTask == request.masterTask
            && $0.masterIncarnation != request.masterIncarnation
        }
        for session in stale { sessions[session.handle] = nil }
        if sessions[request.handle] == nil { sessions[request.handle] = session }
        return stale
      }
      for session in stale { end(session) }
    }

    private func end(_ session: WorkerSession) {
      session.close()
      steps.cleanUp(session: session.handle)
    }

    package func deleteSession(_ handle: String) async throws(StatusError) {
      if let session = sessions.withLock({ $0.removeValue(forKey: handle) }) { end(session) }
    }

    /// - Throws: ``StatusError/Code/aborted`` if there is no such session.
    func session(
      _ handle: String, isCreated: Bool
    ) throws(StatusError) -> WorkerSession {
      guard isCreated, !handle.isEmpty else { return legacySession }
      guard let session = sessions.withLock({ $0[handle] }) else {
        throw StatusError(
          .aborted,
          "Session handle is not found: \(handle). Possibly this worker (\"\(name)\") just restarted."
        )
      }
      return session
    }

    /// How many sessions masters have here.
    package var sessionCount: Int { sessions.withLock { $0.count } }

    /// How many parts of graphs are registered here.
    package var graphCount: Int {
      sessions.withLock { Array($0.values) }.reduce(legacySession.graphCount) { $0 + $1.graphCount }
    }

    /// How many steps have not been cleaned up.
    package var stepCount: Int { steps.count }

    /// Ends everything that runs here.
    package func close() {
      let closing = sessions.withLock { sessions in
        defer { sessions = [:] }
        return Array(sessions.values)
      }
      for session in closing { session.close() }
      legacySession.close()
      steps.cleanUp(session: nil)
    }

    // MARK: Graphs

    package func registerGraph(
      _ request: RegisterGraphRequest
    ) async throws(StatusError) -> String {
      let session = try session(request.session, isCreated: request.hasWorkerSession)
      var configuration = request.configuration
      configuration.intraOpParallelismThreads = self.configuration.intraOpParallelismThreads
      configuration.interOpParallelismThreads = self.configuration.interOpParallelismThreads
      configuration.usesPerSessionThreads = false
      configuration.interOpThreadPools = []
      configuration.memoryLimitBytes = self.configuration.memoryLimitBytes
      // Deadlines are the master's, and so is the wish for costs: it comes with every step.
      configuration.operationTimeout = nil
      configuration.graph.costModelInterval = 0
      let settings = configuration
      let handle = try await Detached.run(cancelling: CancellationState()) {
        () throws(StatusError) in
        try session.register(request.graph, settings)
      }.get()
      if Task.isCancelled {
        // The master will not learn of the handle. A session that was closed meanwhile has let go of it.
        try? session.deregister(handle)
        throw StatusError(.cancelled, "The call was cancelled.")
      }
      return handle
    }

    package func deregisterGraph(_ graph: GraphReference) async throws(StatusError) {
      try session(graph.session, isCreated: graph.hasWorkerSession).deregister(graph.handle)
    }

    // MARK: Ends

    package func cleanUp(step: Int64) async throws(StatusError) { steps.cleanUp(step) }

    package func cleanUpAll(containers: [String]) async throws(StatusError) {
      for container in containers.isEmpty ? [""] : containers {
        host.resources.clear(container: container)
      }
    }

    package func log(
      _ request: WorkerLogRequest
    ) async throws(StatusError) -> [Int64: StepStatistics] { log.answer(request) }
  }
#endif
