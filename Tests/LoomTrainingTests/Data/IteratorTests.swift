import Testing
import Weirloom

/// Iterators in the graph, and what sessions say of them.
@Suite struct IteratorTests {
  // RES-014
  @Test func `a one-shot iterator ends with an error that says so`() throws {
    let graph = Graph()
    let next = try Dataset.range(0, 2, in: graph).makeOneShotIterator().next(Int64.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    #expect(try session.run(next).scalar == 0)
    #expect(try session.run(next).scalar == 1)
    for _ in 0..<2 {
      let error = #expect(throws: StatusError.self) { try session.run(next) }
      #expect(error?.code == .outOfRange)
      #expect(error?.reason == "End of sequence")
      #expect(error?.node?.op == "IteratorGetNext")
    }
    // Another session has an iterator of its own.
    let other = try Session(graph: graph)
    defer { other.close() }
    #expect(try other.run(next).scalar == 0)
  }

  // RES-015
  @Test func `an iterator has to be initialised, and can be again`() throws {
    let graph = Graph()
    let (iterator, initializer) = try Dataset.range(5, 7, in: graph).makeInitializableIterator()
    let next = try iterator.next(Int64.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    let error = #expect(throws: StatusError.self) { try session.run(next) }
    #expect(error?.code == .failedPrecondition)
    #expect(error?.reason.contains("the iterator has not been initialized") == true)
    for _ in 0..<2 {
      try session.run(initializer)
      #expect(try session.run(next).scalar == 5)
    }
    #expect(try session.run(next).scalar == 6)
  }

  // RES-017
  @Test func `a fed handle chooses the iterator`() throws {
    let graph = Graph()
    let dataset = try Dataset.range(0, 10, in: graph)
    let handle = try graph.placeholder(ByteString.self, shape: .scalar, name: "handle")
    let next = try ElementIterator.fromHandle(handle, types: dataset.types, shapes: dataset.shapes)
      .next(Int64.self)
    let once = try dataset.makeOneShotIterator()
    let (again, initializer) = try dataset.skipping(5).makeInitializableIterator()
    let session = try Session(graph: graph)
    defer { session.close() }
    try session.run(initializer)
    let first = try session.run(once.stringHandle())
    let second = try session.run(again.stringHandle())
    #expect(try session.run(next, feeding: handle.feed(first)).scalar == 0)
    #expect(try session.run(next, feeding: handle.feed(first)).scalar == 1)
    #expect(try session.run(next, feeding: handle.feed(second)).scalar == 5)
    #expect(try session.run(next, feeding: handle.feed(first)).scalar == 2)
    let rubbish = try Tensor(scalar: ByteString("rubbish"))
    let error = #expect(throws: StatusError.self) {
      try session.run(next, feeding: handle.feed(rubbish))
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test func `an iterator takes one dataset after the other, but none with other elements`() throws
  {
    let graph = Graph()
    let numbers = try Dataset.range(0, 3, in: graph)
    let iterator = try ElementIterator.reinitializable(
      types: numbers.types, shapes: numbers.shapes, in: graph)
    let toNumbers = try iterator.makeInitializer(numbers)
    let toMore = try iterator.makeInitializer(numbers.skipping(2))
    let toBatches = try iterator.makeInitializer(numbers.batched(2))
    let toTexts = try iterator.makeInitializer(
      Dataset.tensors([graph.constant(ByteString("a")).erased]))
    let next = try iterator.next(Int64.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    try session.run(toNumbers)
    #expect(try session.run(next).scalar == 0)
    for wrong in [toBatches, toTexts] {
      let error = #expect(throws: StatusError.self) { try session.run(wrong) }
      #expect(error?.code == .invalidArgument)
    }
    #expect(try session.run(next).scalar == 1)
    try session.run(toMore)
    #expect(try session.run(next).scalar == 2)
  }

  @Test func `a dataset that needs a placeholder cannot be captured by a one-shot iterator`() throws
  {
    let graph = Graph()
    let values = try graph.placeholder(Int32.self, shape: [nil])
    let dataset = try Dataset.tensorSlices([values.erased])
    let error = #expect(throws: StatusError.self) { try dataset.makeOneShotIterator() }
    #expect(error?.code == .invalidArgument)
    // An initialised one gets it from the feed.
    let (iterator, initializer) = try dataset.makeInitializableIterator()
    let next = try iterator.next(Int32.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    try session.run(initializer, feeding: values.feed(Tensor([7, 8] as [Int32])))
    #expect(try session.run(next).scalar == 7)
    #expect(try session.run(next).scalar == 8)
  }

  @Test func `a function sees a captured variable as it is when an element is made`() throws {
    let graph = Graph()
    let variable = try graph.variable(
      "offset", initialValue: .tensor(Tensor(scalar: 100 as Int64)))
    let dataset = try Dataset.range(0, 9, in: graph)
      .mapElements(capturing: [variable.erased.handle]) { components in
        let value = try components[0].graph.addOperation(
          "ReadVariableOp", inputs: [components[1]], attributes: ["dtype": .type(.int64)])
        return [try (Output<Int64>(components[0]) + Output<Int64>(value.output(0))).erased]
      }
    let (iterator, initializer) = try dataset.makeInitializableIterator()
    let next = try iterator.next(Int64.self)
    let change = try variable.assign(graph.constant(200 as Int64))
    let session = try Session(graph: graph)
    defer { session.close() }
    try session.run(graph.globalVariablesInitializer)
    try session.run(initializer)
    #expect(try session.run(next).scalar == 100)
    _ = try session.run(change)
    #expect(try session.run(next).scalar == 201)
  }

  @Test func `concurrent steps share an iterator without losing an element`() async throws {
    let graph = Graph()
    let dataset = try Dataset.range(0, 400, in: graph)
      .map(parallelism: 2) { (x: Output<Int64>) in try x + x }.prefetched(4)
    let next = try dataset.makeOneShotIterator().next(Int64.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    let seen = try await withThrowingTaskGroup(of: [Int64].self) { group in
      for _ in 0..<4 {
        group.addTask {
          var own: [Int64] = []
          while true {
            do throws(StatusError) {
              guard let value = try await session.run(next).scalar else { return own }
              own.append(value)
            } catch {
              if error.code == .outOfRange { return own }
              throw error
            }
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(seen.sorted() == (0..<400).map { 2 * $0 })
  }
}
