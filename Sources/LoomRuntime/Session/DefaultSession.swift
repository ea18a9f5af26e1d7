public import LoomCore
public import LoomGraph

extension Session {
  @TaskLocal private static var active: Session?

  /// The innermost session that the task, or the thread, has made the default; `nil` outside of all.
  public static var `default`: Session? { active ?? ThreadDefaults.shared.top }

  /// Runs `body` with this session as ``default``, for the current task and its children. May be nested,
  /// leaves the session open and does not change the default graph.
  public func asDefault<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    // `withValue` rethrows untyped; a Result carries the typed error across.
    try Session.$active.withValue(self) { () -> Result<R, E> in
      do throws(E) { return .success(try body()) } catch { return .failure(error) }
    }.get()
  }

  /// Runs `body` with this session as ``default``, for the current task and its children.
  public func asDefault<R>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
  ) async rethrows -> R {
    try await Session.$active.withValue(self, operation: body, isolation: isolation)
  }

  /// The session to use for an element of `graph`.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` if there is no session,
  ///   ``StatusError/Code/invalidArgument`` if it runs another graph.
  fileprivate static func chosen(
    _ explicit: Session?, for graph: Graph, to purpose: String, of kind: String
  ) throws(StatusError) -> Session {
    guard let session = explicit ?? Session.default else {
      throw .failedPrecondition(
        "Cannot \(purpose): No default session is registered. Use `session.asDefault` or pass an "
          + "explicit session.")
    }
    guard session.graph === graph else {
      throw .invalidArgument(
        "Cannot use the \(explicit == nil ? "default" : "given") session to \(purpose): the \(kind)'s "
          + "graph is different from the session's graph."
          + (explicit == nil ? " Pass an explicit session." : ""))
    }
    return session
  }
}

extension Output {
  /// The value of this tensor in `session`, by default the default one.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` without a session,
  ///   ``StatusError/Code/invalidArgument`` if it runs another graph; what `run` throws.
  public func evaluate(
    feeding feeds: Feed..., in session: Session? = nil
  ) throws(StatusError) -> Tensor<Scalar> {
    try Session.chosen(session, for: graph, to: "evaluate tensor", of: "tensor")
      .run(self, feeds: feeds)
  }
}

extension AnyOutput {
  /// The value of this tensor in `session`, by default the default one.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` without a session,
  ///   ``StatusError/Code/invalidArgument`` if it runs another graph; what `run` throws.
  public func evaluate(
    feeding feeds: Feed..., in session: Session? = nil
  ) throws(StatusError) -> AnyTensor {
    try Session.chosen(session, for: graph, to: "evaluate tensor", of: "tensor")
      .run(self, feeds: feeds)
  }
}

extension Operation {
  /// Runs this operation in `session`, by default the default one.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` without a session,
  ///   ``StatusError/Code/invalidArgument`` if it runs another graph; what `run` throws.
  public func run(feeding feeds: Feed..., in session: Session? = nil) throws(StatusError) {
    try Session.chosen(session, for: graph, to: "execute operation", of: "operation")
      .run(self, feeds: feeds)
  }
}
