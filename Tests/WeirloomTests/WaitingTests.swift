import Foundation
import Testing
import Weirloom

/// Steps that wait for something outside, and go on meanwhile.
@Suite struct WaitingTests {
  private static func name() -> String { "gate \(UInt64.random(in: 0...UInt64.max))" }

  /// Waits until `condition` holds, ten seconds at most.
  private static func eventually(_ condition: () -> Bool) async -> Bool {
    for _ in 0..<10_000 {
      if condition() { return true }
      try? await Task.sleep(for: .milliseconds(1))
    }
    return false
  }

  // RUN-005
  @Test func `what does not depend on a waiting node runs, and may be what it waits for`() throws {
    let graph = Graph(registry: try .withGates())
    let gate = WaitingTests.name()
    let x = try graph.placeholder(Float.self, shape: .scalar)
    let late = try graph.pass(x.erased, gate)
    let opened = try graph.open(graph.addOperation("Neg", inputs: [x.erased]).output(0), gate)
    let sum = try graph.addOperation("AddV2", inputs: [late, opened]).output(0)
    let twice = try graph.addOperation("AddV2", inputs: [late, late]).output(0)
    let session = try Session(graph: graph)
    for fetches in [[sum, twice], [twice, sum, opened], [late, opened]] {
      let values = try session.run(fetches, feeding: x.feed(3))
      #expect(values.count == fetches.count)
      let expected: Float = fetches[0] == sum ? 0 : fetches[0] == twice ? 6 : 3
      #expect(try values[0].element(0, of: Float.self) == expected)
    }
  }

  @Test func `a node in a loop waits without holding up the rest of the step`() throws {
    let graph = Graph(registry: try .withGates())
    let gate = WaitingTests.name()
    let limit = try graph.constant(Int32(5)).erased
    let enter = try graph.addOperation(
      "Enter", inputs: [graph.constant(Int32(0)).erased], attributes: ["frame_name": "loop"])
    let bound = try graph.addOperation(
      "Enter", inputs: [limit], attributes: ["frame_name": "loop", "is_constant": true])
    let merge = try graph.addOperation("Merge", inputs: [enter.output(0), enter.output(0)])
    let less = try graph.addOperation("Less", inputs: [merge.output(0), bound.output(0)])
    let condition = try graph.addOperation("LoopCond", inputs: [less.output(0)])
    let choice = try graph.addOperation("Switch", inputs: [merge.output(0), condition.output(0)])
    let waited = try graph.pass(choice.output(1), gate)
    let one = try graph.withControlDependencies(on: [waited.operation]) { () throws(StatusError) in
      try graph.constant(Int32(1)).erased
    }
    let next = try graph.addOperation(
      "NextIteration", inputs: [graph.addOperation("AddV2", inputs: [waited, one]).output(0)])
    try graph.updateInput(1, of: merge, to: next.output(0))
    let exit = try graph.addOperation("Exit", inputs: [choice.output(0)]).output(0)
    let opened = try graph.open(graph.placeholder(Float.self).erased, gate)
    let session = try Session(graph: graph)
    let values = try session.run(
      [exit, opened], feeding: Output<Float>(opened.operation.inputs[0]).feed(1))
    #expect(try values[0].integers() == [5])
  }

