import Testing
import Weirloom

/// Tasks that keep queues filled.
@Suite struct QueueRunnerTests {
  // COO-004
  @Test func `a runner fills its queue until the data ends, then closes it`() async throws {
    let graph = Graph()
    let count = try graph.variable("n", initialValue: .constant(Int32(0)), options: .untrained)
    let queue = try graph.fifoQueue(capacity: 3, of: Int32.self, shapes: [[]])
    let enqueue = try queue.enqueue(count.countUp(to: 7))
    let dequeue = try queue.dequeue()
    let runner = try QueueRunner(queue.erased, enqueue: [enqueue, enqueue])
    let session = try Session(graph: graph)
    try await session.run(graph.globalVariablesInitializer)
    let tasks = runner.start(in: session)
    #expect(tasks.count == 2)
    #expect(runner.start(in: session).isEmpty)
    var values: [Int32] = []
    for _ in 0..<7 { values.append(try await session.run(dequeue).scalar ?? -1) }
    #expect(values.sorted() == Array(0..<7))
    await expectStatus(.outOfRange) { try await session.run(dequeue) }
    for task in tasks { await task.value }
    #expect(runner.errors.isEmpty)
    // All have ended: it may be started again, and ends at once.
    for task in runner.start(in: session) { await task.value }
  }

  // COO-005
  @Test func `a stop ends a runner that waits, and closes its queue`() async throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(capacity: 3, of: Int32.self, shapes: [[]], name: "q")
    let enqueue = try queue.enqueue(graph.constant(Int32(1)))
    let (size, dequeue) = (try queue.size(), try queue.dequeueMany(3))
    try graph.addQueueRunner(QueueRunner(queue.erased, enqueue: [enqueue]))
    let session = try Session(graph: graph)
    let coordinator = Coordinator()
    let tasks = try startQueueRunners(in: session, coordinator: coordinator)
    #expect(
      coordinator.liveTasks == [
        "QueueRunnerThread-q-close_on_stop", "QueueRunnerThread-q-q_enqueue",
      ])
    #expect(try await eventually { try session.run(size).scalar == 3 })
    coordinator.requestStop()
    try await coordinator.join()
    for task in tasks { await task.value }
    expectStatus(.cancelled, "FIFOQueue '_0_q' is closed.") { try session.run(enqueue) }
    #expect(try await session.run(dequeue).scalars == [1, 1, 1])
    expectStatus(.outOfRange) { try session.run(dequeue) }
  }

  @Test func `a failing enqueue stops all, and is what joining throws`() async throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(capacity: 3, of: Int32.self)
    let value = try graph.constant(Int32(1))
    let check = try graph.addOperation(
      "Assert",
      inputs: [graph.constant(false).erased, graph.constant(ByteString("no luck")).erased],
      attributes: ["T": .types([.string])])
    let enqueue = try graph.withControlDependencies(on: [check]) { () throws(StatusError) in
      try queue.enqueue(value)
    }
    let runner = try QueueRunner(queue.erased, enqueue: [enqueue])
    let session = try Session(graph: graph)
    let coordinator = Coordinator()
    runner.start(in: session, coordinator: coordinator)
    await expectStatus(.invalidArgument, "no luck") { try await coordinator.join() }
    for task in runner.start(in: session) { await task.value }
    #expect(runner.errors.map(\.code) == [.invalidArgument])
  }

  // COO-006
  @Test func `without a session nothing can be started`() throws {
    expectStatus(
      .failedPrecondition, "Cannot start queue runners: No default session is registered."
    ) { try startQueueRunners() }
  }

  @Test func `a runner without operations is refused`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(types: [.float])
    expectStatus(.invalidArgument) { try QueueRunner(queue, enqueue: []) }
  }

  @Test func `a runner goes into a file by the names of its operations, and comes back`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(of: Int32.self, name: "q")
    let enqueue = try queue.enqueue(graph.constant(Int32(1)))
    let runner = try QueueRunner(
      queue.erased, enqueue: [enqueue], closedErrors: [.outOfRange, .cancelled])
    let bytes = try runner.definition.serialized()
    let definition = try QueueRunnerDefinition(serialized: bytes)
    #expect(definition == runner.definition)
    #expect(definition.enqueueOperations == ["q_enqueue"])
    let back = try QueueRunner(definition, in: graph)
    #expect(back.enqueueOperations == [enqueue])
    #expect(back.cancelOperation == runner.cancelOperation)
    #expect(back.closedErrors == [.outOfRange, .cancelled])
    expectStatus(.notFound) { try QueueRunner(definition, in: graph, scope: "other") }
    expectStatus(.dataLoss) { try QueueRunnerDefinition(serialized: ByteString([0xff, 0xff])) }
  }
}
