import Testing
import Weirloom

// By the compiler: FET-040, FET-041, FET-042, FET-043, FET-044, FET-045, FET-046 (nil, numbers, sets,
// generators, views and foreign structs are not Fetchable).
// FET-015, FET-017, FET-019 (default dictionaries, attribute classes, subclasses of list): types of one's
// own take part by conforming to Fetchable, as `Evaluation` does below.

@Suite struct FetchTests {
  /// What FET-012 calls a named tuple.
  private struct Evaluation: Fetchable {
    var loss: Output<Float>
    var step: Operation

    struct Value { var loss: Float? }

    func flatten(into list: inout FetchList) throws(StatusError) {
      try loss.flatten(into: &list)
      try step.flatten(into: &list)
    }

    func rebuild(from values: inout FetchedValues) throws(StatusError) -> Value {
      Value(loss: try loss.rebuild(from: &values).scalar)
    }
  }

  // FET-001, FET-002, FET-003
  @Test func `an operation gives nothing and a tensor its value`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1.5))
    let session = try Session(graph: graph)
    let nothing: Void = try session.run(x.operation)
    #expect(nothing == ())
    let value: Tensor<Float> = try session.run(x)
    #expect(value.shape.isScalar)
    #expect(value.scalar == 1.5)
    let erased: AnyTensor = try session.run(x.erased)
    #expect(erased.dtype == .float)
  }

  // FET-004, FET-036, FET-037, FET-038, FET-039
  @Test func `values of every dtype come back as they are`() throws {
    let graph = Graph()
    let session = try Session(graph: graph)
    #expect(try session.run(graph.constant(true)).scalar == true)
    #expect(try session.run(graph.constant(Float16(0.5))).scalar == 0.5)
    #expect(try session.run(graph.constant(BFloat16(Float(3)))).scalar == BFloat16(Float(3)))
    let complex = Complex64(1, -2)
    #expect(try session.run(graph.constant(complex)).scalar == complex)
    #expect(try session.run(graph.constant([QInt8(-3)])).scalars.map(\.storage) == [-3])
    #expect(try session.run(graph.constant(UInt64.max)).scalar == .max)
  }

  // FET-005, FET-006
  @Test func `strings are bytes`() throws {
    let graph = Graph()
    let x = try graph.constant(ByteString("x"))
    let y = try graph.constant([ByteString("x"), ByteString(bytes: [0xFF, 0])])
    let session = try Session(graph: graph)
    #expect(try session.run(x).scalar?.bytes == [0x78])
    #expect(try session.run(y).scalars.map(\.bytes) == [[0x78], [0xFF, 0]])
  }

  // FET-007, FET-008, FET-009
  @Test func `names fetch tensors and run operations`() throws {
    let graph = Graph()
    _ = try graph.constant(Float(1), name: "a")
    let session = try Session(graph: graph)
    #expect(try session.run("a:0")?.element(0, of: Float.self) == 1)
    #expect(try session.run("a") == nil)
    #expect(try session.run(ByteString("a:0"))?.element(0, of: Float.self) == 1)
    #expect(try session.run(ByteString("a")) == nil)
  }

  // FET-010, FET-011, FET-016, FET-020, FET-021, FET-022
  @Test func `structures come back in their own form`() throws {
    let graph = Graph()
    let a = try graph.constant(Float(1), name: "a")
    let b = try graph.constant(Int32(2), name: "b")
    let session = try Session(graph: graph)
    #expect(try session.run([a, a]).map(\.scalar) == [1, 1])
    let (first, second) = try session.run(a, b)
    #expect(first.scalar == 1)
    #expect(second.scalar == 2)
    let (list, (inner, dictionary)) = try session.run([a], FetchPack(b, ["x": [a, a]]))
    #expect(list.map(\.scalar) == [1])
    #expect(inner.scalar == 2)
    #expect(dictionary["x"]?.map(\.scalar) == [1, 1])
    #expect(try session.run([Output<Float>]()).isEmpty)
    #expect(try session.run([String: Output<Float>]()).isEmpty)
    let empty: Void = try session.run(FetchPack())
    #expect(empty == ())
  }

  // FET-012
  @Test func `a type of one's own rebuilds itself`() throws {
    let graph = Graph()
    let loss = try graph.constant(Float(0.25))
    let session = try Session(graph: graph)
    let evaluation = Evaluation(loss: loss, step: loss.operation)
    #expect(try session.run(evaluation).loss == 0.25)
    #expect(try session.run([evaluation, evaluation]).map(\.loss) == [0.25, 0.25])
  }

  // FET-013, FET-014, FET-018, FET-023
  @Test func `dictionaries keep their keys and pairs their order`() throws {
    let graph = Graph()
    let a = try graph.constant(Float(1))
    let b = try graph.constant(Float(2))
    let session = try Session(graph: graph)
    let values = try session.run(["k": a, "l": b])
    #expect(values.mapValues(\.scalar) == ["k": 1, "l": 2])
    let pairs: KeyValuePairs = ["b": b, "a": a]
    let ordered = try session.run(pairs)
    #expect(ordered.map(\.key) == ["b", "a"])
    #expect(ordered.map(\.value.scalar) == [2, 1])
    let operations: [String: Void] = try session.run(["z": a.operation])
    #expect(operations.keys.elementsEqual(["z"]))
  }

  // FET-024, FET-025, FET-026, RUN-001
  @Test func `an operation runs once however often it is fetched`() throws {
    let graph = try Graph.forTests()
    let count = try graph.count("FET-025")
    let session = try Session(graph: graph)
    let (first, second, _) = try session.run(count, count, count.operation)
    #expect(first.scalar == 1)
    #expect(second.scalar == 1)
    // The very same memory, not equal copies.
    #expect(first.erased.buffer === second.erased.buffer)
    #expect(Tally.count("FET-025") == 1)
    try session.run(count.operation)
    #expect(Tally.count("FET-025") == 2)
  }

  // FET-027
  @Test func `what is not needed does not run`() throws {
    let graph = try Graph.forTests()
    let failing = try graph.fail()
    let x = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    #expect(try session.run(x).scalar == 1)
    expectStatus(.invalidArgument, "as told", node: "failing") { try session.run(x, failing) }
  }

  // FET-028, FET-029
  @Test(arguments: [true, false])
  func `a variable gives its value or names itself while it has none`(isReference: Bool) throws {
    let graph = Graph()
    var options = VariableOptions()
    options.isReference = isReference
    let v = try graph.variable("v", initialValue: .constant(Float(7)), options: options)
    let session = try Session(graph: graph)
    expectStatus(
      .failedPrecondition,
      isReference ? "Attempting to use uninitialized value v" : "Could not find variable v"
    ) { try session.run(v.erased) }
    try session.run(v.initializer)
    #expect(try session.run(v.erased).element(0, of: Float.self) == 7)
  }

  // FET-030
  @Test func `the name of a variable runs its operation`() throws {
    let graph = Graph()
    var options = VariableOptions()
    options.isReference = true
    let v = try graph.variable("v", initialValue: .constant(Float(7)), options: options)
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    #expect(try session.run("v") == nil)
    #expect(try session.run("v:0")?.element(0, of: Float.self) == 7)
  }

  // FET-031, FET-062
  @Test func `a sparse tensor gives a sparse value, also inside of structures`() throws {
    let graph = Graph()
    let sparse = SparseOutput(
      indices: try graph.constant([Int64(0), 1], shape: [1, 2]),
      values: try graph.constant([Float(5)]), denseShape: try graph.constant([Int64(2), 3]))
    let session = try Session(graph: graph)
    let value: SparseTensorValue<Float> = try session.run(sparse)
    #expect(value.indices.shape.sizes == [1, 2])
    #expect(value.indices.scalars == [0, 1])
    #expect(value.values.scalars == [5])
    #expect(value.denseShape.scalars == [2, 3])
    let nested = try session.run(["s": [sparse]])
    #expect(nested["s"]?.first?.values.scalars == [5])
  }

  // FET-032, FET-033
  @Test func `indexed slices give their parts`() throws {
    let graph = Graph()
    let values = try graph.constant([Float(1), 2]).erased
    let indices = try graph.constant([Int32(4), 0]).erased
    let shape = try graph.constant([Int32(6)]).erased
    let session = try Session(graph: graph)
    let plain = try session.run(IndexedSlices(values: values, indices: indices))
    #expect(try plain.values.scalars(of: Float.self) == [1, 2])
    #expect(try plain.indices.scalars(of: Int32.self) == [4, 0])
    #expect(plain.denseShape == nil)
    let shaped = try session.run(
      IndexedSlices(values: values, indices: indices, denseShape: shape))
    #expect(try shaped.denseShape?.scalars(of: Int32.self) == [6])
  }

  // FET-034
  @Test func `a ragged tensor gives a ragged value`() throws {
    let graph = Graph()
    let ragged = RaggedOutput(
      flatValues: try graph.constant([Float(1), 2, 3]),
      rowSplits: [try graph.constant([Int64(0), 2, 3])])
    let value = try Session(graph: graph).run(ragged)
    #expect(value.flatValues.scalars == [1, 2, 3])
    #expect(value.rowSplits.map(\.scalars) == [[0, 2, 3]])
  }

  // FET-035
  @Test func `a resource gives an opaque handle`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .constant(Float(7)))
    let handle = try Session(graph: graph).run(v.erased.handle)
    #expect(handle.dtype == .resource)
    #expect(try handle.element(0, of: ResourceHandle.self).name == "v")
  }

  // FET-047, FET-048, FET-049, FET-050, FET-051, FET-052
  @Test(
    arguments: [
      ("b", "The name 'b' refers to an Operation not in the graph."),
      ("b:0", "The operation, 'b', does not exist in the graph."),
      ("a:1", "exists but only has 1 outputs."), ("a:x", "is not a valid one"),
      ("a:0:0", "is not a valid one"), ("", "not in the graph"), ("^a", "not in the graph"),
    ])
  func `a name that fits nothing is refused`(name: String, reason: String) throws {
    let graph = Graph()
    _ = try graph.constant(Float(1), name: "a")
    let session = try Session(graph: graph)
    let error = expectStatus(.invalidArgument, reason) { try session.run(name) }
    #expect(
      error?.message.contains("Argument `fetch` = \(name) cannot be interpreted as a Tensor.")
        ?? false)
  }

  // FET-049
  @Test func `an output that does not exist is refused`() throws {
    let graph = Graph()
    let a = try graph.constant(Float(1), name: "a")
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "exists but only has 1 outputs") {
      try session.run(a.operation.output(1))
    }
    expectStatus(.invalidArgument) { try session.run(a.operation.output(-1)) }
  }

  // FET-053
  @Test func `a tensor of another graph is refused`() throws {
    let graph = Graph()
    _ = try graph.constant(Float(1))
    let foreign = try Graph().constant(Float(1), name: "far")
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "is not an element of this graph") { try session.run(foreign) }
    expectStatus(.invalidArgument, "is not an element of this graph") {
      try session.run(foreign.operation)
    }
  }

  // FET-054
  @Test func `an operation that must not be fetched is refused`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1), name: "x")
    let y = try x + x
    graph.preventFetching(x.operation)
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "'x' has been marked as not fetchable") { try session.run(x) }
    expectStatus(.invalidArgument, "not fetchable") { try session.run(x.operation) }
    #expect(try session.run(y).scalar == 2)
  }

  // FET-055, FET-056, FET-061
  @Test func `a fetch that is fed gives the fed tensor and nothing runs`() throws {
    let graph = try Graph.forTests()
    let x = try Output<Int32>(graph.count("FET-055").erased)
    let session = try Session(graph: graph)
    let fed = try Tensor<Int32>(scalar: 42)
    let value = try session.run(x, feeding: x.feed(fed))
    #expect(value.erased.buffer === fed.erased.buffer)
    #expect(Tally.count("FET-055") == 0)
    let converted = try session.run(x.erased, feeding: x.feed(converting: true))
    #expect(try converted.element(0, of: Int32.self) == 1)
  }

  // FET-057, FET-058
  @Test func `a dead tensor has no value but may be a target`() throws {
    let graph = Graph()
    let data = try graph.constant(Float(1))
    let predicate = try graph.placeholder(Bool.self)
    let branches = try graph.addOperation("Switch", inputs: [data.erased, predicate.erased])
    let session = try Session(graph: graph)
    #expect(
      try session.run(branches.output(1), feeding: predicate.feed(true))
        .element(0, of: Float.self) == 1)
    expectStatus(.invalidArgument, "Retval[0] does not have value") {
      try session.run(branches.output(0), feeding: predicate.feed(true))
    }
    let dead = try graph.addOperation("Identity", inputs: [branches.output(0)])
    let (_, live) = try session.run(dead, data, feeding: predicate.feed(true))
    #expect(live.scalar == 1)
  }

  // FET-059, FET-060
  @Test(arguments: [true, false])
  func `results stay as they are when a variable changes`(isReference: Bool) throws {
    let graph = Graph()
    var options = VariableOptions()
    options.isReference = isReference
    let v = try graph.variable(
      "v", initialValue: .tensor(Tensor([Float(1), 2])), options: options)
    let grow = try v.assignAdd(Tensor([10, 10]))
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    let before = try session.run(v.value)
    let after = try session.run(grow)
    #expect(before.scalars == [1, 2])
    #expect(after.scalars == [11, 12])
    try session.run(grow.operation)
    #expect(after.scalars == [11, 12])
    #expect(try session.run(v.value).scalars == [21, 22])
  }

  @Test func `nil inside an optional fetch fetches nothing`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let session = try Session(graph: graph)
    let none: Output<Float>? = nil
    let (first, second) = try session.run(none, Optional(x))
    #expect(first == nil)
    #expect(second?.scalar == 1)
  }
}
