import Testing
import Weirloom

/// Barriers join components that come one by one.
@Suite struct BarrierTests {
  private struct Barrier {
    let graph = Graph()
    let handle: AnyOutput
    let session: Session

    init() throws {
      handle = try graph.addOperation(
        "Barrier",
        attributes: ["component_types": .types([.float, .string]), "shapes": .shapes([[], []])],
        name: "b"
      ).output(0)
      session = try Session(graph: graph)
    }

    func insert(_ keys: [String], _ values: [Float]) throws {
      try insert(keys, graph.constant(values).erased, 0)
    }

    func insert(_ keys: [String], _ values: [String]) throws {
      try insert(keys, graph.constant(values.map { ByteString($0) }).erased, 1)
    }

    private func insert(_ keys: [String], _ values: AnyOutput, _ index: Int64) throws {
      let keys = try graph.constant(keys.map { ByteString($0) })
      try session.run(
        graph.addOperation(
          "BarrierInsertMany", inputs: [handle, keys.erased, values],
          attributes: ["component_index": .int(index)]))
    }

    func take(_ count: Int32, allowsFewer: Bool = false) throws -> [AnyOutput] {
      try graph.addOperation(
        "BarrierTakeMany", inputs: [handle, graph.constant(count).erased],
        attributes: [
          "component_types": .types([.float, .string]), "allow_small_batch": .bool(allowsFewer),
        ]
      ).outputs
    }

    func close(cancelling: Bool = false) throws {
      try session.run(
        graph.addOperation(
          "BarrierClose", inputs: [handle],
          attributes: ["cancel_pending_enqueues": .bool(cancelling)]))
    }

    var sizes: [Int] {
      get throws {
        try ["BarrierReadySize", "BarrierIncompleteSize"].map { op in
          try session.run(graph.addOperation(op, inputs: [handle]).output(0)).integers()[0]
        }
      }
    }
  }

  // RES-001
  @Test func `elements are whole when all components came, and leave by their first`() throws {
    let barrier = try Barrier()
    try barrier.insert(["a", "b", "c"], [1, 2, 3])
    #expect(try barrier.sizes == [0, 3])
    try barrier.insert(["b", "a"], ["B", "A"])
    #expect(try barrier.sizes == [2, 1])
    var values = try barrier.session.run(barrier.take(2))
    #expect(try values[0].scalars(of: Int64.self) == [.min, .min])
    #expect(try values[1].scalars(of: ByteString.self) == ["b", "a"])
    #expect(try values[2].scalars(of: Float.self) == [2, 1])
    #expect(try values[3].scalars(of: ByteString.self) == ["B", "A"])
    try barrier.insert(["d"], ["D"])
    try barrier.insert(["d"], [4])
    try barrier.insert(["c"], ["C"])
    values = try barrier.session.run(barrier.take(2))
    #expect(try values[0].scalars(of: Int64.self) == [.min, .min + 1])
    #expect(try values[1].scalars(of: ByteString.self) == ["c", "d"])
  }

  // RES-001
  @Test func `a second value for a component is refused`() throws {
    let barrier = try Barrier()
    try barrier.insert(["a"], [1])
    expectStatus(.invalidArgument, "Key a already has a value for component 0 in barrier _0_b") {
      try barrier.insert(["x", "a", "y"], [1, 5, 6])
    }
    #expect(try barrier.sizes == [0, 2])
  }

  // RES-001
  @Test func `a closed barrier lets elements be completed and takes no new ones`() throws {
    let barrier = try Barrier()
    try barrier.insert(["a"], [1])
    try barrier.close()
    expectStatus(.cancelled, "is already closed.") { try barrier.close() }
    expectStatus(.cancelled, "Barrier _0_b is closed, but attempted to insert a brand new key: b.")
    {
      try barrier.insert(["b"], [1])
    }
    try barrier.insert(["a"], ["A"])
    expectStatus(
      .cancelled,
      "Barrier _0_b is closed.  Pending enqueues cancelled: 0.  Number of new insertions: 1.  "
        + "Number of incomplete keys: 0."
    ) { try barrier.insert(["b"], [1]) }
    expectStatus(
      .outOfRange,
      "Barrier '_0_b' is closed and has insufficient elements (requested 2, total size 1)"
    ) { try barrier.session.run(barrier.take(2)) }
    let values = try barrier.session.run(barrier.take(2, allowsFewer: true))
    #expect(try values[1].scalars(of: ByteString.self) == ["a"])
    expectStatus(.outOfRange, "(requested 0, total size 0)") {
      try barrier.session.run(barrier.take(2, allowsFewer: true))
    }
  }

  @Test func `closing and cancelling drops incomplete elements`() throws {
    let barrier = try Barrier()
    try barrier.insert(["a"], [1])
    try barrier.close(cancelling: true)
    #expect(try barrier.sizes == [0, 0])
    expectStatus(.cancelled, "Pending enqueues cancelled: 1.") { try barrier.insert(["a"], ["A"]) }
  }

  @Test func `a take waits until elements are whole`() async throws {
    let barrier = try Barrier()
    try barrier.insert(["a"], [1])
    let outputs = try barrier.take(1)
    expectStatus(.deadlineExceeded) { try barrier.session.run(outputs, options: .briefly) }
    let session = barrier.session
    let task = Task { try await session.run(outputs)[1] }
    try barrier.insert(["a"], ["A"])
    #expect(try await task.value.scalars(of: ByteString.self) == ["a"])
  }

  @Test func `a barrier cannot be made without shapes or with a capacity`() throws {
    let graph = Graph()
    let types: AttributeValue = .types([.float])
    let plain = try graph.addOperation("Barrier", attributes: ["component_types": types])
    let small = try graph.addOperation(
      "Barrier",
      attributes: ["component_types": types, "shapes": .shapes([[]]), "capacity": 3])
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "All of the component shapes must be specified") {
      try session.run(plain)
    }
    expectStatus(.invalidArgument, "Barrier only accepts capacity=-1.") { try session.run(small) }
  }
}
