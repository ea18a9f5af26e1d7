#if Distributed
  import Testing
  import Weirloom

  /// State that sessions of a server share.
  @Suite struct RemoteStateTests {
    /// A graph with a variable of a given name.
    struct Counter {
      let graph = Graph()
      let variable: Variable<Float>
      let increment: Output<Float>

      init(_ name: String, container: String = "") throws {
        variable = try graph.withContainer(container) { [graph] () throws(StatusError) in
          try graph.variable(name, initialValue: .constant(Float(1)))
        }
        increment = try variable.assignAdd(graph.constant(Float(1)))
      }
    }

    // DST-003, CLO-016
    @Test(arguments: ServerKind.allCases)
    func `variables outlive the session that made them`(_ server: ServerKind) throws {
      let name = uniqueName("shared")
      let first = try Counter(name)
      do {
        let session = try server.session(first.graph)
        try session.run(first.variable.initializer)
        #expect(try session.run(first.increment).scalar == 2)
        session.close()
      }
      let second = try Counter(name)
      let session = try server.session(second.graph)
      #expect(try session.run(second.variable.value).scalar == 2)
      #expect(try session.run(second.increment).scalar == 3)
    }

    // DST-004
    @Test(arguments: ServerKind.allCases)
    func `isolated sessions have state of their own`(_ server: ServerKind) throws {
      let counter = try Counter(uniqueName("isolated"))
      var configuration = SessionConfiguration()
      configuration.isolatesSessionState = true
      let first = try server.session(counter.graph, configuration: configuration)
      let second = try server.session(counter.graph, configuration: configuration)
      try first.run(counter.variable.initializer)
      #expect(try first.run(counter.variable.value).scalar == 1)
      expectStatus(.failedPrecondition) { try second.run(counter.variable.value) }
    }

    @Test(arguments: ServerKind.allCases)
    func `queues are shared by name`(_ server: ServerKind) async throws {
      let name = uniqueName("queue")
      func queue(in graph: Graph) throws -> Queue<Int32> {
        try graph.fifoQueue(capacity: 4, of: Int32.self, shapes: [[]], sharedName: name)
      }
      let (giving, taking) = (Graph(), Graph())
      let x = try giving.placeholder(Int32.self, shape: [])
      let enqueue = try queue(in: giving).enqueue(x)
      let dequeue = try queue(in: taking).dequeue()
      let giver = try server.session(giving)
      let taker = try server.session(taking)
      let taken = Task { try await taker.run(dequeue).scalar }
      try await giver.run(enqueue, feeding: x.feed(42))
      #expect(try await taken.value == 42)
    }

    // HND-017
    @Test(arguments: ServerKind.allCases)
    func `servers keep no tensors for their clients`(_ server: ServerKind) throws {
      let graph = Graph()
      let kept = try graph.kept(graph.constant(Float(1)))
      let session = try server.session(graph)
      expectStatus(.failedPrecondition, "null session state") { try session.run(kept) }
    }
  }

  /// Resets, which close what others do at a server: each test has a server of its own.
  @Suite struct RemoteResetTests {
    // RST-001, RST-002, RST-003, RST-004, RST-010, DST-024
    @Test func `a reset clears containers and closes sessions`() throws {
      let server = try StockServer()
      let kept = try RemoteStateTests.Counter("kept", container: "a")
      let cleared = try RemoteStateTests.Counter("cleared", container: "b")
      let standard = try RemoteStateTests.Counter("standard")
      var sessions: [Session] = []
      for counter in [kept, cleared, standard] {
        sessions.append(try Session(graph: counter.graph, target: server.target))
        try sessions[sessions.count - 1].run(counter.variable.initializer)
      }
      try Session.reset(target: server.target, containers: ["b", "none such"])
      expectStatus(.aborted, "is not found") { try sessions[0].run(kept.variable.value) }
      for session in sessions { session.close() }
      expectStatus(.failedPrecondition) {
        try Session(graph: cleared.graph, target: server.target).run(cleared.variable.value)
      }
      func value(_ counter: RemoteStateTests.Counter) throws -> Float? {
        try Session(graph: counter.graph, target: server.target).run(counter.variable.value).scalar
      }
      #expect(try value(kept) == 1)
      #expect(try value(standard) == 1)
      // No names mean the default container.
      try Session.reset(target: server.target)
      expectStatus(.failedPrecondition, "localhost") { try value(standard) }
    }

    // DST-021, DST-022, DST-023
    @Test func `a server that dies is unavailable, one that came back has forgotten`() async throws
    {
      let graph = Graph()
      let queue = try graph.fifoQueue(of: Int32.self, shapes: [[]])
      let dequeue = try queue.dequeue()
      let size = try queue.size()
      let first = try StockServer()
      let session = try Session(graph: graph, target: first.target)
      #expect(try await session.run(size).scalar == 0)
      let waiting = Task { try await session.run(dequeue) }
      // The step is at the server when a second one that follows it has been answered.
      #expect(try await session.run(size).scalar == 0)
      first.kill()
      await expectStatus(.unavailable) { try await waiting.value }
      await expectStatus(.unavailable) { try await session.run(size) }
      let second = try StockServer(port: first.port)
      #expect(second.target == first.target)
      var code = StatusError.Code.unavailable
      // The connection is made again after a pause.
      while code == .unavailable {
        do { _ = try await session.run(size) } catch { code = error.code }
      }
      #expect(code == .aborted)
      session.close()
      let fresh = try Session(graph: graph, target: second.target)
      #expect(try await fresh.run(size).scalar == 0)
    }

    @Test func `a session waits for a server that is not up yet`() async throws {
      let first = try StockServer()
      first.kill()
      let graph = Graph()
      let x = try graph.constant(Float(1))
      var configuration = SessionConfiguration()
      configuration.operationTimeout = .milliseconds(300)
      let impatient = try Session(graph: graph, target: first.target, configuration: configuration)
      await expectStatus(.unavailable) { try await impatient.run(x) }
      let session = try Session(graph: graph, target: first.target)
      let value = Task { try await session.run(x).scalar }
      let second = try StockServer(port: first.port)
      #expect(try await value.value == 1)
      second.kill()
    }
  }
#endif
