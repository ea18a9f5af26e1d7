import Testing
import Weirloom

/// Which element a queue gives next, and who shares it.
@Suite struct QueueKindTests {
  @Test(arguments: [
    (3, 4, [1, 4, 9, 5, 7, 0, 6, 8, 3, 2]), (11, 0, [2, 4, 9, 7, 0, 8, 5, 3, 6, 1]),
  ])
  func `a shuffling queue gives TensorFlow's order for a pair of seeds`(
    _ seed: Int, _ seed2: Int, _ order: [Int]
  ) throws {
    let graph = Graph()
    let handle = try graph.addOperation(
      "RandomShuffleQueueV2",
      attributes: [
        "component_types": .types([.int32]), "shapes": .shapes([[]]), "seed": .int(Int64(seed)),
        "seed2": .int(Int64(seed2)),
      ]
    ).output(0)
    let queue = try AnyQueue(handle: handle, types: [.int32], shapes: [[]])
    let enqueue = try queue.enqueueMany([graph.range(Int32(0), 10).erased])
    let dequeue = try queue.dequeue()[0]
    let session = try Session(graph: graph)
    try session.run(enqueue)
    for number in order { #expect(try session.run(dequeue).integers() == [number]) }
  }

  // QUE-019
  @Test func `a minimum must be less than the capacity`() throws {
    let graph = Graph()
    let full = try graph.randomShuffleQueue(capacity: 5, minimumAfterDequeue: 5, of: Int32.self)
    let negative = try graph.randomShuffleQueue(
      capacity: 5, minimumAfterDequeue: -1, of: Int32.self)
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "min_after_dequeue 5 must be < capacity 5") {
      try session.run(full.size())
    }
    expectStatus(.invalidArgument, "min_after_dequeue -1 must be >= 0") {
      try session.run(negative.size())
    }
  }

  // QUE-020
  @Test func `elements of differing sizes are padded to the largest of the batch`() throws {
    let graph = Graph()
    let queue = try graph.paddingFIFOQueue(
      of: Int32.self, ByteString.self, shapes: [[nil, 2, nil], [nil]])
    let x = try graph.placeholder(Int32.self)
    let s = try graph.placeholder(ByteString.self)
    let enqueue = try queue.enqueue(x, s)
    let (batch, names) = try queue.dequeueMany(3)
    #expect(batch.shape == [3, nil, 2, nil])
    let session = try Session(graph: graph)
    for (sizes, text) in [([1, 2, 3], ["a"]), ([2, 2, 1], ["b", "c"]), ([0, 2, 1], [])] {
      let count = sizes.reduce(1, *)
      try session.run(
        enqueue, feeding: x.feed(Tensor((0..<count).map { Int32($0 + 1) }, shape: sizes)),
        s.feed(Tensor(text.map { ByteString($0) }, shape: [text.count])))
    }
    let values = try session.run(batch, names)
    #expect(values.0.shape.sizes == [3, 2, 2, 3])
    let expected: [Int32] = [
      1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0,
      1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0,
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
    #expect(values.0.scalars == expected)
    #expect(values.1.scalars == ["a", "", "b", "c", "", ""])
    expectStatus(.invalidArgument, "Shape mismatch in tuple component 0. Expected [?,2,?], got [1]")
    { try session.run(enqueue, feeding: x.feed(Tensor([1])), s.feed(Tensor([""]))) }
  }

  @Test func `a padding queue needs shapes of known rank`() throws {
    let graph = Graph()
    expectStatus(.invalidArgument, "Shapes must be provided for all components") {
      try graph.paddingFIFOQueue(types: [.float], shapes: [])
    }
    let unknown = try graph.paddingFIFOQueue(of: Float.self, shapes: [.unknown])
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "shape <unknown> must have known rank.") {
      try session.run(unknown.size())
    }
  }

