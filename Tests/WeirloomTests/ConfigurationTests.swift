import Testing
import Weirloom

// CFG-023, CFG-028 (configurations in wire format): see the tests of the formats.
// A socket to a server in this process comes with the cluster.
// CFG-016 (shapes in the graph's definition): see PropertyTests.

@Suite struct ConfigurationTests {
  /// A graph of some matrix work, and what it gives in a session.
  private func result(_ configuration: SessionConfiguration) throws -> [Float] {
    let graph = Graph()
    let x = try graph.placeholder(Float.self, shape: [nil, 64])
    let w = try graph.constant((0..<64 * 64).map { Float($0 % 7) - 3 }, shape: [64, 64])
    let product = try graph.addOperation("MatMul", inputs: [x.erased, w.erased])
    let y = try Output<Float>(product.output(0)) + graph.constant(Float(1))
    let session = try Session(graph: graph, configuration: configuration)
    return try session.run(y, feeding: x.feed((0..<640).map { Float($0) / 640 }, shape: [10, 64]))
      .scalars
  }

  // CFG-001, CFG-002, CFG-003, CFG-004, CFG-024, CFG-026, CFG-027
  @Test func `thread counts and what CPUs ignore change no result`() throws {
    let expected = try result(SessionConfiguration())
    func check(_ change: (inout SessionConfiguration) -> Void) throws {
      var configuration = SessionConfiguration()
      change(&configuration)
      #expect(try result(configuration) == expected)
    }
    try check { $0.interOpParallelismThreads = 1 }
    try check { $0.interOpParallelismThreads = -1 }
    try check { $0.intraOpParallelismThreads = 1 }
    try check { $0.intraOpParallelismThreads = 3 }
    try check { $0.usesPerSessionThreads = true }
    try check { $0.experimental.optimizesForStaticGraph = true }
    // The field numbers 3 and 6: placement_period and gpu_options.
    try check { $0.opaque = [0x18, 0x05, 0x32, 0x02, 0x20, 0x01] }
  }

  // CFG-005, CFG-006, CFG-007, CFG-008
  @Test(.inThisProcess("a server's runs use the server's threads, whatever pool they name"))
  func `a run chooses among the session's thread pools`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let y = try graph.addOperation("Identity", inputs: [x.erased]).output(0)
    var configuration = SessionConfiguration()
    configuration.interOpThreadPools = [
      ThreadPoolOptions(threadCount: 1), ThreadPoolOptions(threadCount: 2, globalName: "CFG-005"),
    ]
    let session = try Session(graph: graph, configuration: configuration)
    func run(_ pool: Int, in session: Session) throws -> Float {
      var options = RunOptions()
      options.interOpThreadPool = pool
      return try session.run(y, options: options).element(0, of: Float.self)
    }
    for pool in [0, 1, -1] { #expect(try run(pool, in: session) == 1) }
    for pool in [2, -2] {
      expectStatus(.invalidArgument, "Invalid inter_op_thread_pool: \(pool)") {
        try run(pool, in: session)
      }
    }
    let plain = try Session(graph: graph)
    #expect(try run(0, in: plain) == 1)
    expectStatus(.invalidArgument, "Invalid inter_op_thread_pool: 1") { try run(1, in: plain) }
  }

  // CFG-009, OPT-011
  @Test func `the session's timeout ends a run that waits`() throws {
    let graph = try Graph.forTests()
    let blocked = try graph.block("CFG-009")
    let x = try graph.constant(Float(1))
    var configuration = SessionConfiguration()
    configuration.operationTimeout = .milliseconds(60)
    let session = try Session(graph: graph, configuration: configuration)
    let time = elapsed {
      expectStatus(.deadlineExceeded, TestTarget.timeoutText) {
        try session.run(blocked)
      }
    }
    #expect(time >= .milliseconds(60))
    #expect(time < .seconds(30))
    // The session stays usable.
    #expect(try session.run(x).scalar == 1)
    let callable = try session.makeCallable(fetching: blocked)
    expectStatus(.deadlineExceeded) { try callable() }
  }

  // CFG-010, OPT-011, OPT-013, OPT-014
  @Test func `a run's timeout goes before the session's, and effects before it stay`() throws {
    let graph = try Graph.forTests()
    let v = try graph.variable("v", initialValue: .constant(Float(0)))
    let update = try v.assignAdd(Tensor(scalar: 1))
    let blocked = try graph.withControlDependencies(on: [update.operation]) {
      () throws(StatusError) in try graph.block("CFG-010")
    }
    var configuration = SessionConfiguration()
    configuration.operationTimeout = .seconds(60)
    let session = try Session(graph: graph, configuration: configuration)
    try session.run(v.initializer)
    let time = elapsed {
      expectStatus(.deadlineExceeded, TestTarget.timeoutText) {
        try session.run(blocked, options: RunOptions(timeout: .milliseconds(40)))
      }
    }
    #expect(time < .seconds(20))
    #expect(try session.run(v.value).scalar == 1)
    // Timeouts that are not positive say nothing.
    #expect(try session.run(update, options: RunOptions(timeout: .milliseconds(-5))).scalar == 2)
    #expect(try session.run(update, options: RunOptions(timeout: .zero)).scalar == 3)
  }

