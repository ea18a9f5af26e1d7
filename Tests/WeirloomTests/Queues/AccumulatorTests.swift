import Testing
import Weirloom

/// Accumulators of gradients, dense and sparse.
@Suite struct AccumulatorTests {
  private struct Accumulator {
    let graph = Graph()
    let handle: AnyOutput
    let session: Session
    /// `Accumulator` or `ResourceAccumulator`.
    let prefix: String
    let dtype: DType

    init(
      _ op: String = "ConditionalAccumulator", _ dtype: DType = .float,
      shape: PartialShape = [2], reduction: String = "MEAN"
    ) throws {
      prefix = op.hasPrefix("Resource") ? "ResourceAccumulator" : "Accumulator"
      self.dtype = dtype
      handle = try graph.addOperation(
        op,
        attributes: [
          "dtype": .type(dtype), "shape": .shape(shape),
          "reduction_type": .string(ByteString(reduction)),
        ]
      ).output(0)
      session = try Session(graph: graph)
    }

    func apply<Scalar: TensorScalar>(_ gradient: [Scalar], step: Int64 = 0) throws {
      // A reshape keeps what the shape function could tell out of the way.
      let step = try graph.constant(step).erased
      try session.run(
        graph.addOperation(
          prefix + "ApplyGradient", inputs: [handle, step, graph.constant(gradient).erased]))
    }

    func take(_ count: Int32) throws -> AnyOutput {
      try graph.addOperation(
        prefix + "TakeGradient", inputs: [handle, graph.constant(count).erased],
        attributes: ["dtype": .type(dtype)]
      ).output(0)
    }

    func setStep(_ step: Int64) throws {
      try session.run(
        graph.addOperation(
          prefix + "SetGlobalStep", inputs: [handle, graph.constant(step).erased]))
    }

    var count: Int {
      get throws {
        try session.run(graph.addOperation(prefix + "NumAccumulated", inputs: [handle]).output(0))
          .integers()[0]
      }
    }

    func applyRows(
      _ rows: [Int64], _ values: [Float], _ shape: [Int], dense: [Int64] = []
    ) throws {
      let inputs = [
        handle, try graph.constant(Int64(0)).erased, try graph.constant(rows).erased,
        try graph.constant(values, shape: shape).erased, try graph.constant(dense).erased,
      ]
      try session.run(
        graph.addOperation(
          "SparseAccumulatorApplyGradient", inputs: inputs,
          attributes: ["has_known_shape": .bool(!dense.isEmpty)]))
    }

    func takeRows(_ count: Int32) throws -> [AnyTensor] {
      try session.run(
        graph.addOperation(
          "SparseAccumulatorTakeGradient", inputs: [handle, graph.constant(count).erased],
          attributes: ["dtype": .type(.float)]
        ).outputs)
    }
  }

  // RES-006
  @Test(arguments: ["ConditionalAccumulator", "ResourceConditionalAccumulator"])
  func `the mean of a step is taken, and later gradients of it are dropped`(_ op: String) throws {
    let test = try Accumulator(op)
    try test.apply([1, 2] as [Float])
    try test.apply([3, 4] as [Float])
    #expect(try test.count == 2)
    #expect(try test.session.run(test.take(2)).scalars(of: Float.self) == [2, 3])
    #expect(try test.count == 0)
    try test.apply([9, 9] as [Float])
    #expect(try test.count == 0)
    try test.apply([5, 6] as [Float], step: 1)
    #expect(try test.session.run(test.take(1)).scalars(of: Float.self) == [5, 6])
    try test.setStep(7)
    try test.apply([1, 1] as [Float], step: 6)
    #expect(try test.count == 0)
    try test.setStep(3)
    try test.apply([1, 1] as [Float], step: 6)
    #expect(try test.count == 1)
  }

  // RES-007
  @Test func `a sum is not divided`() throws {
    let test = try Accumulator(shape: [1], reduction: "SUM")
    try test.apply([1] as [Float])
    try test.apply([3] as [Float])
    #expect(try test.session.run(test.take(1)).scalars(of: Float.self) == [4])
  }

