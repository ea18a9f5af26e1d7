#if Distributed
  import Testing
  import Weirloom

  /// Partial runs on a server: the outcomes are those of this process.
  @Suite struct RemotePartialRunTests {
    private struct Fixture {
      let graph = Graph()
      let a: Output<Float>
      let b: Output<Float>
      let c: Output<Float>
      let r1: Output<Float>
      let r2: Output<Float>
      let session: Session

      init(_ server: ServerKind) throws {
        a = try graph.placeholder(Float.self, shape: [], name: "a")
        b = try graph.placeholder(Float.self, shape: [], name: "b")
        c = try graph.placeholder(Float.self, shape: [], name: "c")
        r1 = try Output(
          graph.addOperation("AddV2", inputs: [a.erased, b.erased], name: "r1").output(0))
        r2 = try Output(
          graph.addOperation("Mul", inputs: [r1.erased, c.erased], name: "r2").output(0))
        session = try server.session(graph)
      }
    }

    // PRT-034
    @Test(arguments: ServerKind.allCases)
    func `a step is fed and fetched piece by piece`(_ server: ServerKind) throws {
      let f = try Fixture(server)
      let late = try f.session.withPartialRun(
        feeding: f.a, f.b, f.c, fetching: f.r1, f.r2
      ) { run throws(StatusError) in
        let sum = try run.fetch(f.r1, feeding: f.a.feed(1), f.b.feed(2))
        #expect(sum.scalar == 3)
        return try run.fetch(f.r2, feeding: f.c.feed((sum.scalar ?? 0) * 17))
      }
      #expect(late.scalar == 153)
    }

    // PRT-034
    @Test(arguments: ServerKind.allCases)
    func `partial runs have an async form`(_ server: ServerKind) async throws {
      let f = try Fixture(server)
      let second = try await f.session.withPartialRun(
        feeding: f.a, f.b, f.c, fetching: f.r1, f.r2
      ) { run async throws(StatusError) in
        _ = try await run.fetch(f.r1, feeding: f.a.feed(1), f.b.feed(2))
        return try await run.fetch(f.r2, feeding: f.c.feed(2))
      }
      #expect(second.scalar == 6)
    }

    // PRT-034
    @Test(arguments: ServerKind.allCases)
    func `handles are independent of each other`(_ server: ServerKind) throws {
      let f = try Fixture(server)
      let first = try f.session.setUpPartialRun(feeding: f.a, f.b, f.c, fetching: [f.r1, f.r2])
      let second = try f.session.setUpPartialRun(feeding: f.a, f.b, f.c, fetching: [f.r1, f.r2])
      #expect(first != second)
      func sum(_ handle: String, _ a: Float, _ b: Float) throws -> Float? {
        try f.session.runPartial(
          handle, fetching: f.r1, feeds: [f.a.feed(a), f.b.feed(b)]
        ).scalar
      }
      #expect(try sum(first, 1, 2) == 3)
      #expect(try sum(second, 3, 4) == 7)
      #expect(
        try f.session.runPartial(first, fetching: f.r2, feeds: [f.c.feed(2)]).scalar == 6)
      #expect(
        try f.session.runPartial(second, fetching: f.r2, feeds: [f.c.feed(2)]).scalar == 14)
    }

    // PRT-034
    @Test(arguments: ServerKind.allCases)
    func `what a partial run can't do is said and changes nothing`(_ server: ServerKind) throws {
      let f = try Fixture(server)
      let session = f.session
      expectStatus(.invalidArgument, "PartialRunSetup before performing partial runs") {
        try session.runPartial("none", fetching: f.r1, feeds: [f.a.feed(1)])
      }
      expectStatus(.invalidArgument, "at least one target") {
        try session.setUpPartialRun(feeding: f.a, fetching: [AnyOutput]())
      }
      let handle = try session.setUpPartialRun(feeding: f.a, f.b, fetching: f.r1)
      expectStatus(.invalidArgument, "was not specified in partial_run_setup") {
        try session.runPartial(handle, fetching: f.r2, feeds: [f.a.feed(1)])
      }
      expectStatus(.invalidArgument, "was not specified in partial_run_setup") {
        try session.runPartial(handle, fetching: f.r1, feeds: [f.c.feed(1)])
      }
      expectStatus(.invalidArgument, "can't be computed from the feeds") {
        try session.runPartial(handle, fetching: f.r1, feeds: [f.a.feed(1)])
      }
      _ = try session.runPartial(handle, fetching: [AnyOutput](), feeds: [f.a.feed(1)])
      expectStatus(.invalidArgument, "has already been fed") {
        try session.runPartial(handle, fetching: f.r1, feeds: [f.a.feed(1)])
      }
      #expect(
        try session.runPartial(handle, fetching: f.r1, feeds: [f.b.feed(1)]).scalar == 2)
      expectStatus(.invalidArgument, "PartialRunSetup before performing partial runs") {
        try session.runPartial(handle, fetching: f.r1, feeds: [f.b.feed(1)])
      }
    }
  }
#endif