  // OPT-011
  @Test func `a timeout also ends long chains and async runs`() async throws {
    let graph = try Graph.forTests()
    let blocked = try graph.block("OPT-011")
    let session = try Session(graph: graph)
    await expectStatus(.deadlineExceeded, TestTarget.timeoutText) {
      try await session.run(blocked, options: RunOptions(timeout: .milliseconds(30)))
    }
  }

  // CFG-011, CFG-012
  @Test func `the kind of executor is checked by the first run`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    func session(_ type: String) throws -> Session {
      var configuration = SessionConfiguration()
      configuration.experimental.executorType = type
      return try Session(graph: graph, configuration: configuration)
    }
    #expect(try session("SINGLE_THREADED_EXECUTOR").run(x).scalar == 1)
    #expect(try session("DEFAULT").run(x).scalar == 1)
    let nope = try session("nope")
    expectStatus(
      .notFound, "No executor factory registered for the given executor type: nope"
    ) { try nope.run(x) }
  }

  // CFG-013, CFG-014
  @Test(.inThisProcess("servers do not look at the metadata of their sessions"))
  func `session metadata is one of its kind`() throws {
    func session(_ name: String, _ version: Int) throws -> Session {
      var configuration = SessionConfiguration()
      configuration.experimental.sessionMetadata = SessionMetadata(name: name, version: version)
      return try Session(graph: Graph(), configuration: configuration)
    }
    expectStatus(.invalidArgument, "Session version shouldn't be negative") {
      try session("CFG-013", -2)
    }
    let first = try session("CFG-014", 1)
    let other = try session("CFG-014", 2)
    expectStatus(.invalidArgument, "same name and version has already been created") {
      try session("CFG-014", 1)
    }
    first.close()
    let again = try session("CFG-014", 1)
    #expect(other.isClosed == again.isClosed)
  }

  // CFG-015
  @Test func `partition graphs may be ruled out`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    var configuration = SessionConfiguration()
    configuration.experimental.disablesOutputPartitionGraphs = true
    let session = try Session(graph: graph, configuration: configuration)
    var options = RunOptions()
    options.outputsPartitionGraphs = true
    expectStatus(.invalidArgument, "disable_output_partition_graphs is true") {
      try session.traced(x, options: options)
    }
    expectStatus(.invalidArgument, "disable_output_partition_graphs is true") {
      try session.run(x, options: options)
    }
  }

  private func partitionOps(_ configuration: SessionConfiguration) throws -> [String] {
    let graph = Graph()
    let sum = try graph.constant(Float(1), name: "a") + graph.constant(Float(2), name: "b")
    var options = RunOptions()
    options.outputsPartitionGraphs = true
    let session = try Session(graph: graph, configuration: configuration)
    let (value, metadata) = try session.traced(sum, options: options)
    #expect(value.scalar == 3)
    return metadata.partitionGraphs.flatMap { $0.nodes.map(\.op) }.sorted()
  }

  // CFG-017, CFG-018, CFG-022
  @Test func `optimisation folds constants unless it is switched off`() throws {
    #expect(try partitionOps(SessionConfiguration()) == ["Const", "_Retval"])
    let whole = ["AddV2", "Const", "Const", "_Retval"]
    var none = SessionConfiguration()
    none.graph.optimizer.level = .none
    #expect(try partitionOps(none) == whole)
    var plain = SessionConfiguration()
    plain.graph.rewriting.disablesMetaOptimizer = true
    #expect(try partitionOps(plain) == whole)
    var off = SessionConfiguration()
    off.graph.rewriting.constantFolding = .off
    #expect(try partitionOps(off) == whole)
  }

  // CFG-019
  @Test func `optimisation changes no result`() throws {
    var none = SessionConfiguration()
    none.graph.optimizer.level = .none
    #expect(try result(none) == result(SessionConfiguration()))
  }

  // CFG-020
  @Test func `optimisation keeps operations with effects`() throws {
    let graph = try Graph.forTests()
    let first = try graph.count("CFG-020", name: "one")
    let second = try graph.count("CFG-020", name: "two")
    let (a, b) = try Session(graph: graph).run(first, second)
    #expect(Set([a.scalar, b.scalar]) == [1, 2])
    let random = try graph.addOperation(
      "RandomUniform", inputs: [graph.constant([Int32(4)]).erased],
      attributes: ["dtype": .type(.float)])
    let session = try Session(graph: graph)
    let draws = try (0..<2).map { _ in
      try session.run(random.output(0)).scalars(of: Float.self)
    }
    #expect(draws[0] != draws[1])
  }

  // CFG-021
  @Test func `costs are reported every so many runs`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self, name: "x")
    let y = try x + x
    var configuration = SessionConfiguration()
    configuration.graph.costModelInterval = 2
    configuration.graph.costModelDelay = 1
    let session = try Session(graph: graph, configuration: configuration)
    let reports = try (0..<5).map { _ in
      try session.traced(y, feeding: x.feed(1), options: RunOptions()).metadata.costGraph
    }
    #expect(reports.map(\.nodes.isEmpty) == [true, true, false, true, false])
    let names = reports[2].nodes.map(\.name)
    #expect(names.contains("_SOURCE"))
    #expect(names.contains("_SINK"))
    #expect(names.contains(y.operation.name))
  }
}
