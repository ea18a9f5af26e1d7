#if Distributed
  import Testing
  import Weirloom

  /// Sessions of a stock cluster of three tasks: the graph is spread over them.
  @Suite struct RemoteClusterTests {
    private static func session(
      _ graph: Graph, task: Int = 0, configuration: SessionConfiguration = .init()
    ) throws -> Session {
      try Session(
        graph: graph, target: StockServer.cluster.get().targets[task], configuration: configuration)
    }

    // DEV-010, DST-016
    @Test func `the devices of all tasks are listed, or those that filters leave`() throws {
      func tasks(_ filters: [String]) throws -> Set<String> {
        var configuration = SessionConfiguration()
        configuration.deviceFilters = filters
        let session = try RemoteClusterTests.session(
          Graph(), task: 1, configuration: configuration)
        return Set(try session.listDevices().filter { $0.type == "CPU" }.map(\.name))
      }
      func name(_ task: Int) -> String { "/job:worker/replica:0/task:\(task)/device:CPU:0" }
      #expect(try tasks([]) == [name(0), name(1), name(2)])
      #expect(try tasks(["/job:worker/task:2"]) == [name(1), name(2)])
      #expect(try tasks(["/job:none"]) == [name(1)])
    }

    // DST-005, DST-006, OPT-019, DST-029
    @Test func `a graph runs on several tasks, whose statistics are merged`() throws {
      let graph = Graph()
      let name = uniqueName("v")
      let variable = try graph.withDevice("/job:worker/task:1") { () throws(StatusError) in
        try graph.variable(name, initialValue: .constant(Float(3)))
      }
      let product = try graph.withDevice("/job:worker/task:2") { () throws(StatusError) in
        try variable.value * graph.constant([Float(1), 2])
      }
      let sum = try graph.withDevice("/job:worker/task:0") { () throws(StatusError) in
        try product + graph.constant([Float(0), -1])
      }
      let session = try RemoteClusterTests.session(graph)
      try session.run(variable.initializer)
      let (value, metadata) = try session.traced(sum)
      #expect(value.scalars == [3, 5])
      let devices = Set(
        metadata.stepStatistics.devices.filter { !$0.nodes.isEmpty }.map(\.name))
      for task in 0..<3 {
        #expect(devices.contains("/job:worker/replica:0/task:\(task)/device:CPU:0"))
      }
      // Another master, another session: the same variable.
      let other = try RemoteClusterTests.session(graph, task: 2)
      #expect(try other.run(variable.value).scalar == 3)
    }

    // DST-017, DST-028
    @Test func `errors name the task`() throws {
      let graph = Graph()
      let x = try graph.placeholder(Int32.self, shape: [])
      let quotient = try graph.withDevice("/job:worker/task:1") { () throws(StatusError) in
        try graph.addOperation("FloorDiv", inputs: [x.erased, x.erased], name: "quotient")
      }
      let session = try RemoteClusterTests.session(graph)
      expectStatus(.invalidArgument, "/job:worker/replica:0/task:1", node: "quotient") {
        try session.run(quotient.output(0), feeding: x.feed(0))
      }
      let stray = Graph()
      let y = try stray.withDevice("/job:ps/task:9") { () throws(StatusError) in
        try stray.addOperation("NoOp")
      }
      expectStatus(.invalidArgument) { try RemoteClusterTests.session(stray).run(y) }
    }

    // PRT-035
    @Test func `a partial run spans two tasks`() throws {
      let graph = Graph()
      let a = try graph.placeholder(Float.self, shape: [])
      let b = try graph.placeholder(Float.self, shape: [])
      let first = try graph.withDevice("/job:worker/task:1") { () throws(StatusError) in
        try a + a
      }
      let second = try graph.withDevice("/job:worker/task:2") { () throws(StatusError) in
        try first * b
      }
      let session = try RemoteClusterTests.session(graph)
      let result = try session.withPartialRun(
        feeding: a, b, fetching: first, second
      ) { run throws(StatusError) in
        let early = try run.fetch(first, feeding: a.feed(2))
        return try run.fetch(second, feeding: b.feed(early.scalar ?? 0))
      }
      #expect(result.scalar == 16)
    }

    // CTL-017, DST-033
    @Test func `a while loop spans two tasks`() throws {
      let graph = Graph()
      let start = try graph.constant(Int32(0))
      let limit = try graph.constant(Int32(20))
      let end = try whileLoop(loopVariable: start) { i in
        try Output(graph.addOperation("Less", inputs: [i.erased, limit.erased]).output(0))
      } body: { i in
        try graph.withDevice("/job:worker/task:1") { () throws(StatusError) in
          try i + graph.constant(Int32(1))
        }
      }
      #expect(try RemoteClusterTests.session(graph).run(end).scalar == 20)
    }

    // DST-025, DST-026
    @Test func `a propagated cluster names the jobs`() throws {
      let cluster = try StockServer.cluster.get()
      let addresses = cluster.targets.map { String($0.dropFirst("grpc://".count)) }
      var configuration = SessionConfiguration()
      configuration.cluster = ClusterDefinition(
        jobs: [.init(name: "foo", tasks: [0: addresses[0], 1: addresses[1]])])
      let session = try RemoteClusterTests.session(Graph(), configuration: configuration)
      let names = Set(try session.listDevices().filter { $0.type == "CPU" }.map(\.name))
      #expect(
        names == [
          "/job:foo/replica:0/task:0/device:CPU:0", "/job:foo/replica:0/task:1/device:CPU:0",
        ])
    }
  }
#endif
