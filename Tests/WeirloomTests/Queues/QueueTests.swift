import Testing
import Weirloom

/// What goes into a queue, and what comes out.
@Suite struct QueueTests {
  // QUE-001
  @Test func `elements leave in the order they came, and are counted`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(capacity: 10, of: Int32.self, shapes: [[]])
    let x = try graph.placeholder(Int32.self, shape: .scalar)
    let (enqueue, dequeue, size) = (try queue.enqueue(x), try queue.dequeue(), try queue.size())
    let session = try Session(graph: graph)
    for value in 1...3 { try session.run(enqueue, feeding: x.feed(Int32(value))) }
    #expect(try session.run(size).scalar == 3)
    for value in 1...3 { #expect(try session.run(dequeue).scalar == Int32(value)) }
    #expect(try session.run(size).scalar == 0)
  }

  // QUE-004
  @Test func `rows are enqueued one by one and dequeued as a batch`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(
      capacity: 10, of: Float.self, ByteString.self, shapes: [[2], []])
    let rows = try graph.constant([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
    let names = try graph.constant(["a", "b", "c"].map { ByteString($0) })
    let enqueue = try queue.enqueueMany(rows, names)
    let (one, oneName) = try queue.dequeue()
    let (many, manyNames) = try queue.dequeueMany(2)
    #expect(one.shape == [2])
    #expect(many.shape == [2, 2])
    #expect(manyNames.shape == [2])
    let session = try Session(graph: graph)
    try session.run(enqueue)
    let first = try session.run(one, oneName)
    #expect(first.0.scalars == [1, 2])
    #expect(first.1.scalar == "a")
    let rest = try session.run(many, manyNames)
    #expect(rest.0.scalars == [3, 4, 5, 6])
    #expect(rest.0.shape.sizes == [2, 2])
    #expect(rest.1.scalars == ["b", "c"])
  }

  @Test func `an element outlives the memory that was fed`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(of: Float.self)
    let x = try graph.placeholder(Float.self)
    let (enqueue, dequeue) = (try queue.enqueueMany(x), try queue.dequeue())
    let session = try Session(graph: graph)
    for round in 0..<3 {
      let values = (0..<4096).map { Float($0 + round) }
      try session.run(enqueue, feeding: x.feed(Tensor(values, shape: [2, 2048])))
    }
    for round in 0..<3 {
      #expect(try session.run(dequeue).scalars == (0..<2048).map { Float($0 + round) })
      #expect(try session.run(dequeue).scalars == (2048..<4096).map { Float($0 + round) })
    }
  }

