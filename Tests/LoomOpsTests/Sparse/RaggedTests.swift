import Testing
import Weirloom

/// Ragged tensors made sparse and dense: the answers of stock TensorFlow.
@Suite struct RaggedTests {
  private let ops = OpGraph()

  /// A tensor that shape functions know nothing of.
  private func hidden(_ values: [Int]) throws -> AnyOutput {
    try ops.op(
      "PlaceholderWithDefault", [ops.graph.constant(values.map(Int64.init)).erased],
      ["shape": .shape(.unknown)]
    ).output(0)
  }

  private func texts(_ values: [String]) throws -> AnyOutput {
    try ops.graph.constant(values.map { ByteString($0) }).erased
  }

  // MARK: Sparse

  private func sparse(_ splits: [[Int]], _ values: AnyOutput) throws -> Operation {
    try ops.op(
      "RaggedTensorToSparse", splits.map(hidden) + [values],
      ["RAGGED_RANK": .int(Int64(splits.count))])
  }

  @Test func `the values of ragged rows get their positions`() throws {
    let operation = try sparse([[0, 1, 3], [0, 2, 2, 3]], texts(["a", "b", "c"]))
    let values = try Session(graph: ops.graph).run(operation.outputs)
    #expect(values[0].shape.sizes == [3, 3])
    #expect(try values[0].scalars(of: Int64.self) == [0, 0, 0, 0, 0, 1, 1, 1, 0])
    #expect(try values[1].scalars(of: ByteString.self) == ["a", "b", "c"])
    #expect(try values[2].scalars(of: Int64.self) == [2, 2, 2])
  }

