import LoomTestSupport
import Testing
import Weirloom

@Suite struct ExampleTests {
  private let examples = Recorded(folder: "records_example")
  private let sequences = Recorded(folder: "records_sequence")

  private func expectEqual(
    _ value: AnyTensor, _ wanted: AnyTensor, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let fault = try value.difference(from: wanted)
    #expect(fault == nil, "\(what): \(fault ?? "")", sourceLocation: sourceLocation)
  }

  /// The outputs of ParseExampleV2 for the features that were recorded.
  private func parse(_ graph: OpGraph, _ serialized: AnyOutput) throws -> [AnyOutput] {
    try graph(
      "ParseExampleV2",
      [
        serialized, graph.texts([]), graph.texts(["ints", "tags"]),
        graph.texts(["id", "name", "x"]), graph.texts([]), graph.vector([Int64]()),
        graph.texts([]), graph.vector([Float]()),
      ],
      [
        "num_sparse": 2, "sparse_types": .types([.int64, .string]),
        "Tdense": .types([.int64, .string, .float]), "dense_shapes": .shapes([[], [], [3]]),
        "ragged_value_types": .list([]), "ragged_split_types": .list([]),
      ])
  }

  @Test func `a batch of examples gives the recorded features`() throws {
    let graph = OpGraph()
    let all = try examples.tensor("records", "string", [9])
    let outputs = try graph.run(parse(graph, graph.constant(all.rows(0..<7))))
    try expectEqual(outputs[0], examples.tensor("ints_indices", "int64", [9, 2]), "ints")
    try expectEqual(outputs[1], examples.tensor("tags_indices", "int64", [12, 2]), "tags")
    try expectEqual(outputs[2], examples.tensor("ints_values", "int64", [9]), "ints")
    try expectEqual(outputs[3], examples.tensor("tags_values", "string", [12]), "tags")
    try expectEqual(outputs[4], examples.tensor("ints_dense_shape", "int64", [2]), "ints")
    try expectEqual(outputs[5], examples.tensor("tags_dense_shape", "int64", [2]), "tags")
    try expectEqual(outputs[6], examples.tensor("id", "int64", [7]), "id")
    try expectEqual(outputs[7], examples.tensor("name", "string", [7]), "name")
    try expectEqual(outputs[8], examples.tensor("x", "float32", [7, 3]), "x")
  }

  @Test func `what is no example is refused`() throws {
    let graph = OpGraph()
    let all = try examples.tensor("records", "string", [9])
    expectFailure(.invalidArgument, "Could not parse example input") {
      try graph.run(parse(graph, graph.constant(all.rows(8..<9))))
    }
    // An empty record is an example without features, and these have no defaults.
    expectFailure(.invalidArgument, "is required but could not be found") {
      try graph.run(parse(graph, graph.constant(all.rows(7..<8))))
    }
  }

  @Test func `no prefix and no flipped bit of an example ends the process`() throws {
    let example = try examples.tensor("records", "string", [9]).element(0, of: ByteString.self)
    var texts: [ByteString] = []
    for length in 0..<example.count { texts.append(ByteString(example.bytes.prefix(length))) }
    for position in 0..<example.count {
      var bytes = example.bytes
      bytes[position] ^= UInt8(1 << (position % 8))
      texts.append(ByteString(bytes: bytes))
    }
    let graph = OpGraph()
    let input = try graph("Placeholder", [], ["dtype": .type(.string)], name: "input")[0]
    let outputs = try parse(graph, input)
    let session = try Session(graph: graph.graph)
    for text in texts {
      let feed = Feed(named: "input:0", try AnyTensor([text], shape: Shape(vector: 1)))
      do {
        _ = try session.run(outputs, feeds: [feed])
      } catch {
        #expect([.invalidArgument, .resourceExhausted].contains(error.code), "\(error)")
      }
    }
  }

  /// The four sequence examples.
  private func serialized(_ graph: OpGraph) throws -> [AnyTensor] {
    let reader = try graph(
      "TFRecordDataset",
      [graph.text(sequences.path("seq.tfrecord")), graph.text(""), graph.scalar(Int64(0))])[0]
    return try DatasetElements.all(graph, reader, types: [.string]).map { $0[0] }
  }

  private static let types: [String: AttributeValue] = [
    "Ncontext_sparse": 0, "Nfeature_list_sparse": 1, "Nfeature_list_dense": 2,
    "Tcontext_dense": .types([.int64, .string]), "context_dense_shapes": .shapes([[], []]),
    "feature_list_dense_types": .types([.int64, .float]),
    "feature_list_sparse_types": .types([.string]),
    "feature_list_dense_shapes": .shapes([[], [2]]),
  ]

  private func parseSequences(
    _ graph: OpGraph, _ input: AnyTensor
  ) throws -> [AnyTensor] {
    let none = try graph.texts([])
    return try graph.run(
      graph(
        "ParseSequenceExampleV2",
        [
          graph.constant(input), none, none, graph.texts(["len", "who"]), none,
          graph.texts(["words"]), graph.texts(["tok", "vec"]), none, graph.vector([false, false]),
          graph.vector([Int64]()), graph.texts([]),
        ], Self.types))
  }

