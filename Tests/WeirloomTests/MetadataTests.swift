import Testing
import Weirloom

// Watches need the debugger; the metadata of servers comes with the cluster.

@Suite struct MetadataTests {
  private struct Fixture {
    let graph = Graph()
    let x: Output<Float>
    let y: Output<Float>
    let session: Session

    init() throws {
      x = try graph.placeholder(Float.self, name: "x")
      y = try Output(
        graph.addOperation("AddV2", inputs: [x.erased, x.erased], name: "twice").output(0))
      session = try Session(graph: graph)
    }
  }

  // OPT-001, OPT-002, OPT-003
  @Test func `every trace level but none gives statistics`() throws {
    let f = try Fixture()
    for level in [RunOptions.TraceLevel.software, .hardware, .full] {
      let (value, metadata) = try f.session.traced(
        f.y, feeding: f.x.feed(2), options: RunOptions(trace: level))
      #expect(value.scalar == 4)
      #expect(metadata.stepStatistics.devices.count == 1)
    }
    let (_, metadata) = try f.session.traced(
      f.y, feeding: f.x.feed(2), options: RunOptions(trace: .none))
    #expect(metadata.stepStatistics.devices.isEmpty)
  }

  // OPT-005, OPT-006, OPT-007
  @Test func `statistics tell names, times, labels, outputs and memory`() throws {
    let f = try Fixture()
    let (_, metadata) = try f.session.traced(f.y, feeding: f.x.feed([1, 2, 3]))
    let device = try #require(metadata.stepStatistics.devices.first)
    #expect(device.name == "/job:localhost/replica:0/task:0/device:CPU:0")
    #expect(device.nodes.first?.name == "_SOURCE")
    let node = try #require(device.nodes.first { $0.name == "twice" })
    #expect(node.label == "twice = AddV2(x, x)")
    // Some time in this century.
    #expect(node.start.microseconds > 1_600_000_000_000_000)
    #expect(node.start.nanoseconds / 1000 == node.start.microseconds)
    #expect(node.end.nanoseconds >= 0)
    let output = try #require(node.outputs.first)
    #expect(output.slot == 0)
    #expect(output.dtype == .float)
    #expect(output.shape == [3])
    #expect(output.allocation?.requestedBytes == 12)
    #expect(node.memory.first?.allocator == "cpu")
    #expect(node.memory.first?.totalBytes == 12)
  }

  // OPT-004
  @Test func `statistics are kept by device`() throws {
    let graph = Graph()
    let p = try graph.placeholder(Float.self)
    let far = try graph.withDevice("/cpu:1") { () throws(StatusError) in try p + p }
    let near = try far + p
    var configuration = SessionConfiguration()
    configuration.deviceCount = ["CPU": 2]
    let session = try Session(graph: graph, configuration: configuration)
    let (_, metadata) = try session.traced(near, feeding: p.feed(1))
    let devices = metadata.stepStatistics.devices
    #expect(devices.map { String($0.name.suffix(5)) } == ["CPU:0", "CPU:1"])
    #expect(devices.last?.nodes.map(\.name) == [far.operation.name])
  }

  /// A session of little memory with a variable, and an operation that fills as much as it is told to.
  private struct Narrow {
    let large: AnyOutput
    let size: Output<Int32>
    let session: Session

    init() throws {
      let graph = Graph()
      let v = try graph.variable("v", initialValue: .zeros([1000]))
      size = try graph.placeholder(Int32.self, shape: [1])
      large = try graph.addOperation(
        "Fill", inputs: [size.erased, graph.constant(Float(1)).erased], name: "large"
      ).output(0)
      var configuration = SessionConfiguration()
      configuration.memoryLimitBytes = 1 << 20
      session = try Session(graph: graph, configuration: configuration)
      try session.run(v.initializer)
    }
  }

  // OPT-015
  @Test func `a run without enough memory tells what is kept, if asked`() throws {
    let f = try Narrow()
    let feed = try f.size.feed([1 << 20])
    let plain = expectStatus(.resourceExhausted, "OOM", node: "large") {
      try f.session.run(f.large, feeding: feed)
    }
    #expect(plain?.message.contains("from v") == false)
    var options = RunOptions()
    options.reportsAllocationsWhenOutOfMemory = true
    let text = "4000 bytes from v float[1000]"
    expectStatus(.resourceExhausted, text, node: "large") {
      try f.session.run(f.large, feeding: feed, options: options)
    }
    expectStatus(.resourceExhausted, text, node: "large") {
      try f.session.traced(f.large, feeding: feed, options: options)
    }
    #expect(try f.session.run(f.large, feeding: f.size.feed([3])).elementCount == 3)
  }

  // OPT-015
  @Test func `an async run without enough memory tells what is kept, if asked`() async throws {
    let f = try Narrow()
    let feed = try f.size.feed([1 << 20])
    var options = RunOptions()
    options.reportsAllocationsWhenOutOfMemory = true
    await expectStatus(.resourceExhausted, "4000 bytes from v float[1000]", node: "large") {
      try await f.session.run(f.large, feeding: feed, options: options)
    }
  }

  // OPT-016
  @Test func `debug options without watches do no harm`() throws {
    let f = try Fixture()
    var options = RunOptions()
    options.debugging.globalStep = 5
    #expect(try f.session.run(f.y, feeding: f.x.feed(1), options: options).scalar == 2)
  }

  // OPT-018
  @Test(.inThisProcess("servers do not look at the metadata of their sessions"))
  func `metadata names the session's own`() throws {
    let f = try Fixture()
    var configuration = SessionConfiguration()
    configuration.experimental.sessionMetadata = SessionMetadata(name: "OPT-018", version: 3)
    let session = try Session(graph: f.graph, configuration: configuration)
    let (_, metadata) = try session.traced(f.y, feeding: f.x.feed(1), options: RunOptions())
    #expect(metadata.sessionMetadata == SessionMetadata(name: "OPT-018", version: 3))
  }

  // OPT-020, RUN-021, RUN-023
  @Test func `metadata is empty when nothing was asked for or nothing ran`() throws {
    let f = try Fixture()
    let (_, plain) = try f.session.traced(f.y, feeding: f.x.feed(1), options: RunOptions())
    #expect(plain == RunMetadata())
    let (_, trivial) = try f.session.traced(f.x, feeding: f.x.feed(1))
    #expect(trivial == RunMetadata())
  }

  // RUN-022
  @Test func `a run that fails tells nothing`() throws {
    let f = try Fixture()
    var metadata = RunMetadata()
    metadata.sessionMetadata = SessionMetadata(name: "old", version: 1)
    let before = metadata
    expectStatus(.invalidArgument, "You must feed") {
      metadata = try f.session.traced(f.y).metadata
    }
    #expect(metadata == before)
  }

  @Test func `an async run tells of itself too`() async throws {
    let f = try Fixture()
    let (value, metadata) = try await f.session.traced(f.y, feeding: f.x.feed(1))
    #expect(value.scalar == 2)
    #expect(metadata.stepStatistics.devices.first?.nodes.contains { $0.name == "twice" } ?? false)
  }
}
