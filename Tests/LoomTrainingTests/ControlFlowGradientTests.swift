import Testing
import Weirloom

/// Gradients through functions, and through loops and conditionals that call functions.
@Suite struct ControlFlowGradientTests {
  private let graph = Graph()

  private func run(_ gradient: Gradient?) throws -> [Float] {
    try Session(graph: graph).run(graph.dense(#require(gradient))).scalars(of: Float.self)
  }

  private func argument(_ name: String, _ dtype: DType) -> OpSignature.Argument {
    .init(name: name, type: .fixed(dtype), numberAttribute: nil, reference: false)
  }

  private func node(
    _ name: String, _ op: String, _ inputs: [String], _ attributes: [String: AttributeValue]
  ) -> NodeDefinition {
    NodeDefinition(name: name, op: op, inputs: inputs, attributes: attributes)
  }

  private func constant(_ name: String, _ value: Int32) throws -> NodeDefinition {
    node(
      name, "Const", [],
      ["dtype": .type(.int32), "value": .tensor(try AnyTensor(scalar: value))])
  }

  /// Adds functions to the graph's library.
  private func add(_ functions: FunctionDefinition...) throws {
    var library = FunctionLibrary()
    for function in functions { try library.add(function) }
    try graph.importDefinition(GraphDefinition(library: library))
  }

  private func reference(_ name: String) -> AttributeValue {
    .function(FunctionReference(name: name, attributes: [:]))
  }

  /// `square(x) = x · x`
  private func square() throws {
    try add(
      FunctionDefinition(
        name: "square", inputs: [argument("x", .float)], outputs: [argument("y", .float)],
        nodes: [node("product", "Mul", ["x", "x"], ["T": .type(.float)])],
        returns: ["y": "product:z:0"]))
  }

  // GRD-019
  @Test func `a call has the gradient of what it calls`() throws {
    try square()
    let x = try graph.constant(Float(3))
    let y = try graph.addOperation(
      "PartitionedCall", inputs: [x.erased],
      attributes: [
        "f": reference("square"), "Tin": .types([.float]), "Tout": .types([.float]),
      ]
    ).output(0)
    #expect(try Session(graph: graph).run(y).scalars(of: Float.self) == [9])
    #expect(try run(gradients(of: [y], withRespectTo: [x.erased])[0]) == [6])
  }

  // GRD-016
  @Test func `the derivative of squaring three times in a loop`() throws {
    let x = try graph.constant(Float(2))
    let (_, y) = try whileLoop(loopVariables: graph.constant(Int32(0)), x) { count, _ in
      try less(count, 3)
    } body: { count, value in
      (try count + 1, try value * value)
    }
    #expect(try run(gradients(of: [y.erased], withRespectTo: [x.erased])[0]) == [1024])
  }

  // GRD-016
  @Test func `the derivative of squaring three times in a loop of functions`() throws {
    let inputs = [argument("i", .int32), argument("v", .float)]
    try add(
      FunctionDefinition(
        name: "below", inputs: inputs, outputs: [argument("more", .bool)],
        nodes: [
          constant("limit", 3),
          node("less", "Less", ["i", "limit:output:0"], ["T": .type(.int32)]),
        ],
        returns: ["more": "less:z:0"]),
      FunctionDefinition(
        name: "step", inputs: inputs, outputs: [argument("j", .int32), argument("w", .float)],
        nodes: [
          constant("one", 1),
          node("next", "AddV2", ["i", "one:output:0"], ["T": .type(.int32)]),
          node("product", "Mul", ["v", "v"], ["T": .type(.float)]),
        ], returns: ["j": "next:z:0", "w": "product:z:0"]))
    let x = try graph.constant(Float(2))
    let loop = try graph.addOperation(
      "StatelessWhile", inputs: [graph.constant(Int32(0)).erased, x.erased],
      attributes: [
        "cond": reference("below"), "body": reference("step"), "T": .types([.int32, .float]),
      ])
    let y = loop.output(1)
    #expect(try Session(graph: graph).run(y).scalars(of: Float.self) == [256])
    #expect(try run(gradients(of: [y], withRespectTo: [x.erased])[0]) == [1024])
  }

  // GRD-015
  @Test(arguments: [true, false])
  func `a conditional of functions has the gradient of the branch that ran`(
    taken: Bool
  ) throws {
    try square()
    try add(
      FunctionDefinition(
        name: "double", inputs: [argument("x", .float)], outputs: [argument("y", .float)],
        nodes: [node("sum", "AddV2", ["x", "x"], ["T": .type(.float)])],
        returns: ["y": "sum:z:0"]))
    let x = try graph.constant(Float(3))
    let y = try graph.addOperation(
      "StatelessIf", inputs: [graph.constant(taken).erased, x.erased],
      attributes: [
        "then_branch": reference("square"), "else_branch": reference("double"),
        "Tin": .types([.float]), "Tout": .types([.float]),
      ]
    ).output(0)
    #expect(try run(gradients(of: [y], withRespectTo: [x.erased])[0]) == [taken ? 6 : 2])
  }

  // GRD-018
  @Test func `an array of tensors passes gradients on`() throws {
    let x = try graph.constant([1 as Float, 2, 3])
    let array = try TensorArray<Float>(graph, size: 3).unstacking(x)
    let doubled = try array.stacked() * 2
    #expect(try Session(graph: graph).run(doubled).scalars == [2, 4, 6])
    #expect(
      try run(gradients(of: [doubled.erased], withRespectTo: [x.erased])[0]) == [2, 2, 2])
  }
}
