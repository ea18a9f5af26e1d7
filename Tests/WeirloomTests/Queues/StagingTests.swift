import Testing
import Weirloom

/// Staging areas, with and without keys.
@Suite struct StagingTests {
  private struct Area {
    let graph = Graph()
    let session: Session
    let types: [DType] = [.float, .int32]

    init() throws { session = try Session(graph: graph) }

    func attributes(_ more: [String: AttributeValue] = [:]) -> [String: AttributeValue] {
      ["dtypes": .types(types), "shared_name": "area"].merging(more) { $1 }
    }

    func stage(
      _ x: Float, _ y: Int32, _ more: [String: AttributeValue] = [:]
    ) throws -> Operation {
      try graph.addOperation(
        "Stage", inputs: [graph.constant(x).erased, graph.constant(y).erased],
        attributes: attributes(more))
    }

    func outputs(_ op: String, _ inputs: [AnyOutput] = []) throws -> [AnyOutput] {
      try graph.addOperation(op, inputs: inputs, attributes: attributes()).outputs
    }

    func number(_ op: String) throws -> Int {
      try session.run(outputs(op)[0]).integers()[0]
    }

    func key(_ key: Int64) throws -> AnyOutput { try graph.constant(key).erased }
    func places(_ indices: Int32...) throws -> AnyOutput { try graph.constant(indices).erased }

    func mapStage(
      _ family: String, _ key: Int64, _ indices: [Int32], _ values: [AnyOutput],
      _ more: [String: AttributeValue] = [:]
    ) throws -> Operation {
      try graph.addOperation(
        family + "MapStage", inputs: [self.key(key), graph.constant(indices).erased] + values,
        attributes: attributes(["fake_dtypes": .types(values.map(\.dtype))].merging(more) { $1 }))
    }
  }

  // RES-013
  @Test func `elements are staged, looked at, counted, taken and cleared`() throws {
    let area = try Area()
    try area.session.run(area.stage(1, 10))
    try area.session.run(area.stage(2, 20))
    #expect(try area.number("StageSize") == 2)
    let peeked = try area.session.run(
      area.outputs("StagePeek", [area.graph.constant(Int32(1)).erased]))
    #expect(try peeked[0].scalars(of: Float.self) == [2])
    let first = try area.session.run(area.outputs("Unstage"))
    #expect(try first[0].scalars(of: Float.self) == [1])
    #expect(try first[1].integers() == [10])
    #expect(try area.number("StageSize") == 1)
    try area.session.run(area.graph.addOperation("StageClear", attributes: area.attributes()))
    #expect(try area.number("StageSize") == 0)
  }

  @Test func `a full area lets those wait who stage`() async throws {
    let area = try Area()
    let stage = try area.stage(1, 10, ["capacity": 1])
    let take = try area.outputs("Unstage")
    try await area.session.run(stage)
    expectStatus(.deadlineExceeded) { try area.session.run(stage, options: .briefly) }
    let session = area.session
    // A server that is late with the first may let it in after all: then these fail instead of waiting.
    let task = Task { try await session.run(stage, options: .patiently) }
    _ = try await session.run(take, options: .patiently)
    try await task.value
    _ = try await session.run(take, options: .patiently)
    expectStatus(.deadlineExceeded) { try session.run(take, options: .briefly) }
  }

  @Test func `what exceeds the memory limit, or its taker's signature, is refused`() throws {
    let area = try Area()
    let large = try area.graph.addOperation(
      "Stage", inputs: [area.graph.constant([Float](repeating: 0, count: 100)).erased],
      attributes: ["memory_limit": 300, "dtypes": .types([.float])])
    expectStatus(
      .resourceExhausted,
      "Attempted to insert tensors with combined size of '400' bytes into Staging Area with a "
        + "memory limit of '300'."
    ) { try area.session.run(large) }
    try area.session.run(area.stage(1, 2))
    let other = try area.graph.addOperation(
      "Unstage", attributes: ["dtypes": .types([.float]), "shared_name": "area"])
    expectStatus(.invalidArgument, "Mismatch stage/unstage: 2 vs. 1") {
      try area.session.run(other)
    }
    #expect(try area.number("StageSize") == 1)
  }

