import Testing
import Weirloom

// By the compiler: CON-003, CON-004, CON-005, CON-011 (graph, target and configuration have types of
// their own), CON-026 (an InteractiveSession has no scoped form).

@Suite struct ConstructionTests {
  // CON-001, CON-014
  @Test func `a session takes the graph that is the default when it is made`() throws {
    let graph = Graph()
    let other = Graph()
    let (session, x) = try graph.asDefault {
      (try Session(), try Graph.default.constant(Float(2), name: "x"))
    }
    #expect(session.graph === graph)
    let value = try other.asDefault { try session.run(x) }
    #expect(value.scalar == 2)
  }

  // CON-002
  @Test func `a session keeps the graph it is given`() throws {
    let graph = Graph()
    let session = try Graph().asDefault { try Session(graph: graph) }
    #expect(session.graph === graph)
  }

  // CON-006, CON-007, PRP-005
  @Test(.inThisProcess("it is about sessions without a target"))
  func `without a target a session runs in this process`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(3))
    let session = try Session(graph: graph)
    #expect(session.target == "")
    #expect(try session.run(x).scalar == 3)
  }

  // CON-008, CON-009, CON-010
  @Test(arguments: ["foo://bar", "localhost:2222", "local"])
  func `a target no engine serves is not found`(target: String) throws {
    let error = expectStatus(.notFound, "No session factory registered") {
      try Session(graph: Graph(), target: target)
    }
    #expect(error?.message.contains("DIRECT_SESSION") ?? false)
    #expect(error?.message.contains(target) ?? false)
  }

  // CON-012
  @Test func `without a configuration there is one CPU`() throws {
    let session = try Session(graph: Graph())
    #expect(try session.listDevices().map(\.type) == ["CPU"])
    var expected = SessionConfiguration()
    // The suite's sessions on servers are to be alone.
    expected.isolatesSessionState = TestTarget.isRemote
    #expect(session.configuration == expected)
  }

  // CON-013, RUN-009
  @Test func `a session may be made of an empty graph and run what is added later`() throws {
    let graph = Graph()
    let session = try Session(graph: graph)
    let x = try graph.constant([Int32(1), 2])
    #expect(try session.run(x).scalars == [1, 2])
  }

  // CON-015
  @Test func `several sessions run one graph`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self)
    let y = try x + x
    let (first, second) = (try Session(graph: graph), try Session(graph: graph))
    #expect(try first.run(y, feeding: x.feed(2)).scalar == 4)
    first.close()
    #expect(try second.run(y, feeding: x.feed(3)).scalar == 6)
  }

  // CON-016, CON-017
  @Test(arguments: [true, false])
  func `each session has variables of its own`(isReference: Bool) throws {
    let graph = Graph()
    var options = VariableOptions()
    options.isReference = isReference
    let v = try graph.variable("v", initialValue: .constant(Float(7)), options: options)
    let (first, second) = (try Session(graph: graph), try Session(graph: graph))
    try first.run(v.initializer)
    #expect(try first.run(v.value).scalar == 7)
    expectStatus(.failedPrecondition, "v") { try second.run(v.value) }
  }

  // CON-019, CON-021, CON-025
  @Test func `an interactive session is its thread's default until it is closed`() throws {
    try OnThread {
      let before = Graph.default
      let interactive = try InteractiveSession()
      #expect(Session.default === interactive.session)
      #expect(Graph.default === before)
      let c = try interactive.graph.constant(Float(5))
      #expect(try c.evaluate().scalar == 5)
      try interactive.close()
      #expect(Session.default == nil)
      try interactive.close()
      expectStatus(.failedPrecondition, "closed Session") { try interactive.session.run(c) }
    }.value()
  }

  // CON-020: the graph of an InteractiveSession is its `graph` property: a default graph without a
  // scope could not be taken back when the task moves to another thread.
  @Test func `an interactive session of a graph evaluates that graph's tensors`() throws {
    try OnThread {
      let graph = Graph()
      let c = try graph.constant(Float(5))
      let interactive = try InteractiveSession(graph: graph)
      defer { try? interactive.close() }
      #expect(interactive.graph === graph)
      #expect(try c.evaluate().scalar == 5)
    }.value()
  }

  // CON-022: a Swift configuration is a value, so the caller's stays as it was.
  @Test func `an interactive session places only what it runs`() throws {
    try OnThread {
      let graph = Graph()
      let c = try graph.constant(Float(1))
      _ = try graph.withDevice("/gpu:0") { () throws(StatusError) in
        try graph.constant(Float(2))
      }
      let configuration = SessionConfiguration()
      let interactive = try InteractiveSession(graph: graph, configuration: configuration)
      defer { try? interactive.close() }
      #expect(interactive.session.configuration.placesPrunedGraph)
      #expect(!configuration.placesPrunedGraph)
      #expect(try c.evaluate().scalar == 1)
    }.value()
  }

  // CON-023
  @Test func `without a configuration an interactive session lets memory grow`() throws {
    try OnThread {
      let interactive = try InteractiveSession(graph: Graph())
      let expected = try SessionConfiguration(text: "gpu_options { allow_growth: true }")
      #expect(interactive.session.configuration.opaque == expected.opaque)
      try interactive.close()
      let plain = try InteractiveSession(graph: Graph(), configuration: SessionConfiguration())
      #expect(plain.session.configuration.opaque.isEmpty)
      try plain.close()
    }.value()
  }

  // CON-024
  @Test func `a second interactive session works`() throws {
    try OnThread {
      let graph = Graph()
      let c = try graph.constant(Float(1))
      let first = try InteractiveSession(graph: graph)
      let second = try InteractiveSession(graph: graph)
      #expect(Session.default === second.session)
      #expect(try c.evaluate().scalar == 1)
      try second.close()
      #expect(Session.default === first.session)
      try first.close()
    }.value()
  }

  // CON-027
  @Test func `an interactive session that can't be made leaves no default session`() throws {
    try OnThread {
      expectStatus(.notFound) { try InteractiveSession(graph: Graph(), target: "local") }
      #expect(Session.default == nil)
    }.value()
  }
}

@Suite struct PropertyTests {
  // By the compiler: PRP-001 (`graph` is a constant).

  // PRP-002, PRP-004
  @Test func `the graph definition is that of the graph now`() throws {
    let graph = Graph()
    let session = try Session(graph: graph)
    #expect(session.graphDefinition.nodes.isEmpty)
    _ = try graph.constant(Float(1), name: "late")
    #expect(session.graphDefinition.nodes.map(\.name) == ["late"])
    #expect(session.graphDefinition.versions.producer == graph.versions.producer)
    #expect(session.graphDefinition.versions.producer > 1000)
  }

  // PRP-003, CFG-016
  @Test func `with infersShapes nodes carry their shapes`() throws {
    let graph = Graph()
    _ = try graph.placeholder(Float.self, shape: [nil, 3], name: "p")
    var configuration = SessionConfiguration()
    configuration.graph.infersShapes = true
    let session = try Session(graph: graph, configuration: configuration)
    let shapes: AttributeValue = .shapes([[nil, 3]])
    #expect(session.graphDefinition.nodes.first?.attributes["_output_shapes"] == shapes)
    let plain = try Session(graph: graph)
    #expect(plain.graphDefinition.nodes.first?.attributes["_output_shapes"] == nil)
  }
}
