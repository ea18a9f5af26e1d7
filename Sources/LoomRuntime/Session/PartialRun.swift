public import LoomCore
public import LoomGraph
import LoomKernels

/// A step that is fed and fetched piece by piece, for as long as its scope lasts.
///
/// Each feed is given once and each fetch taken once. Operations run as soon as what they need is there,
/// and once for the whole step.
public struct PartialRun: ~Copyable, Sendable {
  private let session: Session
  /// The step's handle, as TensorFlow writes it.
  public let handle: String

  fileprivate init(session: Session, handle: String) {
    self.session = session
    self.handle = handle
  }

  deinit { session.engine.endPartialRun(handle) }

  /// Gives feeds and takes a fetch.
  ///
  /// - Throws: What `Session/runPartial(_:fetching:feeds:)` throws.
  public func fetch<F: Fetchable>(
    _ fetch: F, feeding feeds: Feed...
  ) throws(StatusError) -> F.Fetched {
    try session.runPartial(handle, fetching: fetch, feeds: feeds)
  }

  /// Gives feeds and takes a fetch, on a thread of its own; cancelling the task ends the step.
  public func fetch<F: Fetchable>(
    _ fetch: F, feeding feeds: Feed...
  ) async throws(StatusError) -> F.Fetched {
    try await session.runPartial(handle, fetching: fetch, feeds: feeds)
  }

  /// Gives feeds only.
  public func feed(_ feeds: Feed...) throws(StatusError) {
    _ = try session.runPartial(handle, fetching: [AnyOutput](), feeds: feeds)
  }
}

extension Session {
  /// Runs `body` with a step that it feeds and fetches piece by piece.
  ///
  /// - Parameters:
  ///   - keys: All that may be fed.
  ///   - fetch: All that may be fetched; operations among it simply run.
  /// - Throws: ``StatusError/Code/failedPrecondition`` if the session is closed or the graph empty;
  ///   ``StatusError/Code/invalidArgument`` if nothing is to be fetched, a feed stands twice or is
  ///   fetched too; what `body` throws.
  public func withPartialRun<each Key: Feedable, each F: Fetchable, R>(
    feeding keys: repeat each Key, fetching fetches: repeat each F,
    body: (borrowing PartialRun) throws(StatusError) -> R
  ) throws(StatusError) -> R {
    let run = PartialRun(
      session: self,
      handle: try setUpPartialRun(
        feeding: repeat each keys, fetching: FetchPack(repeat each fetches)))
    return try body(run)
  }

  /// Runs `body` with a step that it feeds and fetches piece by piece.
  public func withPartialRun<each Key: Feedable, each F: Fetchable, R>(
    feeding keys: repeat each Key, fetching fetches: repeat each F,
    body: (borrowing PartialRun) async throws(StatusError) -> R
  ) async throws(StatusError) -> R {
    let run = PartialRun(
      session: self,
      handle: try setUpPartialRun(
        feeding: repeat each keys, fetching: FetchPack(repeat each fetches)))
    return try await body(run)
  }

  /// Starts a step that is fed and fetched piece by piece, without a scope.
  ///
  /// The step ends when all feeds are given and all fetches taken, when it fails, with
  /// ``endPartialRun(_:)``, or with the session.
  ///
  /// - Returns: the step's handle; every call gives another.
  /// - Throws: What `withPartialRun(feeding:fetching:body:)` throws.
  public func setUpPartialRun<each Key: Feedable>(
    feeding keys: repeat each Key, fetching fetch: some Fetchable
  ) throws(StatusError) -> String {
    var outputs: [AnyOutput] = []
    for key in repeat each keys { outputs += key.feedParts }
    return try setUpPartialRun(feeds: outputs, fetching: fetch)
  }

  /// Starts a step that is fed and fetched piece by piece, with the feeds in an array.
  public func setUpPartialRun(
    feeds: [AnyOutput], fetching fetch: some Fetchable
  ) throws(StatusError) -> String {
    try checkUsable()
    var outputs: [AnyOutput] = []
    for feed in feeds {
      let output = try FeedCheck.output(.output(feed), in: graph)
      try FeedCheck.checkFeedable(output)
      outputs.append(output)
    }
    var list = FetchList(graph: graph)
    try fetch.flatten(into: &list)
    return try engine.setUpPartialRun(
      feeds: outputs, fetches: list.uniqueOutputs, targets: list.targets)
  }

  /// Gives feeds to a partial run and takes a fetch.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` after the session closed, and for operations among
  ///   the fetches. ``StatusError/Code/invalidArgument`` for an unknown or finished handle, and for feeds
  ///   and fetches that were not set up, were given or taken before, or can't be computed yet: the step
  ///   stands as before then. What kernels throw: the handle is unknown then.
  public func runPartial<F: Fetchable>(
    _ handle: String, fetching fetch: F, feeds: [Feed] = []
  ) throws(StatusError) -> F.Fetched {
    let piece = try resolve(fetch, partial: feeds)
    guard !piece.isEmpty else { return try rebuild(fetch, []) }
    return try rebuild(
      fetch,
      piece.results(try engine.runPartial(handle, feeds: piece.feeds, fetches: piece.fetches)))
  }

  /// Gives feeds to a partial run and takes a fetch, on a thread of its own; cancelling the task ends the
  /// partial run.
  public func runPartial<F: Fetchable>(
    _ handle: String, fetching fetch: F, feeds: [Feed] = []
  ) async throws(StatusError) -> F.Fetched {
    let piece = try resolve(fetch, partial: feeds)
    guard !piece.isEmpty else { return try rebuild(fetch, []) }
    let values = try await engine.runPartialDetached(
      handle, feeds: piece.feeds, fetches: piece.fetches)
    return try rebuild(fetch, piece.results(values))
  }

  /// Ends a partial run; an unknown or finished one has ended already.
  public func endPartialRun(_ handle: String) { engine.endPartialRun(handle) }

  /// What a call is about, after all checks that need no runtime.
  private struct Piece: Sendable {
    var feeds: [(AnyOutput, AnyTensor)]
    /// Each tensor once.
    var fetches: [AnyOutput]
    /// For each fetch as listed: where it is in `fetches`.
    var order: [Int]

    var isEmpty: Bool { feeds.isEmpty && fetches.isEmpty }
    func results(_ values: [AnyTensor]) -> [AnyTensor] { order.map { values[$0] } }
  }

  private func resolve(
    _ fetch: some Fetchable, partial feeds: [Feed]
  ) throws(StatusError) -> Piece {
    try checkUsable()
    let (outputs, values) = try FeedCheck.resolve(feeds, in: self)
    var list = FetchList(graph: graph)
    try fetch.flatten(into: &list)
    guard list.targets.isEmpty else {
      throw .failedPrecondition(
        "partial_run() requires empty `target_list`, received: "
          + "\(list.targets.map(\.name).joined(separator: ", ")). Operations run by themselves.")
    }
    let unique = list.uniqueOutputs
    let positions = Dictionary(
      zip(unique, unique.indices), uniquingKeysWith: { first, _ in first })
    return Piece(
      feeds: Array(zip(outputs, values)), fetches: unique,
      order: list.outputs.map { positions[$0] ?? 0 })
  }
}

extension FetchList {
  /// The listed tensors, each once, in the order they were first listed.
  fileprivate var uniqueOutputs: [AnyOutput] {
    var seen: Set<AnyOutput> = []
    return outputs.filter { seen.insert($0).inserted }
  }
}
