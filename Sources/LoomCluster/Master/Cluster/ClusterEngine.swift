#if Distributed
  import LoomCore
  import LoomGraph
  import LoomKernels
  import LoomRuntime
  import Synchronization

  /// Runs a session's graph on the tasks of a cluster: cut by task, registered once, run in step.
  final class ClusterEngine: MasterEngine {
    let graph: Graph
    let configuration: SessionConfiguration
    let members: ClusterMembers
    let budget: MemoryBudget
    private let log: PlacementLog

    private struct State {
      var isClosed = false
      var steps: [RunSignature: ClusterStep] = [:]
      /// How to end what runs.
      var running: [Int: CancellationState] = [:]
      var nextRun = 0
      var partialRuns: [String: ClusterPartialRun] = [:]
      var nextPartialRun = 0
      /// Nodes up to here can be placed.
      var checkedNodes = 0
      var placementError: StatusError?
    }
    private let state = Mutex(State())

    init(
      graph: Graph, configuration: SessionConfiguration, members: ClusterMembers,
      log: PlacementLog
    ) {
      self.graph = graph
      self.configuration = configuration
      self.members = members
      self.log = log
      budget = MemoryBudget(limit: configuration.memoryLimitBytes)
    }

    // MARK: Graph

    func partitioner(_ snapshot: GraphSnapshot) -> Partitioner {
      Partitioner(
        snapshot: snapshot, devices: members.devices, granularity: .task, boundary: .rendezvous,
        isFolding: Planner.Options(configuration).foldsConstants, resources: ResourceManager())
    }

    func extendIfNeeded() throws(StatusError) {
      try checkOpen()
      guard !configuration.placesPrunedGraph else { return }
      let (start, known) = state.withLock { ($0.checkedNodes, $0.placementError) }
      if let known { throw known }
      let snapshot = graph.snapshot()
      guard start < snapshot.nodes.count else { return }
      do throws(StatusError) {
        try partitioner(snapshot).checkPlacement(
          of: start..<snapshot.nodes.count, soft: configuration.allowsSoftPlacement)
      } catch {
        // As in one process: a node that can't be placed fails every later run.
        state.withLock { $0.placementError = error }
        throw error
      }
      state.withLock { $0.checkedNodes = Swift.max($0.checkedNodes, snapshot.nodes.count) }
    }

    // MARK: Steps

    func step(_ signature: RunSignature) throws(StatusError) -> ClusterStep {
      try extendIfNeeded()
      if let known = state.withLock({ $0.steps[signature] }) { return known }
      let made = try ClusterStep(self, signature)
      if configuration.logsDevicePlacement { made.logPlacements(log) }
      return state.withLock { state in
        if let first = state.steps[signature] { return first }
        if !state.isClosed { state.steps[signature] = made }
        return made
      }
    }

    func ready(_ signature: RunSignature) throws(StatusError) -> ReadyRun {
      .remote(try step(signature))
    }

    /// The options come with every call.
    func ready(
      _ signature: RunSignature, callable options: RunOptions?
    ) throws(StatusError) -> ReadyRun { try ready(signature) }

    /// Runs something that ``close()`` or a deadline may end.
    ///
    /// - Throws: Why it was ended; what `work` throws.
    func running<R: Sendable>(
      timeout: Duration?, _ work: @escaping @Sendable () async throws(StatusError) -> R
    ) async throws(StatusError) -> R {
      let cancellation = CancellationState()
      let number = try state.withLock { (state: inout sending State) throws(StatusError) -> Int in
        if state.isClosed { throw ClusterEngine.closedError }
        state.nextRun += 1
        state.running[state.nextRun] = cancellation
        return state.nextRun
      }
      defer { state.withLock { _ = $0.running.removeValue(forKey: number) } }
      var deadline: Int?
      if let timeout { deadline = try DeadlineTimer.shared.add(.now + timeout, cancellation) }
      defer { if let deadline { _ = DeadlineTimer.shared.remove(deadline) } }
      let task = TransportExecutor.shared.start(work)
      let token = cancellation.onCancel { _ in task.cancel() }
      defer { cancellation.removeHandler(token) }
      let outcome = await withTaskCancellationHandler {
        await task.value
      } onCancel: {
        cancellation.cancel(StatusError(.cancelled, "The task that ran the step was cancelled."))
      }
      switch outcome {
      case .success(let value): return value
      case .failure(let error): throw cancellation.reason ?? error
      }
    }

    /// How long a run may take, by its own options or the session's.
    func timeout(_ options: RunOptions) -> Duration? {
      for timeout in [options.timeout, configuration.operationTimeout] {
        if let timeout, timeout > .zero { return timeout }
      }
      return nil
    }

    // MARK: Partial runs

    /// - Returns: the run's handle.
    func add(_ run: ClusterPartialRun) -> String {
      state.withLock { state in
        state.nextPartialRun += 1
        let handle = String(state.nextPartialRun)
        state.partialRuns[handle] = run
        return handle
      }
    }

    func partialRun(_ handle: String) -> ClusterPartialRun? {
      state.withLock { $0.partialRuns[handle] }
    }

    func hasPartialRun(_ handle: String) -> Bool { partialRun(handle) != nil }

    func removePartialRun(_ handle: String) -> ClusterPartialRun? {
      state.withLock { $0.partialRuns.removeValue(forKey: handle) }
    }

    // MARK: Life

    var namesTasks: Bool { true }

    var remoteDevices: [DeviceAttributes] {
      members.devices.all.filter { members.isRemote(Partitioner.task(of: $0.name)) }
    }

    func listDevices() throws(StatusError) -> [DeviceAttributes] {
      try checkOpen()
      return members.devices.all
    }

    func tensorHandles() throws(StatusError) -> TensorHandleStore {
      throw .failedPrecondition(
        "GetSessionHandle called on null session state: servers keep no tensors for their clients")
    }

    func explaining(_ error: StatusError, _ options: RunOptions) -> StatusError { error }

    static let closedError = StatusError(.cancelled, "Session has been closed.")

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func checkOpen() throws(StatusError) { if isClosed { throw ClusterEngine.closedError } }

    /// Ends what runs. The workers are told by ``retire()``.
    func close() {
      let (running, released) = state.withLock { state in
        defer {
          state.isClosed = true
          state.steps = [:]
        }
        return (Array(state.running.values), state.steps)
      }
      for cancellation in running { cancellation.cancel(ClusterEngine.closedError) }
      _ = released
    }

    func abandon() {
      close()
      _ = TransportExecutor.shared.start { [self] () throws(StatusError) in await retire() }
    }

    func retire() async {
      let open = state.withLock { state in
        defer { state.partialRuns = [:] }
        return Array(state.partialRuns.values)
      }
      for run in open { await run.abandon() }
      await members.leave()
    }
  }
#endif
