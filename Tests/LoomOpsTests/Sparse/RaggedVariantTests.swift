import Testing
import Weirloom

/// Ragged tensors as variants: the answers of stock TensorFlow.
@Suite struct RaggedVariantTests {
  private let ops = OpGraph()

  private func longs(_ values: [Int]) throws -> AnyOutput {
    try ops.graph.constant(values.map(Int64.init)).erased
  }

  private func packed(
    _ splits: [[Int]], _ values: AnyOutput, isBatch: Bool
  ) throws -> AnyOutput {
    try ops.op(
      "RaggedTensorToVariant", splits.map(longs) + [values],
      [
        "RAGGED_RANK": .int(Int64(splits.count)), "batched_input": .bool(isBatch),
        "Tsplits": .type(.int64),
      ]
    ).output(0)
  }

  private func unpacked(
    _ variant: AnyOutput, inner: Int, depth: Int, _ dtype: DType = .float
  ) throws -> [AnyOutput] {
    try ops.op(
      "RaggedTensorFromVariant", [variant],
      [
        "input_ragged_rank": .int(Int64(inner)), "output_ragged_rank": .int(Int64(depth)),
        "Tvalues": .type(dtype), "Tsplits": .type(.int64),
      ]
    ).outputs
  }

  private func gather(_ variants: AnyOutput, _ rows: [Int]) throws -> AnyOutput {
    try ops.op("GatherV2", [variants, ops.ints(rows), ops.int(0)]).output(0)
  }

