import LoomRuntime
import Testing
import Weirloom

/// Loops and conditionals run as straight code where they nest properly; the general order, which knows of
/// dead values, gives the same answers. CTL-009 CTL-010 CTL-011 CTL-001
@Suite struct StructureTests {
  private let graph = Graph()

  /// The values of `fetches` from a planned run, a second one in its memory, a traced run and a run in
  /// dataflow order.
  private func everyWay(
    _ fetches: [AnyOutput], feeding feeds: [Feed] = []
  ) throws -> [[AnyTensor]] {
    let all = Feed(parts: feeds.flatMap(\.parts))
    let planned = try Session(graph: graph)
    var configuration = SessionConfiguration()
    configuration.ordering = .dataflow
    let dataflow = try Session(graph: graph, configuration: configuration)
    return [
      try planned.run(fetches, feeding: all), try planned.run(fetches, feeding: all),
      try planned.traced(fetches, feeding: all).0, try planned.run(fetches, feeding: all),
      try dataflow.run(fetches, feeding: all),
    ]
  }

  private func expect(
    _ fetches: [AnyOutput], feeding feeds: [Feed] = [], are expected: [[Int]],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for values in try everyWay(fetches, feeding: feeds) {
      #expect(try values.map { try $0.integers() } == expected, sourceLocation: sourceLocation)
    }
  }

