import Testing
import Weirloom

/// Datasets as Swift programs build them.
@Suite struct DatasetTests {
  /// All elements of a dataset with one component of integers.
  private func numbers(_ dataset: Dataset) async throws -> [[Int]] {
    let session = try Session(graph: dataset.graph)
    defer { session.close() }
    var result: [[Int]] = []
    for try await element in try session.elements(of: dataset) {
      #expect(element.count == 1)
      result.append(try element[0].integers())
    }
    return result
  }

  @Test func `slices come batched, in order, up to the end`() async throws {
    let graph = Graph()
    let dataset = try Dataset.tensorSlices(
      Tensor([1, 2, 3, 4, 5] as [Int32]), Tensor([0.5, 1, 1.5, 2, 2.5] as [Float]), in: graph
    ).batched(2)
    #expect(dataset.types == [.int32, .float])
    #expect(dataset.shapes == [[nil], [nil]])
    let session = try Session(graph: graph)
    defer { session.close() }
    var labels: [[Int]] = []
    var values: [[Float]] = []
    for try await element in try session.elements(of: dataset) {
      labels.append(try element[0].integers())
      values.append(try element[1].scalars(of: Float.self))
    }
    #expect(labels == [[1, 2], [3, 4], [5]])
    #expect(values == [[0.5, 1], [1.5, 2], [2.5]])
  }

  @Test func `typed functions map and filter`() async throws {
    let graph = Graph()
    let dataset = try Dataset.range(0, 8, in: graph)
      .filter { (x: Output<Int64>) in try greater(x, x.graph.constant(3 as Int64)) }
      .map { (x: Output<Int64>) in try x * x }
    #expect(dataset.shapes == [.scalar])
    #expect(try await numbers(dataset) == [[16], [25], [36], [49]])
  }

  @Test func `a function with other components than the dataset is refused`() throws {
    let dataset = try Dataset.range(0, 3, in: Graph())
    let type = #expect(throws: StatusError.self) {
      try dataset.map { (x: Output<Float>) in x }
    }
    #expect(type?.code == .invalidArgument)
    let count = #expect(throws: StatusError.self) {
      try dataset.map { (x: Output<Int64>, y: Output<Int64>) in (x, y) }
    }
    #expect(count?.code == .invalidArgument)
  }

  @Test func `a function cannot use tensors from outside without capturing them`() async throws {
    let graph = Graph()
    let factor = try graph.constant(10 as Int64)
    let dataset = try Dataset.range(1, 4, in: graph)
    let error = #expect(throws: StatusError.self) {
      try dataset.mapElements { _ in [factor.erased] }
    }
    #expect(error?.code == .invalidArgument)
    let mapped = try dataset.mapElements(capturing: [factor.erased]) { components in
      [try (Output<Int64>(components[0]) * Output<Int64>(components[1])).erased]
    }
    #expect(try await numbers(mapped) == [[10], [20], [30]])
  }

  @Test func `parallel calls keep the order of elements`() async throws {
    let dataset = try Dataset.range(0, 200, in: Graph())
      .map(parallelism: 4) { (x: Output<Int64>) in try x + x }
      .prefetched(3)
    #expect(try await numbers(dataset) == (0..<200).map { [2 * $0] })
  }

  @Test func `datasets made of elements are interleaved`() async throws {
    let dataset = try Dataset.range(1, 4, in: Graph()).interleaved(cycleLength: 2) {
      try Dataset.tensors($0).repeated(2)
    }
    #expect(try await numbers(dataset) == [[1], [2], [1], [2], [3], [3]])
    let flat = try Dataset.range(1, 3, in: Graph()).interleaved { outer in
      try Dataset.tensors(outer).repeated(2).map { (x: Output<Int64>) in try -x }
    }
    #expect(try await numbers(flat) == [[-1], [-1], [-2], [-2]])
  }

  @Test func `elements of several datasets stand side by side or follow each other`() async throws {
    let graph = Graph()
    let few = try Dataset.range(0, 2, in: graph)
    let many = try Dataset.range(10, 20, in: graph)
    let zipped = try Dataset.zip(few, many).map { (a: Output<Int64>, b: Output<Int64>) in
      try a + b
    }
    #expect(try await numbers(zipped) == [[10], [12]])
    let joined = try few.concatenated(with: many.taking(1)).skipping(1)
    #expect(try await numbers(joined) == [[1], [10]])
    #expect(try await numbers(many.shard(3, of: 4)) == [[13], [17]])
  }

  @Test func `a dataset says how many elements it has`() throws {
    let graph = Graph()
    let dataset = try Dataset.range(0, 10, in: graph)
    let session = try Session(graph: graph)
    defer { session.close() }
    #expect(try session.run(dataset.skipping(7).cardinality()).scalar == 3)
    #expect(try session.run(dataset.repeated().cardinality()).scalar == -1)
    #expect(try session.run(dataset.batched(4).unbatched().cardinality()).scalar == -2)
  }

  @Test func `padding makes shapes equal`() async throws {
    let dataset = try Dataset.range(1, 4, in: Graph()).mapElements { components in
      let count = try components[0].graph.addOperation(
        "ExpandDims", inputs: [components[0], components[0].graph.constant(0 as Int32).erased])
      return [
        try count.graph.addOperation("Fill", inputs: [count.output(0), components[0]]).output(0)
      ]
    }.paddedBatches(2, paddedShapes: [[nil]])
    #expect(try await numbers(dataset) == [[1, 0, 2, 2], [3, 3, 3]])
  }

  @Test func `a shuffled order depends on the seed, and changes from round to round`() async throws
  {
    let whole = try Dataset.range(0, 20, in: Graph())
    let first = try await numbers(whole.shuffled(bufferSize: 20, seed: 3))
    #expect(first.flatMap { $0 }.sorted() == Array(0..<20))
    #expect(try await numbers(whole.shuffled(bufferSize: 20, seed: 3)) == first)
    #expect(try await numbers(whole.shuffled(bufferSize: 20, seed: 4)) != first)
    let rounds = try await numbers(whole.shuffled(bufferSize: 20, seed: 3).repeated(2))
    #expect(rounds.prefix(20) != rounds.suffix(20))
    let same = try await numbers(
      whole.shuffled(bufferSize: 20, seed: 3, reshuffling: false).cached().repeated(2))
    #expect(Array(same.prefix(20)) == Array(same.suffix(20)))
  }
}
