import Testing
import Weirloom

/// What a session promises of steps that wait for queues.
@Suite struct QueueStepTests {
  private struct Fixture {
    let graph = Graph()
    let queue: AnyOutput
    let x: Output<Float>
    let enqueue: Weirloom.Operation
    let dequeue: Output<Float>
    let size: Output<Int32>

    init() throws {
      queue = try graph.addOperation(
        "FIFOQueueV2", attributes: ["component_types": .types([.float]), "capacity": 4],
        name: "q"
      ).output(0)
      x = try graph.placeholder(Float.self, shape: [])
      enqueue = try graph.addOperation(
        "QueueEnqueueV2", inputs: [queue, x.erased],
        attributes: ["Tcomponents": .types([.float])])
      dequeue = try Output(
        graph.addOperation(
          "QueueDequeueV2", inputs: [queue], attributes: ["component_types": .types([.float])],
          name: "dequeue"
        ).output(0))
      size = try Output(graph.addOperation("QueueSizeV2", inputs: [queue]).output(0))
    }
  }

  // CON-018
  @Test func `sessions do not share queues`() throws {
    let f = try Fixture()
    let (first, second) = (try Session(graph: f.graph), try Session(graph: f.graph))
    try first.run(f.enqueue, feeding: f.x.feed(1))
    #expect(try first.run(f.size).scalar == 1)
    #expect(try second.run(f.size).scalar == 0)
  }

  // RUN-005
  @Test func `an error ends what waits in the same step`() throws {
    let f = try Fixture()
    let bad = try f.graph.addOperation(
      "CheckNumerics", inputs: [f.x.erased], attributes: ["message": "bad"], name: "check"
    ).output(0)
    let session = try Session(graph: f.graph)
    let time = elapsed {
      expectStatus(.invalidArgument, "bad : Tensor had NaN values", node: "check") {
        try session.run(f.dequeue, Output<Float>(bad), feeding: f.x.feed(.nan))
      }
    }
    #expect(time < .seconds(60))
    // The wait took nothing with it.
    try session.run(f.enqueue, feeding: f.x.feed(2))
    #expect(try session.run(f.dequeue).scalar == 2)
  }

  // CFG-009, OPT-011, OPT-012
  @Test func `a queue stays usable after a wait that timed out`() throws {
    let f = try Fixture()
    var configuration = SessionConfiguration()
    configuration.operationTimeout = .milliseconds(30)
    let session = try Session(graph: f.graph, configuration: configuration)
    expectStatus(.deadlineExceeded, "imed out") {
      try session.run(f.dequeue)
    }
    expectStatus(.deadlineExceeded, "imed out") {
      try session.run(f.dequeue, options: RunOptions(timeout: .milliseconds(10)))
    }
    try session.run(f.enqueue, feeding: f.x.feed(3))
    #expect(try session.run(f.size).scalar == 1)
    #expect(try session.run(f.dequeue).scalar == 3)
  }

  // A piece never waits for the feed of another, but for a queue it does.
  @Test func `a partial run waits for a queue that another run fills`() throws {
    let f = try Fixture()
    let sum = try f.dequeue + f.x
    let session = try Session(graph: f.graph)
    let handle = try session.setUpPartialRun(feeding: f.x, fetching: sum)
    let piece = OnThread { try session.runPartial(handle, fetching: sum, feeds: [f.x.feed(1)]) }
    try session.run(f.enqueue, feeding: f.x.feed(10))
    #expect(try piece.value().scalar == 11)
  }
}
