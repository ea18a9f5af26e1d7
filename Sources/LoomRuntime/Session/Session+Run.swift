public import LoomCore
import LoomGraph
import LoomKernels

extension Session {
  /// Runs one step and returns the fetched values, in the fetch's own structure.
  ///
  /// Every needed operation runs exactly once, however many fetches use it; the rest never runs. The
  /// step runs on the calling thread.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` if the session is closed or the graph empty;
  ///   ``StatusError/Code/invalidArgument`` for feeds and fetches that do not fit;
  ///   ``StatusError/Code/deadlineExceeded`` if the step takes too long; what kernels throw.
  public func run<F: Fetchable>(
    _ fetch: F, feeding feeds: Feed..., options: RunOptions = RunOptions()
  ) throws(StatusError) -> F.Fetched {
    try perform(fetch, feeds, options)
  }

  /// Runs one step with several fetches.
  public func run<A: Fetchable, B: Fetchable, each C: Fetchable>(
    _ a: A, _ b: B, _ rest: repeat each C, feeding feeds: Feed...,
    options: RunOptions = RunOptions()
  ) throws(StatusError) -> (A.Fetched, B.Fetched, repeat (each C).Fetched) {
    try perform(FetchPack(a, b, repeat each rest), feeds, options)
  }

  /// Runs one step with feeds in an array.
  public func run<F: Fetchable>(
    _ fetch: F, feeds: [Feed], options: RunOptions = RunOptions()
  ) throws(StatusError) -> F.Fetched {
    try perform(fetch, feeds, options)
  }

  private func perform<F: Fetchable>(
    _ fetch: F, _ feeds: [Feed], _ options: RunOptions
  ) throws(StatusError) -> F.Fetched {
    let request = try resolve(fetch, feeds)
    return try rebuild(fetch, try execute(request, options))
  }

  /// A run after all checks that need no runtime.
  struct Request: Sendable {
    let resolution: Resolution
    let values: [AnyTensor]
  }

  func resolve(_ fetch: some Fetchable, _ feeds: [Feed]) throws(StatusError) -> Request {
    try checkUsable()
    let (outputs, values) = try FeedCheck.resolve(feeds, in: self)
    var list = FetchList(graph: graph)
    try fetch.flatten(into: &list)
    return Request(resolution: Resolution(feeds: outputs, list: list), values: values)
  }

  func rebuild<F: Fetchable>(
    _ fetch: F, _ results: [AnyTensor]
  ) throws(StatusError) -> F.Fetched {
    var values = FetchedValues(results, session: self)
    return try fetch.rebuild(from: &values)
  }

  func execute(_ request: Request, _ options: RunOptions) throws(StatusError) -> [AnyTensor] {
    let resolution = request.resolution
    if resolution.isTrivial { return resolution.trivialResults(request.values) }
    let ready = try engine.ready(resolution.signature)
    do throws(StatusError) {
      return resolution.results(
        try ready.run(resolution.feedValues(request.values), options))
    } catch {
      throw engine.explaining(error, options)
    }
  }
}
