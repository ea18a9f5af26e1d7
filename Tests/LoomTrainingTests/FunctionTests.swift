import Testing
import Weirloom

/// Functions of a graph's library, called in the ways graphs have.
@Suite struct FunctionTests {
  private let graph = Graph()

  private func square() throws -> TracedFunction {
    try graph.defineFunction("square", argumentTypes: [.float], argumentShapes: [.scalar]) {
      let x = try Output<Float>($1[0])
      return [try (x * x).erased]
    }
  }

  // FUN-001
  @Test func `an op may be the name of a function`() throws {
    _ = try square()
    let x = try graph.constant(Float(3))
    let y = try graph.addOperation("square", inputs: [x.erased]).output(0)
    let gradient = try graph.dense(
      #require(gradients(of: [y], withRespectTo: [x.erased])[0]))
    let values = try Session(graph: graph).run([y, gradient])
    #expect(try values.map { try $0.scalars(of: Float.self) } == [[9], [6]])
  }

  @Test func `a function that the library names computes the gradient`() throws {
    _ = try square()
    let half = try graph.defineFunction("half", argumentTypes: [.float, .float]) {
      [try (Output<Float>($1[0]) * Output<Float>($1[1])).erased]
    }
    try graph.setGradient(half.name, ofFunction: "square")
    let x = try graph.constant(Float(3))
    let y = try graph.addOperation("square", inputs: [x.erased]).output(0)
    let gradient = try graph.dense(
      #require(gradients(of: [y], withRespectTo: [x.erased])[0]))
    #expect(try Session(graph: graph).run(gradient).scalars(of: Float.self) == [3])
  }

  // FUN-003
  @Test func `what a called function does to variables stays done`() throws {
    let handle = try graph.addOperation(
      "VarHandleOp", attributes: ["dtype": .type(.float), "shape": .shape(.scalar)]
    ).output(0)
    let start = try graph.addOperation(
      "AssignVariableOp", inputs: [handle, graph.constant(Float(1)).erased])
    let bump = try graph.defineFunction("bump", argumentTypes: [.resource]) { body, arguments in
      let step = try body.addOperation(
        "AssignAddVariableOp", inputs: [arguments[0], body.constant(Float(2)).erased])
      return [
        try body.addOperation(
          "ReadVariableOp", inputs: arguments, attributes: ["dtype": .type(.float)],
          controlInputs: [step]
        ).output(0)
      ]
    }
    let y = try graph.call(bump, [handle])[0]
    #expect(y.operation.type == "StatefulPartitionedCall")
    let session = try Session(graph: graph)
    try session.run(start)
    for expected: Float in [3, 5, 7] {
      #expect(try session.run(y).scalars(of: Float.self) == [expected])
    }
  }

  // FUN-006
  @Test func `a function that is not to be inlined gives the same value`() throws {
    let plain = try square()
    var copy = try #require(graph.library[plain.name])
    copy.name = "square_apart"
    copy.attributes["_noinline"] = true
    try graph.add(copy)
    let x = try graph.constant(Float(3)).erased
    let a = try graph.addOperation("square", inputs: [x]).output(0)
    let b = try graph.addOperation("square_apart", inputs: [x]).output(0)
    let values = try Session(graph: graph).run([a, b])
    #expect(try values[0].scalars(of: Float.self) == values[1].scalars(of: Float.self))
  }

  /// `f(n) = n < 1 ? 1 : n · f(n - 1)`; with `isEndless` the other branch is never taken.
  private func recursive(isEndless: Bool) throws -> TracedFunction {
    let name = isEndless ? "endless" : "factorial"
    let base = try graph.defineFunction(name + "_base", argumentTypes: [.float]) { body, _ in
      [try body.constant(Float(1)).erased]
    }
    let step = try graph.defineFunction(name + "_step", argumentTypes: [.float]) {
      body, arguments in
      let n = try Output<Float>(arguments[0])
      let rest = try body.addOperation(
        "PartitionedCall", inputs: [(n - 1).erased],
        attributes: ["f": .function(FunctionReference(name: name)), "Tout": .types([.float])])
      return [try (n * Output<Float>(rest.output(0))).erased]
    }
    return try graph.defineFunction(name, argumentTypes: [.float]) { body, arguments in
      let isBase =
        isEndless
        ? try body.constant(false) : try less(Output<Float>(arguments[0]), Float(1))
      return try functionalIf(isBase.erased, arguments, then: base, else: step)
    }
  }

  // FUN-007
  @Test func `functions may call each other, but not without end`() throws {
    let n = try graph.constant(Float(5)).erased
    let factorial = try graph.call(recursive(isEndless: false), [n])[0]
    let endless = try graph.call(recursive(isEndless: true), [n])[0]
    let session = try Session(graph: graph)
    #expect(try session.run(factorial).scalars(of: Float.self) == [120])
    let error = #expect(throws: StatusError.self) { try session.run(endless) }
    #expect(error?.code == .resourceExhausted)
    #expect(try session.run(factorial).scalars(of: Float.self) == [120])
  }

  // CTL-021, FUN-005
  @Test func `a graph with functional control flow runs after it was imported`() throws {
    let types: [DType] = [.int32, .int32]
    let below = try graph.defineFunction("below", argumentTypes: types) {
      [try less(Output<Int32>($1[0]), 5).erased]
    }
    let step = try graph.defineFunction("step", argumentTypes: types) {
      let count = try Output<Int32>($1[0])
      return [try (count + 1).erased, try (Output<Int32>($1[1]) + count).erased]
    }
    let zero = try graph.constant(Int32(0)).erased
    let sum = try functionalWhile(loopVariables: [zero, zero], condition: below, body: step)[1]
    let copy = Graph()
    try copy.importDefinition(graph.definition(), name: nil)
    #expect(try Session(graph: copy).run(copy.output(named: sum.name)).integers() == [10])
  }
}
