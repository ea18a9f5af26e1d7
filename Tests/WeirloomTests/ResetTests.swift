import Testing
import Weirloom

// By the compiler: RST-005 (containers have names).
// In this process a reset closes every session, so that no state is left to look at.

@Suite(.serialized) struct ResetTests {
  // RST-003, RST-007
  @Test func `a reset closes the sessions of the process`() async throws {
    // A process of its own: other tests have sessions open.
    await #expect(processExitsWith: .success) {
      let graph = Graph()
      let x = try graph.constant(Float(1))
      let (first, second) = (try Session(graph: graph), try Session(graph: graph))
      _ = try (first.run(x), second.run(x))
      for target in Set([first.target, second.target]) {
        try Session.reset(target: target, containers: ["none such"])
      }
      for session in [first, second] {
        let error =
          TestTarget.isRemote
          ? expectStatus(.aborted, "is not found.") { try session.run(x) }
          : expectStatus(.cancelled, "Session has been closed.") { try session.run(x) }
        try #require(error != nil)
      }
      // The sessions were not closed by their owners, who may still do so.
      first.close()
      let third = try Session(graph: graph)
      try #require(try third.run(x).scalar == 1)
    }
  }

  // RST-006
  @Test func `a reset of an unknown target is not found`() {
    expectStatus(.notFound, "No session factory registered") { try Session.reset(target: "foo") }
  }

  // RST-008, RST-009
  @Test(.inThisProcess("clearing a container of a server closes its sessions"))
  func `a container scope names where state is kept, the innermost wins`() throws {
    let graph = Graph()
    let (outer, inner) = try graph.withContainer("c") { () throws(StatusError) in
      (
        try graph.variable("v", initialValue: .constant(Float(1))),
        try graph.withContainer("c2") { () throws(StatusError) in
          try graph.variable("w", initialValue: .constant(Float(2)))
        }
      )
    }
    #expect(try outer.operation.attribute("container") == "c")
    #expect(try inner.operation.attribute("container") == "c2")
    let session = try Session(graph: graph)
    _ = try session.run([outer.initializer, inner.initializer])
    session.direct?.resources.clear(container: "c")
    expectStatus(.failedPrecondition) { try session.run(outer.value) }
    #expect(try session.run(inner.value).scalar == 2)
  }

  // RST-010
  @Test func `the default container of this process is localhost`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .constant(Float(1)))
    let session = try Session(graph: graph)
    expectStatus(.failedPrecondition, "localhost") { try session.run(v.value) }
  }
}
