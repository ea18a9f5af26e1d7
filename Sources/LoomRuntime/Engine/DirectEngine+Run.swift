package import LoomCore
import LoomGraph
import LoomKernels

extension DirectEngine {
  /// What one run may ask for beyond its signature.
  package struct RunRequest: Sendable {
    package var timeout: Duration?
    package var traces = false
    package init() {}

    var isPlain: Bool { timeout == nil && !traces }
  }

  /// What a run gives back beside the fetches.
  package struct RunReport: Sendable {
    package var statistics: [NodeStatistics] = []
    package var plan: Plan?
  }

  /// A step of the plan that nothing else uses; to be run once, then ended.
  ///
  /// - Throws: ``StatusError/Code/cancelled`` if the engine is closed.
  package func begin(_ plan: RunnablePlan) throws(StatusError) -> Step {
    if isClosed { throw DirectEngine.closedError }
    guard let step = plan.takeIdleStep() else { return try makeStep(plan.plan) }
    step.services.renew(stepID: nextStepID())
    return step
  }

  /// Takes a step back. One that failed or was cancelled is not used again: its memory may hold
  /// anything.
  package func end(_ step: Step, of plan: RunnablePlan, isReusable: Bool) {
    step.services.stepResources.clearAll()
    if isReusable, !step.cancellation.isCancelled {
      plan.giveBack(step)
    } else {
      discard(step)
    }
  }

  /// Runs a plan once. `feeds` are in the signature's order; so are the results.
  package func run(
    _ plan: RunnablePlan, feeds: [AnyTensor]
  ) throws(StatusError) -> [AnyTensor] {
    let step = try begin(plan)
    let results: [AnyTensor]
    do throws(StatusError) {
      results = try execute(step, plan.plan, feeds, nil)
    } catch {
      end(step, of: plan, isReusable: false)
      throw error
    }
    end(step, of: plan, isReusable: true)
    return results
  }

  /// Runs a plan once, as `request` asks.
  package func run(
    _ plan: RunnablePlan, feeds: [AnyTensor], request: RunRequest
  ) throws(StatusError) -> ([AnyTensor], RunReport) {
    if request.isPlain { return (try run(plan, feeds: feeds), RunReport()) }
    let step = try begin(plan)
    do throws(StatusError) {
      let (outcome, isReusable) = try run(step, of: plan, feeds: feeds, request: request)
      end(step, of: plan, isReusable: isReusable)
      return outcome
    } catch {
      end(step, of: plan, isReusable: false)
      throw error
    }
  }

  /// Runs a step that the caller began and will end.
  ///
  /// - Returns: the outcome, and whether no deadline can strike the step any more.
  package func run(
    _ step: Step, of plan: RunnablePlan, feeds: [AnyTensor], request: RunRequest
  ) throws(StatusError) -> (([AnyTensor], RunReport), isReusable: Bool) {
    var deadline: Int?
    if let timeout = request.timeout {
      deadline = try DeadlineTimer.shared.add(.now + timeout, step.cancellation)
    }
    var isReusable = true
    func removeDeadline() {
      if let deadline { isReusable = DeadlineTimer.shared.remove(deadline) }
    }
    let trace = request.traces ? StepTrace() : nil
    let results: [AnyTensor]
    do throws(StatusError) {
      results = try execute(step, plan.plan, feeds, trace)
    } catch {
      removeDeadline()
      throw error
    }
    removeDeadline()
    var report = RunReport()
    report.statistics = trace?.nodes ?? []
    report.plan = plan.plan
    return ((results, report), isReusable)
  }

  private func execute(
    _ step: Step, _ plan: Plan, _ feeds: [AnyTensor], _ trace: StepTrace?
  ) throws(StatusError) -> [AnyTensor] {
    let root = step.memory.frames[0]
    for (index, slot) in plan.feedSlots.enumerated() where index < feeds.count {
      root.set(slot, feeds[index])
    }
    var executor = RegionExecutor(
      plan: plan, memory: step.memory, services: step.services, trace: trace)
    try executor.run()
    let results = try DirectEngine.collect(plan, root, feeds, inner: executor.inner)
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
