import Testing
import Weirloom

/// The op that is the derivative of a function of the library.
@Suite struct SymbolicGradientTests {
  private let graph = Graph()

  private func gradient(
    of function: String, _ inputs: [AnyOutput], types: [DType]
  ) throws -> [AnyOutput] {
    try graph.addOperation(
      "SymbolicGradient", inputs: inputs,
      attributes: [
        "Tin": .types(inputs.map(\.dtype.base)), "Tout": .types(types),
        "f": .function(FunctionReference(name: function)),
      ]
    ).outputs
  }

  private func float(_ value: Float) throws -> AnyOutput { try graph.constant(value).erased }

  private func expectFailure(_ output: AnyOutput, _ code: StatusError.Code, _ text: String) throws {
    let session = try Session(graph: graph)
    let error = #expect(throws: StatusError.self) { try session.run(output) }
    #expect(error?.code == code && error?.message.contains(text) == true, "\(error as Any)")
  }

  // FUN-004
  @Test func `a function is derived when its gradient is asked for`() throws {
    let function = try graph.defineFunction(
      "mixed", argumentTypes: [.float, .float, .int32]
    ) { body, arguments in
      let (x, y) = try (Output<Float>(arguments[0]), Output<Float>(arguments[1]))
      return try [(x * x * y).erased, exp(y).erased]
    }
    let count = try graph.constant([Int32(7), 8]).erased
    let gradients = try gradient(
      of: function.name, [float(3), float(2), count, float(10), float(0)],
      types: [.float, .float, .int32])
    #expect(gradients.map(\.shape) == [.scalar, .scalar, [2]])
    let session = try Session(graph: graph)
    let values = try session.run(gradients)
    #expect(try values[0].scalars(of: Float.self) == [120])
    #expect(try values[1].scalars(of: Float.self) == [90])
    #expect(try values[2].scalars(of: Int32.self) == [0, 0])
    // Deriving adds nothing to the graph: its library may be finished.
    #expect(graph.library.order == [function.name])
  }

  // FUN-004
  @Test func `a gradient function of the library is the derivative`() throws {
    _ = try graph.defineFunction("given", argumentTypes: [.float]) {
      [try exp(Output<Float>($1[0])).erased]
    }
    let half = try graph.defineFunction("half", argumentTypes: [.float, .float]) {
      [try (Output<Float>($1[0]) * Output<Float>($1[1])).erased]
    }
    try graph.setGradient(half.name, ofFunction: "given")
    let result = try gradient(of: "given", [float(3), float(5)], types: [.float])[0]
    #expect(try Session(graph: graph).run(result).scalars(of: Float.self) == [15])
    // Also where another function calls it.
    let outer = try graph.defineFunction("outer", argumentTypes: [.float]) { body, arguments in
      [try body.addOperation("given", inputs: arguments).output(0)]
    }
    let through = try gradient(of: outer.name, [float(4), float(5)], types: [.float])[0]
    #expect(try Session(graph: graph).run(through).scalars(of: Float.self) == [20])
  }

  // FUN-004
  @Test func `an op may stand for a function`() throws {
    let product = try graph.addOperation(
      "SymbolicGradient", inputs: [float(3), float(5), float(2)],
      attributes: [
        "Tin": .types([.float, .float, .float]), "Tout": .types([.float, .float]),
        "f": .function(FunctionReference(name: "Mul", attributes: ["T": .type(.float)])),
      ])
    let values = try Session(graph: graph).run(product.outputs)
    #expect(try values.map { try $0.scalars(of: Float.self) } == [[10], [6]])
  }

  /// `f(n) = n < 1 ? 1 : n · f(n - 1)`, calling itself as an op.
  private func factorial() throws -> TracedFunction {
    let base = try graph.defineFunction("base", argumentTypes: [.float]) { body, _ in
      [try body.constant(Float(1)).erased]
    }
    let traced = try graph.defineFunction("traced_step", argumentTypes: [.float]) {
      let n = try Output<Float>($1[0])
      return [try (n * identity(n - 1)).erased]
    }
    // The identity stands for the call, which can't be made before there is such a function.
    var step = try #require(graph.library[traced.name])
    step.name = "step"
    for index in step.nodes.indices {
      if step.nodes[index].op == "Identity" {
        step.nodes[index].op = "factorial"
        step.nodes[index].attributes = [:]
      }
      step.nodes[index].inputs = step.nodes[index].inputs.map {
        $0 == "Identity:output:0" ? "Identity:result_0:0" : $0
      }
    }
    try graph.add(step)
    return try graph.defineFunction("factorial", argumentTypes: [.float]) { body, arguments in
      let isBase = try less(Output<Float>(arguments[0]), Float(1))
      return [
        try body.addOperation(
          "StatelessIf", inputs: [isBase.erased] + arguments,
          attributes: [
            "Tin": .types([.float]), "Tout": .types([.float]),
            "then_branch": .function(FunctionReference(name: base.name)),
            "else_branch": .function(FunctionReference(name: "step")),
          ]
        ).output(0)
      ]
    }
  }

  // FUN-004, FUN-007
  @Test func `a function that calls itself has a derivative`() throws {
    let function = try factorial()
    let result = try gradient(of: function.name, [float(3), float(1)], types: [.float])[0]
    // n(n - 1)(n - 2) at 3.
    #expect(try Session(graph: graph).run(result).scalars(of: Float.self) == [11])
  }

  // FUN-007
  @Test func `the gradient of a function that calls itself can't be built ahead`() throws {
    let function = try factorial()
    let y = try graph.call(function, [float(3)])
    let x = y[0].operation.inputs
    let error = #expect(throws: StatusError.self) { try gradients(of: y, withRespectTo: x) }
    #expect(error?.code == .unimplemented)
    #expect(error?.message.contains("calls itself") == true, "\(error as Any)")
  }

  // FUN-004
  @Test func `what can't be derived fails in the run`() throws {
    try expectFailure(
      gradient(of: "nowhere", [float(1), float(1)], types: [.float])[0], .notFound, "nowhere")
    _ = try graph.defineFunction("square", argumentTypes: [.float]) {
      let x = try Output<Float>($1[0])
      return [try (x * x).erased]
    }
    try expectFailure(
      gradient(of: "square", [float(1), float(1), float(1)], types: [.float])[0],
      .invalidArgument, "expected")
    _ = try graph.defineFunction("counted", argumentTypes: [.float]) { body, arguments in
      let weights = try body.addOperation(
        "Reshape", inputs: [arguments[0], body.constant([Int32(1)]).erased])
      let bins = try [body.constant([Int32(0)]).erased, body.constant(Int32(1)).erased]
      return [
        try body.addOperation("Bincount", inputs: bins + [weights.output(0)]).output(0)
      ]
    }
    let seed = try graph.constant([Float(1)]).erased
    try expectFailure(
      gradient(of: "counted", [float(1), seed], types: [.float])[0], .notFound,
      "No gradient defined")
    #expect(throws: StatusError.self) {
      try gradient(of: "square", [float(1)], types: [.float, .float])
    }
  }
}
