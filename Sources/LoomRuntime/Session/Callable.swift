public import LoomCore
import LoomGraph

/// A run with its feeds and fetches resolved once: calling it looks nothing up.
///
/// Usable until the session closes, from any thread; what is added to the graph later does not matter.
public struct Callable<Result: Sendable, each Key: Feedable & Sendable>: Sendable {
  let prepared: PreparedRun
  let keys: (repeat each Key)
  let rebuild: @Sendable (inout FetchedValues) throws(StatusError) -> Result

  /// Runs one step on the calling thread.
  ///
  /// - Throws: What `run` throws; ``StatusError/Code/cancelled`` after the session closed if there is
  ///   nothing to feed.
  public func callAsFunction(
    _ values: repeat (each Key).Value
  ) throws(StatusError) -> Result {
    var tensors: [AnyTensor] = []
    repeat try (each keys).split(each values, into: &tensors)
    var fetched = FetchedValues(try prepared.run(tensors), session: prepared.session)
    return try rebuild(&fetched)
  }

  /// Runs one step on the calling thread, as `options` say.
  public func callAsFunction(
    _ values: repeat (each Key).Value, options: RunOptions
  ) throws(StatusError) -> Result {
    var tensors: [AnyTensor] = []
    repeat try (each keys).split(each values, into: &tensors)
    var fetched = FetchedValues(try prepared.run(tensors, options), session: prepared.session)
    return try rebuild(&fetched)
  }

  /// Runs one step on a thread of its own; cancelling the task cancels the step.
  public func callAsFunction(
    _ values: repeat (each Key).Value, options: RunOptions = RunOptions()
  ) async throws(StatusError) -> Result {
    var tensors: [AnyTensor] = []
    repeat try (each keys).split(each values, into: &tensors)
    var fetched = FetchedValues(
      try await prepared.runDetached(tensors, options), session: prepared.session)
    return try rebuild(&fetched)
  }

  /// Runs one step and tells of the run.
  public func traced(
    _ values: repeat (each Key).Value, options: RunOptions = RunOptions(trace: .full)
  ) throws(StatusError) -> (value: Result, metadata: RunMetadata) {
    var tensors: [AnyTensor] = []
    repeat try (each keys).split(each values, into: &tensors)
    let (results, metadata) = try prepared.runTraced(tensors, options)
    var fetched = FetchedValues(results, session: prepared.session)
    return (try rebuild(&fetched), metadata)
  }

  /// Runs one step with values that are converted to the dtypes of what they are fed to.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for a wrong number of values, or one that can't be
  ///   converted; what calling throws.
  public func call(converting values: FeedValue...) throws(StatusError) -> Result {
    var fetched = FetchedValues(
      try prepared.run(prepared.converted(values)), session: prepared.session)
    return try rebuild(&fetched)
  }
}

extension Session {
  /// Resolves a run once, to be called often.
  ///
  /// - Throws: What `run` throws for such fetches; ``StatusError/Code/cancelled`` if closed.
  public func makeCallable<each Key: Feedable & Sendable, F: Fetchable & Sendable>(
    feeding keys: repeat each Key, fetching fetch: F
  ) throws(StatusError) -> Callable<F.Fetched, repeat each Key> where F.Fetched: Sendable {
    try engine.checkOpen()
    var outputs: [AnyOutput] = []
    for key in repeat each keys { outputs += key.feedParts }
    var list = FetchList(graph: graph)
    try fetch.flatten(into: &list)
    let prepared = try PreparedRun(session: self, feeds: outputs, list: list)
    return Callable(prepared: prepared, keys: (repeat each keys)) { values throws(StatusError) in
      try fetch.rebuild(from: &values)
    }
  }

  /// Resolves a run with several fetches once, to be called often.
  public func makeCallable<
    each Key: Feedable & Sendable, A: Fetchable & Sendable, B: Fetchable & Sendable,
    each C: Fetchable & Sendable
  >(
    feeding keys: repeat each Key, fetching a: A, _ b: B, _ rest: repeat each C
  ) throws(StatusError) -> Callable<
    (A.Fetched, B.Fetched, repeat (each C).Fetched), repeat each Key
  > where A.Fetched: Sendable, B.Fetched: Sendable, repeat (each C).Fetched: Sendable {
    try makeCallable(feeding: repeat each keys, fetching: FetchPack(a, b, repeat each rest))
  }
}
