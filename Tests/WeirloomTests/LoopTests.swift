import Testing
import Weirloom

/// Loops of the first generation, made by hand.
@Suite struct LoopTests {
  /// `while i < limit { i += 1 }` from 0.
  @Test(arguments: [0, 1, 1000])
  func `a loop of frames counts to its limit`(_ limit: Int) throws {
    let graph = Graph()
    let start = try graph.constant(Int32(0)).erased
    let end = try graph.constant(Int32(limit)).erased
    func enter(_ value: AnyOutput, isConstant: Bool) throws -> AnyOutput {
      try graph.addOperation(
        "Enter", inputs: [value],
        attributes: ["frame_name": "loop", "is_constant": .bool(isConstant)]
      ).output(0)
    }
    let first = try enter(start, isConstant: false)
    let bound = try enter(end, isConstant: true)
    let merge = try graph.addOperation("Merge", inputs: [first, first])
    let less = try graph.addOperation("Less", inputs: [merge.output(0), bound])
    let condition = try graph.addOperation("LoopCond", inputs: [less.output(0)])
    let choice = try graph.addOperation(
      "Switch", inputs: [merge.output(0), condition.output(0)])
    let body = try graph.addOperation("Identity", inputs: [choice.output(1)])
    let one = try graph.withControlDependencies(on: [body]) { () throws(StatusError) in
      try graph.constant(Int32(1)).erased
    }
    let sum = try graph.addOperation("AddV2", inputs: [body.output(0), one])
    let next = try graph.addOperation("NextIteration", inputs: [sum.output(0)])
    try graph.updateInput(1, of: merge, to: next.output(0))
    let exit = try graph.addOperation("Exit", inputs: [choice.output(0)])
    let session = try Session(graph: graph)
    for _ in 0..<2 {
      #expect(try session.run(exit.output(0)).integers() == [limit])
    }
  }

  @Test(arguments: ["NextIteration", "LoopCond"])
  func `what steers a loop passes its input on where there is none`(op: String) throws {
    let graph = Graph()
    let x = try graph.constant(true).erased
    let y = try graph.addOperation(op, inputs: [x]).output(0)
    let session = try Session(graph: graph)
    #expect(try session.run(y).element(0, of: Bool.self))
    let (value, _) = try session.traced(y)
    #expect(try value.element(0, of: Bool.self))
  }
}