  @Test func `inner dimensions are dense`() throws {
    let inner = try ops.floats([1, 2, 3, 4, 5, 6], [3, 2])
    let operation = try sparse([[0, 2, 3]], inner)
    #expect(operation.output(1).shape == [6])
    let values = try Session(graph: ops.graph).run(operation.outputs)
    let positions: [Int64] = [0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1]
    #expect(try values[0].scalars(of: Int64.self) == positions)
    #expect(try values[2].scalars(of: Int64.self) == [2, 2, 2])
    let found = try gradients(of: [operation.output(1)], withRespectTo: [inner])
    let gradient = try ops.graph.dense(#require(found[0]))
    #expect(gradient.shape == [3, 2])
    #expect(try ops.run(gradient) == [1, 1, 1, 1, 1, 1])
  }

  @Test(arguments: [
    ([[1, 3]], "First value of ragged splits must be 0"),
    ([[0, 2, 1, 3]], "non decreasing"), ([[0, 2, 5]], "Final value of ragged splits"),
    ([[]], "may not be empty"), ([[0, 1, 4], [0, 2, 2, 3]], "Final value of ragged splits"),
  ])
  func `splits that are none are refused`(_ splits: [[Int]], _ text: String) throws {
    try ops.expectFailure(sparse(splits, ops.floats([1, 2, 3])).output(1), text)
  }

  // MARK: Dense

  private func dense(
    _ shape: [Int], _ values: AnyOutput, default fallback: AnyOutput,
    _ partitions: [(kind: String, values: [Int])]
  ) throws -> AnyOutput {
    try ops.op(
      "RaggedTensorToTensor",
      [hidden(shape), values, fallback] + partitions.map { try hidden($0.values) },
      [
        "num_row_partition_tensors": .int(Int64(partitions.count)),
        "row_partition_types": .list(partitions.map { .string(ByteString($0.kind)) }),
      ]
    ).output(0)
  }

  private func rows(
    _ shape: [Int], _ partitions: [(kind: String, values: [Int])]
  ) throws -> Tensor<Float> {
    try ops.run(
      dense(shape, ops.floats([1, 2, 3]), default: ops.float(9), partitions), as: Float.self)
  }

  @Test func `rows are filled up, cut off and added`() throws {
    let splits = [(kind: "ROW_SPLITS", values: [0, 2, 2, 3])]
    let exact = try rows([-1, -1], splits)
    #expect(exact.shape.sizes == [3, 2] && exact.scalars == [1, 2, 9, 9, 3, 9])
    #expect(try rows([2, 1], splits).scalars == [1, 9])
    let larger = try rows([4, 3], splits)
    #expect(larger.scalars == [1, 2, 9, 9, 9, 9, 3, 9, 9, 9, 9, 9])
    let ids = try rows([-1, -1], [("FIRST_DIM_SIZE", [4]), ("VALUE_ROWIDS", [0, 0, 2])])
    #expect(ids.shape.sizes == [4, 2] && ids.scalars == [1, 2, 9, 9, 3, 9, 9, 9])
    let mixed = try rows(
      [-1, -1, -1], [("ROW_SPLITS", [0, 1, 3]), ("VALUE_ROWIDS", [0, 0, 2])])
    #expect(mixed.shape.sizes == [2, 2, 2] && mixed.scalars == [1, 2, 9, 9, 9, 9, 3, 9])
    // However many rows there are said to be, only those asked for cost anything.
    let few = try rows(
      [2, 2], [("FIRST_DIM_SIZE", [1 << 60]), ("VALUE_ROWIDS", [0, 0, 1 << 59])])
    #expect(few.scalars == [1, 2, 9, 9])
  }

  @Test func `a default is repeated to fill inner values`() throws {
    let values = try ops.floats([1, 2, 3, 4, 5, 6], [3, 2])
    let splits = [(kind: "ROW_SPLITS", values: [0, 2, 3])]
    let pairs = try dense([-1, -1, 2], values, default: ops.floats([0, -1]), splits)
    #expect(try ops.run(pairs) == [1, 2, 3, 4, 5, 6, 0, -1])
    let single = try dense([-1, -1, -1], values, default: ops.floats([7]), splits)
    #expect(try ops.run(single) == [1, 2, 3, 4, 5, 6, 7, 7])
  }

  @Test func `gradients go to the values that were taken, and to the default`() throws {
    let values = try ops.floats([1, 2, 3])
    let fallback = try ops.float(9)
    let result = try dense([-1, -1], values, default: fallback, [("ROW_SPLITS", [0, 2, 2, 3])])
    let weighted = try ops.op("Mul", [result, ops.floats([1, 2, 3, 4, 5, 6], [3, 2])]).output(0)
    let found = try gradients(of: [weighted], withRespectTo: [values, fallback])
    #expect(try ops.run(ops.graph.dense(#require(found[0]))) == [1, 2, 5])
    #expect(try ops.run(ops.graph.dense(#require(found[1]))) == [13])
  }

  @Test func `gradients of defaults are added up over where they stand`() throws {
    let values = try ops.floats([1, 2, 3, 4], [2, 2])
    let fallback = try ops.floats([0, 0])
    let result = try dense([2, 2, 2], values, default: fallback, [("ROW_SPLITS", [0, 1, 2])])
    let weights = try ops.floats([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])
    let found = try gradients(
      of: [ops.op("Mul", [result, weights]).output(0)], withRespectTo: [values, fallback])
    #expect(try ops.run(ops.graph.dense(#require(found[0]))) == [1, 2, 5, 6])
    #expect(try ops.run(ops.graph.dense(#require(found[1]))) == [10, 12])
  }

  private struct Fault: Sendable, CustomTestStringConvertible {
    let shape: [Int]
    let partitions: [(kind: String, values: [Int])]
    let text: String
    var testDescription: String { text }

    init(_ shape: [Int], _ partitions: [(kind: String, values: [Int])], _ text: String) {
      self.shape = shape
      self.partitions = partitions
      self.text = text
    }
  }

  private static let faults: [Fault] = [
    Fault([-1], [("ROW_SPLITS", [0, 2, 3])], "shape.rank = 1"),
    Fault([-3, -1], [("ROW_SPLITS", [0, 2, 3])], "must be >= -1"),
    Fault([1 << 40, 1 << 40], [("ROW_SPLITS", [0, 2, 3])], "elements"),
    Fault([-1, -1], [("ROW_SPLITS", [1, 3])], "must be 0"),
    Fault([-1, -1], [("ROW_SPLITS", [0, 3, 2, 3])], "non decreasing"),
    Fault([-1, -1], [("ROW_SPLITS", [])], "may not be empty"),
    // TensorFlow reads beyond its values here.
    Fault([-1, -1], [("ROW_SPLITS", [0, 2, 7])], "have 7 values"),
    Fault(
      [-1, -1], [("FIRST_DIM_SIZE", [2]), ("VALUE_ROWIDS", [0, 0, 0, 1])], "have 4 values"),
    Fault([-1, -1], [("FIRST_DIM_SIZE", [2]), ("VALUE_ROWIDS", [0, 1, 5])], "not less than 2"),
    Fault([-1, -1], [("FIRST_DIM_SIZE", [2]), ("VALUE_ROWIDS", [-1, 0, 1])], "row id -1"),
    Fault([-1, -1], [("FIRST_DIM_SIZE", [4]), ("VALUE_ROWIDS", [0, 2, 1])], "not decrease"),
  ]

  @Test(arguments: faults.indices)
  func `partitions that do not fit are refused`(_ index: Int) throws {
    let fault = Self.faults[index]
    try ops.expectFailure(
      dense(fault.shape, ops.floats([1, 2, 3]), default: ops.float(0), fault.partitions),
      fault.text)
  }

  @Test(arguments: ["FOO", "VALUE_ROWIDS", "FIRST_DIM_SIZE"])
  func `kinds of partitions are checked when the graph is built`(_ kind: String) throws {
    #expect(throws: StatusError.self) {
      try dense([-1, -1], ops.floats([1, 2, 3]), default: ops.float(0), [(kind, [0, 3])])
    }
  }

  @Test func `a default that fits no value is refused`() throws {
    #expect(throws: StatusError.self) {
      try dense(
        [-1, -1, -1], ops.floats([1, 2], [1, 2]), default: ops.floats([1, 2, 3]),
        [("ROW_SPLITS", [0, 1])])
    }
  }
}