  @Test func `sequence examples one by one give the recorded features`() throws {
    let graph = OpGraph()
    for (index, example) in try serialized(graph).enumerated() {
      let outputs = try parseSequences(graph, example)
      let name = "s\(index)"
      let words = outputs[3].elementCount
      try expectEqual(outputs[0], sequences.tensor("\(name)c_len", "int64", []), "len")
      try expectEqual(outputs[1], sequences.tensor("\(name)c_who", "string", []), "who")
      try expectEqual(
        outputs[2], sequences.tensor("\(name)_words_indices", "int64", [words, 2]), "words")
      try expectEqual(
        outputs[3], sequences.tensor("\(name)_words_values", "string", [words]), "words")
      try expectEqual(
        outputs[4], sequences.tensor("\(name)_words_dense_shape", "int64", [2]), "words")
      try expectEqual(outputs[5], sequences.tensor("\(name)_tok", "int64", [index + 1]), "tok")
      try expectEqual(
        outputs[6], sequences.tensor("\(name)_vec", "float32", [index + 1, 2]), "vec")
      #expect(try outputs[7].element(0, of: Int64.self) == Int64(index + 1))
    }
  }

  @Test func `a batch of sequence examples is filled up to the longest`() throws {
    let graph = OpGraph()
    let texts = try serialized(graph).map { try $0.element(0, of: ByteString.self) }
    let outputs = try parseSequences(graph, AnyTensor(texts, shape: Shape(vector: 4)))
    let recorded = [
      ("bc_len", "int64", [4]), ("bc_who", "string", [4]), ("b_words_indices", "int64", [10, 3]),
      ("b_words_values", "string", [10]), ("b_words_dense_shape", "int64", [3]),
      ("b_tok", "int64", [4, 4]), ("b_vec", "float32", [4, 4, 2]), ("bl_tok", "int64", [4]),
      ("bl_vec", "int64", [4]),
    ]
    for (index, wanted) in recorded.enumerated() {
      try expectEqual(
        outputs[index], sequences.tensor(wanted.0, wanted.1, wanted.2), wanted.0)
    }
    // The first example has one step: the rest of its row is zero.
    #expect(try outputs[5].integers()[1..<4] == [0, 0, 0])
  }

  @Test func `ragged features and variable lengths keep their rows`() throws {
    let graph = OpGraph()
    let all = try examples.tensor("records", "string", [9]).rows(0..<7)
    let outputs = try graph.run(
      graph(
        "ParseExampleV2",
        [
          graph.constant(all), graph.texts([]), graph.texts([]), graph.texts(["ints"]),
          graph.texts(["ints"]), graph.scalar(Int64(-7)),
        ],
        [
          "num_sparse": 0, "sparse_types": .list([]), "Tdense": .types([.int64]),
          "dense_shapes": .shapes([[nil]]), "ragged_value_types": .types([.int64]),
          "ragged_split_types": .types([.int32]),
        ]))
    let values = try examples.tensor("ints_values", "int64", [9]).integers()
    let indices = try examples.tensor("ints_indices", "int64", [9, 2]).integers()
    let width = try examples.tensor("ints_dense_shape", "int64", [2]).integers()[1]
    #expect(outputs[0].shape.sizes == [7, width])
    #expect(try outputs[1].integers() == values)
    var dense = [Int](repeating: -7, count: 7 * width)
    var counts = [Int](repeating: 0, count: 7)
    for (index, value) in values.enumerated() {
      dense[indices[2 * index] * width + indices[2 * index + 1]] = value
      counts[indices[2 * index]] += 1
    }
    #expect(try outputs[0].integers() == dense)
    #expect(
      try outputs[2].integers() == [0] + counts.indices.map { counts[...$0].reduce(0, +) })
  }
}

/// The elements of a dataset.
enum DatasetElements {
  static func all(
    _ graph: OpGraph, _ dataset: AnyOutput, types: [DType], limit: Int = 100
  ) throws -> [[AnyTensor]] {
    var elements: [[AnyTensor]] = []
    try forEach(graph, dataset, types: types, limit: limit) { elements.append($0) }
    return elements
  }

  /// Calls `body` with each element until the end.
  static func forEach(
    _ graph: OpGraph, _ dataset: AnyOutput, types: [DType], limit: Int = 100,
    _ body: ([AnyTensor]) throws -> Void
  ) throws {
    let attributes: [String: AttributeValue] = [
      "output_types": .types(types), "output_shapes": .shapes(types.map { _ in .unknown }),
    ]
    let iterator = try graph(
      "IteratorV2", [],
      attributes.merging([
        "shared_name": "", "container": "",
      ]) { $1 })[0]
    let make = try graph.operation("MakeIterator", [dataset, iterator])
    let next = try graph("IteratorGetNext", [iterator], attributes)
    let session = try Session(graph: graph.graph)
    defer { session.close() }
    try session.run(make)
    for _ in 0..<limit {
      do throws(StatusError) {
        let element = try session.run(next)
        do { try body(element) } catch { throw StatusError.wrapping(error) }
      } catch {
        if error.code == .outOfRange { return }
        throw error
      }
    }
  }
}