  @Test func `areas without a shared name belong to their node's name`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1)).erased
    let stage = try graph.addOperation(
      "Stage", inputs: [x], attributes: ["dtypes": .types([.float])], name: "a")
    let sizes = try ["b", "c"].map {
      try graph.addOperation("StageSize", attributes: ["dtypes": .types([.float])], name: $0)
    }
    let session = try Session(graph: graph)
    try session.run(stage)
    #expect(try session.run(sizes[0].output(0)).integers() == [0])
  }

  @Test(arguments: ["", "Ordered"])
  func `components of keys may come and go one by one`(_ family: String) throws {
    let area = try Area()
    let (x, y) = (
      try area.graph.constant(Float(1)).erased, try area.graph.constant(Int32(7)).erased
    )
    try area.session.run(area.mapStage(family, 5, [0, 1], [x, y]))
    try area.session.run(area.mapStage(family, 3, [0], [x]))
    #expect(try area.number(family + "MapSize") == 1)
    #expect(try area.number(family + "MapIncompleteSize") == 1)
    expectStatus(
      .invalidArgument, "The tensor for index '0' for key '3' was already initialized '2'."
    ) { try area.session.run(area.mapStage(family, 3, [0], [x])) }
    try area.session.run(area.mapStage(family, 3, [1], [y]))
    #expect(try area.number(family + "MapSize") == 2)
    let peek = try area.outputs(family + "MapPeek", [area.key(3), area.places(0, 1)])
    #expect(try area.session.run(peek)[1].integers() == [7])
    let one = try area.graph.addOperation(
      family + "MapUnstage", inputs: [area.key(3), area.places(1)],
      attributes: ["dtypes": .types([.int32]), "shared_name": "area"])
    #expect(try area.session.run(one.output(0)).integers() == [7])
    expectStatus(.invalidArgument, "Tensor at index '1' for key '3' has already been removed.") {
      try area.session.run(one)
    }
    try area.session.run(
      area.graph.addOperation(family + "MapClear", attributes: area.attributes()))
    #expect(try area.number(family + "MapSize") == 0)
    expectStatus(.deadlineExceeded) { try area.session.run(peek, options: .briefly) }
  }

  @Test func `the ordered area gives its least key first`() throws {
    let area = try Area()
    let (x, y) = (
      try area.graph.constant(Float(1)).erased, try area.graph.constant(Int32(7)).erased
    )
    for key in [5, -2, 9, 0] as [Int64] {
      try area.session.run(area.mapStage("Ordered", key, [0, 1], [x, y]))
    }
    let take = try area.outputs("OrderedMapUnstageNoKey", [area.places(0, 1)])
    for key in [-2, 0, 5, 9] { #expect(try area.session.run(take)[0].integers() == [key]) }
  }

  @Test func `bad keys and indices are refused`() throws {
    let area = try Area()
    let (x, y) = (
      try area.graph.constant(Float(1)).erased, try area.graph.constant(Int32(7)).erased
    )
    expectStatus(.invalidArgument, "Indices are not strictly ordered") {
      try area.session.run(area.mapStage("", 1, [1, 0], [y, x]))
    }
    expectStatus(.invalidArgument, "Index '2' for key '1' was out of bounds '2'.") {
      try area.session.run(area.mapStage("", 1, [0, 2], [x, y]))
    }
    expectStatus(.invalidArgument, "Expected as many indices as values") {
      try area.session.run(area.mapStage("", 1, [0], [x, y]))
    }
    let keys = try area.graph.addOperation(
      "MapUnstage", inputs: [area.graph.constant([1, 2] as [Int64]).erased, area.places(0)],
      attributes: ["dtypes": .types([.float]), "shared_name": "area"])
    expectStatus(.invalidArgument, "key must be an int64 scalar, got tensor with shape: [2]") {
      try area.session.run(keys)
    }
  }
}