  @Test func `half precision is summed and divided in half precision`() throws {
    let test = try Accumulator("ConditionalAccumulator", .half)
    try test.apply([1, 2] as [Float16])
    try test.apply([1.001, 2050] as [Float16])
    #expect(try test.session.run(test.take(2)).scalars(of: Float16.self) == [1, 1026])
  }

  @Test func `a take waits for enough gradients`() async throws {
    let test = try Accumulator()
    let mean = try test.take(2)
    try test.apply([1, 2] as [Float])
    expectStatus(.deadlineExceeded) { try test.session.run(mean, options: .briefly) }
    let session = test.session
    let task = Task { try await session.run(mean) }
    try test.apply([3, 4] as [Float])
    #expect(try await task.value.scalars(of: Float.self) == [2, 3])
  }

  @Test func `shapes, counts and kinds that do not fit are refused`() throws {
    let test = try Accumulator()
    expectStatus(.invalidArgument, "Shape mismatch: expected [2], got [3]") {
      try test.apply([1, 2, 3] as [Float])
    }
    let open = try Accumulator(shape: .unknown)
    try open.apply([1, 2, 3] as [Float])
    expectStatus(.invalidArgument, "Shape mismatch: expected [3], got [2]") {
      try open.apply([1, 2] as [Float])
    }
    expectStatus(.invalidArgument, "Argument num_required must be positive, but was 0") {
      try test.session.run(test.take(0))
    }
    expectStatus(.invalidArgument, "Expected gradients of float, got double") {
      try test.apply([1, 2] as [Double])
    }
    let sparse = try Accumulator("SparseConditionalAccumulator")
    expectStatus(.invalidArgument) { try sparse.apply([1, 2] as [Float]) }
    expectStatus(.invalidArgument, "No OpKernel was registered") {
      let integers = try Accumulator("ConditionalAccumulator", .int32)
      return try integers.count
    }
  }

  // RES-008
  @Test func `rows of sparse gradients are averaged one by one`() throws {
    let test = try Accumulator("SparseConditionalAccumulator", shape: [3, 2])
    try test.applyRows([0, 2], [1, 2, 3, 4], [2, 2])
    try test.applyRows([1, 2], [5, 6, 7, 9], [2, 2], dense: [3, 2])
    #expect(try test.count == 2)
    let values = try test.takeRows(2)
    #expect(try values[0].integers() == [0, 1, 2])
    #expect(try values[1].scalars(of: Float.self) == [1, 2, 5, 6, 5, 6.5])
    #expect(try values[2].integers() == [3, 2])
  }

  // RES-008
  @Test func `rows that stand twice are merged from the front, as in TensorFlow`() throws {
    let test = try Accumulator("SparseConditionalAccumulator", shape: .unknown)
    try test.applyRows([1, 5], [1, 2, 3, 4], [2, 2])
    try test.applyRows([0, 1, 1, 7], [1, 2, 30, 40, 5, 6, 7, 8], [4, 2])
    let values = try test.takeRows(1)
    #expect(try values[0].integers() == [0, 1, 1, 5, 7])
    #expect(try values[1].scalars(of: Float.self) == [1, 2, 15.5, 21, 5, 6, 3, 4, 7, 8])
    #expect(try values[2].integers() == [-1, 2])
  }

  @Test func `sparse gradients that do not fit are refused`() throws {
    let test = try Accumulator("SparseConditionalAccumulator", shape: [3, 2])
    let cases: [([Int64], [Int], [Int64], String)] = [
      ([9], [1, 2], [], "index of slice 0 exceeded limits of shape; index is 9 exceeded 3"),
      ([0], [1, 3], [], "Shape mismatch: expected values dim 1 to be 2, got 3"),
      ([0, 1], [1, 2], [], "Expected 2 non-empty input values, got 1"),
      ([0], [], [], "Values cannot be 0-dimensional."),
      ([0], [1, 2], [4, 2], "Shape mismatch: expected shape dim 0 to be 3, got 4"),
      ([0], [1, 2], [3], "Shape mismatch: expected shape rank at least 2, got 1"),
    ]
    for (rows, shape, dense, text) in cases {
      let values = [Float](repeating: 1, count: shape.reduce(1, *))
      expectStatus(.invalidArgument, text) {
        try test.applyRows(rows, values, shape, dense: dense)
      }
    }
    #expect(try test.count == 0)
  }
}
