import Testing
import Weirloom

/// Loops and conditionals that are wrong, and where they are placed.
@Suite struct LoopFaultTests {
  private let graph = Graph()

  private func enter(_ value: AnyOutput, _ frame: String) throws -> AnyOutput {
    try graph.addOperation(
      "Enter", inputs: [value], attributes: ["frame_name": .string(ByteString(frame))]
    ).output(0)
  }

  @Test func `values of different frames can't be mixed`() throws {
    let value = try graph.constant(Float(1)).erased
    let mixed = try graph.addOperation(
      "AddV2", inputs: [enter(value, "one"), enter(value, "two")])
    let exit = try graph.addOperation("Exit", inputs: [mixed.output(0)]).output(0)
    let session = try Session(graph: graph)
    let error = #expect(throws: StatusError.self) { try session.run(exit) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("different frames") ?? false)
    #expect(try session.run(value).scalars(of: Float.self) == [1])
  }

  @Test func `an exit outside of loops is refused`() throws {
    let value = try graph.constant(Float(1)).erased
    let exit = try graph.addOperation("Exit", inputs: [value]).output(0)
    let session = try Session(graph: graph)
    let error = #expect(throws: StatusError.self) { try session.run(exit) }
    #expect(error?.code == .invalidArgument)
    #expect(try session.run(value).scalars(of: Float.self) == [1])
  }

  @Test func `a loop without a LoopCond has no gradient`() throws {
    let value = try graph.constant(Float(1)).erased
    let first = try enter(value, "loop")
    let merge = try graph.addOperation("Merge", inputs: [first, first])
    let zero = try graph.addOperation("Sub", inputs: [first, first]).output(0)
    let test = try graph.addOperation("Less", inputs: [merge.output(0), zero])
    let sides = try graph.addOperation("Switch", inputs: [merge.output(0), test.output(0)])
    let next = try graph.addOperation("NextIteration", inputs: [sides.output(1)])
    try graph.updateInput(1, of: merge, to: next.output(0))
    let exit = try graph.addOperation("Exit", inputs: [sides.output(0)]).output(0)
    let error = #expect(throws: StatusError.self) {
      try gradients(of: [exit], withRespectTo: [value])
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("LoopCond") ?? false)
    #expect(try Session(graph: graph).run(value).scalars(of: Float.self) == [1])
  }

  @Test func `a cycle outside of loops is refused`() throws {
    let definition = GraphDefinition(nodes: [
      NodeDefinition(name: "a", op: "Neg", inputs: ["b"], attributes: ["T": .type(.float)]),
      NodeDefinition(name: "b", op: "Neg", inputs: ["a"], attributes: ["T": .type(.float)]),
    ])
    let error = #expect(throws: StatusError.self) {
      try graph.importDefinition(definition, name: nil)
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("cycle") ?? false)
    #expect(graph.operationCount == 0)
  }

  // CTL-016, CTL-024
  @Test func `a loop's body may stand on another device`() throws {
    let (count, sum) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Float(0))
    ) { count, _ in
      try less(count, 10)
    } body: { count, sum in
      try graph.withDevice("/cpu:1") { () throws(StatusError) in
        (try count + 1, try sum + cast(count, to: Float.self))
      }
    }
    var configuration = SessionConfiguration()
    configuration.deviceCount = ["CPU": 2]
    let session = try Session(graph: graph, configuration: configuration)
    let (steps, total) = try session.run(count, sum)
    #expect(steps.scalar == 10)
    #expect(total.scalar == 45)
  }
}