  @Test(arguments: ["PartitionedCall", "While", "If"])
  func `a function that waits holds up its caller only`(_ kind: String) throws {
    let graph = Graph(registry: try .withGates())
    let gate = WaitingTests.name()
    let pass = FunctionDefinition.Pass(gate: gate)
    try graph.add(pass.definition())
    try graph.add(FunctionDefinition.lessThan(3))
    let x = try graph.placeholder(Float.self, shape: .scalar)
    let reference = { AttributeValue.function(FunctionReference(name: $0)) }
    let called: AnyOutput
    switch kind {
    case "PartitionedCall":
      called = try graph.addOperation(
        "StatefulPartitionedCall", inputs: [x.erased],
        attributes: ["Tout": .list([.type(.float)]), "f": reference("pass")]
      ).output(0)
    case "While":
      called = try graph.addOperation(
        "While", inputs: [x.erased],
        attributes: ["cond": reference("less"), "body": reference("pass")]
      ).output(0)
    default:
      called = try graph.addOperation(
        "If", inputs: [graph.constant(true).erased, x.erased],
        attributes: [
          "Tin": .list([.type(.float)]), "Tout": .list([.type(.float)]),
          "then_branch": reference("pass"),
          "else_branch": reference("pass"),
        ]
      ).output(0)
    }
    let opened = try graph.open(graph.addOperation("Neg", inputs: [x.erased]).output(0), gate)
    let session = try Session(graph: graph)
    let values = try session.run([called, opened], feeding: x.feed(1))
    #expect(try values[0].element(0, of: Float.self) == (kind == "While" ? 3 : 2))
  }

  @Test func `many runs wait without threads of their own`() async throws {
    let graph = Graph(registry: try .withGates())
    let gate = WaitingTests.name()
    let x = try graph.placeholder(Float.self, shape: .scalar)
    let y = try Output<Float>(graph.pass(x.erased, gate))
    let session = try Session(graph: graph)
    let count = 1000
    let sum = try await withThrowingTaskGroup(of: Float.self) { group in
      for index in 0..<count {
        group.addTask { try await session.run(y, feeding: x.feed(Float(index))).scalar ?? -1 }
      }
      #expect(await WaitingTests.eventually { Gate.named(gate).waitingCount == count })
      // Other tests have threads too, some of them many.
      #expect(threadCount() < count / 2)
      Gate.named(gate).open()
      return try await group.reduce(0, +)
    }
    #expect(sum == Float(count * (count - 1) / 2))
  }

  @Test func `a cancelled task ends the run that waits, and withdraws what it asked for`()
    async throws
  {
    let graph = Graph(registry: try .withGates())
    let gate = WaitingTests.name()
    let y = try Output<Float>(graph.pass(graph.constant(Float(1)).erased, gate))
    let session = try Session(graph: graph)
    let task = Task { try await session.run(y) }
    #expect(await WaitingTests.eventually { Gate.named(gate).waitingCount == 1 })
    task.cancel()
    await expectStatus(.cancelled) { try await task.value }
    #expect(await holdsAfterCancellation { Gate.named(gate).waitingCount == 0 })
    Gate.named(gate).open()
    #expect(try await session.run(y).scalar == 1)
  }

  @Test func `closing a session ends all waits`() async throws {
    let graph = Graph(registry: try .withGates())
    let gate = WaitingTests.name()
    let y = try Output<Float>(graph.pass(graph.constant(Float(1)).erased, gate))
    let session = try Session(graph: graph)
    let tasks = (0..<20).map { _ in Task { try await session.run(y) } }
    #expect(await WaitingTests.eventually { Gate.named(gate).waitingCount == 20 })
    session.close()
    for task in tasks { await expectStatus(.cancelled) { try await task.value } }
    #expect(Gate.named(gate).waitingCount == 0)
  }

  /// Other tests keep the machine busy meanwhile: one good time of twenty shows what the session does.
  @Test func `closing a session ends a wait within a tenth of a second`() throws {
    var best = Duration.seconds(60)
    for _ in 0..<20 where best > .milliseconds(100) {
      let graph = Graph(registry: try .withGates())
      let gate = WaitingTests.name()
      let y = try Output<Float>(graph.pass(graph.constant(Float(1)).erased, gate))
      let session = try Session(graph: graph)
      let thread = OnThread { try session.run(y) }
      while Gate.named(gate).waitingCount == 0 { usleep(100) }
      best = min(
        best,
        elapsed {
          session.close()
          expectStatus(.cancelled) { try thread.value() }
        })
    }
    #expect(best < .milliseconds(100))
  }

