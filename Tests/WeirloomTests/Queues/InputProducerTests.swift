import Testing
import Weirloom

/// Inputs that queues and their runners bring in.
@Suite struct InputProducerTests {
  /// Runs `body` with all runners of the graph at work, and stops them.
  private static func withRunners(
    _ graph: Graph, _ body: (Session) async throws -> Void
  ) async throws {
    let session = try Session(graph: graph)
    try await session.run(graph.globalVariablesInitializer)
    try await session.run(graph.localVariablesInitializer)
    let coordinator = Coordinator()
    try startQueueRunners(in: session, coordinator: coordinator)
    try await body(session)
    coordinator.requestStop()
    try await coordinator.join()
  }

  // COO-007
  @Test func `strings come as often as there are epochs, then the queue ends`() async throws {
    let graph = Graph()
    let queue = try graph.stringInputProducer(
      ["a", "b"], options: ProducerOptions(epochs: 2, shuffles: false))
    let name = try queue.dequeue()
    try await InputProducerTests.withRunners(graph) { (session: Session) async throws -> Void in
      for expected in ["a", "b", "a", "b"] {
        #expect(try await session.run(name).scalar == ByteString(expected))
      }
      await expectStatus(.outOfRange) { try await session.run(name) }
    }
  }

  @Test func `every epoch of a shuffled producer has all elements`() async throws {
    let graph = Graph()
    let queue = try graph.rangeInputProducer(5, options: ProducerOptions(epochs: 3, seed: 7))
    let number = try queue.dequeue()
    try await InputProducerTests.withRunners(graph) { (session: Session) async throws -> Void in
      var orders: Set<[Int32]> = []
      for _ in 0..<3 {
        var epoch: [Int32] = []
        for _ in 0..<5 { epoch.append(try await session.run(number).scalar ?? -1) }
        #expect(epoch.sorted() == [0, 1, 2, 3, 4])
        orders.insert(epoch)
      }
      #expect(orders.count > 1)
      await expectStatus(.outOfRange) { try await session.run(number) }
    }
  }

  @Test func `slices of several tensors belong together`() async throws {
    let graph = Graph()
    let slices = try graph.sliceInputProducer(
      [
        graph.constant([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2]).erased,
        graph.constant(["x", "y", "z"].map { ByteString($0) }).erased,
      ], options: ProducerOptions(epochs: 1, seed: 3))
    let (row, name) = (try Output<Float>(slices[0]), try Output<ByteString>(slices[1]))
    #expect(row.shape == [2])
    try await InputProducerTests.withRunners(graph) { (session: Session) async throws -> Void in
      var found: [ByteString: [Float]] = [:]
      for _ in 0..<3 {
        let values = try await session.run(row, name)
        found[values.1.scalar ?? ""] = values.0.scalars
      }
      #expect(found == ["x": [1, 2], "y": [3, 4], "z": [5, 6]])
    }
  }

  @Test func `limits and inputs that cannot be are refused`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self)
    expectStatus(.invalidArgument, "num_epochs must be > 0 not 0.") {
      try graph.limitEpochs(x, to: 0)
    }
    #expect(try graph.limitEpochs(x, to: nil) == x)
    expectStatus(.invalidArgument, "string_input_producer requires a non-null input tensor") {
      try graph.stringInputProducer([])
    }
    expectStatus(.invalidArgument, "must have a fully defined shape") {
      try graph.inputProducer(x)
    }
    expectStatus(.invalidArgument, "Expected at least one tensor") {
      try graph.sliceInputProducer([])
    }
    expectStatus(.invalidArgument) { try graph.batch([], options: BatchOptions(size: 2)) }
    expectStatus(.invalidArgument, "All shapes must be fully defined") {
      try graph.batch([x.erased], options: BatchOptions(size: 2))
    }
  }

  @Test func `a producer of no strings fails in its runner`() async throws {
    let graph = Graph()
    let queue = try graph.stringInputProducer(
      graph.constant([] as [ByteString]), options: ProducerOptions(epochs: 1))
    _ = try queue.dequeue()
    let session = try Session(graph: graph)
    try await session.run(graph.localVariablesInitializer)
    let coordinator = Coordinator()
    try startQueueRunners(in: session, coordinator: coordinator)
    await expectStatus(.invalidArgument, "requires a non-null input tensor") {
      try await coordinator.join()
    }
  }

  @Test func `batches are made of what comes, the last one may be smaller`() async throws {
    let graph = Graph()
    let number = try graph.rangeInputProducer(
      5, options: ProducerOptions(epochs: 1, shuffles: false)
    ).dequeue()
    let batch = try Output<Int32>(
      graph.batch(
        [number.erased], options: BatchOptions(size: 2, allowsSmallerFinalBatch: true))[0])
    #expect(batch.shape == [nil])
    try await InputProducerTests.withRunners(graph) { (session: Session) async throws -> Void in
      #expect(try await session.run(batch).scalars == [0, 1])
      #expect(try await session.run(batch).scalars == [2, 3])
      #expect(try await session.run(batch).scalars == [4])
      await expectStatus(.outOfRange) { try await session.run(batch) }
    }
  }

  @Test func `rows of batches are joined to other batches, padded if need be`() async throws {
    let graph = Graph()
    let rows = try graph.limitEpochs(
      graph.constant([1, 2, 3, 4, 5, 6] as [Int32], shape: [3, 2]), to: 2)
    let batch = try Output<Int32>(
      graph.batch([rows.erased], options: BatchOptions(size: 4, takesRows: true))[0])
    let size = try graph.rangeInputProducer(
      4, options: ProducerOptions(epochs: 1, shuffles: false)
    ).dequeue()
    let line = try Output<Int32>(
      graph.addOperation(
        "Fill",
        inputs: [
          graph.addOperation(
            "ExpandDims", inputs: [size.erased, graph.constant(Int32(0)).erased]
          ).output(0), graph.constant(Int32(9)).erased,
        ]
      ).output(0))
    let padded = try Output<Int32>(
      graph.batch([line.erased], options: BatchOptions(size: 4), padsDynamically: true)[0])
    #expect(batch.shape == [4, 2])
    try await InputProducerTests.withRunners(graph) { (session: Session) async throws -> Void in
      #expect(try await session.run(batch).scalars == [1, 2, 3, 4, 5, 6, 1, 2])
      let values = try await session.run(padded)
      #expect(values.shape.sizes == [4, 3])
      #expect(values.scalars == [0, 0, 0, 9, 0, 0, 9, 9, 0, 9, 9, 9])
    }
  }

  @Test func `shuffled batches have every element once`() async throws {
    let graph = Graph()
    let number = try graph.rangeInputProducer(
      20, options: ProducerOptions(epochs: 1, shuffles: false)
    ).dequeue()
    let batch = try Output<Int32>(
      graph.shuffleBatch(
        [number.erased], options: BatchOptions(size: 5, parallelism: 3), minimumAfterDequeue: 6,
        seed: 5)[0])
    try await InputProducerTests.withRunners(graph) { (session: Session) async throws -> Void in
      var all: [Int32] = []
      for _ in 0..<4 { all += try await session.run(batch).scalars }
      #expect(all.sorted() == Array(0..<20))
      #expect(all != Array(0..<20))
      await expectStatus(.outOfRange) { try await session.run(batch) }
    }
  }
}
