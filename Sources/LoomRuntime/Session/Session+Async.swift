public import LoomCore
import LoomGraph
import LoomKernels

extension Session {
  /// Runs one step on a thread of its own; cancelling the task cancels the step.
  ///
  /// - Throws: What the blocking form throws; ``StatusError/Code/cancelled`` if the task is cancelled.
  public func run<F: Fetchable>(
    _ fetch: F, feeding feeds: Feed..., options: RunOptions = RunOptions()
  ) async throws(StatusError) -> F.Fetched {
    try await perform(fetch, feeds, options)
  }

  /// Runs one step with several fetches; cancelling the task cancels the step.
  public func run<A: Fetchable, B: Fetchable, each C: Fetchable>(
    _ a: A, _ b: B, _ rest: repeat each C, feeding feeds: Feed...,
    options: RunOptions = RunOptions()
  ) async throws(StatusError) -> (A.Fetched, B.Fetched, repeat (each C).Fetched) {
    try await perform(FetchPack(a, b, repeat each rest), feeds, options)
  }

  /// Runs one step with feeds in an array; cancelling the task cancels the step.
  public func run<F: Fetchable>(
    _ fetch: F, feeds: [Feed], options: RunOptions = RunOptions()
  ) async throws(StatusError) -> F.Fetched {
    try await perform(fetch, feeds, options)
  }

  private func perform<F: Fetchable>(
    _ fetch: F, _ feeds: [Feed], _ options: RunOptions
  ) async throws(StatusError) -> F.Fetched {
    let request = try resolve(fetch, feeds)
    let resolution = request.resolution
    if resolution.isTrivial { return try rebuild(fetch, resolution.trivialResults(request.values)) }
    let ready = try engine.ready(resolution.signature)
    let results: [AnyTensor]
    do throws(StatusError) {
      results = try await ready.runDetached(resolution.feedValues(request.values), options)
    } catch {
      throw engine.explaining(error, options)
    }
    return try rebuild(fetch, resolution.results(results))
  }
}
