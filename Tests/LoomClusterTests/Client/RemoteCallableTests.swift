#if Distributed
  import Testing
  import Weirloom

  /// Callables, devices and metadata of sessions on a server.
  @Suite struct RemoteCallableTests {
    private struct Fixture {
      let graph = Graph()
      let a: Output<Float>
      let b: Output<Float>
      let sum: Output<Float>
      let session: Session

      init(_ server: ServerKind, configuration: SessionConfiguration = .init()) throws {
        a = try graph.placeholder(Float.self, shape: [nil], name: "a")
        b = try graph.placeholder(Float.self, shape: [nil], name: "b")
        sum = try Output(
          graph.addOperation("Sub", inputs: [a.erased, b.erased], name: "difference").output(0))
        session = try server.session(graph, configuration: configuration)
      }
    }

    // DST-030
    @Test(arguments: ServerKind.allCases)
    func `callables run on a server`(_ server: ServerKind) throws {
      let f = try Fixture(server)
      let step = try f.session.makeCallable(feeding: f.b, f.a, fetching: f.sum, f.sum.operation)
      for index in 0..<3 {
        let value = Float(index)
        #expect(try step(Tensor([value]), Tensor([1])).0.scalars == [1 - value])
      }
      let constant = try f.session.makeCallable(fetching: f.graph.constant(Float(4)))
      #expect(try constant().scalar == 4)
      f.session.close()
      expectStatus(.cancelled, "Session has been closed.") { try constant() }
    }

    // DST-030
    @Test(arguments: ServerKind.allCases)
    func `callables on a server have an async form`(_ server: ServerKind) async throws {
      let f = try Fixture(server)
      let step = try f.session.makeCallable(feeding: f.b, f.a, fetching: f.sum, f.sum.operation)
      #expect(try await step(Tensor([1]), Tensor([3])).0.scalars == [2])
    }

    // DST-031
    @Test(arguments: ServerKind.allCases)
    func `callables by name run on a server`(_ server: ServerKind) throws {
      let f = try Fixture(server)
      var options = CallableOptions()
      options.feeds = ["b:0", "a:0"]
      options.fetches = ["difference:0", "difference:0"]
      let step = try f.session.makeCallable(options)
      let values = try step([Tensor([Float(1)]).erased, Tensor([Float(3)]).erased])
      #expect(try values.map { try $0.scalars(of: Float.self) } == [[2], [2]])
      options.feeds = ["a:0"]
      options.connections = [.init(from: "a:0", to: "b:0")]
      let connected = try f.session.makeCallable(options)
      #expect(
        try connected([Tensor([Float(3)]).erased])[0].scalars(of: Float.self) == [0])
      options.feeds = ["a:0", "b:0"]
      options.connections = []
      let failing = try f.session.makeCallable(options)
      expectStatus(.invalidArgument, node: "difference") {
        try failing([Tensor([Float(3), 4]).erased, Tensor([Float(3), 4, 5]).erased])
      }
      f.session.close()
      expectStatus(.cancelled, "Session has been closed.") {
        try step([Tensor([Float(1)]).erased, Tensor([Float(3)]).erased])
      }
    }

    @Test(arguments: ServerKind.allCases)
    func `the devices of a server are listed`(_ server: ServerKind) throws {
      // An empty graph: the server's session is made for the list.
      let graph = Graph()
      let session = try server.session(graph)
      let devices = try session.listDevices()
      let cpu = try #require(devices.first { $0.type == "CPU" })
      #expect(cpu.name == "/job:localhost/replica:0/task:0/device:CPU:0")
      #expect(cpu.incarnation != 0)
      #expect(cpu.memoryLimitBytes > 0)
      #expect(try session.listDevices() == devices)
      let x = try graph.constant(Float(1))
      #expect(try session.run(x).scalar == 1)
    }

    @Test(arguments: ServerKind.allCases)
    func `a server tells of a run`(_ server: ServerKind) async throws {
      let f = try Fixture(server)
      var options = RunOptions(trace: .full)
      options.outputsPartitionGraphs = true
      let (value, metadata) = try await f.session.traced(
        f.sum, feeding: f.a.feed([3]), f.b.feed([1]), options: options)
      #expect(value.scalars == [2])
      let nodes = metadata.stepStatistics.devices.flatMap(\.nodes).map(\.name)
      #expect(nodes.contains("difference"))
      #expect(metadata.partitionGraphs.flatMap(\.nodes).contains { $0.name == "difference" })
      let (_, silent) = try await f.session.traced(
        f.sum, feeding: f.a.feed([3]), f.b.feed([1]), options: RunOptions())
      #expect(silent.stepStatistics.devices.isEmpty)
    }

    // CFG-025
    @Test(arguments: ServerKind.allCases)
    func `options of the connection are honoured`(_ server: ServerKind) throws {
      var configuration = SessionConfiguration()
      configuration.rpc.usesRPCForLocalMaster = true
      configuration.rpc.disablesConnectionSharing = true
      let f = try Fixture(server, configuration: configuration)
      #expect(try f.session.run(f.sum, feeding: f.a.feed([3]), f.b.feed([1])).scalars == [2])
    }
  }
#endif
