import Testing
import Weirloom

// By the compiler: ERR-004 (every error of this library is a StatusError).
// ERR-015, ERR-016: see HostFunctionTests.

@Suite struct ErrorTests {
  // ERR-001, ERR-002
  @Test func `there are TensorFlow's sixteen codes`() {
    let names: [Int32: String] = [
      1: "CANCELLED", 2: "UNKNOWN", 3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED", 5: "NOT_FOUND",
      6: "ALREADY_EXISTS", 7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED",
      9: "FAILED_PRECONDITION", 10: "ABORTED", 11: "OUT_OF_RANGE", 12: "UNIMPLEMENTED",
      13: "INTERNAL", 14: "UNAVAILABLE", 15: "DATA_LOSS", 16: "UNAUTHENTICATED",
    ]
    #expect(StatusError.Code.allCases.count == 16)
    for code in StatusError.Code.allCases { #expect(code.name == names[code.rawValue]) }
    #expect(StatusError.Code(rawValue: 17) == nil)
    #expect(StatusError.Code(rawValue: 0) == nil)
  }

  // ERR-003, ERR-004
  @Test(arguments: StatusError.Code.allCases)
  func `an error of any code comes out of a run as it is`(code: StatusError.Code) throws {
    let graph = try Graph.forTests()
    let failing = try graph.fail(code, "of that kind")
    let error = expectStatus(code, "of that kind", node: "failing") {
      try Session(graph: graph).run(failing)
    }
    let text = "\(TestTarget.origin)of that kind\n\t [[{{node failing}}]]"
    #expect(error?.description == "\(code.name): \(text)")
  }

  private func failing(
    _ op: String, _ inputs: [AnyTensor], _ attributes: [String: AttributeValue] = [:],
    _ code: StatusError.Code, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    // Fed through placeholders, so that nothing is found before the run.
    let graph = Graph()
    let keys = try inputs.map { try graph.placeholder(dtype: $0.dtype) }
    let operation = try graph.addOperation(op, inputs: keys, attributes: attributes, name: "bad")
    let session = try Session(graph: graph)
    let feeds = zip(keys, inputs).map { Feed($0, $1) }
    expectStatus(code, text, node: "bad", sourceLocation: sourceLocation) {
      try session.run(operation.output(0), feeds: feeds)
    }
  }

  private func floats(_ values: [Float], _ shape: [Int]? = nil) throws -> AnyTensor {
    try Tensor(values, shape: shape ?? [values.count]).erased
  }

  private func ints(_ values: [Int32]) throws -> AnyTensor { try Tensor(values).erased }

  // ERR-005
  @Test func `division of floats by zero is no error`() throws {
    let graph = Graph()
    let one = try graph.constant([Float(1), -1, 0])
    let zero = try graph.constant(Float(0))
    let quotient = try graph.addOperation("RealDiv", inputs: [one.erased, zero.erased])
    let values = try Session(graph: graph).run(quotient.output(0)).scalars(of: Float.self)
    #expect(values[0] == .infinity)
    #expect(values[1] == -.infinity)
    #expect(values[2].isNaN)
  }

  // ERR-006
  @Test func `an index outside of what is gathered names itself`() throws {
    let axis = try AnyTensor(scalar: Int32(0))
    try failing(
      "GatherV2", [floats([1, 2, 3]), AnyTensor(scalar: Int32(5)), axis], [:], .invalidArgument,
      "indices = 5 is not in [0, 3)")
    try failing(
      "GatherV2", [floats([1, 2, 3]), ints([-1]), axis], [:], .invalidArgument,
      "indices[0] = -1 is not in [0, 3)")
  }

  // ERR-007
  @Test func `a reshape to another size names both sizes`() throws {
    try failing(
      "Reshape", [floats([1, 2, 3]), ints([4])], [:], .invalidArgument,
      "Input to reshape is a tensor with 3 values, but the requested shape has 4")
  }

  // ERR-008
  @Test func `slices, concatenations, top-k and fills name what is wrong`() throws {
    try failing(
      "Slice", [floats([1, 2, 3]), ints([2]), ints([5])], [:], .invalidArgument,
      "Expected size[0] in [0, 1], but got 5")
    try failing(
      "ConcatV2",
      [
        floats([1, 2], [1, 2]), floats([1, 2, 3, 4, 5, 6], [2, 3]), AnyTensor(scalar: Int32(1)),
      ],
      ["N": 2], .invalidArgument, "ConcatOp : Dimension")
    try failing(
      "TopKV2", [floats([1, 2]), AnyTensor(scalar: Int32(5))], [:], .invalidArgument,
      "input must have at least k columns. Had 2, needed 5")
    try failing(
      "Fill", [ints([-1]), AnyTensor(scalar: Float(1))], [:], .invalidArgument,
      "Dimension -1 must be >= 0")
  }

  // ERR-011, ERR-014
  @Test func `too large a tensor is an error, not the end`() throws {
    try failing(
      "Fill", [Tensor([Int64(1) << 40]).erased, AnyTensor(scalar: Float(1))], [:],
      .resourceExhausted, "OOM when allocating tensor with shape[1099511627776] and type float")
    try failing(
      "Fill", [Tensor([Int64.max, 16]).erased, AnyTensor(scalar: Float(1))], [:],
      .invalidArgument, "would have more than 2**63 - 1 elements")
  }

  // ERR-009
  @Test func `an example without a required feature names the feature`() throws {
    let none = try Tensor([ByteString]()).erased
    try failing(
      "ParseExampleV2",
      [
        Tensor([ByteString("")]).erased, none, none, Tensor([ByteString("a")]).erased, none,
        Tensor([Int64]()).erased,
      ],
      [
        "Tdense": .types([.int64]), "dense_shapes": .shapes([[]]), "num_sparse": 0,
        "sparse_types": .types([]), "ragged_value_types": .types([]),
        "ragged_split_types": .types([]),
      ], .invalidArgument, "Feature: a (data type: int64) is required but could not be found.")
  }

  // ERR-010
  @Test func `positions of sparse tensors must be in order and inside`() throws {
    func dense(_ positions: [Int32], _ text: String) throws {
      try failing(
        "SparseToDense",
        [
          Tensor(positions, shape: [positions.count, 1]).erased, ints([2]),
          floats([1, 2]), AnyTensor(scalar: Float(0)),
        ], [:], .invalidArgument, text)
    }
    try dense([1, 0], "is out of order")
    try dense([0, 5], "is out of bounds: need 0 <= index < [2]")
  }

  // ERR-013
  @Test func `text that is no number names itself`() throws {
    try failing(
      "StringToNumber", [AnyTensor(scalar: ByteString("abc"))], ["out_type": .type(.float)],
      .invalidArgument, "could not correctly convert string: abc")
  }
}