  private func expect(
    _ outputs: [AnyOutput], _ splits: [[Int64]], _ values: [Float],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let session = try Session(graph: ops.graph)
    defer { session.close() }
    let results = try session.run(outputs)
    #expect(
      try results.dropLast().map { try $0.scalars(of: Int64.self) } == splits,
      sourceLocation: sourceLocation)
    #expect(
      try results.last?.scalars(of: Float.self) == values, sourceLocation: sourceLocation)
  }

  private static let splits = [[0, 1, 3], [0, 2, 2, 3]]

  @Test func `a ragged tensor goes through a variant`() throws {
    let values = try ops.floats([1, 2, 3])
    try expect(
      unpacked(packed(Self.splits, values, isBatch: false), inner: 2, depth: 2),
      [[0, 1, 3], [0, 2, 2, 3]], [1, 2, 3])
  }

  @Test func `rows are stacked in any order`() throws {
    let rows = try packed(Self.splits, ops.floats([1, 2, 3]), isBatch: true)
    #expect(rows.shape == [2])
    try expect(unpacked(rows, inner: 1, depth: 2), [[0, 1, 3], [0, 2, 2, 3]], [1, 2, 3])
    try expect(
      unpacked(gather(rows, [1, 0]), inner: -1, depth: 2), [[0, 2, 3], [0, 0, 1, 3]], [3, 1, 2])
    try expect(unpacked(gather(rows, []), inner: 1, depth: 2), [[0], [0]], [])
  }

  @Test func `the dimensions of a tensor of variants become ragged`() throws {
    let rows = try packed([[0, 2, 3]], ops.floats([1, 2, 3]), isBatch: true)
    let square = try ops.op("Reshape", [gather(rows, [0, 1, 1, 0]), ops.ints([2, 2])]).output(0)
    try expect(
      unpacked(square, inner: 0, depth: 2), [[0, 2, 4], [0, 2, 3, 4, 6]], [1, 2, 3, 3, 1, 2])
  }

  @Test func `dense values are split into their rows`() throws {
    let rows = try packed([], ops.floats([1, 2, 3, 4], [2, 2]), isBatch: true)
    try expect(unpacked(rows, inner: 0, depth: 1), [[0, 2, 4]], [1, 2, 3, 4])
  }

  @Test func `values of inner dimensions keep them`() throws {
    let values = try ops.floats([1, 2, 3, 4, 5, 6], [3, 2])
    let rows = try packed([[0, 2, 3]], values, isBatch: true)
    let outputs = try unpacked(gather(rows, [1, 0]), inner: 0, depth: 1)
    try expect(outputs, [[0, 1, 3]], [5, 6, 1, 2, 3, 4])
    #expect(try Session(graph: ops.graph).run(outputs)[1].shape.sizes == [3, 2])
  }

  @Test(arguments: [true, false])
  func `gradients go through`(_ isBatch: Bool) throws {
    let values = try ops.floats([1, 2, 3])
    let variant = try packed([[0, 2, 3]], values, isBatch: isBatch)
    let back = try unpacked(variant, inner: isBatch ? 0 : 1, depth: 1)[1]
    let weighted = try ops.op("Mul", [back, ops.floats([10, 20, 30])]).output(0)
    let found = try gradients(of: [weighted], withRespectTo: [values])
    #expect(try ops.run(ops.graph.dense(#require(found[0]))) == [10, 20, 30])
  }

  @Test func `ragged variants add up and have zeros`() throws {
    let variant = try packed(Self.splits, ops.floats([1, 2, 3]), isBatch: false)
    let sum = try ops.op("AddN", [variant, variant], ["N": 2]).output(0)
    try expect(unpacked(sum, inner: 2, depth: 2), [[0, 1, 3], [0, 2, 2, 3]], [2, 4, 6])
    let zeros = try ops.op("ZerosLike", [variant]).output(0)
    try expect(unpacked(zeros, inner: 2, depth: 2), [[0, 1, 3], [0, 2, 2, 3]], [0, 0, 0])
    let other = try packed([[0, 3, 3], [0, 2, 2, 3]], ops.floats([1, 2, 3]), isBatch: false)
    let wrong = try ops.op("AddN", [variant, other], ["N": 2]).output(0)
    try ops.expectFailure(unpacked(wrong, inner: 2, depth: 2)[0], "different row splits")
  }

  @Test func `variants that hold something else are refused`() throws {
    let variant = try packed(Self.splits, ops.floats([1, 2, 3]), isBatch: false)
    try ops.expectFailure(
      unpacked(variant, inner: 1, depth: 1)[0], "ragged_rank=2.  Expected ragged_rank=1")
    try ops.expectFailure(
      unpacked(variant, inner: 2, depth: 2, .int32)[0], "Expected values Tensor dtype: int32")
    try ops.expectFailure(
      unpacked(ops.emptyList(), inner: 1, depth: 1)[0], "does not hold a RaggedTensorVariant")
    let wide = try packed([[0, 1]], ops.floats([1, 2], [1, 2]), isBatch: false)
    let narrow = try packed([[0, 1]], ops.floats([1], [1, 1]), isBatch: false)
    let both = try ops.op("Pack", [wide, narrow], ["N": 2]).output(0)
    try ops.expectFailure(unpacked(both, inner: 1, depth: 2)[0], "compatible shapes")
    try ops.expectFailure(
      packed([[0, 1, 9]], ops.floats([1, 2, 3]), isBatch: true), "Final value of ragged splits")
  }

  /// Examples whose feature `a` holds 1 and 2, nothing, and is not there.
  @Test func `ragged features of a dataset come as variants`() throws {
    let examples: [[UInt8]] = [
      [
        0x0A, 0x19, 0x0A, 0x0A, 0x0A, 0x01, 0x62, 0x12, 0x05, 0x1A, 0x03, 0x0A, 0x01, 0x07, 0x0A,
        0x0B, 0x0A, 0x01, 0x61, 0x12, 0x06, 0x1A, 0x04, 0x0A, 0x02, 0x01, 0x02,
      ],
      [
        0x0A, 0x15, 0x0A, 0x0A, 0x0A, 0x01, 0x62, 0x12, 0x05, 0x1A, 0x03, 0x0A, 0x01, 0x08, 0x0A,
        0x07, 0x0A, 0x01, 0x61, 0x12, 0x02, 0x1A, 0x00,
      ],
      [0x0A, 0x0C, 0x0A, 0x0A, 0x0A, 0x01, 0x62, 0x12, 0x05, 0x1A, 0x03, 0x0A, 0x01, 0x09],
    ]
    let batch = try ops.graph.constant(examples.map { ByteString(bytes: $0) })
    let source = try Dataset.tensors([batch.erased])
    let variant = try ops.op(
      "ParseExampleDatasetV2",
      [source.variant, longs([1]), longs([])].enumerated().map { index, input in
        index == 1 ? try ops.op("Reshape", [input, ops.ints([])]).output(0) : input
      },
      [
        "sparse_keys": .list([]), "dense_keys": .list(["b"]), "sparse_types": .list([]),
        "Tdense": .types([.int64]), "dense_shapes": .shapes([.scalar]),
        "output_types": .types([.variant, .int64]), "output_shapes": .shapes([.scalar, [nil]]),
        "ragged_keys": .list(["a"]), "ragged_value_types": .types([.int64]),
        "ragged_split_types": .types([.int64]),
      ]
    ).output(0)
    let dataset = try Dataset(variant, types: [.variant, .int64], shapes: [.scalar, [nil]])
    let next = try dataset.makeOneShotIterator().next()
    let ragged = try unpacked(next[0], inner: 1, depth: 1, .int64)
    let values = try Session(graph: ops.graph).run([ragged[0], ragged[1], next[1]])
    #expect(try values[0].scalars(of: Int64.self) == [0, 2, 2, 2])
    #expect(try values[1].scalars(of: Int64.self) == [1, 2])
    #expect(try values[2].scalars(of: Int64.self) == [7, 8, 9])
  }
}
