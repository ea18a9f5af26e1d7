package import LoomCore
package import LoomGraph
package import LoomKernels
import Synchronization

/// Runs a graph in this process: plans, their cache, and the state that lives with a session.
package final class DirectEngine: Sendable {
  let graph: Graph
  package let devices: DeviceSet
  package let resources: ResourceManager
  package let handles = TensorHandleStore()
  package let budget: MemoryBudget
  let workers: WorkerPool
  let placesPrunedGraph: Bool
  private let plannerOptions: Planner.Options
  private let functions: LibraryRuntime

  private struct State {
    var isClosed = false
    var closeReason = StatusError(.cancelled, "Session has been closed.")
    var running: [Int: CancellationState] = [:]
    var plans: [RunSignature: Plan] = [:]
    /// How much of the graph this engine has seen: nodes up to here are checked and never change.
    var extendedTo = 0
    var extensionError: StatusError?
  }
  private let state = Mutex(State())
  private let stepCounter = Atomic<Int>(1)

  /// What one run may ask for beyond its signature.
  package struct RunRequest: Sendable {
    package var timeout: Duration?
    package var traces = false
    package init() {}
  }

  /// What a run gives back beside the fetches.
  package struct RunReport: Sendable {
    package var statistics: [NodeStatistics] = []
    package var plan: Plan?
  }

  package init(
    graph: Graph, cpuCount: Int, threads: Int, placesPrunedGraph: Bool,
    plannerOptions: Planner.Options, budget: MemoryBudget
  ) throws(StatusError) {
    self.graph = graph
    devices = try DeviceSet(cpuCount: cpuCount)
    resources = ResourceManager()
    self.budget = budget
    workers = threads == 0 ? .shared : WorkerPool(threadCount: threads)
    self.placesPrunedGraph = placesPrunedGraph
    self.plannerOptions = plannerOptions
    functions = LibraryRuntime(
      graph: graph, resources: resources, devices: devices, options: plannerOptions, budget: budget)
  }

  // MARK: Plans

  /// The plan of a signature, made at first use. Concurrent first uses may both plan; one wins.
  package func plan(_ signature: RunSignature) throws(StatusError) -> Plan {
    try checkOpen()
    if let plan = state.withLock({ $0.plans[signature] }) { return plan }
    let snapshot = graph.snapshot()
    try extend(snapshot)
    let planner = Planner(
      snapshot: snapshot, resources: resources, devices: devices, options: plannerOptions,
      functions: functions)
    let plan = try planner.plan(signature)
    state.withLock { $0.plans[signature] = plan }
    return plan
  }

  /// Checks nodes that were added since the last look: one that can't be placed fails every later run,
  /// unless only what runs is to be placed.
  package func extend(_ snapshot: GraphSnapshot) throws(StatusError) {
    guard !placesPrunedGraph else { return }
    let start = state.withLock { $0.extendedTo }
    if let error = state.withLock({ $0.extensionError }) { throw error }
    guard start < snapshot.nodes.count else { return }
    let placement = Placement(
      nodes: snapshot.nodes, devices: devices, soft: plannerOptions.allowsSoftPlacement)
    do throws(StatusError) {
      _ = try placement.assign(
        (start..<snapshot.nodes.count).filter { !snapshot.nodes[$0].device.isEmpty })
    } catch {
      state.withLock { $0.extensionError = error }
      throw error
    }
    state.withLock { $0.extendedTo = Swift.max($0.extendedTo, snapshot.nodes.count) }
  }

  /// Whether the graph grew since the engine last looked.
  package func extendIfNeeded() throws(StatusError) {
    if let error = state.withLock({ $0.extensionError }) { throw error }
    guard !placesPrunedGraph, state.withLock({ $0.extendedTo }) < graph.operationCount else {
      return
    }
    try extend(graph.snapshot())
  }

  // MARK: Steps

  /// Runs a plan once. `feeds` are in the signature's order; so are the results.
  package func run(
    _ plan: Plan, feeds: [AnyTensor], request: RunRequest = RunRequest(),
    cancellation: CancellationState = CancellationState()
  ) throws(StatusError) -> ([AnyTensor], RunReport) {
    let stepID = stepCounter.add(1, ordering: .relaxed).newValue
    try begin(stepID, cancellation)
    defer { end(stepID) }
    var deadline: Int?
    if let timeout = request.timeout {
      deadline = DeadlineTimer.shared.add(.now + timeout, cancellation)
    }
    defer { if let deadline { DeadlineTimer.shared.remove(deadline) } }

    let memory = plan.takeMemory(budget: budget)
    let root = memory.frames[0]
    for (index, slot) in plan.feedSlots.enumerated() where index < feeds.count {
      root.set(slot, feeds[index])
    }
    let services = StepServices(
      stepID: stepID, resources: resources, budget: budget, cancellation: cancellation,
      workers: workers, handles: handles)
    let trace = request.traces ? StepTrace() : nil
    // Memory of a failed step may hold anything, so it is not given back.
    var executor = RegionExecutor(plan: plan, memory: memory, services: services, trace: trace)
    try executor.run()
    let results = try DirectEngine.collect(plan, root, feeds, inner: executor.inner)
    for slot in plan.feedSlots { root.clear(slot) }
    plan.giveBack(memory)
    var report = RunReport()
    report.statistics = trace?.nodes ?? []
    report.plan = plan
    return (results, report)
  }

  static func collect(
    _ plan: Plan, _ frame: StepFrame, _ feeds: [AnyTensor], inner: [Int: AnyTensor]
  ) throws(StatusError) -> [AnyTensor] {
    var results: [AnyTensor] = []
    results.reserveCapacity(plan.fetches.count)
    for (index, fetch) in plan.fetches.enumerated() {
      let value: AnyTensor? =
        switch fetch {
        case .feed(let feed): feed < feeds.count ? feeds[feed] : nil
        case .slot(let slot): try frame.value(slot)
        case .inside: inner[index]
        }
      guard let value else {
        throw .invalidArgument("Retval[\(index)] does not have value")
      }
      results.append(value)
    }
    for slot in plan.resultSlots { frame.clear(slot) }
    return results
  }

  private func begin(_ id: Int, _ cancellation: CancellationState) throws(StatusError) {
    try state.withLock { (state: inout sending State) throws(StatusError) in
      if state.isClosed { throw state.closeReason }
      state.running[id] = cancellation
    }
  }

  private func end(_ id: Int) {
    state.withLock { state in _ = state.running.removeValue(forKey: id) }
  }

  // MARK: Life

  package func checkOpen() throws(StatusError) {
    if let reason = state.withLock({ $0.isClosed ? $0.closeReason : nil }) { throw reason }
  }

  package var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Ends running steps and lets go of plans and state. The second call does nothing.
  package func close() {
    let (running, plans) = state.withLock { state -> ([CancellationState], [Plan]) in
      guard !state.isClosed else { return ([], []) }
      state.isClosed = true
      defer { state.plans = [:] }
      return (Array(state.running.values), Array(state.plans.values))
    }
    for step in running { step.cancel(StatusError(.cancelled, "Session has been closed.")) }
    _ = plans
    resources.clearAll()
  }
}