  @Test(.inThisProcess("the plan of a server's run is out of reach"))
  func `loops and conditionals that nest are straight code, dead values that are fetched are not`()
    throws
  {
    let x = try graph.constant(Int32(3)).erased
    let choice = try graph.placeholder(Bool.self)
    let (_, sum) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Int32(0))
    ) { count, _ in
      try less(count, 7)
    } body: { count, sum in
      let next = try cond(less(count, 3)) {
        [try (sum + count).erased]
      } else: {
        [sum.erased]
      }
      return (try count + 1, try Output<Int32>(next[0]))
    }
    let picked = try cond(choice) {
      [sum.erased]
    } else: {
      [x]
    }
    let sides = try graph.addOperation("Switch", inputs: [x, choice.erased])
    let session = try Session(graph: graph)
    defer { session.close() }
    func isStructured(_ fetch: AnyOutput) throws -> Bool? {
      try session.direct?.plan(
        RunSignature(feeds: [choice.erased.endpoint], fetches: [fetch.endpoint], targets: [])
      ).plan.isStructured
    }
    #expect(try isStructured(sum.erased) == true)
    #expect(try isStructured(picked[0]) == true)
    #expect(try isStructured(sides.output(1)) == false)
  }

  @Test(.inThisProcess("it is about plans, which servers keep to themselves"))
  func `only plans that keep to themselves may run on threads that serve others`() throws {
    let x = try graph.placeholder(Float.self)
    let sum = try x + x
    let variable = try graph.variable("counter", initialValue: .constant(Float(0)))
    let added = try variable.assignAdd(Tensor(scalar: 1))
    let asked = try graph.hostFunction([x.erased], returning: [.float], isStateful: false) { $0 }
    let queue = try graph.fifoQueue(capacity: 1, of: Float.self)
    let taken = try queue.dequeue()
    let looped = try whileLoop(loopVariables: x) {
      try less($0, 7)
    } body: {
      try $0 + 1
    }
    let session = try Session(graph: graph)
    defer { session.close() }
    func isPrompt(_ fetch: AnyOutput) throws -> Bool? {
      try session.direct?.plan(
        RunSignature(feeds: [x.erased.endpoint], fetches: [fetch.endpoint], targets: [])
      ).plan.isPrompt
    }
    #expect(try isPrompt(sum.erased) == true)
    #expect(try isPrompt(added.erased) == true)
    #expect(try isPrompt(asked[0]) == false)
    #expect(try isPrompt(taken.erased) == false)
    #expect(try isPrompt(looped.erased) == false)
  }

  @Test(.inThisProcess("it is about plans, which servers keep to themselves"))
  func `a step that has become slow leaves the caller's thread, and comes back`() async throws {
    let x = try graph.placeholder(Float.self)
    let sum = try x + x
    let session = try Session(graph: graph)
    defer { session.close() }
    let engine = try #require(session.direct)
    let plan = try engine.plan(
      RunSignature(feeds: [x.erased.endpoint], fetches: [sum.erased.endpoint], targets: []))
    let feed = try AnyTensor(scalar: Float(2))
    #expect(!plan.isBrief([feed]), "nothing is known of its time yet")
    _ = try plan.timed { () throws(StatusError) in 0 }
    #expect(plan.isBrief([feed]))
    let large = try AnyTensor([Float](repeating: 0, count: 1 << 16), shape: Shape([1 << 16]))
    #expect(!plan.isBrief([large]))
    let slow = ContinuousClock.now + .milliseconds(1)
    _ = try plan.timed { () throws(StatusError) in while ContinuousClock.now < slow {} }
    #expect(!plan.isBrief([feed]))
    // A run elsewhere finds out that it is brief again; the results are the same on both ways.
    for _ in 0..<50 {
      let values = try await engine.runDetached(plan, feeds: [feed], options: RunOptions())
      #expect(try values.first?.scalars(of: Float.self) == [4])
    }
  }

  @Test func `a handle is made once, and again when its variable is gone`() throws {
    let handle = try graph.addOperation(
      "VarHandleOp", attributes: ["dtype": .type(.int32), "shape": .shape(.scalar)], name: "v"
    ).output(0)
    let value = try graph.placeholder(Int32.self)
    let assign = try graph.addOperation("AssignVariableOp", inputs: [handle, value.erased])
    let read = try graph.addOperation(
      "ReadVariableOp", inputs: [handle], attributes: ["dtype": .type(.int32)]
    ).output(0)
    let destroy = try graph.addOperation("DestroyResourceOp", inputs: [handle])
    let session = try Session(graph: graph)
    for number in [Int32(3), 4] {
      try session.run(assign, feeding: value.feed(number))
      for _ in 0..<3 {
        let values = try session.run([read, handle])
        #expect(try values[0].integers() == [Int(number)])
        #expect(values[1].dtype == .resource)
        #expect(try session.run(read).integers() == [Int(number)])
      }
      try session.run(destroy)
      expectStatus(.failedPrecondition, "Could not find variable v") { try session.run(read) }
    }
  }

  @Test func `variables of a loop may take each other's place`() throws {
    let (_, a, b, c) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Int32(1)), graph.constant(Int32(2)),
      graph.constant(Int32(3))
    ) { count, _, _, _ in
      try less(count, 7)
    } body: { count, a, b, c in
      (try count + 1, b, c, a)
    }
    try expect([a.erased, b.erased, c.erased], are: [[2], [3], [1]])
  }

  @Test func `a variable of a loop may become two`() throws {
    let (_, a, b) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Int32(1)), graph.constant(Int32(5))
    ) { count, _, _ in
      try less(count, 3)
    } body: { count, a, b in
      let sum = try a + b
      return (try count + 1, sum, sum)
    }
    try expect([a.erased, b.erased], are: [[24], [24]])
  }

  @Test func `what a loop takes over is not written over`() throws {
    // Large enough for kernels to write in place.
    let x = try graph.placeholder(Int32.self, shape: [2000])
    let (_, y) = try whileLoop(loopVariables: graph.constant(Int32(0)), x) { count, _ in
      try less(count, 5)
    } body: { count, y in
      (try count + 1, try y + y)
    }
    let ones = try Tensor([Int32](repeating: 1, count: 2000))
    try expect(
      [y.erased, x.erased], feeding: [x.feed(ones)],
      are: [[Int](repeating: 32, count: 2000), [Int](repeating: 1, count: 2000)])
    #expect(try ones.erased.integers().allSatisfy { $0 == 1 })
  }

  @Test(arguments: [true, false])
  func `a branch may pass a value through`(_ taken: Bool) throws {
    let x = try graph.placeholder(Int32.self)
    let choice = try graph.placeholder(Bool.self)
    let y = try cond(choice) {
      [try (x + 1).erased, x.erased]
    } else: {
      [x.erased, x.erased]
    }
    try expect(
      y + [x.erased], feeding: [x.feed(4), choice.feed(taken)],
      are: [[taken ? 5 : 4], [4], [4]])
  }

  @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
  func `conditionals nest`(_ outer: Bool, _ inner: Bool) throws {
    let x = try graph.constant(Int32(10))
    let p = try graph.placeholder(Bool.self)
    let q = try graph.placeholder(Bool.self)
    let y = try cond(p) {
      try cond(q) {
        [try (x + 1).erased]
      } else: {
        [try (x + 2).erased]
      }
    } else: {
      try cond(q) {
        [try (x * 3).erased]
      } else: {
        [x.erased]
      }
    }
    let expected = outer ? (inner ? 11 : 12) : (inner ? 30 : 10)
    try expect(y, feeding: [p.feed(outer), q.feed(inner)], are: [[expected]])
  }

  @Test func `a loop may hold a conditional, and a conditional a loop`() throws {
    let limit = try graph.placeholder(Int32.self)
    let sum = try cond(greater(limit, 0)) {
      let (_, sum) = try whileLoop(
        loopVariables: graph.constant(Int32(0)), graph.constant(Int32(0))
      ) { count, _ in
        try less(count, limit)
      } body: { count, sum in
        let next = try cond(less(count, 3)) {
          [try (sum + count).erased]
        } else: {
          [sum.erased]
        }
        return (try count + 1, try Output<Int32>(next[0]))
      }
      return [sum.erased]
    } else: {
      [try graph.constant(Int32(-1)).erased]
    }
    let bound = limit
    for (limit, expected) in [(0, -1), (1, 0), (3, 3), (10, 3)] {
      try expect(sum, feeding: [bound.feed(Int32(limit))], are: [[expected]])
    }
  }

  /// `while i < 4 { i += 1 }`, whose value leaves through two exits.
  @Test func `a value may leave a loop twice`() throws {
    func op(_ op: String, _ inputs: [AnyOutput], _ attributes: [String: AttributeValue] = [:])
      throws
      -> AnyOutput
    {
      try graph.addOperation(op, inputs: inputs, attributes: attributes).output(0)
    }
    let frame: [String: AttributeValue] = ["frame_name": "loop"]
    let constant: [String: AttributeValue] = ["frame_name": "loop", "is_constant": true]
    let start = try op("Enter", [graph.constant(Int32(0)).erased], frame)
    let bound = try op("Enter", [graph.constant(Int32(4)).erased], constant)
    let one = try op("Enter", [graph.constant(Int32(1)).erased], constant)
    let merge = try op("Merge", [start, start])
    let condition = try op("LoopCond", [op("Less", [merge, bound])])
    let choice = try graph.addOperation("Switch", inputs: [merge, condition])
    let next = try op("NextIteration", [op("AddV2", [choice.output(1), one])])
    try graph.updateInput(1, of: merge.operation, to: next)
    let exits = try (0..<2).map { _ in try op("Exit", [choice.output(0)]) }
    try expect(exits, are: [[4], [4]])
  }

  @Test(arguments: [true, false])
  func `a merge says which branch came`(_ taken: Bool) throws {
    let x = try graph.constant(Int32(7)).erased
    let choice = try graph.placeholder(Bool.self)
    let sides = try graph.addOperation("Switch", inputs: [x, choice.erased])
    let more = try graph.addOperation("AddV2", inputs: [sides.output(1), x]).output(0)
    let merge = try graph.addOperation("Merge", inputs: [sides.output(0), more])
    try expect(
      [merge.output(0), merge.output(1)], feeding: [choice.feed(taken)],
      are: taken ? [[14], [1]] : [[7], [0]])
  }

  @Test func `a value of the branch not taken can't be fetched, again and again`() throws {
    let x = try graph.constant(Int32(7)).erased
    let choice = try graph.placeholder(Bool.self)
    let sides = try graph.addOperation("Switch", inputs: [x, choice.erased])
    let session = try Session(graph: graph)
    for _ in 0..<2 {
      #expect(
        try session.run(sides.output(1), feeding: choice.feed(true)).integers() == [7])
      #expect(throws: StatusError.self) {
        try session.run(sides.output(1), feeding: choice.feed(false))
      }
    }
  }
}