  @Test func `a run that waits ends at its deadline`() throws {
    let graph = Graph(registry: try .withGates())
    let gate = WaitingTests.name()
    let y = try Output<Float>(graph.pass(graph.constant(Float(1)).erased, gate))
    let session = try Session(graph: graph)
    var options = RunOptions()
    options.timeout = .milliseconds(20)
    expectStatus(.deadlineExceeded) { try session.run(y, options: options) }
    #expect(Gate.named(gate).waitingCount == 0)
  }

  @Test func `a failure elsewhere ends a step that waits`() throws {
    let graph = Graph(registry: try .withGates().adding(TestFail.self))
    let gate = WaitingTests.name()
    let y = try Output<Float>(graph.pass(graph.constant(Float(1)).erased, gate))
    let failing = try graph.fail(.dataLoss, "elsewhere")
    let session = try Session(graph: graph)
    expectStatus(.dataLoss, "elsewhere", node: "failing") { try session.run(y, failing) }
    #expect(Gate.named(gate).waitingCount == 0)
  }

  @Test func `partial runs go on past a node that waits`() throws {
    let graph = Graph(registry: try .withGates())
    let gate = WaitingTests.name()
    let a = try graph.placeholder(Float.self, shape: .scalar)
    let b = try graph.placeholder(Float.self, shape: .scalar)
    let late = try Output<Float>(graph.pass(a.erased, gate))
    let early = try Output<Float>(graph.addOperation("Neg", inputs: [a.erased]).output(0))
    let opened = try Output<Float>(graph.open(b.erased, gate))
    let session = try Session(graph: graph)
    let values = try session.withPartialRun(
      feeding: a, b, fetching: late, early, opened
    ) { run throws(StatusError) in
      let first = try run.fetch(early, feeding: a.feed(2)).scalar
      let second = try run.fetch(opened, feeding: b.feed(5)).scalar
      return [first, second, try run.fetch(late).scalar]
    }
    #expect(values == [-2, 5, 2])
  }
}

/// Threads of this process.
private func threadCount() -> Int {
  (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
}

extension FunctionDefinition {
  /// `pass(x) = TestPass(x) + 1`
  struct Pass {
    let gate: String
    private let signature = OpSignature("pass", inputs: ["x: float"], outputs: ["y: float"])

    init(gate: String) { self.gate = gate }

    func definition() throws -> FunctionDefinition {
      try FunctionDefinition(
        name: "pass", inputs: signature.inputs, outputs: signature.outputs, isStateful: true,
        nodes: [
          NodeDefinition(
            name: "passed", op: "TestPass", inputs: ["x"],
            attributes: ["T": .type(.float), "gate": .string(ByteString(gate))]),
          FunctionDefinition.one("one", 1),
          NodeDefinition(
            name: "sum", op: "AddV2", inputs: ["passed:y:0", "one:output:0"],
            attributes: ["T": .type(.float)]),
        ], returns: ["y": "sum:z:0"])
    }
  }

  /// `less(x) = x < limit`
  static func lessThan(_ limit: Float) throws -> FunctionDefinition {
    let signature = OpSignature("less", inputs: ["x: float"], outputs: ["y: bool"])
    return try FunctionDefinition(
      name: "less", inputs: signature.inputs, outputs: signature.outputs,
      nodes: [
        one("limit", limit),
        NodeDefinition(
          name: "less", op: "Less", inputs: ["x", "limit:output:0"],
          attributes: ["T": .type(.float)]),
      ], returns: ["y": "less:z:0"])
  }

  private static func one(_ name: String, _ value: Float) throws -> NodeDefinition {
    NodeDefinition(
      name: name, op: "Const", inputs: [],
      attributes: ["dtype": .type(.float), "value": .tensor(try AnyTensor(scalar: value))])
  }
}
