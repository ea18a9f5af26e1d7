#if Distributed
  import Testing
  import Weirloom

  /// What a session runs on a server.
  @Suite struct RemoteRunTests {
    // DST-002, DST-043, PRP-006
    @Test(arguments: ServerKind.allCases)
    func `a session on a server runs a graph`(_ server: ServerKind) throws {
      let graph = Graph()
      let sum = try graph.constant(Float(1)) + graph.constant(Float(2))
      let session = try server.session(graph)
      #expect(session.target == (try server.target()))
      #expect(session.target.hasPrefix("grpc://"))
      #expect(try session.run(sum).scalar == 3)
    }

    @Test(arguments: ServerKind.allCases)
    func `fetches keep their structure, feeds their values`(_ server: ServerKind) async throws {
      let graph = Graph()
      let x = try graph.placeholder(Float.self, shape: [nil])
      let text = try graph.placeholder(ByteString.self, shape: [])
      let twice = try x + x
      let session = try server.session(graph)
      let values = try await session.run(
        ["twice": twice, "x": x], feeding: x.feed([1, 2, 3]))
      #expect(values["twice"]?.scalars == [2, 4, 6])
      // What is fed is not sent to be fetched back.
      #expect(values["x"]?.scalars == [1, 2, 3])
      let (a, (), b, c) = try await session.run(
        twice, twice.operation, identity(text), [twice, twice], feeding: x.feed([4]),
        text.feed("ab\u{0}c"))
      #expect(a.scalars == [8])
      #expect(b.scalar == "ab\u{0}c")
      #expect(c.map(\.scalars) == [[8], [8]])
      #expect(try await session.run([AnyOutput]()).isEmpty)
    }

    @Test(arguments: ServerKind.allCases)
    func `tensors of every plain dtype come back as they went`(_ server: ServerKind) throws {
      let graph = Graph()
      let session = try server.session(graph)
      func roundTrip<Scalar: TensorScalar & Equatable>(_ values: [Scalar]) throws {
        let x = try graph.placeholder(Scalar.self, shape: [nil])
        let y = try identity(x)
        for count in [0, 1, values.count] {
          let part = Array(values.prefix(count))
          #expect(try session.run(y, feeding: x.feed(part)).scalars == part)
        }
      }
      try roundTrip([Float(1.5), -0.0, .infinity])
      try roundTrip([1.5, -2.25])
      try roundTrip([Float16(1.5), -2])
      try roundTrip([BFloat16(1.5), BFloat16(-2)])
      try roundTrip([Int8.min, .max])
      try roundTrip([Int16.min, .max])
      try roundTrip([Int32.min, .max])
      try roundTrip([Int64.min, .max])
      try roundTrip([UInt8.min, .max])
      try roundTrip([UInt16.min, .max])
      try roundTrip([UInt32.min, .max])
      try roundTrip([UInt64.min, .max])
      try roundTrip([true, false])
      try roundTrip([Complex64(1, -2), Complex64(0, 3)])
      try roundTrip([Complex128(1, -2), Complex128(0, 3)])
      try roundTrip(["", "tab\t", ByteString([0, 255])] as [ByteString])
    }

    // DST-032
    @Test(arguments: ServerKind.allCases)
    func `what is added to the graph runs`(_ server: ServerKind) async throws {
      let graph = Graph()
      let x = try graph.placeholder(Float.self, shape: [])
      var y = try x + x
      let session = try server.session(graph)
      #expect(try await session.run(y, feeding: x.feed(1)).scalar == 2)
      for step in 1...3 {
        y = try y + x
        #expect(try await session.run(y, feeding: x.feed(1)).scalar == Float(2 + step))
      }
      // Several runs find new nodes at once: the graph is extended once.
      let more = try (0..<8).map { _ in try y + x }
      try await withThrowingTaskGroup(of: Float?.self) { group in
        for output in more {
          group.addTask { try await session.run(output, feeding: x.feed(1)).scalar }
        }
        for try await value in group { #expect(value == 6) }
      }
    }

    @Test(arguments: ServerKind.allCases)
    func `two sessions may extend one graph`(_ server: ServerKind) throws {
      let graph = Graph()
      let x = try graph.constant(Float(2))
      let (first, second) = (try server.session(graph), try server.session(graph))
      #expect(try first.run(x).scalar == 2)
      let y = try x * x
      #expect(try second.run(y).scalar == 4)
      #expect(try first.run(y).scalar == 4)
    }

    @Test(arguments: ServerKind.allCases)
    func `a while loop runs on a server`(_ server: ServerKind) throws {
      let graph = Graph()
      let start = try graph.placeholder(Int32.self, shape: [])
      let limit = try graph.constant(Int32(1000))
      let end = try whileLoop(loopVariable: start) { i in
        try Output(graph.addOperation("Less", inputs: [i.erased, limit.erased]).output(0))
      } body: { i in
        try i + graph.constant(Int32(1))
      }
      let session = try server.session(graph)
      #expect(try session.run(end, feeding: start.feed(0)).scalar == 1000)
      #expect(try session.run(end, feeding: start.feed(2000)).scalar == 2000)
    }

    // DST-035
    @Test(arguments: ServerKind.allCases)
    func `three hundred megabytes are fed`(_ server: ServerKind) throws {
      let graph = Graph()
      let x = try graph.placeholder(Float.self, shape: [nil])
      let last = try graph.addOperation(
        "StridedSlice",
        inputs: [
          x.erased, graph.constant([Int32(-2)]).erased, graph.constant([Int32(0)]).erased,
          graph.constant([Int32(1)]).erased,
        ], attributes: ["end_mask": 1]
      ).output(0)
      let session = try server.session(graph)
      let count = 75_000_000
      var values = try MutableTensor<Float>(shape: Shape([count]))
      do {
        var span = values.mutableSpan
        span[count - 2] = 5
        span[count - 1] = 7
      }
      let fed = try Tensor<Float>(values.finish())
      #expect(try session.run(last, feeding: x.feed(fed)).scalars(of: Float.self) == [5, 7])
    }

    // DST-035
    @Test(arguments: ServerKind.allCases)
    func `large constants are sent and large tensors fetched`(_ server: ServerKind) throws {
      let graph = Graph()
      let count = 5_000_000
      let values = (0..<count).map(Float.init)
      let session = try server.session(graph)
      let constant = try graph.constant(values)
      let sum = try constant + constant
      let result = try session.run(sum).scalars
      #expect(result.count == count)
      #expect(result[count - 1] == 2 * Float(count - 1))
      #expect(result[4321] == 8642)
    }

    @Test(arguments: ServerKind.allCases)
    func `blocking runs on all cooperative threads do not block each other`(
      _ server: ServerKind
    ) async throws {
      let graph = Graph()
      let x = try graph.placeholder(Int32.self, shape: [])
      let y = try x + x
      // None of them has a session at the server yet: they all wait for one of them to make it.
      let session = try server.session(graph)
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for index in 0..<32 {
          group.addTask { @Sendable in
            let run: () throws -> Int32? = {
              try session.run(y, feeding: x.feed(Int32(index))).scalar
            }
            return try run() == Int32(2 * index)
          }
        }
        for try await isRight in group { #expect(isRight) }
      }
    }

    // CON-009
    @Test func `a target of another form is not found`() {
      for target in ["localhost:2222", "local", "foo://bar"] {
        expectStatus(.notFound, "{DIRECT_SESSION, GRPC_SESSION}") {
          try Session(graph: Graph(), target: target)
        }
      }
    }

    @Test func `an address that is none is refused`() {
      for target in ["grpc://", "grpc://host", "grpc://:1", "grpc://a:b", "grpc://::1:80"] {
        expectStatus(.invalidArgument, "as a host-port pair") {
          try Session(graph: Graph(), target: target)
        }
      }
    }
  }
#endif