  // QUE-005
  @Test func `dequeue up to takes the remainder of a closed queue`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(capacity: 10, of: Int32.self, shapes: [[]])
    let enqueue = try queue.enqueueMany(graph.numbers(1, 2, 3))
    let (upTo, close) = (try queue.dequeueUpTo(2), try queue.close())
    #expect(upTo.shape == [nil])
    let session = try Session(graph: graph)
    try session.run(enqueue)
    try session.run(close)
    #expect(try session.run(upTo).scalars == [1, 2])
    #expect(try session.run(upTo).scalars == [3])
    expectStatus(.outOfRange, "insufficient elements (requested 2, current size 0)") {
      try session.run(upTo)
    }
  }

  // QUE-006, QUE-007, QUE-010, QUE-011
  @Test func `a closed queue refuses elements, gives out what is left, and ends`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(capacity: 10, of: Int32.self, shapes: [[]], name: "q")
    let enqueue = try queue.enqueue(graph.constant(Int32(7)))
    let enqueueMany = try queue.enqueueMany(graph.numbers(1, 2), name: "many")
    let none = try queue.enqueueMany(graph.constant([] as [Int32]))
    let dequeue = try queue.dequeue(name: "take")
    let (close, cancel) = (try queue.close(), try queue.close(cancellingPendingEnqueues: true))
    let isClosed = try queue.isClosed()
    let session = try Session(graph: graph)
    try session.run(enqueue)
    #expect(try session.run(isClosed).scalar == false)
    try session.run(close)
    #expect(try session.run(isClosed).scalar == true)
    expectStatus(.cancelled, "FIFOQueue '_0_q' is closed.", node: "q_enqueue") {
      try session.run(enqueue)
    }
    expectStatus(.cancelled, "FIFOQueue '_0_q' is closed.", node: "many") {
      try session.run(enqueueMany)
    }
    try session.run(none)
    expectStatus(.cancelled, "Queue '_0_q' is already closed.", node: "q_Close") {
      try session.run(close)
    }
    try session.run(cancel)
    #expect(try session.run(dequeue).scalar == 7)
    let text =
      "FIFOQueue '_0_q' is closed and has insufficient elements (requested 1, current size 0)"
    expectStatus(.outOfRange, text, node: "take") { try session.run(dequeue) }
  }

  // QUE-012, QUE-013
  @Test func `batches need shapes, and may be empty`() throws {
    let graph = Graph()
    let plain = try graph.fifoQueue(of: Float.self)
    let shaped = try graph.fifoQueue(of: Float.self, shapes: [[2]])
    let padded = try graph.paddingFIFOQueue(of: Float.self, shapes: [[nil, 3]])
    let (many, upTo) = (try plain.dequeueMany(2), try plain.dequeueUpTo(2))
    let (none, padding) = (try shaped.dequeueMany(0), try padded.dequeueMany(0))
    let session = try Session(graph: graph)
    let text =
      "FIFOQueue's DequeueMany and DequeueUpTo require the components to have specified shapes."
    expectStatus(.invalidArgument, text) { try session.run(many) }
    expectStatus(.invalidArgument, text) { try session.run(upTo) }
    #expect(try session.run(none).shape.sizes == [0, 2])
    #expect(try session.run(padding).shape.sizes == [0, 0, 3])
    expectStatus(.invalidArgument, "Input 'n' must be >= 0, but is -1") {
      try shaped.dequeueMany(-1)
    }
    let count = try graph.placeholder(Int32.self)
    let fed = try shaped.erased.dequeueMany(count)[0]
    expectStatus(.invalidArgument, "DequeueManyOp requested -2 < 0 elements") {
      try session.run(fed, feeding: count.feed(-2))
    }
  }

  // QUE-015
  @Test func `a closed queue with too few elements keeps them`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(of: Int32.self, shapes: [[]], name: "q")
    let enqueue = try queue.enqueueMany(graph.numbers(1, 2, 3))
    let (many, size) = (try queue.dequeueMany(5), try queue.size())
    let (close, dequeue) = (try queue.close(), try queue.dequeue())
    let session = try Session(graph: graph)
    try session.run(enqueue)
    try session.run(close)
    let text =
      "FIFOQueue '_0_q' is closed and has insufficient elements (requested 5, current size 3)"
    expectStatus(.outOfRange, text) { try session.run(many) }
    #expect(try session.run(size).scalar == 3)
    #expect(try session.run(dequeue).scalar == 1)
  }

  // QUE-017
  @Test func `a queue without a capacity takes all that comes`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(of: Int32.self, shapes: [[]])
    let enqueue = try queue.enqueueMany(graph.constant([Int32](repeating: 1, count: 5000)))
    let (size, sum) = (try queue.size(), try queue.dequeueMany(20_000))
    let session = try Session(graph: graph)
    for _ in 0..<4 { try session.run(enqueue) }
    #expect(try session.run(size).scalar == 20_000)
    #expect(try session.run(sum).scalars.reduce(0, &+) == 20_000)
  }

  // QUE-024
  @Test func `components must have the queue's number, dtypes and shapes`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(
      types: [.float, .int32], options: QueueOptions(shapes: [[2], []]))
    let x = try graph.placeholder(Float.self)
    let y = try graph.constant(Int32(1))
    expectStatus(.invalidArgument, "Expected 2 components, got 1") { try queue.enqueue([x.erased]) }
    expectStatus(.invalidArgument, "Expected component 0 to be float, got int32") {
      try queue.enqueue([y.erased, y.erased])
    }
    expectStatus(.invalidArgument) {
      try queue.enqueue([graph.constant([1, 2, 3] as [Float]).erased, y.erased])
    }
    let enqueue = try queue.enqueue([x.erased, y.erased])
    let many = try queue.enqueueMany([x.erased, graph.constant([1] as [Int32]).erased])
    let odd = try graph.addOperation(
      "QueueEnqueueV2", inputs: [queue.handle, y.erased],
      attributes: ["Tcomponents": .types([.int32])])
    let wrong = try graph.addOperation(
      "QueueDequeueV2", inputs: [queue.handle], attributes: ["component_types": .types([.int32])])
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "Shape mismatch in tuple component 0. Expected [2], got [3]") {
      try session.run(enqueue, feeding: x.feed(Tensor([1, 2, 3])))
    }
    expectStatus(.invalidArgument, "Shape mismatch in tuple component 0. Expected [1,2], got [1]") {
      try session.run(many, feeding: x.feed(Tensor([1])))
    }
    let scalar = "Expected a batch of elements, got []"
    expectStatus(.invalidArgument, scalar) { try session.run(many, feeding: x.feed(1)) }
    expectStatus(
      .invalidArgument,
      "Signature mismatch, have: resource, int32-> expected: resource, float, int32->"
    ) { try session.run(odd) }
    expectStatus(
      .invalidArgument,
      "Signature mismatch, have: resource->int32 expected: resource->float, int32"
    ) { try session.run(wrong.output(0)) }
  }

  @Test func `batches without shapes must agree in length`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(of: Float.self, Int32.self)
    let x = try graph.placeholder(Float.self)
    let enqueue = try queue.enqueueMany(x, graph.numbers(1, 2))
    let session = try Session(graph: graph)
    expectStatus(
      .invalidArgument,
      "All input tensors must have the same size in the 0th dimension. Component 1 has 2, and "
        + "should have 1"
    ) { try session.run(enqueue, feeding: x.feed(Tensor([1]))) }
  }

  @Test func `queues of the first generation work alike`() throws {
    let graph = Graph()
    let handle = try graph.addOperation(
      "FIFOQueue",
      attributes: ["component_types": .types([.int32]), "shapes": .shapes([[]])], name: "q"
    ).output(0)
    let queue = try AnyQueue(handle: handle, types: [.int32], shapes: [[]])
    let enqueue = try queue.enqueueMany([graph.numbers(4, 5, 6).erased])
    let (one, many) = (try queue.dequeue()[0], try queue.dequeueMany(2)[0])
    let (size, close) = (try queue.size(), try queue.close())
    #expect(enqueue.type == "QueueEnqueueMany")
    let session = try Session(graph: graph)
    try session.run(enqueue)
    #expect(try session.run(size).scalar == 3)
    #expect(try session.run(one).integers() == [4])
    #expect(try session.run(many).integers() == [5, 6])
    try session.run(close)
    #expect(try session.run(queue.isClosed()).scalar == true)
    let names = try session.run(handle).scalars(of: ByteString.self)
    #expect(names == ["localhost", "_0_q"])
  }

  @Test func `a fake queue names the queue behind a resource handle`() throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(of: Int32.self, shapes: [[]])
    let fake = try AnyQueue(
      handle: graph.addOperation("FakeQueue", inputs: [queue.erased.handle]).output(0),
      types: [.int32])
    let (enqueue, dequeue) = (
      try queue.enqueue(graph.constant(Int32(3))), try fake.dequeue()[0]
    )
    let session = try Session(graph: graph)
    try session.run(enqueue)
    #expect(try session.run(dequeue).integers() == [3])
  }
}
