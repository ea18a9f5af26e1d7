import Testing
import Weirloom

// By the compiler: FED-008, FED-010, FED-012, FED-046 (keys are tensors or names, values are not
// symbolic, and feeds are a list of such pairs); literals that do not fit the element type, FED-013 to
// FED-015, do not compile either and are tested with values of no fixed dtype.
// FED-019 (a numpy scalar): a Swift integer is a scalar, an element of a list wraps as FED-018 says.
// FED-051 (byte-swapped arrays): tensors here are in the machine's own order.

@Suite struct FeedTests {
  private func identity<Scalar: TensorScalar>(
    _ type: Scalar.Type, shape: PartialShape = .unknown
  ) throws -> (Session, Output<Scalar>, Output<Scalar>) {
    let graph = Graph()
    let p = try graph.placeholder(type, shape: shape, name: "p")
    let y = try Output<Scalar>(graph.addOperation("Identity", inputs: [p.erased]).output(0))
    return (try Session(graph: graph), p, y)
  }

  /// What feeding `value` to a placeholder of `Scalar` gives.
  private func fed<Scalar: TensorScalar>(
    _ type: Scalar.Type, _ value: FeedValue
  ) throws -> Tensor<Scalar> {
    let (session, p, y) = try identity(type)
    return try session.run(y, feeding: p.feed(converting: value))
  }

  // FED-001, FED-002, FED-003, FED-030
  @Test func `scalars, lists and tensors are fed`() throws {
    let (session, p, y) = try identity(Float.self)
    #expect(try session.run(y, feeding: p.feed(1.5)).scalar == 1.5)
    let nested = try session.run(y, feeding: p.feed(converting: [[1, 2], [3, 4]]))
    #expect(nested.shape.sizes == [2, 2])
    #expect(nested.scalars == [1, 2, 3, 4])
    let tensor = try Tensor<Float>([1, 2, 3], shape: [3, 1])
    let value = try session.run(y, feeding: p.feed(tensor))
    #expect(value.shape.sizes == [3, 1])
    #expect(value.scalars == [1, 2, 3])
  }

  // FED-004, FED-005
  @Test func `values are converted to the placeholder's dtype`() throws {
    #expect(try fed(Float.self, [3, 4].feedValue).scalars == [3, 4])
    #expect(try fed(Float.self, Tensor<Int32>([3, 4]).feedValue).scalars == [3, 4])
    #expect(try fed(Int32.self, 1.7).scalar == 1)
    #expect(try fed(Int32.self, [1.7, -1.7]).scalars == [1, -1])
  }

  // FED-006, FED-007, FED-009
  @Test func `names of tensors are keys, other names are not`() throws {
    let (session, _, y) = try identity(Float.self)
    let one = try AnyTensor(scalar: Float(1))
    #expect(try session.run(y, feeding: Feed(named: "p:0", one)).scalar == 1)
    #expect(try session.run(y, feeding: Feed(named: "p:0", converting: 2)).scalar == 2)
    for name in ["p", "q:0", "q", "p:1", "p:x", ""] {
      expectStatus(.invalidArgument, "Cannot interpret feed_dict key as Tensor") {
        try session.run(y, feeding: Feed(named: name, one))
      }
    }
  }

  // FED-011
  @Test func `a tensor of another graph is no key`() throws {
    let (session, _, y) = try identity(Float.self)
    let foreign = try Graph().placeholder(Float.self, name: "far")
    expectStatus(.invalidArgument, "Tensor far:0 is not an element of this graph") {
      try session.run(y, feeding: foreign.feed(1))
    }
  }

  // FED-013, FED-014, FED-015, FED-016, FED-017
  @Test func `a single integer that the dtype can't hold is refused`() throws {
    let text = "is not compatible with Tensor type"
    expectStatus(.invalidArgument, "300 with type Int \(text) uint8") {
      try fed(UInt8.self, 300)
    }
    expectStatus(.invalidArgument, text) { try fed(Int32.self, (1 << 40).feedValue) }
    expectStatus(.invalidArgument, text) { try fed(UInt8.self, -1) }
    expectStatus(.invalidArgument, text) { try fed(ByteString.self, 12) }
    expectStatus(.invalidArgument, text) { try fed(Bool.self, 2) }
    expectStatus(.invalidArgument, text) { try fed(Int64.self, UInt64.max.feedValue) }
    #expect(try fed(Bool.self, 1).scalar == true)
    #expect(try fed(Int32.self, true).scalar == 1)
    #expect(try fed(UInt64.self, UInt64.max.feedValue).scalar == .max)
  }

