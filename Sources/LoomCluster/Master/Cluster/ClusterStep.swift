#if Distributed
  import LoomCore
  import LoomGraph
  import LoomKernels
  import LoomRuntime
  import Synchronization

  /// A signature, cut by task: each part is registered with its worker once, and run by all in step.
  final class ClusterStep: RemoteRun {
    private let engine: ClusterEngine
    let signature: RunSignature
    private let snapshot: GraphSnapshot
    private let placements: [Int: String]
    /// The names of what runs -> the task it runs on.
    private let owners: [String: String]
    /// The names of what receives from other tasks -> the task that sends.
    private let receivers: [String: String]
    let tasks: [String]
    /// Keys of the step's rendezvous, in the signature's order.
    let feedKeys: [RendezvousKey]
    let fetchKeys: [RendezvousKey]
    private let registering = AsyncLock()
    /// Runs that asked for metadata.
    private let reports = Atomic<Int>(0)

    private enum Registration {
      case planned([String: GraphDefinition])
      case registered([String: GraphReference])
    }
    private let registration: Mutex<Registration>

    /// - Throws: What pruning, placing and cutting the graph throw.
    init(_ engine: ClusterEngine, _ signature: RunSignature) throws(StatusError) {
      var snapshot = engine.graph.snapshot()
      var signature = signature
      snapshot.connect(&signature)
      self.engine = engine
      self.signature = signature
      self.snapshot = snapshot
      let partitioner = engine.partitioner(snapshot)
      placements = try partitioner.placements(
        of: signature, soft: engine.configuration.allowsSoftPlacement)
      let parts = try partitioner.partition(signature, placements: placements)
      tasks = parts.keys.sorted()
      var owners: [String: String] = [:]
      var receivers: [String: String] = [:]
      for (task, part) in parts {
        for node in part.nodes {
          owners[node.name] = task
          if let sender = node.sender, sender != task { receivers[node.name] = sender }
        }
      }
      self.owners = owners
      self.receivers = receivers
      registration = Mutex(.planned(parts))
      let client = engine.members.devices.all[0]
      func key(_ endpoint: Node.Endpoint) -> RendezvousKey {
        RendezvousKey(
          client: client, tensor: snapshot.nodes[endpoint.node].tensorName(endpoint.index))
      }
      feedKeys = signature.feeds.map(key)
      fetchKeys = signature.fetches.map(key)
    }

    func logPlacements(_ log: PlacementLog) {
      for id in placements.keys.sorted() {
        let node = snapshot.nodes[id]
        log.write(line: "\(node.name): (\(node.op)): \(placements[id] ?? "")")
      }
    }

    var dependencies: FeedDependencies {
      get throws(StatusError) { try FeedDependencies(signature, in: snapshot) }
    }

    // MARK: Registration

    /// The parts as the workers know them.
    func graphs() async throws(StatusError) -> [String: GraphReference] {
      if case .registered(let graphs) = registration.withLock({ $0 }) { return graphs }
      return try await registering.withLock { () throws(StatusError) in
        let parts: [String: GraphDefinition]
        switch registration.withLock({ $0 }) {
        case .registered(let graphs): return graphs
        case .planned(let planned): parts = planned
        }
        let (session, configuration) = (engine.members.handle, engine.configuration)
        // None is given up because another fails: what it has made by then could not be named any more.
        let answers = await engine.members.answers(of: tasks, givesUp: false) {
          (task, worker) throws(StatusError) in
          try await worker.registerGraph(
            RegisterGraphRequest(
              session: session, hasWorkerSession: true,
              graph: parts[task] ?? GraphDefinition(), configuration: configuration))
        }
        let graphs = answers.values.mapValues {
          GraphReference(session: session, hasWorkerSession: true, handle: $0)
        }
        if let failure = answers.failure {
          // The next attempt registers all parts anew.
          await engine.members.tell(Array(graphs.keys)) { (task, worker) throws(StatusError) in
            guard let graph = graphs[task] else { return }
            try await worker.deregisterGraph(graph)
          }
          throw attributed(failure)
        }
        registration.withLock { $0 = .registered(graphs) }
        return graphs
      }
    }

    // MARK: Runs

    func run(
      _ feeds: [AnyTensor], _ options: RunOptions, wantsMetadata: Bool
    ) throws(StatusError) -> RemoteOutcome {
      try TransportExecutor.shared.wait { [self] () throws(StatusError) in
        try await runDetached(feeds, options, wantsMetadata: wantsMetadata)
      }
    }

    func runDetached(
      _ feeds: [AnyTensor], _ options: RunOptions, wantsMetadata: Bool
    ) async throws(StatusError) -> RemoteOutcome {
      try await engine.running(timeout: engine.timeout(options)) { [self] () throws(StatusError) in
        try await perform(feeds, options, wantsMetadata)
      }
    }

    private func perform(
      _ feeds: [AnyTensor], _ options: RunOptions, _ wantsMetadata: Bool
    ) async throws(StatusError) -> RemoteOutcome {
      let id = ClusterStep.newStepID()
      var requests = try await requests(step: id)
      let execution = executionRequest(options, wantsMetadata)
      for task in tasks { requests[task]?.execution = execution }
      let own = engine.members.own
      requests[own]?.sends = zip(feedKeys, feeds).map {
        NamedValue(key: $0.description, value: $1)
      }
      let fed = Set(feedKeys)
      requests[own]?.receives = Set(fetchKeys).subtracting(fed).map(\.description)
      if execution.recordsTimeline { await setLogging(true) }
      let results: [String: RunGraphResult]
      do throws(StatusError) {
        results = try await run(requests)
      } catch {
        await cleanUp(id)
        throw error
      }
      var outcome = RemoteOutcome(values: try values(results[own], feeds))
      if wantsMetadata {
        var metadata = RunMetadata()
        for task in tasks { metadata.merge(results[task]?.metadata ?? RunMetadata()) }
        if execution.recordsTimeline { metadata.merge(await transfers(id)) }
        metadata.sessionMetadata = engine.configuration.experimental.sessionMetadata
        outcome.metadata = metadata
      }
      await cleanUp(id)
      return outcome
    }

    /// A request for each part of a step.
    func requests(step: Int64) async throws(StatusError) -> [String: RunGraphRequest] {
      try await graphs().mapValues { graph in
        var request = RunGraphRequest(graph: graph, step: step)
        request.requestID = RemoteCall.newRequestID()
        return request
      }
    }

    /// Runs parts of a step at the same time.
    ///
    /// - Throws: What the first of them failed of; the others are cancelled then.
    func run(
      _ requests: [String: RunGraphRequest]
    ) async throws(StatusError) -> [String: RunGraphResult] {
      typealias Outcome = (task: String, result: Result<RunGraphResult, StatusError>)
      let members = engine.members
      let outcomes = await withTaskGroup(of: Outcome?.self) { group in
        for (task, request) in requests {
          group.addTask {
            do throws(StatusError) {
              let result = try await members.ask(task) { (worker) throws(StatusError) in
                try await worker.runGraph(request)
              }
              return (task, .success(result))
            } catch {
              return (task, .failure(error))
            }
          }
        }
        var outcomes: [Outcome] = []
        var isPatient = true
        while outcomes.count < requests.count, let next = await group.next() {
          guard let outcome = next else {
            group.cancelAll()
            continue
          }
          outcomes.append(outcome)
          guard case .failure(let error) = outcome.result else { continue }
          if !isDerived(error) {
            group.cancelAll()
          } else if isPatient {
            // Whoever is to blame is about to say so; the rest is given up soon in any case.
            isPatient = false
            group.addTask {
              try? await Task.sleep(for: ClusterStep.patience)
              return nil
            }
          }
        }
        group.cancelAll()
        return outcomes
      }
      var results: [String: RunGraphResult] = [:]
      var failures: [(error: StatusError, isDerived: Bool)] = []
      for (task, outcome) in outcomes {
        switch outcome {
        case .success(let result): results[task] = result
        case .failure(let error):
          failures.append(
            (
              error.code == .cancelled ? error : attributed(error, to: task), isDerived(error)
            ))
        }
      }
      if let failure = failures.first(where: { !$0.isDerived }) ?? failures.first {
        throw failure.error
      }
      return results
    }

    /// How long a part that failed of another's error waits for the other's own word.
    private static let patience = Duration.milliseconds(500)

    /// Lets the workers forget what is left of a step.
    func cleanUp(_ step: Int64) async {
      await engine.members.tell(tasks) { (_, worker) throws(StatusError) in
        try await worker.cleanUp(step: step)
      }
    }

    private func values(
      _ result: RunGraphResult?, _ feeds: [AnyTensor]
    ) throws(StatusError) -> [AnyTensor] {
      var values = Dictionary(
        (result?.received ?? []).map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first }
      )
      for (key, feed) in zip(feedKeys, feeds) { values[key.description] = feed }
      var fetched: [AnyTensor] = []
      for key in fetchKeys {
        guard let value = values[key.description] else {
          throw .internal("The workers did not return \(key.name)")
        }
        fetched.append(value)
      }
      return fetched
    }

    /// Random numbers of 56 bits: unique among the steps of all masters.
    static func newStepID() -> Int64 { Int64.random(in: 1..<1 << 56) }

    // MARK: Metadata

    private func executionRequest(
      _ options: RunOptions, _ wantsMetadata: Bool
    ) -> ExecutionRequest {
      var execution = ExecutionRequest()
      execution.reportsAllocations = options.reportsAllocationsWhenOutOfMemory
      guard wantsMetadata else { return execution }
      execution.recordsTimeline = options.trace != .none
      execution.recordsPartitionGraphs = options.outputsPartitionGraphs
      let interval = engine.configuration.graph.costModelInterval
      if interval > 0 {
        let run = reports.wrappingAdd(1, ordering: .relaxed).oldValue
        let afterDelay = run - engine.configuration.graph.costModelDelay
        execution.recordsCosts = afterDelay >= 0 && (afterDelay + 1) % interval == 0
      }
      return execution
    }

    /// What is lost with a worker's log is not worth the step.
    private func setLogging(_ isEnabled: Bool) async {
      _ = try? await engine.members.askAll(tasks) { (_, worker) throws(StatusError) in
        try await worker.log(WorkerLogRequest(isEnabled: isEnabled))
      }
    }

    /// The transfers that the workers noted in a step.
    private func transfers(_ step: Int64) async -> RunMetadata {
      var request = WorkerLogRequest(isEnabled: false)
      request.steps = [step]
      let logs = try? await engine.members.askAll(tasks) {
        [request] (_, worker) throws(StatusError) in
        try await worker.log(request)
      }
      var metadata = RunMetadata()
      for (_, log) in (logs ?? [:]).sorted(by: { $0.key < $1.key }) {
        var part = RunMetadata()
        part.stepStatistics = log[step] ?? StepStatistics()
        metadata.merge(part)
      }
      return metadata
    }

    // MARK: Errors

    /// The error with the node it is of and the task that runs the node: a worker also passes on what
    /// others failed of.
    private func attributed(_ error: StatusError, to task: String? = nil) -> StatusError {
      let names = error.nodeNames
      let owner =
        names.lazy.compactMap { self.receivers[$0] == nil ? self.owners[$0] : nil }.first
        ?? names.lazy.compactMap { self.receivers[$0] }.first ?? task
      let named = owner.map { error.said(by: $0) } ?? error
      return named.locatedByText(in: engine.graph)
    }

    /// Whether the error only follows from another part's: it came with a value from there, or the step was
    /// given up.
    private func isDerived(_ error: StatusError) -> Bool {
      error.code == .cancelled || error.reason.contains("[_Derived_]")
        || error.code == .aborted && error.reason.contains("Cancelling rendezvous")
        || error.nodeNames.contains { receivers[$0] != nil }
    }
  }

  extension NodeDefinition {
    /// The task that sends what the node receives.
    fileprivate var sender: String? {
      guard op == PartitionOp.receive, case .string(let device)? = attributes["send_device"]
      else { return nil }
      return Partitioner.task(of: device.string)
    }
  }

  extension StatusError {
    /// The node that the error is of, and those that its text names: `{{node NAME}}`.
    fileprivate var nodeNames: [String] {
      let open = "{{node "
      var names = node.map { [$0.name] } ?? []
      var rest = reason[...]
      while let start = rest.firstRange(of: open),
        let end = rest[start.upperBound...].firstRange(of: "}}")
      {
        names.append(String(rest[start.upperBound..<end.lowerBound]))
        rest = rest[end.upperBound...]
      }
      return names
    }
  }
#endif
