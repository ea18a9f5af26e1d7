import Testing
import Weirloom

/// What a graph is made of refers to it, and must not keep it.
@Suite struct GraphLifetimeTests {
  private func isFreed(_ fill: (Graph) throws -> Void) throws -> Bool {
    weak var watched: Graph?
    do {
      let graph = Graph()
      watched = graph
      try fill(graph)
    }
    return watched == nil
  }

  @Test func `a graph with loops and their gradients goes when nobody holds it`() throws {
    let freed = try isFreed { graph in
      let x = try graph.constant(Float(2))
      let y = try whileLoop(loopVariable: x) { try less($0, graph.constant(Float(100))) } body: {
        try $0 * x
      }
      _ = try gradients(of: [y.erased], withRespectTo: [x.erased])
    }
    #expect(freed)
  }

  @Test func `a graph with conditionals goes when nobody holds it`() throws {
    let freed = try isFreed { graph in
      let x = try graph.constant(Float(2))
      let y = try cond(graph.constant(true)) { [try (x * x).erased] } else: { [x.erased] }
      _ = try gradients(of: y, withRespectTo: [x.erased])
    }
    #expect(freed)
  }

  @Test func `a graph with variables and a session goes when nobody holds it`() throws {
    let freed = try isFreed { graph in
      let v = try graph.variable("v", initialValue: .constant(Float(1)))
      let session = try Session(graph: graph)
      try session.run(v.initializer)
      _ = try session.run(v.value)
      session.close()
    }
    #expect(freed)
  }
}
