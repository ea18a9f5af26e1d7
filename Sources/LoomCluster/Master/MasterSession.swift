#if Distributed
  import LoomCore
  import LoomGraph
  import LoomKernels
  import LoomRuntime
  import Synchronization

  /// A session that a client made on this master: its graph, and the engine that runs it.
  final class MasterSession: Sendable {
    let handle: String
    let graph: Graph
    let engine: any MasterEngine
    /// `From /job:localhost/replica:0/task:0:` and a new line, before what a kernel says.
    let origin: String

    /// How often the graph was extended. Held while it is.
    private let version = Mutex<Int64>(0)

    private struct State {
      var isClosed = false
      var running = 0
      var lastUse = ContinuousClock.now
      /// Those who wait for the last call to end.
      var closing: [CheckedContinuation<Void, Never>] = []
      var steps: [StepRequest: PreparedStep] = [:]
      /// `nil` where the callable was released.
      var callables: [Callable?] = []
      /// Our handles -> the engine's.
      var partialRuns: [String: String] = [:]
      var nextPartialRun = 0
    }
    private let state = Mutex(State())

    struct Callable: Sendable {
      let step: PreparedStep
      let options: RunOptions
    }

    init(handle: String, graph: Graph, engine: any MasterEngine, origin: String) {
      self.handle = handle
      self.graph = graph
      self.engine = engine
      self.origin = origin
    }

    // MARK: Life

    /// Runs a call of the client.
    ///
    /// - Throws: ``StatusError/Code/aborted`` if the session was closed meanwhile; what `body` throws.
    func use<R: Sendable>(
      _ body: (MasterSession) async throws(StatusError) -> R
    ) async throws(StatusError) -> R {
      try enter()
      defer { leave() }
      return try await body(self)
    }

    /// Begins a call of the client that may go on elsewhere: who closes the session from now on cancels it, and
    /// waits for its end.
    ///
    /// - Throws: As ``use(_:)``.
    func begin<R: Sendable>(
      _ body: (MasterSession) throws(StatusError) -> Reply<R>
    ) throws(StatusError) -> Reply<R> {
      try enter()
      var goesOn = false
      defer { if !goesOn { leave() } }
      switch try body(self) {
      case .now(let response): return .now(response)
      case .later(let work):
        goesOn = true
        return .later { [self] () async throws(StatusError) in
          defer { leave() }
          return try await work()
        }
      }
    }

    private func enter() throws(StatusError) {
      let isOpen = state.withLock { state in
        guard !state.isClosed else { return false }
        state.running += 1
        return true
      }
      guard isOpen else { throw Master.unknownSession(handle) }
    }

    private func leave() {
      let waiting = state.withLock { state in
        state.running -= 1
        state.lastUse = .now
        guard state.running == 0 else { return [CheckedContinuation<Void, Never>]() }
        defer { state.closing = [] }
        return state.closing
      }
      for continuation in waiting { continuation.resume() }
    }

    /// Whether nobody used the session for that long.
    func isIdle(for limit: Duration, at now: ContinuousClock.Instant) -> Bool {
      state.withLock { $0.running == 0 && now - $0.lastUse >= limit }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Cancels what runs, waits until it has ended, and lets go of everything but the server's state.
    func close() async {
      state.withLock { $0.isClosed = true }
      engine.close()
      await withCheckedContinuation { continuation in
        let isQuiet = state.withLock { state in
          if state.running > 0 { state.closing.append(continuation) }
          return state.running == 0
        }
        if isQuiet { continuation.resume() }
      }
      await engine.retire()
      let released = state.withLock { state in
        defer {
          state.steps = [:]
          state.callables = []
          state.partialRuns = [:]
        }
        return (state.steps, state.callables)
      }
      _ = released
    }

    // MARK: Graph

    /// Adds nodes to the graph.
    ///
    /// - Returns: the new version.
    /// - Throws: ``StatusError/Code/aborted`` if the client thinks of another version; what importing the
    ///   definition throws: the graph stands as before then; ``StatusError/Code/invalidArgument`` for nodes,
    ///   also earlier ones, that can't be placed.
    func extend(
      _ definition: GraphDefinition, version expected: Int64
    ) throws(StatusError) -> Int64 {
      try version.withLock { (version: inout sending Int64) throws(StatusError) -> Int64 in
        guard version == expected else {
          throw StatusError(
            .aborted, "Current version is \(version) but caller expected \(expected).")
        }
        // A node that can't be placed ends the session's growth: clients send it again before each run,
        // and are told the same. Steps that were made before go on.
        try engine.extendIfNeeded()
        try graph.append(definition)
        try engine.extendIfNeeded()
        version += 1
        return version
      }
    }

    // MARK: Steps

    /// The step that a client asks for, found or made.
    func step(_ request: StepRequest) async throws(StatusError) -> PreparedStep {
      if let known = knownStep(request) { return known }
      let made = try await Detached.run(cancelling: CancellationState()) {
        [graph, engine] () throws(StatusError) in try PreparedStep(request, graph, engine)
      }.get()
      return state.withLock { state in
        // A closed session has let go of its plans already.
        if !state.isClosed { state.steps[request] = made }
        return made
      }
    }

    /// The step that a client asks for, if it was made before.
    func knownStep(_ request: StepRequest) -> PreparedStep? {
      state.withLock { $0.steps[request] }
    }

    /// Runs a step once without options, on the calling thread, if that is known to be brief; `nil` if not.
    func runBriefly(
      _ step: PreparedStep, _ values: [AnyTensor]
    ) throws(StatusError) -> [AnyTensor]? {
      let options = RunOptions()
      guard !wantsMetadata(options) else { return nil }
      try step.check(values, origin)
      do throws(StatusError) {
        return try step.run.runBriefly(step.resolution.feedValues(values), options)
          .map { step.resolution.results($0) }
      } catch {
        throw worded(engine.explaining(error, options), options, isOfKernel: true)
      }
    }

    private func wantsMetadata(_ options: RunOptions) -> Bool {
      options.traces || options.outputsPartitionGraphs
        || engine.configuration.graph.costModelInterval > 0
    }

    /// Runs a step once.
    ///
    /// - Returns: what it gave, and what the client asked to be told of the run.
    func run(
      _ step: PreparedStep, _ values: [AnyTensor], _ options: RunOptions
    ) async throws(StatusError) -> ([AnyTensor], RunMetadata?) {
      try step.check(values, origin)
      var options = options
      // As on TensorFlow's servers, the pools of a session are those of its server.
      options.interOpThreadPool = 0
      let feeds = step.resolution.feedValues(values)
      do throws(StatusError) {
        guard wantsMetadata(options) else {
          return (
            step.resolution.results(try await step.run.runDetached(feeds, options)), nil
          )
        }
        let (results, metadata) = try await step.run.runTracedDetached(feeds, options)
        return (step.resolution.results(results), metadata)
      } catch {
        throw worded(engine.explaining(error, options), options, isOfKernel: true)
      }
    }

    /// A step's error as a master words it: what a kernel says is told with the task that ran it.
    private func worded(
      _ error: StatusError, _ options: RunOptions, isOfKernel: Bool
    ) -> StatusError {
      switch error.code {
      case .cancelled where isClosed:
        StatusError(
          .cancelled, "Step was cancelled by an explicit call to `Session::Close()`.")
      // Without a limit it is a kernel that says so.
      case .deadlineExceeded
      where [options.timeout, engine.configuration.operationTimeout].contains {
        $0 ?? .zero > .zero
      }: StatusError(.deadlineExceeded, "Operation timed out.")
      case .cancelled where error.node == nil: error
      case _ where isOfKernel && !engine.namesTasks: error.prefixed(origin)
      default: error
      }
    }

    // MARK: Callables

    func add(_ callable: Callable) -> Int64 {
      state.withLock { state in
        state.callables.append(callable)
        return Int64(state.callables.count - 1)
      }
    }

    /// - Throws: ``StatusError/Code/invalidArgument`` if there is no such callable, or no more.
    func callable(_ handle: Int64) throws(StatusError) -> Callable {
      let known = state.withLock { state in
        Int(exactly: handle).flatMap { state.callables.indices.contains($0) ? $0 : nil }
          .map { state.callables[$0] }
      }
      guard let entry = known else {
        throw .invalidArgument("No such callable handle: \(handle)")
      }
      guard let callable = entry else {
        throw .invalidArgument("Attempted to run callable after handle was released: \(handle)")
      }
      return callable
    }

    /// Forgets a callable; one that is released or unknown is forgotten already.
    func release(_ handle: Int64) {
      state.withLock { state in
        guard let index = Int(exactly: handle), state.callables.indices.contains(index) else {
          return
        }
        state.callables[index] = nil
      }
    }

    // MARK: Partial runs

    /// - Returns: the partial run's handle, a number.
    func setUpPartialRun(_ request: StepRequest) async throws(StatusError) -> String {
      let inner = try await Detached.run(cancelling: CancellationState()) {
        [graph, engine] () throws(StatusError) in
        let elements = try request.resolve(in: graph)
        return try engine.setUpPartialRun(
          feeds: elements.feeds, fetches: elements.fetches, targets: elements.targets)
      }.get()
      return state.withLock { state in
        let handle = String(state.nextPartialRun)
        state.nextPartialRun += 1
        state.partialRuns[handle] = inner
        return handle
      }
    }

    /// Feeds and fetches a piece of a partial run, all by name.
    func runPartial(
      _ handle: String, feeds: [(name: String, value: AnyTensor)], fetches: [String]
    ) async throws(StatusError) -> [AnyTensor] {
      guard let inner = state.withLock({ $0.partialRuns[handle] }) else {
        throw .invalidArgument("Must run PartialRunSetup before performing partial runs")
      }
      var given: [(AnyOutput, AnyTensor)] = []
      for feed in feeds {
        let output = try StepRequest.feed(feed.name, in: graph)
        try PreparedStep.check(feed.value, for: output, origin)
        given.append((output, feed.value))
      }
      var wanted: [AnyOutput] = []
      for fetch in fetches { wanted.append(try StepRequest.fetch(fetch, in: graph)) }
      defer {
        if !engine.hasPartialRun(inner) {
          state.withLock { _ = $0.partialRuns.removeValue(forKey: handle) }
        }
      }
      do throws(StatusError) {
        return try await engine.runPartialDetached(inner, feeds: given, fetches: wanted)
      } catch {
        throw worded(error, RunOptions(), isOfKernel: error.node != nil)
      }
    }
  }
#endif
