import Testing
import Weirloom

/// What datasets refuse, and how iterators are kept.
@Suite struct DatasetOpsTests {
  @Test func `an iterator is restored to where it stood`() throws {
    let graph = Graph()
    let dataset = try Dataset.range(0, 10, in: graph)
      .shuffled(bufferSize: 4, seed: 2, reshuffling: false).prefetched(2)
    let (iterator, initializer) = try dataset.makeInitializableIterator()
    let next = try iterator.next(Int64.self)
    let state = try graph.addOperation("SerializeIterator", inputs: [iterator.resource]).output(0)
    let kept = try graph.placeholder(Variant.self, shape: [nil])
    let restore = try graph.addOperation(
      "DeserializeIterator", inputs: [iterator.resource, kept.erased])
    let session = try Session(graph: graph)
    defer { session.close() }
    try session.run(initializer)
    for _ in 0..<3 { _ = try session.run(next) }
    let saved = try Tensor<Variant>(session.run(state))
    let following = try (0..<4).map { _ in try session.run(next).scalar }
    try session.run(restore, feeding: kept.feed(saved))
    #expect(try (0..<4).map { _ in try session.run(next).scalar } == following)
    // It also holds for a session that begins anew.
    let other = try Session(graph: graph)
    defer { other.close() }
    let early = #expect(throws: StatusError.self) {
      try other.run(restore, feeding: kept.feed(saved))
    }
    #expect(early?.code == .failedPrecondition)
    try other.run(initializer)
    try other.run(restore, feeding: kept.feed(saved))
    #expect(try (0..<4).map { _ in try other.run(next).scalar } == following)
  }

  @Test func `a chain of very many datasets is refused`() throws {
    let graph = Graph()
    var dataset = try Dataset.range(0, 3, in: graph)
    for _ in 0..<500 { dataset = try dataset.batched(1).unbatched() }
    let session = try Session(graph: graph)
    defer { session.close() }
    let error = #expect(throws: StatusError.self) { try session.run(dataset.cardinality()) }
    #expect(error?.code == .resourceExhausted)
  }

  @Test func `long chains of datasets cost no more than their length`() throws {
    let graph = Graph()
    var dataset = try Dataset.range(0, 3, in: graph)
    for _ in 0..<100 { dataset = try dataset.batched(2).unbatched() }
    for _ in 0..<60 { dataset = try Dataset.zip(dataset.concatenated(with: dataset)) }
    let next = try dataset.makeOneShotIterator().next(Int64.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    #expect(try (0..<4).map { _ in try session.run(next).scalar } == [0, 1, 2, 0])
  }

  @Test func `a handle of something else is no iterator`() throws {
    let graph = Graph()
    let variable = try graph.variable("v", initialValue: .zeros([2]))
    let next = try ElementIterator(
      variable.erased.handle, types: [.float], shapes: [.unknown]
    ).next(Float.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    try session.run(graph.globalVariablesInitializer)
    let error = #expect(throws: StatusError.self) { try session.run(next) }
    #expect(error?.code == .invalidArgument)
  }

  @Test func `an endless search ends when its step's time is up`() throws {
    let graph = Graph()
    let next = try Dataset.range(0, 10, in: graph).repeated()
      .filter { (x: Output<Int64>) in try greater(x, x.graph.constant(50 as Int64)) }
      .makeOneShotIterator().next(Int64.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    let error = #expect(throws: StatusError.self) {
      try session.run(next, options: RunOptions(timeout: .milliseconds(30)))
    }
    #expect(error?.code == .deadlineExceeded)
  }
}
