import Testing
import Weirloom

/// Who waits for a queue, for what, and how the wait ends.
@Suite struct QueueWaitTests {
  /// A queue of numbers with the operations the tests need.
  struct Numbers: Sendable {
    let graph = Graph()
    let queue: Queue<Int32>
    let x: Output<Int32>
    let rows: Output<Int32>
    let enqueue: Operation
    let enqueueMany: Operation
    let dequeue: Output<Int32>
    let three: Output<Int32>
    let size: Output<Int32>
    let close: Operation
    let cancel: Operation
    let session: Session

    init(capacity: Int? = nil) throws {
      queue = try graph.fifoQueue(capacity: capacity, of: Int32.self, shapes: [[]], name: "q")
      x = try graph.placeholder(Int32.self, shape: .scalar)
      rows = try graph.placeholder(Int32.self, shape: [nil])
      enqueue = try queue.enqueue(x)
      enqueueMany = try queue.enqueueMany(rows)
      dequeue = try queue.dequeue()
      three = try queue.dequeueMany(3)
      size = try queue.size()
      close = try queue.close()
      cancel = try queue.close(cancellingPendingEnqueues: true)
      session = try Session(graph: graph)
    }

    func put(_ values: Int32...) throws {
      try session.run(enqueueMany, feeding: rows.feed(Tensor(values)))
    }

    var count: Int32 { get throws { try session.run(size).scalar ?? -1 } }
  }

  // QUE-002
  @Test func `an enqueue waits at capacity until something is dequeued`() async throws {
    let test = try Numbers(capacity: 2)
    try test.put(1, 2)
    expectStatus(.deadlineExceeded) {
      try test.session.run(test.enqueue, feeding: test.x.feed(9), options: .briefly)
    }
    let task = Task { try await test.session.run(test.enqueue, feeding: test.x.feed(3)) }
    #expect(try await test.session.run(test.dequeue).scalar == 1)
    try await task.value
    #expect(try await test.session.run(test.dequeue).scalar == 2)
    #expect(try await test.session.run(test.dequeue).scalar == 3)
    #expect(try test.count == 0)
  }

  // QUE-002
  @Test func `a queue of capacity zero never takes anything`() throws {
    let test = try Numbers(capacity: 0)
    expectStatus(.deadlineExceeded) {
      try test.session.run(test.enqueue, feeding: test.x.feed(9), options: .briefly)
    }
    #expect(try test.count == 0)
  }

  // QUE-003
  @Test func `a dequeue waits until something is enqueued`() async throws {
    let test = try Numbers()
    expectStatus(.deadlineExceeded) {
      try test.session.run(test.dequeue, options: .briefly)
    }
    let waiting = Task { try await test.session.run(test.dequeue).scalar }
    let thread = OnThread { try test.session.run(test.dequeue).scalar }
    try test.put(5, 6)
    let values = [try await waiting.value, try thread.value()]
    #expect(Set(values) == [5, 6])
  }

  @Test func `one step may fill the queue that it waits for`() throws {
    let test = try Numbers()
    let values = try test.session.run(test.dequeue, test.enqueue, feeding: test.x.feed(4))
    #expect(values.0.scalar == 4)
  }

  // QUE-008
  @Test func `closing and cancelling ends those who wait to enqueue`() async throws {
    let test = try Numbers(capacity: 2)
    let rows = test.rows.feed(try Tensor([1, 2, 3, 4]))
    let many = Task { try await test.session.run(test.enqueueMany, feeding: rows) }
    #expect(try await eventually { try test.count == 2 })
    let one = Task { try await test.session.run(test.enqueue, feeding: test.x.feed(5)) }
    try await test.session.run(test.cancel)
    await expectStatus(.cancelled, "Enqueue operation was cancelled", node: "q_EnqueueMany") {
      try await many.value
    }
    await expectStatus(.cancelled) { try await one.value }
    #expect(try await test.session.run(test.dequeue).scalar == 1)
    #expect(try await test.session.run(test.dequeue).scalar == 2)
    expectStatus(.outOfRange) { try test.session.run(test.dequeue) }
  }

