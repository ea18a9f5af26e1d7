package import LoomCore
import LoomGraph
import LoomKernels

extension DirectEngine {
  /// Runs a plan once. `feeds` are in the signature's order; so are the results.
  package func run(
    _ plan: RunnablePlan, feeds: [AnyTensor], options: RunOptions = RunOptions()
  ) throws(StatusError) -> [AnyTensor] {
    let request = try RunRequest(options, runDefaults, wantsMetadata: false)
    if request.isPlain { return try run(plan, feeds) }
    return try run(plan, feeds, request).values
  }

  /// Runs a plan once and tells of the run.
  package func runTraced(
    _ plan: RunnablePlan, feeds: [AnyTensor], options: RunOptions
  ) throws(StatusError) -> ([AnyTensor], RunMetadata) {
    let request = try RunRequest(options, runDefaults, wantsMetadata: true)
    let outcome = try run(plan, feeds, request)
    return (outcome.values, outcome.metadata ?? RunMetadata())
  }

  /// Runs a plan once for what its nodes did.
  func statistics(
    of plan: RunnablePlan, feeds: [AnyTensor]
  ) throws(StatusError) -> [NodeStatistics] {
    let request = try RunRequest(
      RunOptions(trace: .full), runDefaults, wantsMetadata: true)
    return try run(plan, feeds, request).statistics
  }

  func run(_ plan: RunnablePlan, _ feeds: [AnyTensor]) throws(StatusError) -> [AnyTensor] {
    let step = try begin(plan)
    let results: [AnyTensor]
    do throws(StatusError) { results = try execute(step, plan.plan, feeds) } catch {
      end(step, of: plan, isReusable: false)
      throw error
    }
    end(step, of: plan, isReusable: true)
    return results
  }

  private func run(
    _ plan: RunnablePlan, _ feeds: [AnyTensor], _ request: RunRequest
  ) throws(StatusError) -> StepOutcome {
    let step = try begin(plan, request)
    do throws(StatusError) {
      let execution = try StepExecution(self, step, plan, feeds, request)
      let outcome = try execution.runToEnd()
      end(step, of: plan, isReusable: outcome.isReusable && request.pool == 0)
      return outcome
    } catch {
      end(step, of: plan, isReusable: false)
      throw error
    }
  }

  // MARK: Beginning and ending steps

  /// A step of the plan that nothing else uses; to be run once, then ended.
  ///
  /// - Throws: ``StatusError/Code/cancelled`` if the engine is closed.
  private func begin(_ plan: RunnablePlan) throws(StatusError) -> Step {
    if isClosed { throw DirectEngine.closedError }
    guard let step = plan.takeIdleStep() else { return try makeStep(plan.plan) }
    step.services.renew(stepID: nextStepID())
    return step
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` for a thread pool that the session does not have.
  func begin(_ plan: RunnablePlan, _ request: RunRequest) throws(StatusError) -> Step {
    if request.pool == 0 { return try begin(plan) }
    return try makeStep(plan.plan, workers: pools.pool(request.pool))
  }

  /// Takes a step back. One that failed or was cancelled is not used again: its memory may hold
  /// anything.
  func end(_ step: Step, of plan: RunnablePlan, isReusable: Bool) {
    step.services.stepResources.clearAll()
    if isReusable, !step.cancellation.isCancelled {
      plan.giveBack(step)
    } else {
      discard(step)
    }
  }

  // MARK: Execution

  private func execute(
    _ step: Step, _ plan: Plan, _ feeds: [AnyTensor]
  ) throws(StatusError) -> [AnyTensor] {
    guard let program = plan.straight else {
      var executor = executor(step, plan, feeds, nil)
      do throws(StatusError) { try executor.runToEnd(warning: waitWarning) } catch {
        throw explain(error, plan)
      }
      return try results(of: executor, feeds)
    }
    let root = step.root
    setFeeds(feeds, of: plan, root)
    step.memory.prepare(plan, structured: true)
    do throws(StatusError) { try program.run(root, step.services, step.cancellation) } catch {
      throw explain(error, plan)
    }
    return try results(of: plan, root, feeds, inner: [:])
  }

  /// What runs a step whose feeds are these.
  func executor(
    _ step: Step, _ plan: Plan, _ feeds: [AnyTensor], _ trace: StepTrace?,
    _ rendezvous: (any Rendezvous)? = nil
  ) -> RegionExecutor {
    setFeeds(feeds, of: plan, step.root)
    return RegionExecutor(
      plan: plan, memory: step.memory, services: step.services, trace: trace,
      rendezvous: rendezvous)
  }

  private func setFeeds(_ feeds: [AnyTensor], of plan: Plan, _ root: StepFrame) {
    for (index, slot) in plan.feedSlots.enumerated() where index < feeds.count {
      root.set(slot, feeds[index])
    }
  }

  /// The fetches of a step that has run.
  func results(
    of executor: RegionExecutor, _ feeds: [AnyTensor]
  ) throws(StatusError) -> [AnyTensor] {
    try results(of: executor.plan, executor.memory.root, feeds, inner: executor.inner)
  }

  private func results(
    of plan: Plan, _ root: StepFrame, _ feeds: [AnyTensor], inner: [Int: AnyTensor]
  ) throws(StatusError) -> [AnyTensor] {
    let results = try DirectEngine.collect(plan, root, feeds, inner: inner)
    for slot in plan.feedSlots { root.clear(slot) }
    return results
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
}