  // FED-018, FED-020, FED-021, FED-022
  @Test func `everything else is converted as numpy does`() throws {
    #expect(try fed(UInt8.self, [300, -1].feedValue).scalars == [44, 255])
    #expect(try fed(Float.self, ((1 << 24) + 1).feedValue).scalar == 16_777_216)
    #expect(try fed(Float.self, 1e300).scalar == .infinity)
    #expect(try fed(Float.self, nil).scalar?.isNaN ?? false)
    #expect(try fed(Float.self, [1, nil]).scalars.last?.isNaN ?? false)
    #expect(try fed(Float.self, .complex(Complex128(2, 3))).scalar == 2)
    #expect(try fed(Int32.self, "12").scalar == 12)
    expectStatus(.invalidArgument, "abc") { try fed(Int32.self, "abc") }
  }

  // FED-023
  @Test func `rows of different lengths are refused`() throws {
    expectStatus(.invalidArgument, "inhomogeneous shape") {
      try fed(Float.self, [[1, 2], [3]])
    }
    expectStatus(.invalidArgument, "inhomogeneous shape") { try fed(Float.self, [1, [2]]) }
  }

  // FED-024, FED-025, FED-026
  @Test func `text is fed as its UTF-8 bytes`() throws {
    #expect(try fed(ByteString.self, "é").scalar?.bytes == [0xC3, 0xA9])
    #expect(try fed(ByteString.self, ["ab", "c"]).scalars == ["ab", "c"])
    expectStatus(.internal, "Unsupported object type Int") {
      try fed(ByteString.self, [12].feedValue)
    }
  }

  // FED-027
  @Test func `an empty list is a vector without elements`() throws {
    let value = try fed(Float.self, [])
    #expect(value.shape.sizes == [0])
  }

  // FED-028, FED-029, FED-031
  @Test func `a value must fit the shape that is known`() throws {
    let (session, p, y) = try identity(Float.self, shape: [2, 3])
    expectStatus(
      .invalidArgument, "Cannot feed value of shape [2] for Tensor p:0, which has shape [2,3]"
    ) { try session.run(y, feeding: p.feed([1, 2])) }
    let (open, q, z) = try identity(Float.self, shape: [nil, 2])
    #expect(try open.run(z, feeding: q.feed([1, 2], shape: [1, 2])).shape.sizes == [1, 2])
    #expect(try open.run(z, feeding: q.feed([], shape: [0, 2])).shape.sizes == [0, 2])
    expectStatus(.invalidArgument, "shape [2]") { try open.run(z, feeding: q.feed([1, 2])) }
  }

  // FED-032, FED-033, FED-035
  @Test func `any tensor may be fed and cuts the graph there`() throws {
    let graph = try Graph.forTests()
    let a = try graph.constant(Float(1), name: "a")
    let failing = try graph.fail()
    let sum = try a + failing
    let y = try sum + a
    let session = try Session(graph: graph)
    #expect(try session.run(y, feeding: sum.feed(10)).scalar == 11)
    #expect(try session.run(y, feeding: sum.feed(10), a.feed(5)).scalar == 15)
    expectStatus(.invalidArgument, "Cannot feed value of shape [1] for Tensor a:0") {
      try session.run(y, feeding: a.feed([1]), sum.feed(1))
    }
  }

  // FED-034
  @Test func `control inputs of a fed operation do not run`() throws {
    let graph = try Graph.forTests()
    let effect = try graph.count("FED-034")
    let x = try graph.withControlDependencies(on: [effect.operation]) { () throws(StatusError) in
      try graph.constant(Float(1))
    }
    let y = try x + x
    let session = try Session(graph: graph)
    #expect(try session.run(y, feeding: x.feed(4)).scalar == 8)
    #expect(Tally.count("FED-034") == 0)
    #expect(try session.run(y).scalar == 2)
    #expect(Tally.count("FED-034") == 1)
  }

  // FED-036
  @Test func `the other outputs of an operation with a fed output are computed`() throws {
    let graph = try Graph.forTests()
    let x = try graph.constant(Float(1))
    let pair = try graph.pair(x, "FED-036")
    let same = try Output<Float>(pair.output(0))
    let y = try same + same
    let session = try Session(graph: graph)
    let (sum, count) = try session.run(y, pair.output(1), feeding: same.feed(5))
    #expect(sum.scalar == 10)
    #expect(try count.element(0, of: Int32.self) == 1)
  }