  // QUE-009
  @Test func `closing lets those finish who wait to enqueue`() async throws {
    let test = try Numbers(capacity: 2)
    let rows = test.rows.feed(try Tensor([1, 2, 3, 4]))
    let many = Task { try await test.session.run(test.enqueueMany, feeding: rows) }
    #expect(try await eventually { try test.count == 2 })
    // Closing waits for its turn in the line of those who enqueue.
    let close = Task { try await test.session.run(test.close) }
    var values: [Int32?] = []
    for _ in 0..<4 { values.append(try await test.session.run(test.dequeue).scalar) }
    #expect(values == [1, 2, 3, 4])
    try await many.value
    try await close.value
    expectStatus(.outOfRange) { try test.session.run(test.dequeue) }
  }

  // QUE-014
  @Test func `a batch larger than the queue waits for more to come`() async throws {
    let test = try Numbers(capacity: 2)
    try test.put(1, 2)
    expectStatus(.deadlineExceeded) { try test.session.run(test.three, options: .briefly) }
    let three = Task { try await test.session.run(test.three).scalars }
    try await test.session.run(test.enqueue, feeding: test.x.feed(3))
    #expect(try await three.value == [1, 2, 3])
  }

  // QUE-016
  @Test func `a cancelled batch gives back what it had taken, in order`() async throws {
    let test = try Numbers()
    try test.put(1, 2)
    let three = Task { try await test.session.run(test.three).scalars }
    #expect(try await eventually { try test.count == 0 })
    three.cancel()
    await expectStatus(.cancelled) { try await three.value }
    // TensorFlow loses them.
    #expect(try await holdsAfterCancellation { try test.count == 2 })
    try test.put(3)
    #expect(try await test.session.run(test.three).scalars == [1, 2, 3])
  }

  // QUE-026
  @Test func `a batch that waits on a closing queue fails and puts its elements back`() async throws
  {
    let test = try Numbers()
    try test.put(1, 2)
    let three = Task { try await test.session.run(test.three).scalars }
    #expect(try await eventually { try test.count == 0 })
    try await test.session.run(test.close)
    await expectStatus(
      .outOfRange,
      "FIFOQueue '_0_q' is closed and has insufficient elements (requested 1, current size 0)"
    ) { try await three.value }
    #expect(try test.count == 2)
    #expect(try await test.session.run(test.dequeue).scalar == 1)
  }

  @Test func `those who wait are served in the order they came`() async throws {
    let test = try Numbers()
    try test.put(1)
    let three = Task { try await test.session.run(test.three).scalars }
    #expect(try await eventually { try test.count == 0 })
    // It stands behind the batch, which takes all that comes first.
    let one = Task { try await test.session.run(test.dequeue).scalar }
    try test.put(2, 3, 4)
    #expect(try await three.value == [1, 2, 3])
    #expect(try await one.value == 4)
  }

  // QUE-018
  @Test func `a shuffling queue keeps its minimum until it is closed`() throws {
    let graph = Graph()
    let queue = try graph.randomShuffleQueue(
      capacity: 10, minimumAfterDequeue: 2, of: Int32.self, shapes: [[]])
    let enqueue = try queue.enqueueMany(graph.numbers(1, 2, 3))
    let (dequeue, two) = (try queue.dequeue(), try queue.dequeueMany(2))
    let close = try queue.close()
    let session = try Session(graph: graph)
    try session.run(enqueue)
    var values = [try session.run(dequeue).scalar ?? 0]
    expectStatus(.deadlineExceeded) { try session.run(dequeue, options: .briefly) }
    try session.run(close)
    values += try session.run(two).scalars
    #expect(values.sorted() == [1, 2, 3])
  }

  @Test func `closing a session ends all who wait for a queue`() async throws {
    let test = try Numbers(capacity: 1)
    try test.put(1)
    let producers = (0..<10).map { index in
      Task { try await test.session.run(test.enqueue, feeding: test.x.feed(Int32(index))) }
    }
    let other = try Numbers()
    let consumers = (0..<10).map { _ in Task { try await other.session.run(other.three) } }
    test.session.close()
    other.session.close()
    for task in producers { await #expect(throws: StatusError.self) { try await task.value } }
    for task in consumers { await #expect(throws: StatusError.self) { try await task.value } }
  }
}
