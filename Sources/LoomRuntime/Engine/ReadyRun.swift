package import LoomCore

/// A signature that an engine is ready to run, any number of times at once.
///
/// The engine of this process stands beside the others as a type of its own, so that runs here are called
/// directly.
package enum ReadyRun: Sendable {
  case direct(DirectEngine, RunnablePlan)
  case remote(any RemoteRun)

  /// Runs one step. `feeds` are in the signature's order; so are the results.
  func run(_ feeds: [AnyTensor]) throws(StatusError) -> [AnyTensor] {
    switch self {
    case .direct(let engine, let plan): try engine.run(plan, feeds: feeds)
    case .remote(let run): try run.run(feeds, RunOptions(), wantsMetadata: false).values
    }
  }

  func run(_ feeds: [AnyTensor], _ options: RunOptions) throws(StatusError) -> [AnyTensor] {
    switch self {
    case .direct(let engine, let plan): try engine.run(plan, feeds: feeds, options: options)
    case .remote(let run): try run.run(feeds, options, wantsMetadata: false).values
    }
  }

  /// Runs one step and tells of the run.
  func runTraced(
    _ feeds: [AnyTensor], _ options: RunOptions
  ) throws(StatusError) -> ([AnyTensor], RunMetadata) {
    switch self {
    case .direct(let engine, let plan):
      return try engine.runTraced(plan, feeds: feeds, options: options)
    case .remote(let run):
      let outcome = try run.run(feeds, options, wantsMetadata: true)
      return (outcome.values, outcome.metadata ?? RunMetadata())
    }
  }

  /// Runs one step on the calling thread, if that is known to be brief; `nil` if not.
  package func runBriefly(
    _ feeds: [AnyTensor], _ options: RunOptions
  ) throws(StatusError) -> [AnyTensor]? {
    guard case .direct(let engine, let plan) = self else { return nil }
    return try engine.runBriefly(plan, feeds: feeds, options: options)
  }

  /// Whether steps with so many bytes of feeds may turn out to be brief.
  package func mayBeBrief(feedBytes: Int) -> Bool {
    guard case .direct(_, let plan) = self else { return false }
    return plan.isBrief(bytes: feedBytes)
  }

  /// Runs one step beside the cooperative threads; cancelling the task cancels the step.
  package func runDetached(
    _ feeds: [AnyTensor], _ options: RunOptions
  ) async throws(StatusError) -> [AnyTensor] {
    switch self {
    case .direct(let engine, let plan):
      try await engine.runDetached(plan, feeds: feeds, options: options)
    case .remote(let run):
      try await run.runDetached(feeds, options, wantsMetadata: false).values
    }
  }

  /// Runs one step beside the cooperative threads and tells of the run.
  package func runTracedDetached(
    _ feeds: [AnyTensor], _ options: RunOptions
  ) async throws(StatusError) -> ([AnyTensor], RunMetadata) {
    var metadata: RunMetadata? = RunMetadata()
    switch self {
    case .direct(let engine, let plan):
      let values = try await engine.runDetached(
        plan, feeds: feeds, options: options, metadata: &metadata)
      return (values, metadata ?? RunMetadata())
    case .remote(let run):
      let outcome = try await run.runDetached(feeds, options, wantsMetadata: true)
      return (outcome.values, outcome.metadata ?? RunMetadata())
    }
  }

  /// Runs one step for what its nodes did.
  ///
  /// - Throws: ``StatusError/Code/unimplemented`` for a run elsewhere: its metadata tells.
  func statistics(_ feeds: [AnyTensor]) throws(StatusError) -> [NodeStatistics] {
    guard case .direct(let engine, let plan) = self else {
      throw .unimplemented("Only runs in this process can be measured node by node")
    }
    return try engine.statistics(of: plan, feeds: feeds)
  }
}

/// A signature that is run outside of this engine's process or plan cache.
package protocol RemoteRun: AnyObject, Sendable {
  /// Runs one step on the calling thread. `feeds` are in the signature's order; so are the results.
  func run(
    _ feeds: [AnyTensor], _ options: RunOptions, wantsMetadata: Bool
  ) throws(StatusError) -> RemoteOutcome

  /// Runs one step beside the cooperative threads; cancelling the task cancels the step.
  func runDetached(
    _ feeds: [AnyTensor], _ options: RunOptions, wantsMetadata: Bool
  ) async throws(StatusError) -> RemoteOutcome
}

/// What a step elsewhere gives.
package struct RemoteOutcome: Sendable {
  package var values: [AnyTensor]
  package var metadata: RunMetadata?

  package init(values: [AnyTensor], metadata: RunMetadata? = nil) {
    self.values = values
    self.metadata = metadata
  }
}
