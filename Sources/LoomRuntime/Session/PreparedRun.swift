package import LoomCore
package import LoomGraph

/// A run whose plan is at hand.
package final class PreparedRun: Sendable {
  package let session: Session
  private let resolution: Resolution
  private let outputs: [AnyOutput]
  private let checks: [Check]
  /// `nil` if nothing has to run.
  private let ready: ReadyRun?
  /// What a call throws that can't run anything.
  private let refusal: StatusError?

  /// What a fed value must be.
  private struct Check: Sendable {
    let dtype: DType
    let shape: PartialShape
  }

  package init(
    session: Session, feeds: [AnyOutput], list: FetchList, checksShapes: Bool = true,
    connections: [RunSignature.Connection] = [], fixedOptions: RunOptions? = nil
  ) throws(StatusError) {
    self.session = session
    var outputs: [AnyOutput] = []
    for feed in feeds {
      let output = try FeedCheck.output(.output(feed), in: session.graph)
      try FeedCheck.checkFeedable(output)
      outputs.append(output)
    }
    self.outputs = outputs
    checks = outputs.map {
      Check(dtype: $0.dtype.base, shape: checksShapes ? $0.shape : .unknown)
    }
    resolution = Resolution(feeds: outputs, list: list, connections: connections)
    try session.engine.extendIfNeeded()
    if resolution.isTrivial {
      ready = nil
    } else {
      ready = try session.engine.ready(resolution.signature, callable: fixedOptions)
    }
    refusal =
      list.outputs.isEmpty && list.targets.isEmpty && feeds.isEmpty
      ? .invalidArgument("Must specify at least one target to fetch or execute.") : nil
  }

  package func run(_ values: [AnyTensor]) throws(StatusError) -> [AnyTensor] {
    try check(values)
    guard let ready else { return resolution.trivialResults(values) }
    return resolution.results(try ready.run(resolution.feedValues(values)))
  }

  package func run(
    _ values: [AnyTensor], _ options: RunOptions
  ) throws(StatusError) -> [AnyTensor] {
    try check(values)
    guard let ready else { return resolution.trivialResults(values) }
    return resolution.results(try ready.run(resolution.feedValues(values), options))
  }

  package func runTraced(
    _ values: [AnyTensor], _ options: RunOptions
  ) throws(StatusError) -> ([AnyTensor], RunMetadata) {
    try check(values)
    guard let ready else { return (resolution.trivialResults(values), RunMetadata()) }
    let (results, metadata) = try ready.runTraced(resolution.feedValues(values), options)
    return (resolution.results(results), metadata)
  }

  func statistics(_ values: [AnyTensor]) throws(StatusError) -> [NodeStatistics] {
    guard let ready else { return [] }
    return try ready.statistics(resolution.feedValues(values))
  }

  func runDetached(
    _ values: [AnyTensor], _ options: RunOptions
  ) async throws(StatusError) -> [AnyTensor] {
    try check(values)
    guard let ready else { return resolution.trivialResults(values) }
    return resolution.results(
      try await ready.runDetached(resolution.feedValues(values), options))
  }

  /// The values as tensors of the dtypes they are fed to.
  func converted(_ values: [FeedValue]) throws(StatusError) -> [AnyTensor] {
    guard values.count == checks.count else { throw wrongCount(values.count) }
    var result: [AnyTensor] = []
    for (value, check) in zip(values, checks) {
      result.append(try FeedConversion.tensor(value, dtype: check.dtype))
    }
    return result
  }

  private func check(_ values: [AnyTensor]) throws(StatusError) {
    if let refusal { throw refusal }
    guard values.count == checks.count else { throw wrongCount(values.count) }
    // A run that has something to feed tells of a closed session as `run` does.
    if !values.isEmpty { try session.checkNotClosed() }
    for index in values.indices {
      guard checks[index].dtype == values[index].dtype else {
        throw wrongType(index, values[index])
      }
      guard checks[index].shape.isCompatible(with: values[index].shape) else {
        throw wrongShape(index, values[index])
      }
    }
  }

  @inline(never)
  private func wrongCount(_ count: Int) -> StatusError {
    .invalidArgument("Expected \(checks.count) feed tensors, but got \(count)")
  }

  @inline(never)
  private func wrongType(_ index: Int, _ value: AnyTensor) -> StatusError {
    .invalidArgument(
      "Type mismatch: actual \(value.dtype) vs. expect \(checks[index].dtype) for Tensor "
        + outputs[index].name)
  }

  @inline(never)
  private func wrongShape(_ index: Int, _ value: AnyTensor) -> StatusError {
    .invalidArgument(
      "Cannot feed value of shape \(value.shape) for Tensor \(outputs[index].name), which has shape "
        + "\(checks[index].shape)")
  }
}

extension Session {
  /// Resolves a run of tensors whose dtypes are known only at run time.
  package func prepare(
    feeds: [AnyOutput], fetches: [AnyOutput], targets: [Operation] = []
  ) throws(StatusError) -> PreparedRun {
    try engine.checkOpen()
    var list = FetchList(graph: graph)
    for fetch in fetches { try list.add(fetch) }
    for target in targets { try list.add(target) }
    return try PreparedRun(session: self, feeds: feeds, list: list)
  }

  /// Per-node statistics of one run.
  package func statistics(
    of prepared: PreparedRun, feeds: [AnyTensor]
  ) throws(StatusError) -> [NodeStatistics] { try prepared.statistics(feeds) }
}
