import Testing
import Weirloom

// By the compiler: RUN-018, RUN-019, RUN-020 (arguments have labels and types).
// RUN-022: metadata is a result, so a run that fails has none to change.
// RUN-030: the errors of nodes that a pass made name the node they came from.
// RUN-034: see HostFunctionTests.

@Suite struct RunTests {
  // RUN-001, RUN-016
  @Test func `control dependencies order reads and writes of a resource variable`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .constant(Float(1)))
    let before = try v.read()
    let after = try graph.withControlDependencies(on: [before.operation]) {
      () throws(StatusError) in
      let ten = try graph.constant(Float(10))
      return try v.assign(ten)
    }
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    let (first, second) = try session.run(before, after)
    #expect(first.scalar == 1)
    #expect(second.scalar == 10)
  }

  // RUN-002, RUN-003
  @Test func `what a step did before it failed stays, and the session goes on`() throws {
    let graph = try Graph.forTests()
    let v = try graph.variable("v", initialValue: .constant(Float(1)))
    let update = try v.assignAdd(Tensor(scalar: 1))
    let failing = try graph.withControlDependencies(on: [update.operation]) {
      () throws(StatusError) in
      try graph.fail(.dataLoss, "after the update")
    }
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    expectStatus(.dataLoss, "after the update", node: "failing") { try session.run(failing) }
    #expect(try session.run(v.value).scalar == 2)
  }

  // RUN-004
  @Test func `one of two errors is reported`() throws {
    let graph = try Graph.forTests()
    let first = try graph.fail(.outOfRange, "first", name: "one")
    let second = try graph.fail(.outOfRange, "second", name: "two")
    let session = try Session(graph: graph)
    let error = expectStatus(.outOfRange) { try session.run(first, second) }
    #expect(["one", "two"].contains(error?.node?.name))
  }

  // RUN-006
  @Test(arguments: [true, false])
  func `concurrent steps of one session each have their effect`(isReference: Bool) throws {
    let graph = Graph()
    var options = VariableOptions()
    options.isReference = isReference
    let v = try graph.variable("v", initialValue: .constant(Int64(0)), options: options)
    let update = try v.assignAdd(Tensor(scalar: 1))
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    let threads = (0..<8).map { _ in
      OnThread { for _ in 0..<200 { try session.run(update.operation) } }
    }
    for thread in threads { try thread.value() }
    #expect(try session.run(v.value).scalar == 1600)
  }

  // RUN-007, RUN-008
  @Test func `the graph may grow while others run`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    let runner = OnThread {
      for _ in 0..<300 {
        guard try session.run(x).scalar == 1 else { return false }
      }
      return true
    }
    var last = x
    for _ in 0..<300 { last = try last + x }
    #expect(try runner.value())
    #expect(try session.run(last).scalar == 301)
  }

  // RUN-010
  @Test func `a finalised graph runs and takes nothing more`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    graph.finalize()
    let session = try Session(graph: graph)
    #expect(try session.run(x).scalar == 1)
    expectStatus(.failedPrecondition, "finalized") { try graph.constant(Float(2)) }
  }

  // RUN-012, RUN-013
  @Test func `a node that can't be placed fails all runs, unless only what runs is placed`() throws
  {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    let callable = try session.makeCallable(fetching: x)
    #expect(try session.run(x).scalar == 1)
    _ = try graph.withDevice("/gpu:0") { () throws(StatusError) in
      try graph.constant(Float(2), name: "far")
    }
    expectStatus(.invalidArgument, "Cannot assign a device for operation far") {
      try session.run(x)
    }
    #expect(try callable().scalar == 1)
    var configuration = SessionConfiguration()
    configuration.graph.placesPrunedGraph = true
    let pruned = try Session(graph: graph, configuration: configuration)
    #expect(try pruned.run(x).scalar == 1)
    expectStatus(.invalidArgument, "far") { try pruned.run("far:0") }
  }

  // RUN-014, RUN-015
  @Test func `runs of one signature share a plan, whatever the order of their feeds`() throws {
    let graph = Graph()
    let a = try graph.placeholder(Float.self)
    let b = try graph.placeholder(Float.self)
    let y = try a + b
    let session = try Session(graph: graph)
    #expect(try session.run(y, feeding: a.feed(1), b.feed(2)).scalar == 3)
    let plans = session.direct?.planCount
    #expect(try session.run(y, feeding: b.feed(5), a.feed(1)).scalar == 6)
    #expect(session.direct?.planCount == plans)
    #expect(try session.run(a, feeding: a.feed(1)).scalar == 1)
    #expect(session.direct?.planCount == plans)
  }

  // RUN-017
  @Test func `a reference read after an update sees it`() throws {
    let graph = Graph()
    var options = VariableOptions()
    options.isReference = true
    let v = try graph.variable("v", initialValue: .constant(Float(1)), options: options)
    let update = try v.assignAdd(Tensor(scalar: 1))
    let after = try graph.withControlDependencies(on: [update.operation]) {
      () throws(StatusError) in try v.read()
    }
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    #expect(try session.run(after).scalar == 2)
  }

  // RUN-024
  @Test func `a graph with a constant of many megabytes runs`() throws {
    let graph = Graph()
    let count = 20 << 20
    let x = try graph.constant(
      Output<Float>.zerosForTest(count: count).erased)
    let y = try graph.addOperation("Identity", inputs: [x]).output(0)
    let value = try Session(graph: graph).run(y)
    #expect(value.elementCount == count)
  }

  // RUN-011
  @Test func `an operation that was run stays what it was for that session`() throws {
    let graph = Graph()
    let one = try graph.constant(Float(1))
    let two = try graph.constant(Float(2))
    let y = try identity(one)
    let session = try Session(graph: graph)
    #expect(try session.run(y).scalar == 1)
    try graph.updateInput(0, of: y.operation, to: two.erased)
    #expect(try session.run(y).scalar == 1)
    // Neither does a new signature see the change.
    let later = try y + one
    #expect(try session.run(later, y).0.scalar == 2)
    #expect(try Session(graph: graph).run(later).scalar == 3)
  }

  // RUN-025
  @Test func `a chain of a hundred thousand operations runs`() throws {
    let graph = Graph()
    let one = try graph.constant(Float(1))
    var last = try graph.placeholder(Float.self)
    let first = last
    for _ in 0..<100_000 { last = try last + one }
    let session = try Session(graph: graph)
    #expect(try session.run(last, feeding: first.feed(0)).scalar == 100_000)
  }

  // RUN-027, PRT-036
  @Test func `an empty graph runs nothing, not even nothing`() throws {
    let session = try Session(graph: Graph())
    expectStatus(.failedPrecondition, "The Session graph is empty.") {
      try session.run([Output<Float>]())
    }
    expectStatus(.failedPrecondition, "The Session graph is empty.") {
      try session.setUpPartialRun(feeds: [], fetching: [Output<Float>]())
    }
  }

  // RUN-028, RUN-029
  @Test func `an error has its code, message, node and operation`() throws {
    let graph = try Graph.forTests()
    let failing = try graph.fail(.unavailable, "no luck", name: "scope/bad")
    let session = try Session(graph: graph)
    let error = expectStatus(.unavailable, "no luck", node: "scope/bad") {
      try session.run(failing)
    }
    #expect(error?.message.contains("[[{{node scope/bad}}]]") ?? false)
    #expect(error?.node?.op == "TestFail")
    #expect(error?.operation(in: graph) == failing.operation)
    #expect(error?.operation(in: Graph()) == nil)
  }

  // RUN-031, RUN-032, RUN-033
  @Test func `kernels fail with TensorFlow's words`() throws {
    let graph = Graph()
    let zero = try graph.constant(Int32(0))
    let one = try graph.constant(Int32(1))
    let quotient = try graph.addOperation("FloorDiv", inputs: [one.erased, zero.erased])
    let nan = try graph.constant(Float.nan)
    let checked = try graph.addOperation(
      "CheckNumerics", inputs: [nan.erased], attributes: ["message": "bad"], name: "checked")
    let assertion = try graph.assertion(
      graph.constant(false), data: [graph.constant([Int32(1), 2, 3]).erased], name: "must")
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "ivision by zero") { try session.run(quotient) }
    expectStatus(.invalidArgument, "bad : Tensor had NaN values", node: "checked") {
      try session.run(checked)
    }
    expectStatus(.invalidArgument, "assertion failed: [1 2 3]", node: "must") {
      try session.run(assertion)
    }
  }

  @Test func `all uninitialised variables of a run are named`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .constant(Float(1)))
    let w = try graph.variable("w", initialValue: .constant(Float(1)))
    let x = try graph.variable("x", initialValue: .constant(Float(1)))
    let sum = try v.value + w.value
    let total = try sum + x.value
    let session = try Session(graph: graph)
    try session.run(w.initializer)
    let error = expectStatus(.failedPrecondition) { try session.run(total) }
    #expect(error?.message.contains("Uninitialized variables that this run needs: v, x") ?? false)
  }

}

extension Output<Float> {
  static func zerosForTest(count: Int) throws -> Tensor<Float> {
    try Tensor(AnyTensor.zeros(dtype: .float, shape: Shape([count])))
  }
}
