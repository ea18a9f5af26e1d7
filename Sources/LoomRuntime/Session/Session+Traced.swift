public import LoomCore
import LoomGraph

extension Session {
  /// Runs one step and tells of the run: times of its nodes, the graphs that ran, costs.
  ///
  /// - Parameter options: what to tell; by default the statistics of every node.
  /// - Throws: What `run` throws; nothing is told of a run that failed.
  public func traced<F: Fetchable>(
    _ fetch: F, feeding feeds: Feed..., options: RunOptions = RunOptions(trace: .full)
  ) throws(StatusError) -> (value: F.Fetched, metadata: RunMetadata) {
    try performTraced(fetch, feeds, options)
  }

  /// Runs one step with several fetches and tells of the run.
  public func traced<A: Fetchable, B: Fetchable, each C: Fetchable>(
    _ a: A, _ b: B, _ rest: repeat each C, feeding feeds: Feed...,
    options: RunOptions = RunOptions(trace: .full)
  ) throws(StatusError) -> (
    value: (A.Fetched, B.Fetched, repeat (each C).Fetched), metadata: RunMetadata
  ) {
    try performTraced(FetchPack(a, b, repeat each rest), feeds, options)
  }

  private func performTraced<F: Fetchable>(
    _ fetch: F, _ feeds: [Feed], _ options: RunOptions
  ) throws(StatusError) -> (value: F.Fetched, metadata: RunMetadata) {
    let request = try resolve(fetch, feeds)
    let (values, metadata) = try executeTraced(request, options)
    return (try rebuild(fetch, values), metadata)
  }

  func executeTraced(
    _ request: Request, _ options: RunOptions
  ) throws(StatusError) -> ([AnyTensor], RunMetadata) {
    let resolution = request.resolution
    if resolution.isTrivial { return (resolution.trivialResults(request.values), RunMetadata()) }
    let ready = try engine.ready(resolution.signature)
    do throws(StatusError) {
      let (values, metadata) = try ready.runTraced(
        resolution.feedValues(request.values), options)
      return (resolution.results(values), metadata)
    } catch {
      throw engine.explaining(error, options)
    }
  }

  /// Runs one step on a thread of its own and tells of the run; cancelling the task cancels the step.
  public func traced<F: Fetchable>(
    _ fetch: F, feeding feeds: Feed..., options: RunOptions = RunOptions(trace: .full)
  ) async throws(StatusError) -> (value: F.Fetched, metadata: RunMetadata) {
    let request = try resolve(fetch, feeds)
    let resolution = request.resolution
    guard !resolution.isTrivial else {
      return (try rebuild(fetch, resolution.trivialResults(request.values)), RunMetadata())
    }
    let ready = try engine.ready(resolution.signature)
    let (results, metadata) = try await ready.runTracedDetached(
      resolution.feedValues(request.values), options)
    return (try rebuild(fetch, resolution.results(results)), metadata)
  }
}
