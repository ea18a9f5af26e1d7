#if Distributed
  import Testing
  import Weirloom

  /// Which make the second task of a cluster is; the first, the master, is ours.
  enum Mix: String, CaseIterable, CustomTestStringConvertible {
    case oursAndOurs
    case oursAndProcess
    case oursAndStock

    private static let clusters = [
      Mix.oursAndOurs: Result { try TestCluster([.ours, .ours]) },
      Mix.oursAndProcess: Result { try TestCluster([.ours, .process]) },
      Mix.oursAndStock: Result { try TestCluster([.ours, .stock]) },
    ]

    /// A cluster that tests leave standing.
    func cluster() throws -> TestCluster { try #require(Mix.clusters[self]).get() }

    var testDescription: String { rawValue }
  }

  /// Graphs that run on two tasks, the master of which is ours.
  @Suite struct ClusterRunTests {
    private func on<R>(
      _ task: Int, _ graph: Graph, _ body: () throws(StatusError) -> R
    ) throws(StatusError) -> R {
      try graph.withDevice("/job:worker/task:\(task)", body)
    }

    // DEV-010, DST-016
    @Test(arguments: Mix.allCases)
    func `the devices of all tasks are listed, or those that filters leave`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      func devices(_ filters: [String]) throws -> [String] {
        var configuration = SessionConfiguration()
        configuration.deviceFilters = filters
        return try cluster.session(Graph(), configuration: configuration).listDevices()
          .filter { $0.type == "CPU" }.map(\.name)
      }
      #expect(try devices([]) == [cluster.device(0), cluster.device(1)])
      #expect(try devices(["/job:worker/task:1"]) == [cluster.device(0), cluster.device(1)])
      #expect(try devices(["/job:none"]) == [cluster.device(0)])
      expectStatus(.invalidArgument) { try devices(["/what:is/this"]) }
    }

    // DST-005, DST-006, DST-041
    @Test(arguments: Mix.allCases)
    func `a variable is on one task, what computes with it on another`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let variable = try on(1, graph) { () throws(StatusError) in
        try graph.variable(uniqueName("v"), initialValue: .constant(3, [2]))
      }
      let x = try graph.placeholder(Float.self, shape: [2])
      let product = try on(0, graph) { () throws(StatusError) in try variable.value * x }
      let sum = try on(1, graph) { () throws(StatusError) in try product + variable.value }
      let update = try on(1, graph) { () throws(StatusError) in try variable.assign(sum) }
      let session = try cluster.session(graph)
      try session.run(variable.initializer)
      #expect(try session.run(sum, feeding: x.feed([1, 2])).scalars == [6, 9])
      for _ in 0..<10 { _ = try session.run(update, feeding: x.feed([1, 0])) }
      #expect(try session.run(variable.value).scalars == [3072, 3])
      // Another session meets the variable where it is.
      #expect(try cluster.session(graph).run(variable.value).scalars == [3072, 3])
      // So does one that asks for a socket between client and master, though they are one process.
      var configuration = SessionConfiguration()
      configuration.rpc.usesRPCForLocalMaster = true
      #expect(
        try cluster.session(graph, configuration: configuration).run(variable.value).scalars
          == [3072, 3])
      // So does the session of another master.
      #expect(try cluster.session(graph, task: 1).run(variable.value).scalars == [3072, 3])
    }

    // DST-003, DST-004
    @Test(arguments: Mix.allCases)
    func `isolated sessions have state of their own on every task`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let variable = try on(1, graph) { () throws(StatusError) in
        try graph.variable(uniqueName("v"), initialValue: .constant(Float(3)))
      }
      var configuration = SessionConfiguration()
      configuration.isolatesSessionState = true
      let first = try cluster.session(graph, configuration: configuration)
      try first.run(variable.initializer)
      #expect(try first.run(variable.value).scalar == 3)
      let second = try cluster.session(graph, configuration: configuration)
      expectStatus(.failedPrecondition) { try second.run(variable.value) }
    }

    // DST-027
    @Test(arguments: Mix.allCases)
    func `operations that ask for nothing are on the master's task`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let x = try graph.placeholder(Float.self, shape: [], name: "x")
      let near = try graph.addOperation("Neg", inputs: [x.erased], name: "near")
      let far = try on(1, graph) { () throws(StatusError) in
        try graph.addOperation("Abs", inputs: [near.output(0)], name: "far")
      }
      var options = RunOptions()
      options.outputsPartitionGraphs = true
      let (value, metadata) = try cluster.session(graph).traced(
        far.output(0), feeding: x.feed(5), options: options)
      #expect(try value.scalars(of: Float.self) == [5])
      #expect(metadata.partitionGraphs.count == 2)
      func device(_ name: String) -> String? {
        metadata.partitionGraphs.flatMap(\.nodes).first { $0.name == name }?.device
      }
      #expect(device("near") == cluster.device(0))
      #expect(device("far") == cluster.device(1))
    }

    // DST-028
    @Test func `a device that is not there is an error`() throws {
      let cluster = try Mix.oursAndOurs.cluster()
      let graph = Graph()
      let stray = try graph.withDevice("/job:ps/task:9") { () throws(StatusError) in
        try graph.addOperation("NoOp", name: "stray")
      }
      expectStatus(.invalidArgument, "Cannot assign a device", node: "stray") {
        try cluster.session(graph).run(stray)
      }
    }

    // DST-033, CTL-017
    @Test(arguments: Mix.allCases)
    func `a while loop spans two tasks`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let limit = try graph.placeholder(Int32.self, shape: [])
      let zero = try graph.constant(Int32(0))
      let one = try graph.constant(Float(1))
      let results = try whileLoop(loopVariables: [zero.erased, one.erased]) { variables in
        try Output(graph.addOperation("Less", inputs: [variables[0], limit.erased]).output(0))
      } body: { variables in
        let next = try Output<Int32>(variables[0]) + graph.constant(Int32(1))
        let grown = try on(1, graph) { () throws(StatusError) in
          try Output<Float>(variables[1]) * graph.constant(Float(2))
        }
        return [next.erased, grown.erased]
      }
      let session = try cluster.session(graph)
      for count in [0, 1, 10] {
        let value = try session.run(Output<Float>(results[1]), feeding: limit.feed(Int32(count)))
        #expect(value.scalar == Float(1 << count))
      }
    }

    // DST-034
    @Test(arguments: Mix.allCases)
    func `only the branch that is taken runs, on whichever task`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let predicate = try graph.placeholder(Bool.self, shape: [])
      let x = try graph.placeholder(Float.self, shape: [])
      let result = try cond(predicate) {
        try on(1, graph) { () throws(StatusError) in try x + x }
      } else: {
        let y = try on(1, graph) { () throws(StatusError) in try x * x }
        return try on(0, graph) { () throws(StatusError) in try y * x }
      }
      let session = try cluster.session(graph)
      #expect(try session.run(result, feeding: predicate.feed(true), x.feed(3)).scalar == 6)
      #expect(try session.run(result, feeding: predicate.feed(false), x.feed(3)).scalar == 27)
    }

    // DST-040
    @Test(arguments: Mix.allCases)
    func `strings travel`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let x = try graph.placeholder(ByteString.self, shape: [2])
      let far = try on(1, graph) { () throws(StatusError) in
        try graph.addOperation(
          "StringJoin", inputs: [x.erased, x.erased], attributes: ["separator": .string("-")])
      }
      let near = try on(0, graph) { () throws(StatusError) in
        try graph.addOperation("Identity", inputs: [far.output(0)])
      }
      let value = try cluster.session(graph).run(
        near.output(0), feeding: x.feed(["a", "\u{e4}"]))
      #expect(try value.scalars(of: ByteString.self) == ["a-a", "\u{e4}-\u{e4}"])
    }

    // DST-035
    @Test(arguments: Mix.allCases)
    func `large tensors travel whole`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let size = try graph.placeholder(Int32.self, shape: [])
      let count = 5 << 20
      let range = try on(0, graph) { () throws(StatusError) in
        try graph.addOperation(
          "Range",
          inputs: [
            graph.constant(Int32(0)).erased, size.erased, graph.constant(Int32(1)).erased,
          ])
      }
      let far = try on(1, graph) { () throws(StatusError) in
        try graph.addOperation("Neg", inputs: [range.output(0)])
      }
      let near = try on(0, graph) { () throws(StatusError) in
        try graph.addOperation("AddV2", inputs: [far.output(0), range.output(0)])
      }
      let value = try cluster.session(graph).run(
        Output<Int32>(near.output(0)), feeding: size.feed(Int32(count)))
      #expect(value.scalars == [Int32](repeating: 0, count: count))
    }

    // DST-035
    @Test(arguments: zip([Mix.oursAndOurs, .oursAndStock, .oursAndStock], [1, 0, 1]))
    func `more than a hundred megabytes travel whole`(_ mix: Mix, from sender: Int) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let size = try graph.placeholder(Int32.self, shape: [])
      let zero = try graph.constant(Int32(0)).erased
      let one = try graph.constant(Int32(1)).erased
      func range(_ task: Int) throws(StatusError) -> AnyOutput {
        try on(task, graph) { () throws(StatusError) in
          try graph.addOperation("Range", inputs: [zero, size.erased, one]).output(0)
        }
      }
      let far = try range(sender)
      let near = try range(1 - sender)
      let differs = try on(1 - sender, graph) { () throws(StatusError) in
        let each = try graph.addOperation("NotEqual", inputs: [far, near]).output(0)
        return try Output<Bool>(graph.addOperation("Any", inputs: [each, zero]).output(0))
      }
      #expect(
        try cluster.session(graph).run(differs, feeding: size.feed(26 << 20)).scalar == false)
    }

    // DST-029, OPT-019
    @Test(arguments: Mix.allCases)
    func `the statistics of all tasks come together, transfers among them`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let x = try graph.placeholder(Float.self, shape: [], name: "x")
      let far = try on(1, graph) { () throws(StatusError) in
        try graph.addOperation("Neg", inputs: [x.erased], name: "far")
      }
      let near = try on(0, graph) { () throws(StatusError) in
        try graph.addOperation("Abs", inputs: [far.output(0)], name: "near")
      }
      let (_, metadata) = try cluster.session(graph).traced(near.output(0), feeding: x.feed(5))
      func nodes(_ task: Int) -> [String] {
        metadata.stepStatistics.devices.filter { $0.name.hasPrefix(cluster.name(task)) }
          .flatMap { $0.nodes.map(\.name) }
      }
      #expect(nodes(0).contains("near"))
      #expect(nodes(1).contains("far"))
      #expect(nodes(0).contains("RecvTensor"))
    }

    // PRT-034, PRT-035
    @Test(arguments: Mix.allCases)
    func `a partial run spans two tasks`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let a = try graph.placeholder(Float.self, shape: [], name: "a")
      let b = try graph.placeholder(Float.self, shape: [], name: "b")
      let first = try on(1, graph) { () throws(StatusError) in try a + a }
      let second = try on(1, graph) { () throws(StatusError) in try first * b }
      let session = try cluster.session(graph)
      for _ in 0..<3 {
        let result = try session.withPartialRun(
          feeding: a, b, fetching: first, second
        ) { run throws(StatusError) in
          let early = try run.fetch(first, feeding: a.feed(2))
          return try run.fetch(second, feeding: b.feed(early.scalar ?? 0))
        }
        #expect(result.scalar == 16)
      }
      // What can't be had yet is refused, and the run goes on.
      let late = try session.withPartialRun(
        feeding: a, b, fetching: first, second
      ) { run throws(StatusError) in
        do throws(StatusError) {
          _ = try run.fetch(second, feeding: a.feed(2))
          Issue.record("Expected an error")
        } catch {
          #expect(error.code == .invalidArgument)
          #expect(error.message.contains("can't be computed from the feeds"))
        }
        return try run.fetch(second, feeding: a.feed(2), b.feed(3))
      }
      #expect(late.scalar == 12)
    }

    // DST-032
    @Test(arguments: Mix.allCases)
    func `a session takes in what the graph gets later`(_ mix: Mix) throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let x = try graph.placeholder(Float.self, shape: [])
      let far = try on(1, graph) { () throws(StatusError) in try x + x }
      let session = try cluster.session(graph)
      #expect(try session.run(far, feeding: x.feed(2)).scalar == 4)
      let more = try on(1, graph) { () throws(StatusError) in try far * x }
      #expect(try session.run(more, feeding: x.feed(3)).scalar == 18)
    }

    // DST-030
    @Test(arguments: Mix.allCases)
    func `callables run on all tasks, many at once`(_ mix: Mix) async throws {
      let cluster = try mix.cluster()
      let graph = Graph()
      let x = try graph.placeholder(Float.self, shape: [])
      let far = try on(1, graph) { () throws(StatusError) in try x * x }
      let near = try on(0, graph) { () throws(StatusError) in try far + x }
      let session = try cluster.session(graph)
      let step = try session.makeCallable(feeding: x, fetching: near)
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<24 {
          let value = Float(index)
          group.addTask {
            try await step(Tensor(scalar: value)).scalar == value * value + value
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }
  }
#endif
