import Testing
import Weirloom

/// The contexts of loops and conditionals refer to the graph that keeps them, and must not keep it. (What
/// stands in a graph's collections, such as variables, does keep it.)
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
      let y = try whileLoop(loopVariable: x) {
        try less($0, graph.constant(Float(100)))
      } body: {
        try $0 * x
      }
      _ = try gradients(of: [y.erased], withRespectTo: [x.erased])
    }
    #expect(freed)
  }

  @Test func `a graph with conditionals goes when nobody holds it`() throws {
    let freed = try isFreed { graph in
      let x = try graph.constant(Float(2))
      let y = try cond(graph.constant(true)) {
        [try (x * x).erased]
      } else: {
        [x.erased]
      }
      _ = try gradients(of: y, withRespectTo: [x.erased])
    }
    #expect(freed)
  }
}
