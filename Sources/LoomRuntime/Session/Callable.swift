public import LoomCore
public import LoomGraph
import LoomKernels

/// A run with its feeds and fetches resolved once: calling it looks nothing up.
///
/// Usable until the session closes, from any thread.
public struct Callable<Result: Sendable, each Scalar: TensorScalar>: Sendable {
  let prepared: PreparedRun
  let rebuild: @Sendable (inout FetchedValues) throws -> Result

  /// Runs one step on the calling thread.
  ///
  /// - Throws: ``StatusError/Code/cancelled`` after the session closed; what `run` throws.
  public func callAsFunction(
    _ values: repeat Tensor<each Scalar>, options: RunOptions = RunOptions()
  ) throws(StatusError) -> Result {
    var tensors: [AnyTensor] = []
    for value in repeat each values { tensors.append(value.erased) }
    var fetched = FetchedValues(try prepared.run(tensors, options))
    do { return try rebuild(&fetched) } catch { throw StatusError.wrapping(error) }
  }
}

/// A run whose plan is at hand.
package final class PreparedRun: Sendable {
  package let session: Session
  package let resolution: Resolution
  private let outputs: [AnyOutput]
  private let shapes: [PartialShape]
  private let dtypes: [DType]
  package let plan: Plan?

  package init(session: Session, feeds: [AnyOutput], list: FetchList) throws(StatusError) {
    self.session = session
    outputs = feeds
    shapes = feeds.map(\.shape)
    dtypes = feeds.map(\.dtype.base)
    resolution = Resolution(feeds: feeds, list: list)
    try session.engine.extendIfNeeded()
    plan = resolution.isTrivial ? nil : try session.engine.plan(resolution.signature)
  }

  package func run(_ values: [AnyTensor], _ options: RunOptions) throws(StatusError) -> [AnyTensor]
  {
    guard values.count == outputs.count else {
      throw .invalidArgument("Expected \(outputs.count) feed tensors, but got \(values.count)")
    }
    for index in values.indices {
      guard values[index].dtype == dtypes[index],
        shapes[index].isCompatible(with: values[index].shape)
      else { return try refuse(values[index], outputs[index]) }
    }
    guard let plan else { return resolution.trivialResults(values) }
    let (results, _) = try session.engine.run(
      plan, feeds: resolution.feedValues(values), request: options.request)
    return resolution.results(results)
  }

  @inline(never)
  private func refuse(_ value: AnyTensor, _ output: AnyOutput) throws(StatusError) -> [AnyTensor] {
    try FeedCheck.check(value, for: output, in: session.graph)
    throw .invalidArgument("Cannot feed value of shape \(value.shape) for Tensor '\(output.name)'")
  }
}

extension Session {
  /// Resolves a run once, to be called often.
  ///
  /// - Throws: What `run` throws for such fetches; ``StatusError/Code/cancelled`` if closed.
  public func makeCallable<each Scalar: TensorScalar, F: Fetchable & Sendable>(
    feeding feeds: repeat Output<each Scalar>, fetching fetch: F
  ) throws(StatusError) -> Callable<F.Fetched, repeat each Scalar> where F.Fetched: Sendable {
    try engine.checkOpen()
    var outputs: [AnyOutput] = []
    for feed in repeat each feeds {
      outputs.append(try FeedCheck.output(.output(feed.erased), in: graph))
    }
    var list = FetchList(graph: graph)
    try fetch.flatten(into: &list)
    let prepared = try PreparedRun(session: self, feeds: outputs, list: list)
    return Callable(prepared: prepared) { values in try fetch.rebuild(from: &values) }
  }

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
}

extension Session {
  /// Per-node statistics of one run.
  package func statistics(
    of prepared: PreparedRun, feeds: [AnyTensor]
  ) throws(StatusError) -> [NodeStatistics] {
    guard let plan = prepared.plan else { return [] }
    var request = DirectEngine.RunRequest()
    request.traces = true
    return try engine.run(plan, feeds: prepared.resolution.feedValues(feeds), request: request)
      .1.statistics
  }
}
