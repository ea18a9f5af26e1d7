import Testing
import Weirloom

// By the compiler: PRT-037 (nil is no fetch).

@Suite struct PartialRunTests {
  /// The example of TensorFlow's documentation: r1 = a + b, r2 = r1 · c.
  private struct Fixture {
    let graph = Graph()
    let a: Output<Float>
    let b: Output<Float>
    let c: Output<Float>
    let r1: Output<Float>
    let r2: Output<Float>
    let session: Session

    init() throws {
      a = try graph.placeholder(Float.self, shape: [], name: "a")
      b = try graph.placeholder(Float.self, shape: [], name: "b")
      c = try graph.placeholder(Float.self, shape: [], name: "c")
      r1 = try Output(
        graph.addOperation("AddV2", inputs: [a.erased, b.erased], name: "r1").output(0))
      r2 = try Output(
        graph.addOperation("Mul", inputs: [r1.erased, c.erased], name: "r2").output(0))
      session = try Session(graph: graph)
    }

    func setUp() throws -> String {
      try session.setUpPartialRun(feeding: a, b, c, fetching: [r1, r2])
    }
  }

  // PRT-001, PRT-003
  @Test func `a step is fed and fetched piece by piece`() throws {
    let f = try Fixture()
    let late = try f.session.withPartialRun(
      feeding: f.a, f.b, f.c, fetching: f.r1, f.r2
    ) { run throws(StatusError) in
      let sum = try run.fetch(f.r1, feeding: f.a.feed(1), f.b.feed(2))
      #expect(sum.scalar == 3)
      let factor = (sum.scalar ?? 0) * 17
      return try run.fetch(f.r2, feeding: f.c.feed(factor))
    }
    #expect(late.scalar == 153)
  }

  // PRT-001
  @Test func `a partial run has an async form`() async throws {
    let f = try Fixture()
    let late = try await f.session.withPartialRun(
      feeding: f.a, f.b, f.c, fetching: f.r1, f.r2
    ) { run async throws(StatusError) in
      let sum = try await run.fetch(f.r1, feeding: f.a.feed(1), f.b.feed(2))
      return try await run.fetch(f.r2, feeding: f.c.feed(sum))
    }
    #expect(late.scalar == 9)
  }