  // FED-037, FED-047
  @Test func `a feed that nothing needs is accepted, and so is none`() throws {
    let graph = Graph()
    let p = try graph.placeholder(Float.self)
    let c = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    #expect(try session.run(c, feeding: p.feed(3)).scalar == 1)
    #expect(try session.run(c, feeds: []).scalar == 1)
  }

  // FED-038
  @Test func `a tensor that must not be fed is refused`() throws {
    let (session, p, y) = try identity(Float.self)
    session.graph.preventFeeding(p.operation)
    expectStatus(.invalidArgument, "Tensor p:0 may not be fed.") {
      try session.run(y, feeding: p.feed(1))
    }
    expectStatus(.invalidArgument, "may not be fed") {
      try session.makeCallable(feeding: p, fetching: y)
    }
  }

  // FED-039, FED-040, FED-041
  @Test func `sparse placeholders take sparse values`() throws {
    let graph = Graph()
    let p = try graph.sparsePlaceholder(Float.self, name: "s")
    let session = try Session(graph: graph)
    let value = try SparseTensorValue<Float>(
      indices: [[0, 1], [2, 0]], values: [5, 6], denseShape: [3, 2])
    let back = try session.run(p, feeding: p.feed(value))
    #expect(back.indices.scalars == [0, 1, 2, 0])
    #expect(back.values.scalars == [5, 6])
    #expect(back.denseShape.scalars == [3, 2])
    let parts = try session.run(
      p.values,
      feeding: p.feed(
        (indices: value.indices, values: value.values, denseShape: value.denseShape)))
    #expect(parts.scalars == [5, 6])
    // A value that names some parts only leaves the others unfed.
    expectStatus(.invalidArgument, "You must feed a value for placeholder tensor 's/shape'") {
      try session.run(p, feeding: p.indices.feed(value.indices), p.values.feed(value.values))
    }
    let known = try graph.sparsePlaceholder(Float.self, shape: [3, 2], name: "k")
    let shape = try session.run(
      known.denseShape, feeding: known.values.feed([1]), known.indices.feed([0, 0], shape: [1, 2]))
    #expect(shape.scalars == [3, 2])
  }

  // FED-042
  @Test func `indexed slices take their parts`() throws {
    let graph = Graph()
    let values = try graph.placeholder(Float.self)
    let indices = try graph.placeholder(Int64.self)
    let slices = IndexedSlices(values: values.erased, indices: indices.erased)
    let session = try Session(graph: graph)
    let value = IndexedSlicesValue(
      values: try Tensor<Float>([1, 2]).erased, indices: try Tensor<Int64>([3, 0]).erased)
    let back = try session.run(slices, feeding: slices.feed(value))
    #expect(try back.values.scalars(of: Float.self) == [1, 2])
    #expect(try back.indices.scalars(of: Int64.self) == [3, 0])
    var shaped = value
    shaped.denseShape = try Tensor<Int64>([9]).erased
    expectStatus(.invalidArgument, "without a dense shape") { try slices.feed(shaped) }
  }

  // FED-043, FED-044
  @Test func `nested keys take nested values`() throws {
    let graph = Graph()
    let a = try graph.placeholder(Float.self, name: "a")
    let b = try graph.placeholder(Int32.self, name: "b")
    let c = try graph.placeholder(Float.self, name: "c")
    let session = try Session(graph: graph)
    let key = FeedPack(a, FeedPack(b, c))
    let one = try Tensor<Float>(scalar: 1)
    let feed = try key.feed(one, (Tensor(scalar: 2), Tensor(scalar: 3)))
    let values = try session.run(a, b, c, feeding: feed)
    #expect(values.0.scalar == 1)
    #expect(values.1.scalar == 2)
    #expect(values.2.scalar == 3)
    expectStatus(.invalidArgument, "this key is not unique: a:0") {
      try FeedPack(a, a).feed(one, one)
    }
    expectStatus(.invalidArgument, "Expected 2 values to feed, got 1") { try [a, c].feed([one]) }
  }

  // FED-045
  @Test func `the last of two feeds of one tensor wins`() throws {
    let (session, p, y) = try identity(Float.self)
    let two = Feed(named: "p:0", try AnyTensor(scalar: Float(2)))
    #expect(try session.run(y, feeding: p.feed(1), two).scalar == 2)
    #expect(try session.run(y, feeding: two, p.feed(1)).scalar == 1)
  }

