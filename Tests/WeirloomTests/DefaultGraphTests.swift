import Testing
import Weirloom

@Suite(.serialized) struct DefaultGraphTests {
  // DEF-015
  @Test func `outside of any graph the process has one`() {
    #expect(Graph.default === Graph.default)
  }

  @Test func `a graph is the default while its body runs`() throws {
    let root = Graph.default
    let outer = Graph()
    let inner = Graph()
    outer.asDefault {
      #expect(Graph.default === outer)
      inner.asDefault { #expect(Graph.default === inner) }
      #expect(Graph.default === outer)
    }
    #expect(Graph.default === root)
  }

  @Test func `an error leaves the graph`() throws {
    let root = Graph.default
    let graph = Graph()
    #expect(throws: StatusError.self) {
      try graph.asDefault { () throws(StatusError) in throw StatusError.invalidArgument("no") }
    }
    #expect(Graph.default === root)
  }

  @Test func `child tasks inherit the graph`() async {
    let graph = Graph()
    await graph.asDefault {
      #expect(Graph.default === graph)
      async let same = Graph.default === graph
      #expect(await same)
    }
  }

  // DEF-026
  @Test func `the root is reset outside of other graphs only`() throws {
    let root = Graph.default
    let graph = Graph()
    #expect(throws: StatusError.self) {
      try graph.asDefault { () throws(StatusError) in try Graph.resetDefault() }
    }
    #expect(Graph.default === root)
    try Graph.resetDefault()
    #expect(Graph.default !== root)
  }
}