  // PRT-002
  @Test func `each set-up has a handle of its own that says what it is for`() throws {
    let f = try Fixture()
    let (first, second) = (try f.setUp(), try f.setUp())
    #expect(first != second)
    // Servers number them.
    #expect(
      TestTarget.isRemote ? Int(first) != nil : first.hasPrefix("a:0,b:0,c:0->r1:0,r2:0//1/;"))
  }

  // PRT-004, PRT-005
  @Test func `a piece may feed only, or do nothing`() throws {
    let f = try Fixture()
    let handle = try f.setUp()
    let none = try f.session.runPartial(handle, fetching: [Output<Float>](), feeds: [f.a.feed(1)])
    #expect(none.isEmpty)
    #expect(try f.session.runPartial(handle, fetching: [Output<Float>]()).isEmpty)
    let sum = try f.session.runPartial(handle, fetching: f.r1, feeds: [f.b.feed(5)])
    #expect(sum.scalar == 6)
    // Doing nothing asks nobody, so the handle does not matter.
    #expect(try f.session.runPartial("none such", fetching: [Output<Float>]()).isEmpty)
  }

  // PRT-006, PRT-007, PRT-008, PRT-009, PRT-010, PRT-011
  @Test func `a piece that can't be had changes nothing`() throws {
    let f = try Fixture()
    let other = try f.r1 + f.r1
    let loose = try f.graph.placeholder(Float.self, name: "loose")
    let handle = try f.setUp()
    func refuse(_ text: String, _ fetch: Output<Float>, _ feeds: Feed...) {
      expectStatus(.invalidArgument, text) {
        try f.session.runPartial(handle, fetching: fetch, feeds: feeds)
      }
    }
    let early = "can't be computed from the feeds that have been fed so far."
    try refuse("Fetch r2:0 \(early)", f.r2, f.a.feed(1), f.b.feed(2))
    try refuse("Fetch r1:0 \(early)", f.r1, f.a.feed(1))
    try refuse("The feed loose:0 was not specified in partial_run_setup.", f.r1, loose.feed(1))
    try refuse("was not specified in partial_run_setup.", other, f.a.feed(1), f.b.feed(2))
    // Nothing was consumed by any of these.
    let sum = try f.session.runPartial(
      handle, fetching: f.r1, feeds: [f.a.feed(1), f.b.feed(2)])
    #expect(sum.scalar == 3)
    try refuse("The feed a:0 has already been fed.", f.r2, f.a.feed(1), f.c.feed(1))
    refuse("The fetch r1:0 has already been fetched.", f.r1)
    let product = try f.session.runPartial(handle, fetching: f.r2, feeds: [f.c.feed(2)])
    #expect(product.scalar == 6)
  }

  // PRT-012, PRT-013, PRT-014
  @Test func `a handle that is finished, unknown or another session's is refused`() throws {
    let f = try Fixture()
    let text = "before performing partial runs"
    let handle = try f.setUp()
    _ = try f.session.runPartial(
      handle, fetching: [f.r1, f.r2], feeds: [f.a.feed(1), f.b.feed(2), f.c.feed(3)])
    expectStatus(.invalidArgument, text) { try f.session.runPartial(handle, fetching: f.r1) }
    expectStatus(.invalidArgument, text) { try f.session.runPartial("nosuch", fetching: f.r1) }
    let foreign = try f.setUp()
    let second = try Session(graph: f.graph)
    expectStatus(.invalidArgument, text) {
      try second.runPartial(foreign, fetching: f.r1, feeds: [f.a.feed(1), f.b.feed(2)])
    }
  }

  // PRT-015
  @Test func `a kernel's error ends the partial run`() throws {
    let graph = Graph()
    let a = try graph.placeholder(Float.self)
    let b = try graph.placeholder(Float.self)
    let checked = try graph.addOperation(
      "CheckNumerics", inputs: [a.erased], attributes: ["message": "bad"], name: "checked")
    let session = try Session(graph: graph)
    let handle = try session.setUpPartialRun(feeding: a, b, fetching: checked.output(0))
    expectStatus(.invalidArgument, "bad", node: "checked") {
      try session.runPartial(handle, fetching: checked.output(0), feeds: [a.feed(.nan)])
    }
    expectStatus(.invalidArgument, "before performing partial runs") {
      try session.runPartial(handle, fetching: [AnyOutput](), feeds: [b.feed(1)])
    }
  }

  // PRT-016
  @Test func `a placeholder that was not set up fails the handle at its next use`() throws {
    let f = try Fixture()
    let handle = try f.session.setUpPartialRun(feeding: f.a, fetching: f.r1)
    expectStatus(.invalidArgument, "You must feed a value for placeholder tensor 'b'", node: "b") {
      try f.session.runPartial(handle, fetching: [Output<Float>](), feeds: [f.a.feed(1)])
    }
    expectStatus(.invalidArgument, "before performing partial runs") {
      try f.session.runPartial(handle, fetching: f.r1, feeds: [f.a.feed(1)])
    }
  }

  // PRT-017, PRT-018
  @Test func `operations may be set up but not fetched`() throws {
    let graph = try Graph.forTests()
    let a = try graph.placeholder(Float.self)
    let y = try a + a
    let count = try graph.count("PRT-018")
    let session = try Session(graph: graph)
    let handle = try session.setUpPartialRun(
      feeding: a, fetching: FetchPack(y, count.operation))
    #expect(Tally.count("PRT-018") == 1)
    expectStatus(.failedPrecondition, "requires empty `target_list`") {
      try session.runPartial(handle, fetching: count.operation)
    }
    #expect(try session.runPartial(handle, fetching: y, feeds: [a.feed(2)]).scalar == 4)
    #expect(Tally.count("PRT-018") == 1)
  }

  // PRT-019, PRT-020, PRT-021
  @Test func `a set-up that makes no sense is refused`() throws {
    let f = try Fixture()
    expectStatus(.invalidArgument, "a:0 is both fed and fetched.") {
      try f.session.setUpPartialRun(feeding: f.a, fetching: f.a)
    }
    expectStatus(.invalidArgument, "Endpoint \"a:0\" fed more than once.") {
      try f.session.setUpPartialRun(feeding: f.a, f.a, fetching: f.r1)
    }
    expectStatus(.invalidArgument, "Must specify at least one target to fetch or execute.") {
      try f.session.setUpPartialRun(feeding: f.a, fetching: [Output<Float>]())
    }
  }

  // PRT-022, PRT-023
  @Test func `a set-up takes single elements, and no feeds at all`() throws {
    let f = try Fixture()
    let double = try f.a + f.a
    let handle = try f.session.setUpPartialRun(feeding: f.a, fetching: double)
    #expect(try f.session.runPartial(handle, fetching: double, feeds: [f.a.feed(2)]).scalar == 4)
    let c = try f.graph.constant(Float(8))
    let fixed = try f.session.setUpPartialRun(feeds: [], fetching: c)
    #expect(try f.session.runPartial(fixed, fetching: c).scalar == 8)
  }

  // PRT-024
  @Test func `a tensor inside of the graph may be fed`() throws {
    let f = try Fixture()
    let handle = try f.session.setUpPartialRun(feeding: f.r1, f.c, fetching: f.r2)
    let value = try f.session.runPartial(
      handle, fetching: f.r2, feeds: [f.r1.feed(10), f.c.feed(2)])
    #expect(value.scalar == 20)
  }

  // PRT-025
  @Test func `pieces come back in their own structure, repeated fetches included`() throws {
    let f = try Fixture()
    let handle = try f.setUp()
    let value = try f.session.runPartial(
      handle, fetching: FetchPack(["x": f.r1], [f.r1]), feeds: [f.a.feed(1), f.b.feed(2)])
    #expect(value.0["x"]?.scalar == 3)
    #expect(value.1.map(\.scalar) == [3])
  }

  // PRT-026
  @Test func `a value of a wrong shape leaves the handle as it was`() throws {
    let f = try Fixture()
    let handle = try f.setUp()
    expectStatus(.invalidArgument, "Cannot feed value of shape [2] for Tensor a:0") {
      try f.session.runPartial(handle, fetching: f.r1, feeds: [f.a.feed([1, 2]), f.b.feed(1)])
    }
    let sum = try f.session.runPartial(
      handle, fetching: f.r1, feeds: [f.a.feed(1), f.b.feed(1)])
    #expect(sum.scalar == 2)
  }

  // PRT-027
  @Test func `handles do not disturb each other`() throws {
    let f = try Fixture()
    let (first, second) = (try f.setUp(), try f.setUp())
    let sumOne = try f.session.runPartial(
      first, fetching: f.r1, feeds: [f.a.feed(1), f.b.feed(1)])
    let sumTwo = try f.session.runPartial(
      second, fetching: f.r1, feeds: [f.a.feed(10), f.b.feed(10)])
    let lateOne = try f.session.runPartial(first, fetching: f.r2, feeds: [f.c.feed(3)])
    let lateTwo = try f.session.runPartial(second, fetching: f.r2, feeds: [f.c.feed(3)])
    #expect([sumOne, sumTwo, lateOne, lateTwo].map(\.scalar) == [2, 20, 6, 60])
  }

  // PRT-028
  @Test func `an operation runs once for the whole handle`() throws {
    let graph = try Graph.forTests()
    let a = try graph.placeholder(Float.self)
    let pair = try graph.pair(a, "PRT-028")
    let session = try Session(graph: graph)
    let handle = try session.setUpPartialRun(
      feeding: a, fetching: [pair.output(0), pair.output(1)])
    _ = try session.runPartial(handle, fetching: pair.output(0), feeds: [a.feed(1)])
    let count = try session.runPartial(handle, fetching: pair.output(1))
    #expect(try count.element(0, of: Int32.self) == 1)
    #expect(Tally.count("PRT-028") == 1)
  }

  // PRT-029, PRT-030
  @Test func `state is read as soon as it can be, and runs in between are allowed`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .constant(Float(1)))
    let a = try graph.placeholder(Float.self)
    let sum = try v.value + a
    let update = try v.assign(Tensor(scalar: 50))
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    let handle = try session.setUpPartialRun(feeding: a, fetching: sum)
    #expect(try session.run(update).scalar == 50)
    #expect(try session.runPartial(handle, fetching: sum, feeds: [a.feed(1)]).scalar == 2)
    #expect(try session.run(sum, feeding: a.feed(1)).scalar == 51)
  }

  // PRT-031
  @Test func `the graph may grow between pieces`() throws {
    let f = try Fixture()
    let handle = try f.setUp()
    let sum = try f.session.runPartial(
      handle, fetching: f.r1, feeds: [f.a.feed(1), f.b.feed(2)])
    let more = try f.r1 + f.r1
    #expect(try f.session.run(more, feeding: f.r1.feed(4)).scalar == 8)
    #expect(sum.scalar == 3)
    #expect(try f.session.runPartial(handle, fetching: f.r2, feeds: [f.c.feed(2)]).scalar == 6)
  }

  // PRT-033
  @Test func `a fetch does not wait for the feeds of another thread`() throws {
    let f = try Fixture()
    let handle = try f.setUp()
    let (session, r1, a, b) = (f.session, f.r1, f.a, f.b)
    let early = OnThread { try session.runPartial(handle, fetching: r1, feeds: [a.feed(1)]) }
    expectStatus(.invalidArgument, "can't be computed") { try early.value() }
    let late = OnThread {
      try session.runPartial(handle, fetching: r1, feeds: [a.feed(1), b.feed(2)])
    }
    #expect(try late.value().scalar == 3)
  }

  // PRT-038
  @Test func `sparse keys are set up with all their tensors`() throws {
    let graph = Graph()
    let p = try graph.sparsePlaceholder(Float.self)
    let y = try p.values + p.values
    let session = try Session(graph: graph)
    let handle = try session.setUpPartialRun(feeding: p, fetching: y)
    let value = try SparseTensorValue<Float>(indices: [[0]], values: [2], denseShape: [1])
    #expect(
      try session.runPartial(handle, fetching: y, feeds: [p.feed(value)]).scalars == [4])
  }

  // PRT-039
  @Test func `the session's timeout applies to each piece`() throws {
    let graph = try Graph.forTests()
    let a = try graph.placeholder(Float.self)
    let blocked = try graph.block("PRT-039", after: a.erased)
    var configuration = SessionConfiguration()
    configuration.operationTimeout = .milliseconds(50)
    let session = try Session(graph: graph, configuration: configuration)
    let handle = try session.setUpPartialRun(feeding: a, fetching: blocked)
    expectStatus(.deadlineExceeded, TestTarget.timeoutText) {
      try session.runPartial(handle, fetching: blocked, feeds: [a.feed(1)])
    }
    expectStatus(.invalidArgument, "before performing partial runs") {
      try session.runPartial(handle, fetching: blocked)
    }
  }

  @Test func `loops and branches run in partial runs`() throws {
    let graph = Graph()
    let data = try graph.placeholder(Float.self)
    let predicate = try graph.placeholder(Bool.self)
    let branches = try graph.addOperation("Switch", inputs: [data.erased, predicate.erased])
    let negative = try graph.addOperation("Neg", inputs: [branches.output(0)])
    let merged = try graph.addOperation(
      "Merge", inputs: [negative.output(0), branches.output(1)])
    let session = try Session(graph: graph)
    for (taken, expected) in [(true, Float(3)), (false, -3)] {
      let value = try session.withPartialRun(
        feeding: data, predicate, fetching: merged.output(0)
      ) { run throws(StatusError) in
        try run.feed(data.feed(3))
        return try run.fetch(merged.output(0), feeding: predicate.feed(taken))
      }
      #expect(try value.element(0, of: Float.self) == expected)
    }
  }
}