  // QUE-021
  @Test func `the least priority leaves first`() throws {
    let graph = Graph()
    let queue = try graph.priorityQueue(of: ByteString.self, shapes: [[]])
    let enqueue = try queue.enqueueMany(
      graph.constant([3, 1, 2] as [Int64]), graph.constant(["c", "a", "b"].map { ByteString($0) }))
    let (priority, name) = try queue.dequeue()
    let session = try Session(graph: graph)
    try session.run(enqueue)
    for (number, text) in [(1, "a"), (2, "b"), (3, "c")] as [(Int64, ByteString)] {
      let element = try session.run(priority, name)
      #expect(element.0.scalar == number)
      #expect(element.1.scalar == text)
    }
  }

  @Test func `elements of one priority leave in TensorFlow's order`() throws {
    // Recorded from TensorFlow 2.21.
    let priorities: [Int64] = [
      2, 2, 0, 3, 1, 0, 1, 0, 2, 3, 1, 3, 0, 1, 0, 1, 3, 2, 1, 3, 1, 0, 1, 3, 1, 1, 0, 0, 1, 1, 1,
      1, 2, 2, 1, 1, 1, 1, 3, 2,
    ]
    let order: [Int32] = [
      2, 5, 14, 27, 12, 26, 7, 21, 6, 30, 29, 28, 13, 25, 36, 24, 10, 22, 20, 4, 18, 37, 35, 15, 34,
      31, 17, 32, 8, 0, 33, 1, 39, 19, 38, 11, 3, 23, 9, 16,
    ]
    let graph = Graph()
    let queue = try graph.priorityQueue(of: Int32.self, shapes: [[]])
    let enqueue = try queue.enqueueMany(
      graph.constant(priorities), graph.range(Int32(0), Int32(priorities.count)))
    let (_, numbers) = try queue.dequeueMany(priorities.count)
    let session = try Session(graph: graph)
    try session.run(enqueue)
    #expect(try session.run(numbers).scalars == order)
  }

  @Test func `a priority queue without shapes is refused, as in TensorFlow`() throws {
    let graph = Graph()
    let queue = try graph.priorityQueue(types: [], shapes: [], options: QueueOptions(name: "q"))
    let session = try Session(graph: graph)
    expectStatus(
      .invalidArgument,
      "Shared queue '_0_q' has component shapes [] but requested component shapes were [[]]"
    ) { try session.run(queue.size()) }
  }

  // QUE-022
  @Test func `queues of one shared name are one queue`() throws {
    let graph = Graph()
    let first = try graph.fifoQueue(capacity: 5, of: Int32.self, shapes: [[]], sharedName: "x")
    let second = try graph.fifoQueue(capacity: 5, of: Int32.self, shapes: [[]], sharedName: "x")
    let other = try graph.withContainer("elsewhere") { () throws(StatusError) in
      try graph.fifoQueue(capacity: 5, of: Int32.self, shapes: [[]], sharedName: "x")
    }
    let enqueue = try first.enqueue(graph.constant(Int32(8)))
    let (dequeue, size) = (try second.dequeue(), try other.size())
    let session = try Session(graph: graph)
    try session.run(enqueue)
    #expect(try session.run(size).scalar == 0)
    #expect(try session.run(dequeue).scalar == 8)
    let apart = try Session(graph: graph)
    try apart.run(enqueue)
    #expect(try session.run(second.size()).scalar == 0)
  }

