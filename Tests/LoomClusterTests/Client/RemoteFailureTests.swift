#if Distributed
  import Testing
  import Weirloom

  /// An operation that says that it runs, and then waits for what nobody gives.
  struct EndlessWait {
    let graph = Graph()
    let operation: Operation
    /// Would end the wait.
    let release: Operation
    let releaseCount: Output<Int32>
    private let startCount: Output<Int32>

    init() throws {
      let one = try graph.constant(Int32(1))
      let started = try graph.fifoQueue(
        of: Int32.self, shapes: [[]], sharedName: uniqueName("started"))
      let released = try graph.fifoQueue(
        of: Int32.self, shapes: [[]], sharedName: uniqueName("released"))
      let start = try started.enqueue(one)
      operation = try graph.withControlDependencies(on: [start]) { () throws(StatusError) in
        try released.dequeue().operation
      }
      release = try released.enqueue(one)
      releaseCount = try released.size()
      startCount = try started.size()
    }

    func untilRunning(in session: Session) async throws {
      while try await session.run(startCount).scalar == 0 {}
    }
  }

  /// How runs on a server fail and end.
  @Suite struct RemoteFailureTests {
    @Test(arguments: ServerKind.allCases)
    func `errors of a server have their codes and nodes`(_ server: ServerKind) throws {
      let graph = Graph()
      let session = try server.session(graph)
      let x = try graph.placeholder(Int32.self, shape: [], name: "x")
      let quotient = try graph.addOperation(
        "FloorDiv", inputs: [x.erased, x.erased], name: "quotient"
      ).output(0)
      expectStatus(.invalidArgument, "ivision by zero", node: "quotient") {
        try session.run(quotient, feeding: x.feed(0))
      }
      expectStatus(.invalidArgument, "You must feed a value for placeholder", node: "x") {
        try session.run(quotient)
      }
      let variable = try graph.variable(uniqueName("v"), initialValue: .constant(Float(1)))
      expectStatus(.failedPrecondition) { try session.run(variable.value) }
      expectStatus(.notFound) { try session.run(variable.assignAdd(Tensor(scalar: 1))) }
      let queue = try graph.fifoQueue(
        of: Int32.self, shapes: [[]], sharedName: uniqueName("q"))
      let (close, dequeue) = (try queue.close(), try queue.dequeue())
      try session.run(close)
      expectStatus(.outOfRange, "is closed and has insufficient elements") {
        try session.run(dequeue)
      }
      // The session goes on.
      #expect(try session.run(quotient, feeding: x.feed(3)).integers() == [1])
    }

    @Test(arguments: ServerKind.allCases)
    func `errors come out of the async form too`(_ server: ServerKind) async throws {
      let graph = Graph()
      let x = try graph.placeholder(Int32.self, shape: [], name: "x")
      let quotient = try graph.addOperation(
        "FloorDiv", inputs: [x.erased, x.erased], name: "quotient"
      ).output(0)
      let session = try server.session(graph)
      await expectStatus(.invalidArgument, "ivision by zero", node: "quotient") {
        try await session.run(quotient, feeding: x.feed(0))
      }
    }

    @Test(arguments: ServerKind.allCases)
    func `what is wrong with a run is said before the server is asked`(
      _ server: ServerKind
    ) throws {
      let graph = Graph()
      let session = try server.session(graph)
      expectStatus(.failedPrecondition, "The Session graph is empty") {
        try session.run([AnyOutput]())
      }
      let x = try graph.placeholder(Float.self, shape: [2])
      expectStatus(.invalidArgument, "Cannot feed value of shape") {
        try session.run(x, feeding: x.feed([1, 2, 3]))
      }
      expectStatus(.invalidArgument, "not in the graph") { try session.run("nope") }
      session.close()
      session.close()
      expectStatus(.failedPrecondition, "Attempted to use a closed Session.") {
        try session.run(x, feeding: x.feed([1, 2]))
      }
      expectStatus(.cancelled, "Session has been closed.") { try session.listDevices() }
    }

    @Test(arguments: ServerKind.allCases)
    func `a bad device is refused`(_ server: ServerKind) throws {
      let graph = Graph()
      let p = try graph.placeholder(Float.self)
      let x = try graph.withDevice("/job:none/task:9") { () throws(StatusError) in
        try graph.addOperation("Neg", inputs: [p.erased], name: "stray")
      }
      let session = try server.session(graph)
      expectStatus(.invalidArgument, "Cannot assign a device", node: "stray") {
        try session.run(x)
      }
    }

    // DST-019
    @Test(arguments: ServerKind.allCases)
    func `a run that waits for too long ends`(_ server: ServerKind) throws {
      let graph = Graph()
      let queue = try graph.fifoQueue(
        of: Int32.self, shapes: [[]], sharedName: uniqueName("q"))
      let (dequeue, size) = (try queue.dequeue(), try queue.size())
      let session = try server.session(graph)
      let options = RunOptions(timeout: .milliseconds(200))
      expectStatus(.deadlineExceeded) { try session.run(dequeue, options: options) }
      var configuration = SessionConfiguration()
      configuration.operationTimeout = .milliseconds(500)
      let hasty = try server.session(graph, configuration: configuration)
      expectStatus(.deadlineExceeded) { try hasty.run(dequeue) }
      #expect(try session.run(size).scalar == 0)
    }

    // DST-019
    @Test(arguments: ServerKind.allCases)
    func `an async run that waits for too long ends`(_ server: ServerKind) async throws {
      let graph = Graph()
      let queue = try graph.fifoQueue(
        of: Int32.self, shapes: [[]], sharedName: uniqueName("q"))
      let dequeue = try queue.dequeue()
      let session = try server.session(graph)
      let options = RunOptions(timeout: .milliseconds(200))
      await expectStatus(.deadlineExceeded) { try await session.run(dequeue, options: options) }
    }

    @Test(arguments: ServerKind.allCases)
    func `cancelling the task ends the step at the server`(_ server: ServerKind) async throws {
      let wait = try EndlessWait()
      let session = try server.session(wait.graph)
      let task = Task { try await session.run(wait.operation) }
      try await wait.untilRunning(in: session)
      task.cancel()
      await expectStatus(.cancelled) { try await task.value }
      // The cancelled step takes nothing any more; the server may hear of its end a little later.
      var count: Int32? = 0
      while count == 0 {
        try await session.run(wait.release)
        count = try await session.run(wait.releaseCount).scalar
      }
    }

    // DST-020
    @Test(arguments: ServerKind.allCases)
    func `closing the session ends its running steps`(_ server: ServerKind) async throws {
      let wait = try EndlessWait()
      let session = try server.session(wait.graph)
      let task = Task { try await session.run(wait.operation) }
      try await wait.untilRunning(in: session)
      session.close()
      await expectStatus(.cancelled) { try await task.value }
    }
  }
#endif
