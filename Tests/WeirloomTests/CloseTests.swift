import Testing
import Weirloom

@Suite struct CloseTests {
  // CLO-001, CLO-002, CLO-003
  @Test func `a closed session runs nothing and may be closed again`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    session.close()
    session.close()
    #expect(session.isClosed)
    expectStatus(.failedPrecondition, "Attempted to use a closed Session.") {
      try session.run(x)
    }
    let used = try Session(graph: graph)
    #expect(try used.run(x).scalar == 1)
    used.close()
    expectStatus(.failedPrecondition, "Attempted to use a closed Session.") { try used.run(x) }
  }

  // CLO-001
  @Test func `async runs of a closed session fail alike`() async throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    session.close()
    await expectStatus(.failedPrecondition, "closed") { try await session.run(x) }
  }

  // CLO-004, CLO-005, PRT-032
  @Test func `partial runs of a closed session fail`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self)
    let y = try x + x
    let session = try Session(graph: graph)
    let handle = try session.setUpPartialRun(feeding: x, fetching: y)
    session.close()
    expectStatus(.failedPrecondition, "closed") {
      try session.setUpPartialRun(feeding: x, fetching: y)
    }
    expectStatus(.failedPrecondition, "closed") {
      try session.runPartial(handle, fetching: y, feeds: [x.feed(1)])
    }
  }

  // CLO-006, CLO-007, CLO-008, CLO-009, CLO-010
  @Test func `devices and callables of a closed session are cancelled`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self, name: "x")
    let y = try x + x
    let c = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    let plain = try session.makeCallable(fetching: c)
    let fed = try session.makeCallable(feeding: x, fetching: y)
    var options = CallableOptions()
    options.feeds = ["x:0"]
    options.fetches = [y.name]
    let named = try session.makeCallable(options)
    session.close()
    expectStatus(.cancelled, "Session has been closed.") { try session.listDevices() }
    expectStatus(.cancelled, "Session has been closed.") { try session.makeCallable(fetching: c) }
    expectStatus(.cancelled, "Session has been closed.") { try plain() }
    expectStatus(.failedPrecondition, "Attempted to use a closed Session.") {
      try fed(Tensor(scalar: 1))
    }
    expectStatus(.cancelled, "Session has been closed.") { try session.makeCallable(options) }
    expectStatus(.cancelled, "Session has been closed.") {
      try named([AnyTensor(scalar: Float(1))])
    }
  }

  // CLO-011, CLO-012
  @Test func `closing ends a run that waits`() throws {
    let graph = try Graph.forTests()
    let blocked = try graph.block("CLO-011")
    let session = try Session(graph: graph)
    let run = OnThread { try session.run(blocked) }
    #expect(Tally.wait(for: "CLO-011"))
    let time = elapsed { session.close() }
    if TestTarget.isRemote {
      expectStatus(.cancelled, "explicit call to `Session::Close()`") { try run.value() }
    } else {
      expectStatus(.cancelled, node: "CLO-011") { try run.value() }
    }
    #expect(time < .seconds(20))
  }

  // CLO-013
  @Test func `letting go of a session closes it quietly`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    weak var weakSession: Session?
    do {
      let session = try Session(graph: graph)
      #expect(try session.run(x).scalar == 1)
      weakSession = session
      #expect(weakSession != nil)
    }
    #expect(weakSession == nil)
  }

  // CLO-014
  @Test func `variables end with their session`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .constant(Float(2)))
    try withSession(graph) { session in
      try session.run(v.initializer)
      #expect(try session.run(v.value).scalar == 2)
    }
    _ = try withSession(graph) { session in
      expectStatus(.failedPrecondition) { try session.run(v.value) }
    }
  }

  // CLO-015
  @Test func `the graph outlives its sessions`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    try Session(graph: graph).close()
    #expect(try Session(graph: graph).run(x).scalar == 1)
  }
}