  // QUE-023
  @Test(
    arguments: [
      ("FIFOQueueV2", ["capacity": 4], "has capacity 3 but requested capacity was 4"),
      (
        "FIFOQueueV2", ["component_types": .types([.int32, .string]), "shapes": .shapes([])],
        "has component types float but requested component types were int32, string"
      ),
      (
        "FIFOQueueV2", ["shapes": .shapes([[2]])],
        "has component shapes [[]] but requested component shapes were [[2]]"
      ),
      ("RandomShuffleQueueV2", [:], "Expected FIFOQueue, found RandomShuffleQueueV2"),
      ("PaddingFIFOQueueV2", [:], "Expected FIFOQueue, found PaddingFIFOQueueV2"),
    ] as [(String, [String: AttributeValue], String)])
  func `a shared name must be of the same kind of queue`(
    _ op: String, _ change: [String: AttributeValue], _ text: String
  ) throws {
    let graph = Graph()
    let attributes: [String: AttributeValue] = [
      "component_types": .types([.float]), "shapes": .shapes([[]]), "capacity": 3,
      "shared_name": "sh",
    ]
    let first = try graph.addOperation("FIFOQueueV2", attributes: attributes)
    let second = try graph.addOperation(op, attributes: attributes.merging(change) { $1 })
    let sizes = try [first, second].map {
      try AnyQueue(handle: $0.output(0), types: [.float]).size()
    }
    let session = try Session(graph: graph)
    #expect(try session.run(sizes[0]).scalar == 0)
    expectStatus(.invalidArgument, text, node: second.name) { try session.run(sizes[1]) }
    #expect(try session.run(sizes[0]).scalar == 0)
  }

  @Test func `names that TensorFlow refuses are refused`() throws {
    let graph = Graph()
    let hidden = try graph.fifoQueue(of: Int32.self, sharedName: "_x")
    let odd = try graph.addOperation(
      "FIFOQueueV2",
      attributes: ["component_types": .types([.int32]), "container": "a b", "shared_name": "x"])
    let partial = try graph.fifoQueue(of: Int32.self, shapes: [[nil]])
    let timed = try graph.addOperation(
      "QueueDequeueV2", inputs: [graph.fifoQueue(types: [.int32]).handle],
      attributes: ["component_types": .types([.int32]), "timeout_ms": 5])
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "shared_name cannot start with '_':_x") {
      try session.run(hidden.size())
    }
    expectStatus(.invalidArgument, "container contains invalid characters: a b") {
      try session.run(odd)
    }
    expectStatus(.invalidArgument, "Shape [?] is not fully defined") {
      try session.run(partial.size())
    }
    expectStatus(.invalidArgument, "Timeout not supported yet.") { try session.run(timed) }
  }

  // QUE-025
  @Test func `one of several queues is chosen by number`() throws {
    let graph = Graph()
    let queues = try (0..<2).map { _ in
      try graph.fifoQueue(
        types: [.int32], options: QueueOptions(capacity: 5, shapes: [[]], names: ["n"]))
    }
    let x = try graph.placeholder(Int32.self, shape: .scalar)
    let index = try graph.placeholder(Int32.self, shape: .scalar)
    let chosen = try AnyQueue.selecting(index, from: queues)
    let enqueue = try chosen.enqueue([x.erased])
    let named = try queues[1].dequeueNamed()
    let value = try #require(named["n"])
    let session = try Session(graph: graph)
    try session.run(enqueue, feeding: x.feed(5), index.feed(1))
    #expect(try session.run(queues[0].size()).scalar == 0)
    #expect(try session.run(value).integers() == [5])
    expectStatus(.invalidArgument) { try session.run(enqueue, feeding: x.feed(5), index.feed(2)) }
    expectStatus(.invalidArgument, "Queues do not have matching component dtypes.") {
      try AnyQueue.selecting(index, from: [queues[0], graph.fifoQueue(types: [.float])])
    }
    expectStatus(.invalidArgument, "Keys in dictionary to put don't match names of queue.") {
      try queues[0].enqueue(named: ["m": x.erased])
    }
  }

  @Test func `a handle of something else is refused`() throws {
    let graph = Graph()
    let variable = try graph.variable("v", initialValue: .zeros([2]))
    let queue = try AnyQueue(handle: variable.erased.handle, types: [.float])
    let session = try Session(graph: graph)
    try session.run(graph.globalVariablesInitializer)
    expectStatus(
      .invalidArgument, "Trying to access a handle's resource using the wrong type"
    ) { try session.run(queue.size()) }
  }
}
