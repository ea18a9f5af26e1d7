import Testing
import Weirloom

// DEF-027 (closing after an exception waits thirty seconds at most): closing never waits for steps here,
// see CLO-012.

@Suite struct DefaultSessionTests {
  // DEF-001, DEF-002, DEF-003, DEF-004, DEF-025
  @Test func `asDefault makes the session the default inside and closes nothing`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    #expect(Session.default == nil)
    session.asDefault { #expect(Session.default === session) }
    #expect(Session.default == nil)
    #expect(try session.run(x).scalar == 1)
  }

  // DEF-005
  @Test func `asDefault leaves the default graph alone`() throws {
    let session = try Session(graph: Graph())
    let before = Graph.default
    session.asDefault {
      #expect(Graph.default === before)
      #expect(Graph.default !== session.graph)
    }
  }

  // DEF-006, DEF-009
  @Test func `a scoped session is closed at the end and its graph the default inside`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try withSession(graph) { session in
      #expect(Session.default === session)
      #expect(Graph.default === graph)
      let value = try session.run(x)
      #expect(value.scalar == 1)
      return session
    }
    expectStatus(.failedPrecondition, "Attempted to use a closed Session.") {
      try session.run(x)
    }
  }

  private struct Boom: Error {}

  // DEF-007, DEF-008
  @Test func `a scoped session is closed when the body throws, and the error goes on`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    #expect(throws: Boom.self) { try session.scoped { _ in throw Boom() } }
    expectStatus(.failedPrecondition, "closed") { try session.run(x) }
    #expect(Session.default == nil)
  }

  // DEF-006, DEF-007
  @Test func `an async scope closes too`() async throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try await withSession(graph) { session in
      #expect(Session.default === session)
      #expect(Graph.default === graph)
      let value = try await session.run(x)
      #expect(value.scalar == 1)
      return session
    }
    #expect(session.isClosed)
    await #expect(throws: Boom.self) {
      try await withSession(graph) { _ in
        await Task.yield()
        throw Boom()
      }
    }
  }

  // DEF-010
  @Test func `a scope inside the same session's scope is refused`() throws {
    let session = try Session(graph: Graph())
    try session.scoped { session in
      expectStatus(.failedPrecondition, "not re-entrant") { try session.scoped { _ in } }
      // The refused scope must not have closed the session.
      #expect(!session.isClosed)
    }
    #expect(session.isClosed)
  }

  // DEF-011
  @Test func `asDefault may be nested for one session`() throws {
    let session = try Session(graph: Graph())
    session.asDefault {
      session.asDefault { #expect(Session.default === session) }
      #expect(Session.default === session)
    }
    #expect(Session.default == nil)
  }

  // DEF-012
  @Test func `leaving an inner session brings the outer one back`() throws {
    let (outer, inner) = (try Session(graph: Graph()), try Session(graph: Graph()))
    try outer.scoped { _ in
      try inner.scoped { _ in #expect(Session.default === inner) }
      #expect(Session.default === outer)
      #expect(Graph.default === outer.graph)
    }
  }

  // DEF-013
  @Test func `a second scope is allowed but finds the session closed`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    try session.scoped { _ in }
    _ = try session.scoped { session in
      expectStatus(.failedPrecondition, "closed") { try session.run(x) }
    }
  }

  // DEF-014, DEF-015, DEF-016
  @Test func `a new thread starts without the defaults and may set its own`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(4))
    try withSession(graph) { session in
      let value = try OnThread {
        #expect(Session.default == nil)
        #expect(Graph.default !== graph)
        return try session.asDefault { try x.evaluate() }.scalar
      }.value()
      #expect(value == 4)
    }
  }

  // DEF-014: child tasks inherit the defaults, detached tasks do not.
  @Test func `child tasks inherit the default session`() async throws {
    let session = try Session(graph: Graph())
    await session.asDefault {
      async let inherited = Session.default === session
      #expect(await inherited)
      #expect(await Task.detached { Session.default == nil }.value)
    }
  }

  // DEF-017: scopes can't be left out of order; sessions without a scope can.
  @Test func `closing interactive sessions out of order is an error`() throws {
    try OnThread {
      let graph = Graph()
      let first = try InteractiveSession(graph: graph)
      let second = try InteractiveSession(graph: graph)
      expectStatus(.failedPrecondition, "Nesting violated") { try first.close() }
      #expect(first.session.isClosed)
      #expect(Session.default === second.session)
      try second.close()
      #expect(Session.default == nil)
    }.value()
  }

  // DEF-018, DEF-019
  @Test func `evaluating without a session is an error`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    expectStatus(.failedPrecondition, "No default session is registered") { try x.evaluate() }
    expectStatus(.failedPrecondition, "No default session is registered") {
      try x.erased.evaluate()
    }
    expectStatus(.failedPrecondition, "Cannot execute operation") { try x.operation.run() }
  }

  // DEF-020, DEF-021
  @Test func `evaluating takes a session and feeds`() throws {
    let graph = Graph()
    let p = try graph.placeholder(Float.self)
    let y = try p + p
    let session = try Session(graph: graph)
    #expect(try y.evaluate(feeding: p.feed(3), in: session).scalar == 6)
    try session.asDefault {
      #expect(try y.evaluate(feeding: p.feed(4)).scalar == 8)
      try y.operation.run(feeding: p.feed(4))
    }
  }

  // DEF-022, DEF-023, DEF-024
  @Test func `evaluating in a session of another graph is an error`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try Session(graph: Graph())
    session.asDefault {
      expectStatus(.invalidArgument, "the default session") { try x.evaluate() }
      expectStatus(.invalidArgument, "Cannot use the default session to execute operation") {
        try x.operation.run()
      }
    }
    expectStatus(.invalidArgument, "Cannot use the given session to evaluate tensor") {
      try x.evaluate(in: session)
    }
    expectStatus(.invalidArgument, "Cannot use the given session to execute operation") {
      try x.operation.run(in: session)
    }
  }

  // DEF-026
  @Test func `the default graph can't be reset inside of another graph`() throws {
    _ = Graph().asDefault {
      expectStatus(.failedPrecondition, "nested graphs") { try Graph.resetDefault() }
    }
  }

  // DEF-028
  @Test func `evaluating minds the session's graph, not the default one`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(9))
    let session = try Session(graph: graph)
    let value = try Graph().asDefault { try session.asDefault { try x.evaluate() } }
    #expect(value.scalar == 9)
  }
}
