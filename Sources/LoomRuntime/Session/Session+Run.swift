public import LoomCore
import LoomGraph
package import LoomKernels

extension Session {
  /// Runs one step and returns the fetched values, in the fetch's own structure.
  ///
  /// Every needed operation runs exactly once, however many fetches use it; the rest never runs. The
  /// step runs on the calling thread.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` if the session is closed or the graph empty;
  ///   ``StatusError/Code/invalidArgument`` for feeds and fetches that do not fit; what kernels throw.
  public func run<F: Fetchable>(
    _ fetch: F, feeding feeds: Feed..., options: RunOptions = RunOptions()
  ) throws(StatusError) -> F.Fetched {
    try perform(fetch, feeds, options).value
  }

  /// Runs one step with several fetches.
  public func run<A: Fetchable, B: Fetchable, each C: Fetchable>(
    _ a: A, _ b: B, _ rest: repeat each C, feeding feeds: Feed...,
    options: RunOptions = RunOptions()
  ) throws(StatusError) -> (A.Fetched, B.Fetched, repeat (each C).Fetched) {
    let pack = FetchPack(a, b, repeat each rest)
    return try perform(pack, feeds, options).value
  }

  /// Runs one step without blocking the task's thread for long; cancelling the task cancels the step.
  public func run<F: Fetchable>(
    _ fetch: F, feeding feeds: Feed..., options: RunOptions = RunOptions()
  ) async throws(StatusError) -> F.Fetched {
    try await performAsync(fetch, feeds, options).value
  }

  /// Runs one step with several fetches without blocking the task's thread for long.
  public func run<A: Fetchable, B: Fetchable, each C: Fetchable>(
    _ a: A, _ b: B, _ rest: repeat each C, feeding feeds: Feed...,
    options: RunOptions = RunOptions()
  ) async throws(StatusError) -> (A.Fetched, B.Fetched, repeat (each C).Fetched) {
    let pack = FetchPack(a, b, repeat each rest)
    return try await performAsync(pack, feeds, options).value
  }

  /// Runs one step with feeds in an array.
  public func run<F: Fetchable>(
    _ fetch: F, feeds: [Feed], options: RunOptions = RunOptions()
  ) throws(StatusError) -> F.Fetched {
    try perform(fetch, feeds, options).value
  }

  func perform<F: Fetchable>(
    _ fetch: F, _ feeds: [Feed], _ options: RunOptions,
    cancellation: CancellationState = CancellationState()
  ) throws(StatusError) -> (value: F.Fetched, report: DirectEngine.RunReport) {
    let (resolution, values) = try resolve(fetch, feeds)
    let (results, report) = try execute(resolution, values, options, cancellation)
    var fetched = FetchedValues(results)
    return (try fetch.rebuild(from: &fetched), report)
  }

  func performAsync<F: Fetchable>(
    _ fetch: F, _ feeds: [Feed], _ options: RunOptions
  ) async throws(StatusError) -> (value: F.Fetched, report: DirectEngine.RunReport) {
    let (resolution, values) = try resolve(fetch, feeds)
    let (results, report) = try await executeAsync(resolution, values, options)
    var fetched = FetchedValues(results)
    return (try fetch.rebuild(from: &fetched), report)
  }

  private func resolve<F: Fetchable>(
    _ fetch: F, _ feeds: [Feed]
  ) throws(StatusError) -> (Resolution, [AnyTensor]) {
    try checkUsable()
    var outputs: [AnyOutput] = []
    for feed in feeds {
      let output = try FeedCheck.output(feed.key, in: graph)
      try FeedCheck.check(feed.value, for: output, in: graph)
      outputs.append(output)
    }
    var list = FetchList(graph: graph)
    try fetch.flatten(into: &list)
    return (Resolution(feeds: outputs, list: list), feeds.map(\.value))
  }

  package func execute(
    _ resolution: Resolution, _ values: [AnyTensor], _ options: RunOptions,
    _ cancellation: CancellationState = CancellationState()
  ) throws(StatusError) -> ([AnyTensor], DirectEngine.RunReport) {
    if resolution.isTrivial { return (resolution.trivialResults(values), .init()) }
    try engine.extendIfNeeded()
    let plan = try engine.plan(resolution.signature)
    let (results, report) = try engine.run(
      plan, feeds: resolution.feedValues(values), request: options.request,
      cancellation: cancellation)
    return (resolution.results(results), report)
  }

  func executeAsync(
    _ resolution: Resolution, _ values: [AnyTensor], _ options: RunOptions
  ) async throws(StatusError) -> ([AnyTensor], DirectEngine.RunReport) {
    let cancellation = CancellationState()
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation {
        (
          continuation: CheckedContinuation<
            Result<([AnyTensor], DirectEngine.RunReport), StatusError>, Never
          >
        ) in
        let work = { @Sendable [self] in
          do throws(StatusError) {
            continuation.resume(
              returning: .success(try execute(resolution, values, options, cancellation)))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        }
        // Steps may compute for long: the cooperative threads stay free for other tasks.
        do throws(StatusError) { try engine.workers.async(work) } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    } onCancel: {
      cancellation.cancel(StatusError(.cancelled, "The task that ran the step was cancelled."))
    }
    return try outcome.get()
  }
}

extension RunOptions {
  var request: DirectEngine.RunRequest {
    var request = DirectEngine.RunRequest()
    request.timeout = timeout
    request.traces = traces
    return request
  }
}
