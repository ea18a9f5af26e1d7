public import LoomCore
public import LoomGraph
public import LoomRuntime

/// Runs `body` with a session of `graph` that is closed on every path.
///
/// Inside, the session is ``Session/default`` and its graph ``Graph/default``.
///
/// - Throws: What making the session throws; what `body` throws.
public func withSession<R>(
  _ graph: Graph, target: String = "", configuration: SessionConfiguration = .init(),
  _ body: (Session) throws -> R
) throws -> R {
  try Session(graph: graph, target: target, configuration: configuration).scoped(body)
}

/// Runs `body` with a session of `graph` that is closed on every path; cancelling the task cancels its
/// steps.
public func withSession<R>(
  _ graph: Graph, target: String = "", configuration: SessionConfiguration = .init(),
  isolation: isolated (any Actor)? = #isolation, _ body: (Session) async throws -> R
) async throws -> R {
  try await Session(graph: graph, target: target, configuration: configuration)
    .scoped(isolation: isolation, body)
}

extension Session {
  /// A session of the default graph as it is now; see ``Graph/default``.
  ///
  /// - Throws: What making a session of that graph throws.
  public convenience init(
    target: String = "", configuration: SessionConfiguration = .init()
  ) throws(StatusError) {
    try self.init(graph: Graph.default, target: target, configuration: configuration)
  }

  /// Runs `body` with this session and its graph as the defaults, then closes the session, whatever
  /// happened.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` inside of another such scope of this session; what
  ///   `body` throws.
  public func scoped<R>(_ body: (Session) throws -> R) throws -> R {
    try enterScope()
    defer { leaveScope() }
    return try graph.asDefault { try asDefault { try body(self) } }
  }

  /// Runs `body` with this session and its graph as the defaults, then closes the session, whatever
  /// happened.
  public func scoped<R>(
    isolation: isolated (any Actor)? = #isolation, _ body: (Session) async throws -> R
  ) async throws -> R {
    try enterScope()
    defer { leaveScope() }
    return try await graph.asDefault(isolation: isolation) {
      try await asDefault(isolation: isolation) { try await body(self) }
    }
  }
}
