import Testing
import Weirloom

/// State that nodes of function bodies keep from run to run.
@Suite struct FunctionStateTests {
  private let graph = Graph()

  private func draw(_ function: String, seed: Int64 = 2) throws -> TracedFunction {
    try graph.defineFunction(function, argumentTypes: [.int32], argumentShapes: [[0]]) {
      [
        try $0.addOperation(
          "RandomUniform", inputs: [$1[0]],
          attributes: ["dtype": .type(.float), "seed2": .int(seed)], name: "draw"
        ).output(0)
      ]
    }
  }

  private func call(_ function: TracedFunction) throws -> Output<Float> {
    try Output(graph.call(function, [graph.constant([Int32]()).erased])[0])
  }

  // FUN-003: stock TensorFlow draws the same pairs.
  @Test func `random ops of the same name in two functions draw on their own`() throws {
    let outputs = try [call(draw("first")), call(draw("second"))]
    let session = try Session(graph: graph)
    var runs: [[Float]] = []
    for _ in 0..<3 { runs.append(try session.run(outputs).compactMap(\.scalar)) }
    #expect(runs.allSatisfy { $0.count == 2 && $0[0] == $0[1] })
    #expect(Set(runs.map { $0[0] }).count == 3)
  }

  @Test func `a random op in the graph and one in a function draw on their own`() throws {
    let inside = try call(draw("function", seed: 9))
    let outside = try Output<Float>(
      graph.addOperation(
        "RandomUniform", inputs: [graph.constant([Int32]()).erased],
        attributes: ["dtype": .type(.float), "seed2": .int(9)], name: "draw"
      ).output(0))
    let values = try Session(graph: graph).run([inside, outside]).map(\.scalar)
    #expect(values[0] != nil && values[0] == values[1])
  }

  @Test func `two calls of one function draw from one sequence`() throws {
    let function = try draw("shared")
    let calls = try [call(function), call(function)]
    let session = try Session(graph: graph)
    let values = try session.run(calls).compactMap(\.scalar)
    #expect(Set(values).count == 2)
    #expect(try session.run(calls[0]).scalar.map(values.contains) == false)
  }

  /// Puts an element into a queue that the body makes, and returns how many there are.
  private func filling(_ function: String, sharedName: String) throws -> AnyOutput {
    let traced = try graph.defineFunction(function, argumentTypes: []) { body, _ in
      let queue = try body.addOperation(
        "FIFOQueueV2",
        attributes: [
          "component_types": .types([.int32]), "shared_name": .string(ByteString(sharedName)),
        ], name: "queue"
      ).output(0)
      let enqueue = try body.addOperation(
        "QueueEnqueueV2", inputs: [queue, body.constant(Int32(1)).erased],
        attributes: ["Tcomponents": .types([.int32])])
      return [
        try body.addOperation("QueueSizeV2", inputs: [queue], controlInputs: [enqueue]).output(0)
      ]
    }
    return try graph.call(traced, [])[0]
  }

  @Test func `queues of the same name in two functions are two`() throws {
    let outputs = try [
      filling("left", sharedName: ""), filling("right", sharedName: ""),
    ]
    let session = try Session(graph: graph)
    for expected: Int32 in [1, 2] {
      for output in outputs {
        #expect(try session.run(output).scalars(of: Int32.self) == [expected])
      }
    }
  }

  @Test func `queues with a shared name are one in all functions`() throws {
    let outputs = try [
      filling("left", sharedName: "common"), filling("right", sharedName: "common"),
    ]
    let session = try Session(graph: graph)
    let sizes = try outputs.map { try session.run($0).scalars(of: Int32.self) }
    #expect(sizes == [[1], [2]])
  }
}
