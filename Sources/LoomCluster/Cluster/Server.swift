#if Distributed
  import CoreMetrics
  public import LoomCore
  import LoomFormats
  public import LoomGraph
  import LoomKernels
  public import LoomRuntime
  import Logging
  import Synchronization

  /// A task of a cluster: it answers sessions of other processes, TensorFlow's among them.
  ///
  /// Sessions on one server share its variables, queues and tables, and these outlive them. The server
  /// ends with ``stop()``, or when nothing refers to it any more.
  public final class Server: Sendable {
    public let role: ServerRole
    /// The address the server is bound to.
    public let host: String
    public let port: Int
    let options: ServerOptions
    private let master: Master
    /// This server as a worker: for masters in this process, which need no messages.
    package let worker: LocalWorker
    private let listener: Listener
    private let metrics: ServerMetrics
    private let health: Health
    private let running: RunningCalls

    private enum State {
      case made
      /// With what looks after the server now and then.
      case running(Task<Void, Never>)
      case stopped
    }
    private let state = Mutex(State.made)

    /// Takes a port, and begins to answer unless told not to.
    ///
    /// - Parameters:
    ///   - host: The address to bind to; `nil` for the loopback address.
    ///   - port: `nil` for the one the cluster names; 0 for any that is free.
    ///   - configuration: Sets the devices and threads of the server.
    ///   - options: Who may use the server, what it puts up with, and where it tells of itself.
    ///   - registry: The ops that graphs may use.
    /// - Throws: ``StatusError/Code/invalidArgument`` for an address without a port, a host without an
    ///   address here, or files without certificates or tokens; ``StatusError/Code/failedPrecondition``
    ///   if other machines could reach a server that asks them for nothing;
    ///   ``StatusError/Code/unknown`` if the port is taken;
    ///   ``StatusError/Code/notFound`` for another protocol than `grpc`.
    public init(
      _ role: ServerRole, host: String? = nil, port: Int? = nil, protocolName: String = "grpc",
      configuration: SessionConfiguration = .init(), options: ServerOptions = .init(),
      registry: OpRegistry, starts: Bool = true
    ) throws(StatusError) {
      guard protocolName == "grpc" else {
        throw .notFound(
          "No server factory registered for the given ServerDef: protocol \"\(protocolName)\". "
            + "The available server factories are: [ GRPC_SERVER ]")
      }
      let address = host ?? Server.loopback
      try options.security.check(host: address)
      let devices = try DeviceSet(
        cpuCount: configuration.deviceCount["CPU"] ?? 1, job: role.job, task: role.task)
      let resources = ResourceManager(defaultContainer: role.job)
      let shared = EngineHost(
        devices: devices, resources: resources,
        threadCount: configuration.intraOpParallelismThreads)
      worker = LocalWorker(
        host: shared, role: role, registry: registry, configuration: configuration,
        peerCredentials: options.peers)
      master = Master(
        worker, role: role, registry: registry, configuration: configuration,
        log: PlacementLog { [logger = options.logger] in logger.notice("\($0)") },
        discoveryLimit: options.discoveryLimit)
      let metrics = ServerMetrics(options.metrics ?? MetricsSystem.factory)
      running = RunningCalls { metrics.steps($0) }
      let encryption: ServerEncryption?
      if let certificate = options.security.certificate {
        encryption = try ServerEncryption(
          certificate, clientAuthoritiesPath: options.security.clientAuthoritiesPath,
          logger: options.logger)
      } else {
        encryption = nil
      }
      let tokens: TokenVerifier?
      if let token = options.security.token {
        tokens = try TokenVerifier(token, logger: options.logger)
      } else {
        tokens = nil
      }
      let wanted: Int
      if let port { wanted = port } else { wanted = try Server.port(of: role.address) }
      let socket = try ListeningSocket(host: address, port: wanted)
      self.role = role
      self.host = address
      self.port = socket.port
      self.options = options
      self.metrics = metrics
      var router = CallRouter()
      MasterService(master).register(with: &router)
      WorkerService(worker).register(with: &router)
      health = Health(services: router.services.union([HealthService.name]))
      HealthService(health: health).register(with: &router)
      let supervision = CallSupervision(
        metrics: metrics, running: running, tokens: tokens, logger: options.logger)
      listener = Listener(
        socket, encryption: encryption, limits: options.limits, metrics: metrics,
        logger: options.logger
      ) { [router] in ServerConnection(router, supervision, options.limits) }
      if starts { try start() }
    }

    deinit { stop() }

    static let loopback = "127.0.0.1"

    /// What a client has to know to reach the server: `grpc://localhost:2222`.
    public var target: String {
      let isLocal = ["", "0.0.0.0", "::", "127.0.0.1", "::1"].contains(host)
      return "grpc://\(isLocal ? "localhost" : host):\(port)"
    }

    /// What the server is, as a message.
    public var definition: ServerDefinition {
      ServerDefinition(
        cluster: role.cluster.definition, job: role.job, task: role.task, port: port)
    }

    private static func port(of address: String) throws(StatusError) -> Int {
      guard let colon = address.lastIndex(of: ":"),
        let port = UInt16(address[address.index(after: colon)...])
      else {
        throw .invalidArgument("Could not parse port for local server from \"\(address)\".")
      }
      return Int(port)
    }

    // MARK: Life

    /// Begins to answer; a server that does already goes on.
    ///
    /// - Throws: ``StatusError/Code/aborted`` after ``stop()``.
    public func start() throws(StatusError) {
      let begins = try state.withLock { (state: inout sending State) throws(StatusError) -> Bool in
        switch state {
        case .running: return false
        case .stopped: throw StatusError(.aborted, "A stopped server can't be started again.")
        case .made:
          state = .running(housekeeping())
          return true
        }
      }
      guard begins else { return }
      listener.start()
      options.logger.info(
        "Serving",
        metadata: [
          "target": "\(target)", "job": "\(role.job)", "task": "\(role.task)",
          "tls": "\(options.security.certificate != nil)",
          "token": "\(options.security.token != nil)",
        ])
    }

    /// Closes sessions that nobody uses any more, and keeps metrics up to date.
    private func housekeeping() -> Task<Void, Never> {
      // Not on the cooperative threads: they may all be inside of blocking runs of sessions that wait for
      // this very server.
      Task(executorPreference: TransportExecutor.shared) {
        [master, metrics, lifetime = options.sessionLifetime] in
        while true {
          // Cancelled when the server ends.
          do { try await Task.sleep(for: Server.housekeepingInterval(lifetime)) } catch { return }
          if let lifetime { await master.closeIdleSessions(for: lifetime) }
          metrics.state(sessions: master.sessionCount, tensorBytes: master.liveTensorBytes)
        }
      }
    }

    /// How often sessions are looked at, and counted.
    private static func housekeepingInterval(_ lifetime: Duration?) -> Duration {
      min(lifetime.map { $0 / 2 } ?? .seconds(10), .seconds(10))
    }

    /// Waits until the server has been stopped.
    ///
    /// - Throws: ``StatusError/Code/unknown`` if the transport gave up.
    public func join() async throws(StatusError) {
      let hasStarted = state.withLock { state in
        if case .made = state { false } else { true }
      }
      if hasStarted { try await listener.finished() }
    }

    /// Ends the server: no call is taken any more, those under way are cancelled.
    ///
    /// ``drain(within:)`` lets them end before.
    public func stop() {
      let was = state.withLock { state in
        defer { state = .stopped }
        return state
      }
      if case .running(let housekeeping) = was { housekeeping.cancel() }
      listener.stop()
    }

    /// Closes all sessions and with them the steps that are under way, then ends the server.
    public func shutDown() async {
      await master.closeAll()
      worker.close()
      stop()
    }

    /// Ends the server once the steps under way have ended; those that take longer are cancelled.
    ///
    /// Meanwhile new sessions and steps are answered with `UNAVAILABLE`, and probes of the server's health
    /// with `NOT_SERVING`.
    ///
    /// - Parameter limit: How long to wait; `nil` for ``ServerOptions/drainTimeout``.
    public func drain(within limit: Duration? = nil) async {
      health.stopServing()
      running.drain()
      options.logger.notice(
        "Shutting down",
        metadata: ["running": "\(running.count)", "sessions": "\(master.sessionCount)"])
      if await !running.finish(within: limit ?? options.drainTimeout) {
        options.logger.warning(
          "Calls that take too long are cancelled", metadata: ["running": "\(running.count)"])
      }
      await shutDown()
      // What it could not listen to is told by ``join()``.
      try? await listener.finished()
      options.logger.notice("Shut down")
    }

    /// Closes sessions that nobody used for that long.
    package func closeIdleSessions(for limit: Duration) async {
      await master.closeIdleSessions(for: limit)
    }

    /// How many sessions are open.
    public var sessionCount: Int { master.sessionCount }

    /// How many calls that make or run something are under way.
    public var runningCallCount: Int { running.count }

    /// Brings metrics up to date that change without a call; done every ten seconds anyway.
    public func updateMetrics() {
      metrics.state(sessions: master.sessionCount, tensorBytes: master.liveTensorBytes)
    }
  }
#endif
