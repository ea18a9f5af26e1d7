package import LoomCore
package import LoomGraph
package import LoomKernels

extension DirectEngine {
  /// Starts a step that is fed and fetched piece by piece.
  ///
  /// One plan runs it, also where its nodes are on several devices: these share this process's threads and
  /// memory, so that nothing has to travel. On which device a node runs shows in statistics and partition
  /// graphs only, and nobody can ask a partial run for those. Devices that can't be had are an error here
  /// as anywhere.
  ///
  /// - Returns: the step's handle: what it was set up for, and a number.
  /// - Throws: ``StatusError/Code/invalidArgument`` if nothing is to run, a feed stands twice or is
  ///   fetched too; what planning throws.
  package func setUpPartialRun(
    feeds: [AnyOutput], fetches: [AnyOutput], targets: [Operation]
  ) throws(StatusError) -> String {
    guard !fetches.isEmpty || !targets.isEmpty else {
      throw .invalidArgument("Must specify at least one target to fetch or execute.")
    }
    var seen: Set<AnyOutput> = []
    for feed in feeds where !seen.insert(feed).inserted {
      throw .invalidArgument("Endpoint \"\(feed.name)\" fed more than once.")
    }
    for fetch in fetches where seen.contains(fetch) {
      throw .invalidArgument("\(fetch.name) is both fed and fetched.")
    }
    try extendIfNeeded()
    let signature = RunSignature(
      feeds: feeds.map(\.endpoint), fetches: fetches.map(\.endpoint), targets: targets.map(\.id))
    var options = plannerOptions
    options.retainsValues = true
    // Every set-up has a plan of its own: partial runs are rare and their plans keep all values.
    let plan = RunnablePlan(try makePlan(signature, options), signature)
    let step = try makeStep(plan.plan)
    let handle =
      "\(feeds.map(\.name).joined(separator: ","))->\(fetches.map(\.name).joined(separator: ","))/"
      + "\(targets.map(\.name).joined(separator: ","))/1/;\(step.id)"
    let partial = PartialStep(
      handle: handle, step: step, plan: plan, signature: signature)
    add(partial)
    partial.start()
    return handle
  }

  /// Feeds and fetches a piece of a partial run.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for an unknown handle, and for feeds and fetches
  ///   that can't be had now: nothing is consumed then; ``StatusError/Code/deadlineExceeded`` and what
  ///   kernels throw: the handle is unknown then.
  package func runPartial(
    _ handle: String, feeds: [(AnyOutput, AnyTensor)], fetches: [AnyOutput]
  ) throws(StatusError) -> [AnyTensor] {
    try checkOpen()
    guard let partial = partialStep(handle) else {
      throw .invalidArgument("Must run 'setup' before performing partial runs!")
    }
    var deadline: Int?
    if let timeout = configuration.operationTimeout, timeout > .zero {
      deadline = try DeadlineTimer.shared.add(.now + timeout, partial.step.cancellation)
    }
    defer { if let deadline { _ = DeadlineTimer.shared.remove(deadline) } }
    do throws(PartialStep.Fault) {
      let (values, isFinished) = try partial.run(feeds: feeds, fetches: fetches)
      if isFinished { endPartialRun(handle) }
      return values
    } catch {
      switch error {
      case .refused(let reason): throw reason
      case .failed(let reason):
        endPartialRun(handle)
        throw reason
      }
    }
  }

  /// How to end what a partial run is doing.
  package func cancellation(ofPartialRun handle: String) -> CancellationState? {
    partialStep(handle)?.step.cancellation
  }

  /// Forgets a partial run; an unknown handle is forgotten already.
  package func endPartialRun(_ handle: String) {
    guard let partial = removePartialStep(handle) else { return }
    discard(partial.step)
  }
}

extension AnyOutput {
  /// The tensor by ids, as plans name it.
  package var endpoint: Node.Endpoint { Node.Endpoint(node: operation.id, index: index) }
}
