import Testing
import Weirloom

/// Functions, and gradients through what calls them.
@Suite struct FunctionGradientTests {
  private let graph = Graph()

  private func run(_ gradient: Gradient?) throws -> [Float] {
    let output = try graph.dense(#require(gradient))
    return try Session(graph: graph).run(output).scalars(of: Float.self)
  }

  /// `f(x) = body(x)` on one float.
  private func unary(
    _ name: String, _ body: @escaping (Output<Float>) throws -> Output<Float>
  ) throws -> TracedFunction {
    try graph.defineFunction(name, argumentTypes: [.float], argumentShapes: [.scalar]) {
      [try body(Output($1[0])).erased]
    }
  }

  // FUN-002
  @Test func `a called function has the gradient of its body`() throws {
    let x = try graph.constant(Float(2))
    let cube = try unary("cube") { try $0 * $0 * $0 }
    let y = try graph.call(cube, [x.erased])[0]
    #expect(try Session(graph: graph).run(y).scalars(of: Float.self) == [8])
    let first = try gradients(of: [y], withRespectTo: [x.erased])
    #expect(try run(first[0]) == [12])
    let derivative = try graph.dense(#require(first[0]))
    let second = try gradients(of: [derivative], withRespectTo: [x.erased])
    #expect(try run(second[0]) == [12])
    #expect(try Session(graph: graph).run(y).scalars(of: Float.self) == [8])
  }

  // FUN-005
  @Test(arguments: [true, false])
  func `a functional conditional has the gradient of the branch that ran`(_ test: Bool) throws {
    let x = try graph.constant(Float(3))
    let square = try unary("square") { try $0 * $0 }
    let scaled = try unary("scaled") { try exp($0) * 10 }
    let predicate = try graph.placeholder(Bool.self, shape: [])
    let y = try functionalIf(predicate.erased, [x.erased], then: square, else: scaled)[0]
    let found = try gradients(of: [y], withRespectTo: [x.erased])
    let derivative = try Output<Float>(graph.dense(#require(found[0])))
    let session = try Session(graph: graph)
    let value = try session.run(derivative, feeding: predicate.feed(Tensor(scalar: test))).scalar
    #expect(abs((value ?? 0) - (test ? 6 : 200.85537)) < 1e-3)
    let second = try gradients(of: [derivative.erased], withRespectTo: [x.erased])
    let curvature = try Output<Float>(graph.dense(#require(second[0])))
    let bent = try Session(graph: graph).run(
      curvature, feeding: predicate.feed(Tensor(scalar: test))
    ).scalar
    #expect(abs((bent ?? 0) - (test ? 2 : 200.85537)) < 1e-3)
  }

  // FUN-005
  @Test(arguments: [0, 1, 2, 7])
  func `a choice of functions has the gradient of the one that ran`(_ choice: Int32) throws {
    let x = try graph.constant(Float(3))
    let branches = [
      try unary("first") { try $0 * $0 }, try unary("second") { try $0 * 5 },
      try unary("third") { try $0 * $0 * $0 },
    ]
    let index = try graph.placeholder(Int32.self, shape: [])
    let y = try functionalCase(index, [x.erased], branches: branches)[0]
    let found = try gradients(of: [y], withRespectTo: [x.erased])
    let derivative = try Output<Float>(graph.dense(#require(found[0])))
    let value = try Session(graph: graph).run(
      derivative, feeding: index.feed(Tensor(scalar: choice)))
    #expect(value.scalar == [6, 5, 27][Swift.min(Int(choice), 2)])
  }

  /// `for _ in 0..<4 { y *= x }` with x as a variable of the loop.
  private func power(_ x: Output<Float>) throws -> AnyOutput {
    let types: [DType] = [.int32, .float, .float]
    let condition = try graph.defineFunction("below", argumentTypes: types) { _, variables in
      [try less(Output<Int32>(variables[0]), 4).erased]
    }
    let body = try graph.defineFunction("step", argumentTypes: types) { _, variables in
      let product = try Output<Float>(variables[1]) * Output<Float>(variables[2])
      return [try (Output<Int32>(variables[0]) + 1).erased, product.erased, variables[2]]
    }
    let start = [
      try graph.constant(Int32(0)).erased, try graph.constant(Float(1)).erased, x.erased,
    ]
    return try functionalWhile(loopVariables: start, condition: condition, body: body)[1]
  }

  // FUN-005
  @Test func `a functional loop has gradients of first and second order`() throws {
    let x = try graph.constant(Float(3))
    let y = try power(x)
    #expect(try Session(graph: graph).run(y).scalars(of: Float.self) == [81])
    let first = try gradients(of: [y], withRespectTo: [x.erased])
    #expect(try run(first[0]) == [108])
    let derivative = try graph.dense(#require(first[0]))
    let second = try gradients(of: [derivative], withRespectTo: [x.erased])
    #expect(try run(second[0]) == [108])
    #expect(try Session(graph: graph).run(y).scalars(of: Float.self) == [81])
  }

  @Test func `a conditional inside of a functional loop`() throws {
    let x = try graph.constant(Float(2))
    let types: [DType] = [.int32, .float]
    let square = try unary("square") { try $0 * $0 }
    let sine = try unary("triple") { try $0 * 3 }
    let condition = try graph.defineFunction("below", argumentTypes: types) { _, variables in
      [try less(Output<Int32>(variables[0]), 3).erased]
    }
    let body = try graph.defineFunction("step", argumentTypes: types) { _, variables in
      let count = try Output<Int32>(variables[0])
      let isOdd = try equal(count, 1)
      let next = try functionalIf(isOdd.erased, [variables[1]], then: sine, else: square)
      return [try (count + 1).erased, next[0]]
    }
    let y = try functionalWhile(
      loopVariables: [graph.constant(Int32(0)).erased, x.erased], condition: condition, body: body
    )[1]
    // (3 x²)² = 9 x⁴
    #expect(try Session(graph: graph).run(y).scalars(of: Float.self) == [144])
    #expect(try run(gradients(of: [y], withRespectTo: [x.erased])[0]) == [288])
  }

  @Test func `a function with a loop of frames in it repeats the way forward`() throws {
    let x = try graph.constant(Float(3))
    let power = try unary("power") { x in
      try whileLoop(loopVariables: x.graph.constant(Int32(0)), x.graph.constant(Float(1))) {
        count, _ in
        try less(count, 4)
      } body: { count, power in
        (try count + 1, try power * x)
      }.1
    }
    let y = try graph.call(power, [x.erased])[0]
    #expect(try Session(graph: graph).run(y).scalars(of: Float.self) == [81])
    #expect(try run(gradients(of: [y], withRespectTo: [x.erased])[0]) == [108])
  }

  @Test func `a functional loop inside of a loop of frames`() throws {
    let x = try graph.constant(Float(2))
    let types: [DType] = [.int32, .float]
    let condition = try graph.defineFunction("below", argumentTypes: types) { _, variables in
      [try less(Output<Int32>(variables[0]), 2).erased]
    }
    let shapes = [PartialShape.scalar, .scalar]
    let body = try graph.defineFunction("step", argumentTypes: types, argumentShapes: shapes) {
      _, variables in
      let value = try Output<Float>(variables[1])
      return [try (Output<Int32>(variables[0]) + 1).erased, try (value * value).erased]
    }
    let (_, y) = try whileLoop(loopVariables: graph.constant(Int32(0)), x) { count, _ in
      try less(count, 2)
    } body: { count, value in
      let start = try graph.constant(Int32(0)).erased
      let inner = try functionalWhile(
        loopVariables: [start, value.erased], condition: condition, body: body)
      return (try count + 1, try Output<Float>(inner[1]))
    }
    // x¹⁶
    #expect(try Session(graph: graph).run(y).scalar == 65536)
    #expect(try run(gradients(of: [y.erased], withRespectTo: [x.erased])[0]) == [524_288])
  }

  /// A resource variable of value 3, with what initialises it.
  private func variable() throws -> (handle: AnyOutput, initializer: Operation) {
    let handle = try graph.addOperation(
      "VarHandleOp", attributes: ["dtype": .type(.float), "shape": .shape(.scalar)]
    ).output(0)
    return (
      handle,
      try graph.addOperation(
        "AssignVariableOp", inputs: [handle, graph.constant(Float(3)).erased])
    )
  }

  private func run(_ gradient: Gradient?, after initializer: Operation) throws -> [Float] {
    let session = try Session(graph: graph)
    let output = try graph.dense(#require(gradient))
    try session.run(initializer)
    return try session.run(output).scalars(of: Float.self)
  }

  @Test func `variables that a functional loop reads have gradients`() throws {
    let (handle, initializer) = try variable()
    let types: [DType] = [.int32, .float, .resource]
    let condition = try graph.defineFunction("below", argumentTypes: types) { _, variables in
      [try less(Output<Int32>(variables[0]), 4).erased]
    }
    let body = try graph.defineFunction("step", argumentTypes: types) { body, variables in
      let value = try body.addOperation(
        "ReadVariableOp", inputs: [variables[2]], attributes: ["dtype": .type(.float)]
      ).output(0)
      let product = try Output<Float>(variables[1]) * Output<Float>(value)
      return [try (Output<Int32>(variables[0]) + 1).erased, product.erased, variables[2]]
    }
    let y = try functionalWhile(
      loopVariables: [
        graph.constant(Int32(0)).erased, graph.constant(Float(1)).erased, handle,
      ], condition: condition, body: body)[1]
    let found = try gradients(of: [y], withRespectTo: [handle])
    #expect(try run(found[0], after: initializer) == [108])
  }

  @Test func `variables that a loop of frames reads have gradients`() throws {
    let (handle, initializer) = try variable()
    let (_, y) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Float(1))
    ) { count, _ in
      try less(count, 4)
    } body: { count, product in
      let value = try graph.addOperation(
        "ReadVariableOp", inputs: [handle], attributes: ["dtype": .type(.float)]
      ).output(0)
      return (try count + 1, try product * Output<Float>(value))
    }
    let found = try gradients(of: [y.erased], withRespectTo: [handle])
    #expect(try run(found[0], after: initializer) == [108])
  }

  @Test func `functions that do not fit are refused`() throws {
    let square = try unary("square") { try $0 * $0 }
    let whole = try graph.constant(Int32(1)).erased
    let error = #expect(throws: StatusError.self) { try graph.call(square, [whole]) }
    #expect(error?.code == .invalidArgument)
    let predicate = try graph.constant(true).erased
    let other = try graph.defineFunction("other", argumentTypes: [.float]) { body, _ in
      [try body.constant(Int32(1)).erased]
    }
    let x = try graph.constant(Float(1)).erased
    let mixed = #expect(throws: StatusError.self) {
      try functionalIf(predicate, [x], then: square, else: other)
    }
    #expect(mixed?.code == .invalidArgument)
    let outside = #expect(throws: StatusError.self) {
      try graph.defineFunction("outside", argumentTypes: []) { _, _ in [x] }
    }
    #expect(outside?.code == .invalidArgument)
  }
}