  // FED-048, FED-049
  @Test func `a placeholder that is not fed says what it needs`() throws {
    let (session, _, y) = try identity(Float.self, shape: [2, 3])
    expectStatus(
      .invalidArgument,
      "You must feed a value for placeholder tensor 'p' with dtype float and shape [2,3]",
      node: "p"
    ) { try session.run(y) }
    let (open, _, z) = try identity(Int32.self)
    let error = expectStatus(.invalidArgument, "placeholder tensor 'p' with dtype int32") {
      try open.run(z)
    }
    #expect(!(error?.reason.contains("shape") ?? true))
  }

  // FED-050: a slice of rows shares the memory of its tensor and begins inside of it.
  @Test func `a tensor that begins inside of its memory is fed right`() throws {
    let (session, p, y) = try identity(Float.self)
    let matrix = try Tensor<Float>([1, 2, 3, 4, 5, 6], shape: [3, 2])
    let rows = try Tensor<Float>(matrix.erased.rows(1..<3))
    #expect(try session.run(y, feeding: p.feed(rows)).scalars == [3, 4, 5, 6])
  }

  // FED-052
  @Test func `halves, booleans and complex numbers are fed`() throws {
    #expect(try fed(Float16.self, 0.5).scalar == 0.5)
    #expect(try fed(BFloat16.self, 3).scalar == BFloat16(Float(3)))
    #expect(try fed(Bool.self, [true, false]).scalars == [true, false])
    #expect(try fed(Complex64.self, .complex(Complex128(1, 2))).scalar == Complex64(1, 2))
    #expect(try fed(Complex128.self, 2.5).scalar == Complex128(2.5))
    #expect(try fed(QUInt8.self, [7].feedValue).scalars.map(\.storage) == [7])
  }

  private func checkInteger<Scalar: IntegerScalar>(_ type: Scalar.Type) throws {
    let (session, p, y) = try identity(type)
    #expect(try session.run(y, feeding: p.feed(.max)).scalar == .max)
    #expect(try session.run(y, feeding: p.feed(converting: 5)).scalar == 5)
  }

  // FED-053
  @Test func `integers of every width are fed`() throws {
    try checkInteger(Int8.self)
    try checkInteger(Int16.self)
    try checkInteger(Int32.self)
    try checkInteger(Int64.self)
    try checkInteger(UInt8.self)
    try checkInteger(UInt16.self)
    try checkInteger(UInt32.self)
    try checkInteger(UInt64.self)
  }

  // FED-054, FED-055
  @Test func `feeding a reference variable replaces reads and refuses writes`() throws {
    let graph = Graph()
    var options = VariableOptions()
    options.isReference = true
    let v = try graph.variable("v", initialValue: .constant(Int32(7)), options: options)
    let one = try graph.constant(Int32(1))
    let sum = try v.value + one
    let update = try v.assignAdd(one)
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    let feed = try v.erased.handle.feed(AnyTensor(scalar: Int32(3)))
    #expect(try session.run(sum, feeding: feed).scalar == 4)
    expectStatus(.invalidArgument, "int32_ref") { try session.run(update, feeding: feed) }
    #expect(try session.run(sum).scalar == 8)
  }

  // FED-056
  @Test func `feeding the value of a resource variable leaves other reads alone`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .constant(Int32(7)))
    let other = try v.read()
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    let (first, second) = try session.run(v.value, other, feeding: v.value.feed(3))
    #expect(first.scalar == 3)
    #expect(second.scalar == 7)
  }

  // FED-057: tensors are values, so what the caller does to its own copy changes no result.
  @Test func `a result does not change with the caller's array`() throws {
    let (session, p, y) = try identity(Float.self)
    var array: [Float] = [1, 2]
    let value = try session.run(y, feeding: p.feed(array))
    array[0] = 9
    #expect(value.scalars == [1, 2])
  }

  // FED-058, FED-059
  @Test func `a placeholder with a default may be fed`() throws {
    let graph = Graph()
    let p = try graph.placeholder(withDefault: graph.constant([Float(1), 2]))
    let y = try p + p
    let session = try Session(graph: graph)
    #expect(try session.run(y).scalars == [2, 4])
    #expect(try session.run(y, feeding: p.feed([5, 6])).scalars == [10, 12])
  }

  @Test func `feeding another dtype names the placeholder`() throws {
    let (session, p, y) = try identity(Float.self)
    expectStatus(.invalidArgument, "Tensor p:0, which has dtype float") {
      try session.run(y, feeding: Feed(p.erased, AnyTensor(scalar: Int32(1))))
    }
  }
}
