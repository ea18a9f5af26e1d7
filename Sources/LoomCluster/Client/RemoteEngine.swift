#if Distributed
  package import LoomCore
  import LoomFormats
  package import LoomGraph
  package import LoomKernels
  import LoomProto
  package import LoomRuntime
  import Synchronization

  /// Runs a graph on a server that speaks TensorFlow's master protocol.
  ///
  /// The server's session is made when it is first needed, as TensorFlow's clients do: a session that is
  /// never used sends nothing.
  package final class RemoteEngine: SessionEngine {
    package let graph: Graph
    package let configuration: SessionConfiguration
    let target: String
    let channel: Channel
    let budget: MemoryBudget

    private struct State {
      var remote: RemoteSession?
      var steps: [RunSignature: RemoteStep] = [:]
      var isClosed = false
    }
    private let state = Mutex(State())
    /// One change of the server's graph at a time.
    private let extending = AsyncLock()

    package init(
      graph: Graph, target: String, address: ServerAddress, configuration: SessionConfiguration
    ) throws(StatusError) {
      self.graph = graph
      self.configuration = configuration
      self.target = target
      budget = MemoryBudget(limit: configuration.memoryLimitBytes)
      let (credentials, rpc) = (configuration.credentials, configuration.rpc)
      let compression = MessageCompression(rpc)
      channel =
        rpc.disablesConnectionSharing
        ? try Channel(
          to: address, credentials: credentials, liveness: .client, compression: compression)
        : try SharedChannels.shared.channel(
          to: address, credentials: credentials, compression: compression)
    }

    // MARK: The server's session

    /// What is known of the server's session.
    struct RemoteSession {
      let handle: String
      var graphVersion: Int64
      /// How many nodes of the graph the server has.
      var nodeCount: Int
    }

    /// How long a call may take that names no limit of its own.
    var timeout: Duration? {
      guard let limit = configuration.operationTimeout, limit > .zero else { return nil }
      return limit
    }

    /// The handle of the server's session, which is made and given the graph's new nodes if need be.
    ///
    /// - Throws: ``StatusError/Code/cancelled`` after ``close()``; what the server says to the nodes.
    func session() async throws(StatusError) -> String {
      let (known, isClosed) = state.withLock { ($0.remote, $0.isClosed) }
      if isClosed { throw RemoteEngine.closedError }
      if let known, known.nodeCount == graph.operationCount { return known.handle }
      return try await extending.withLock { () throws(StatusError) in
        do throws(StatusError) { return try await extend() } catch {
          throw error.locatedByText(in: graph)
        }
      }
    }

    /// The handle of the server's session, whose graph is left as it is if there is one.
    func knownSession() async throws(StatusError) -> String {
      let (known, isClosed) = state.withLock { ($0.remote, $0.isClosed) }
      if let known, !isClosed { return known.handle }
      return try await session()
    }

    private func extend() async throws(StatusError) -> String {
      let snapshot = graph.snapshot()
      guard var remote = state.withLock({ $0.remote }) else { return try await create(snapshot) }
      guard remote.nodeCount < snapshot.nodes.count else { return remote.handle }
      var request = Tensorflow_ExtendSessionRequest()
      request.sessionHandle = remote.handle
      request.graphDef = try Tensorflow_GraphDef(snapshot, from: remote.nodeCount)
      request.currentGraphVersion = remote.graphVersion
      let response = try await channel.call(
        MasterMethods.extendSession, request, timeout: timeout)
      remote.graphVersion = response.newGraphVersion
      remote.nodeCount = snapshot.nodes.count
      let extended = remote
      state.withLock { $0.remote = extended }
      return remote.handle
    }

    private func create(_ snapshot: GraphSnapshot) async throws(StatusError) -> String {
      var request = Tensorflow_CreateSessionRequest()
      request.graphDef = try Tensorflow_GraphDef(snapshot, from: 0)
      request.config = try Tensorflow_ConfigProto(configuration)
      request.target = target
      let response = try await channel.firstCall(
        MasterMethods.createSession, request, timeout: timeout)
      guard !response.sessionHandle.isEmpty else {
        throw .internal("The server at \(channel.address) made a session without a handle")
      }
      let remote = RemoteSession(
        handle: response.sessionHandle, graphVersion: response.graphVersion,
        nodeCount: snapshot.nodes.count)
      let isClosed = state.withLock { state in
        if !state.isClosed { state.remote = remote }
        return state.isClosed
      }
      if isClosed {
        // Closed meanwhile, when there was no handle to close.
        abandon(remote.handle)
        throw RemoteEngine.closedError
      }
      return remote.handle
    }

    package func extendIfNeeded() throws(StatusError) {
      let (known, isClosed) = state.withLock { ($0.remote, $0.isClosed) }
      if isClosed { throw RemoteEngine.closedError }
      if let known, known.nodeCount == graph.operationCount { return }
      _ = try TransportExecutor.shared.wait { [self] () throws(StatusError) in
        try await session()
      }
    }

    // MARK: Runs

    package func ready(_ signature: RunSignature) throws(StatusError) -> ReadyRun {
      let (known, isClosed) = state.withLock { ($0.steps[signature], $0.isClosed) }
      if isClosed { throw RemoteEngine.closedError }
      if let known { return .remote(known) }
      let step = RemoteStep(self, RemoteSignature(signature, in: graph.snapshot()))
      state.withLock { $0.steps[signature] = step }
      return .remote(step)
    }

    package func ready(
      _ signature: RunSignature, callable options: RunOptions?
    ) throws(StatusError) -> ReadyRun {
      try checkOpen()
      let names = RemoteSignature(signature, in: graph.snapshot())
      guard let options else { return .remote(RemoteStep(self, names, extendsGraph: false)) }
      let request = try names.callable(options)
      return .remote(
        try TransportExecutor.shared.wait { [self] () throws(StatusError) in
          try await makeCallable(names, request)
        })
    }

    package func tensorHandles() throws(StatusError) -> TensorHandleStore {
      throw .failedPrecondition(
        "GetSessionHandle called on null session state: servers keep no tensors for their clients")
    }

    package func explaining(_ error: StatusError, _ options: RunOptions) -> StatusError { error }

    package func listDevices() throws(StatusError) -> [DeviceAttributes] {
      try checkOpen()
      let response = try TransportExecutor.shared.wait { [self] () throws(StatusError) in
        var request = Tensorflow_ListDevicesRequest()
        request.sessionHandle = try await session()
        return try await channel.call(MasterMethods.listDevices, request, timeout: timeout)
      }
      return (response.localDevice + response.remoteDevice).map { DeviceAttributes($0) }
    }

    // MARK: Life

    static let closedError = StatusError(.cancelled, "Session has been closed.")

    /// How long closing waits for a server that does not answer.
    private static let closingLimit = Duration.seconds(10)

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    package func checkOpen() throws(StatusError) {
      if isClosed { throw RemoteEngine.closedError }
    }

    /// Marks the engine as closed.
    ///
    /// - Returns: the handle of the server's session, if it is there and this is the first call.
    private func finish() -> String? {
      let (remote, steps) = state.withLock { state in
        defer {
          state.isClosed = true
          state.remote = nil
          state.steps = [:]
        }
        return (state.remote, state.steps)
      }
      // Steps refer to the engine: they are let go outside the lock.
      _ = steps
      return remote?.handle
    }

    package func close() {
      guard let handle = finish() else { return }
      // A server that is gone, or has forgotten the session, has nothing left to close.
      _ = try? TransportExecutor.shared.wait { [channel] () throws(StatusError) in
        try await channel.close(handle, limit: RemoteEngine.closingLimit)
      }
    }

    package func abandon() {
      if let handle = finish() { abandon(handle) }
    }

    private func abandon(_ handle: String) {
      _ = TransportExecutor.shared.start { [channel] () throws(StatusError) in
        try await channel.close(handle, limit: RemoteEngine.closingLimit)
      }
    }
  }

  extension Channel {
    /// Closes a server's session.
    fileprivate func close(_ handle: String, limit: Duration) async throws(StatusError) {
      var request = Tensorflow_CloseSessionRequest()
      request.sessionHandle = handle
      _ = try await call(MasterMethods.closeSession, request, timeout: limit)
    }
  }
#endif
