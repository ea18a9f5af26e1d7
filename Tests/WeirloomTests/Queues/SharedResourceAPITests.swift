import Testing
import Weirloom

/// The Swift forms of accumulators, barriers and staging areas.
@Suite struct SharedResourceAPITests {
  // RES-006, RES-007
  @Test func `an accumulator gives the mean of a step`() throws {
    let graph = Graph()
    let mean = try graph.conditionalAccumulator(of: Float.self, shape: [2])
    let sum = try graph.conditionalAccumulator(of: Double.self, reduction: .sum)
    let x = try graph.placeholder(Float.self, shape: [2])
    let y = try graph.placeholder(Double.self, shape: [1])
    let (apply, take, count) = (try mean.apply(x), try mean.take(2), try mean.count())
    let late = try mean.apply(x, step: graph.constant(Int64(5)))
    let setStep = try mean.setStep(graph.constant(Int64(6)))
    let (add, total) = (try sum.apply(y), try sum.take(2))
    #expect(take.shape == [2])
    expectStatus(.invalidArgument) { try mean.apply(graph.constant([1, 2, 3])) }
    let session = try Session(graph: graph)
    for values in [[1, 2], [3, 4]] as [[Float]] {
      try session.run(apply, feeding: x.feed(Tensor(values)))
    }
    #expect(try session.run(take).scalars == [2, 3])
    try session.run(setStep)
    try session.run(late, feeding: x.feed(Tensor([1, 1])))
    #expect(try session.run(count).scalar == 0)
    for value in [1.0, 3.0] { try session.run(add, feeding: y.feed(Tensor([value]))) }
    #expect(try session.run(total).scalars == [4])
  }

  // RES-008
  @Test func `a sparse accumulator gives rows`() throws {
    let graph = Graph()
    let accumulator = try graph.sparseConditionalAccumulator(of: Float.self, shape: [3, 1])
    let apply = try accumulator.apply(
      indices: graph.constant([0, 2] as [Int64]),
      values: graph.constant([1, 2] as [Float], shape: [2, 1]),
      denseShape: graph.constant([3, 1] as [Int64]))
    let (mean, count) = (try accumulator.take(1), try accumulator.count())
    let setStep = try accumulator.setStep(graph.constant(Int64(1)))
    let session = try Session(graph: graph)
    try session.run(apply)
    #expect(try session.run(count).scalar == 1)
    let values = try session.run([mean.indices, mean.values])
    #expect(try values[0].integers() == [0, 2])
    #expect(try values[1].scalars(of: Float.self) == [1, 2])
    try session.run(setStep)
    try session.run(apply)
    #expect(try session.run(count).scalar == 0)
  }

  // RES-001
  @Test func `a barrier gives whole elements`() throws {
    let graph = Graph()
    let barrier = try graph.barrier(types: [.float, .int32], shapes: [[], [2]])
    let keys = try graph.constant(["a", "b"].map { ByteString($0) })
    let first = try barrier.insertMany(
      component: 0, keys: keys, values: graph.constant([1, 2] as [Float]).erased)
    let second = try barrier.insertMany(
      component: 1, keys: keys,
      values: graph.constant([1, 2, 3, 4] as [Int32], shape: [2, 2]).erased)
    let elements = try barrier.takeMany(2)
    let (ready, incomplete) = (try barrier.readySize(), try barrier.incompleteSize())
    let close = try barrier.close()
    #expect(elements.components[1].shape == [2, 2])
    expectStatus(.invalidArgument) {
      try barrier.insertMany(component: 2, keys: keys, values: keys.erased)
    }
    let session = try Session(graph: graph)
    try session.run(first)
    #expect(try session.run(incomplete).scalar == 2)
    try session.run(second)
    #expect(try session.run(ready).scalar == 2)
    try session.run(close)
    let values = try session.run(elements.keys, elements.components)
    #expect(values.0.scalars == ["a", "b"])
    #expect(try values.1[1].integers() == [1, 2, 3, 4])
    let more = try barrier.takeMany(1, allowsFewer: true)
    expectStatus(.outOfRange) { try session.run(more.keys) }
  }

  // RES-013
  @Test func `a staging area passes elements on`() throws {
    let graph = Graph()
    let area = try graph.stagingArea("area", of: Float.self, Int32.self, capacity: 2)
    let x = try graph.placeholder(Float.self, shape: .scalar)
    let put = try area.put(x, graph.constant(Int32(7)))
    let (value, number) = try area.get()
    let (second, _) = try area.peek(1)
    let (size, clear) = (try area.size(), try area.clear())
    let session = try Session(graph: graph)
    for index in 1...2 { try session.run(put, feeding: x.feed(Float(index))) }
    expectStatus(.deadlineExceeded) {
      try session.run(put, feeding: x.feed(3), options: .briefly)
    }
    #expect(try session.run(second).scalar == 2)
    let element = try session.run(value, number)
    #expect(element.0.scalar == 1)
    #expect(element.1.scalar == 7)
    #expect(try session.run(size).scalar == 1)
    try session.run(clear)
    #expect(try session.run(size).scalar == 0)
  }
}
