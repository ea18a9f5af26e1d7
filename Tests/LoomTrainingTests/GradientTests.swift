import Testing
import Weirloom

@Suite struct GradientTests {
  private let graph = Graph()

  private func run(_ gradient: Gradient?) throws -> [Float]? {
    guard case .dense(let output)? = gradient else { return nil }
    return try Session(graph: graph).run(output).scalars(of: Float.self)
  }

  // GRD-001
  @Test func `the derivative of a square`() throws {
    let a = try graph.constant(Float(3))
    let y = try a * a
    let derivative = try #require(try gradient(of: y, withRespectTo: a))
    #expect(try Session(graph: graph).run(derivative).scalar == 6)
    #expect(derivative.name.hasPrefix("gradients/"))
  }

  // GRD-002
  @Test func `what does not influence the result has no gradient, or zeros`() throws {
    let a = try graph.constant([1 as Float, 2])
    let b = try graph.constant([3 as Float, 4])
    let y = try a * a
    #expect(try gradients(of: [y.erased], withRespectTo: [b.erased])[0] == nil)
    var options = GradientOptions()
    options.unconnected = .zero
    let zeros = try gradients(of: [y.erased], withRespectTo: [b.erased], options: options)
    #expect(try run(zeros[0]) == [0, 0])
  }

  // GRD-003
  @Test func `given upstream gradients are used`() throws {
    let a = try graph.constant(Float(3))
    let y = try a * a
    let upstream = try graph.constant(Float(10))
    let found = try gradients(
      of: [y.erased], withRespectTo: [a.erased], upstream: [upstream.erased])
    #expect(try run(found[0]) == [60])
    let tooMany = #expect(throws: StatusError.self) {
      try gradients(of: [y.erased], withRespectTo: [a.erased], upstream: [nil, nil])
    }
    #expect(tooMany?.code == .invalidArgument)
    let wrongType = try graph.constant(Int32(1)).erased
    let mistyped = #expect(throws: StatusError.self) {
      try gradients(of: [y.erased], withRespectTo: [a.erased], upstream: [wrongType])
    }
    #expect(mistyped?.code == .invalidArgument)
    let wrongShape = try graph.constant([1 as Float, 2]).erased
    let misshapen = #expect(throws: StatusError.self) {
      try gradients(of: [y.erased], withRespectTo: [a.erased], upstream: [wrongShape])
    }
    #expect(misshapen?.code == .invalidArgument)
  }

  // GRD-004
  @Test func `several results are summed`() throws {
    let a = try graph.constant(Float(3))
    let twice = try a + a
    let found = try gradients(of: [a.erased, twice.erased], withRespectTo: [a.erased])
    #expect(try run(found[0]) == [3])
  }

  // GRD-005
  @Test func `stopped tensors are constants`() throws {
    let a = try graph.constant(Float(3))
    let b = try a + a
    let y = try a + b
    let partial = try gradients(
      of: [y.erased], withRespectTo: [a.erased, b.erased], stoppingAt: [a.erased, b.erased])
    #expect(try partial.map(run) == [[1], [1]])
    let total = try gradients(of: [y.erased], withRespectTo: [a.erased, b.erased])
    #expect(try total.map(run) == [[3], [1]])
  }

  // GRD-006
  @Test func `nothing flows through StopGradient`() throws {
    let a = try graph.constant(Float(3))
    let stopped = try graph.addOperation("StopGradient", inputs: [a.erased]).output(0)
    let y = try Output<Float>(stopped) * Output<Float>(stopped)
    #expect(try gradients(of: [y.erased], withRespectTo: [a.erased])[0] == nil)
  }

  // GRD-007
  @Test(arguments: VariableTests.kinds)
  func `a gather gives rows, and sums of rows are joined or made dense`(
    _ options: VariableOptions
  ) throws {
    let w = try graph.variable(
      "w", initialValue: .tensor(Tensor([1 as Float, 2, 3, 4, 5, 6], shape: [3, 2])),
      options: options)
    let indices = try graph.constant([2 as Int32, 0]).erased
    let axis = try graph.constant(Int32(0)).erased
    func rows() throws -> AnyOutput {
      w.erased.isResource
        ? try graph.addOperation(
          "ResourceGather", inputs: [w.erased.handle, indices],
          attributes: ["dtype": .type(.float)]
        ).output(0)
        : try graph.addOperation("GatherV2", inputs: [w.value.erased, indices, axis]).output(0)
    }
    let session = try Session(graph: graph)
    try session.run(w.initializer)
    let once = try gradients(of: [rows()], withRespectTo: [w.erased.handle])
    guard case .slices(let slices)? = once[0] else {
      Issue.record("expected rows, got \(String(describing: once[0]))")
      return
    }
    #expect(try session.run(slices.values).scalars(of: Float.self) == [1, 1, 1, 1])
    #expect(try session.run(slices.indices).integers() == [2, 0])
    let shape = try #require(slices.denseShape)
    #expect(try session.run(shape).integers() == [3, 2])

    let twice = try gradients(of: [rows(), rows()], withRespectTo: [w.erased.handle])
    guard case .slices(let joined)? = twice[0] else {
      Issue.record("expected rows")
      return
    }
    #expect(try session.run(joined.indices).integers() == [2, 0, 2, 0])

    let mixed = try gradients(
      of: [rows(), w.value.erased], withRespectTo: [w.erased.handle])
    guard case .dense(let dense)? = mixed[0] else {
      Issue.record("expected a dense gradient")
      return
    }
    #expect(try session.run(dense).scalars(of: Float.self) == [2, 2, 1, 1, 2, 2])
  }

  // GRD-008, GRD-009
  @Test(arguments: [AggregationMethod.addN, .experimentalTree, .experimentalAccumulateN])
  func `every way of adding up gives the same`(_ method: AggregationMethod) throws {
    let a = try graph.constant(Float(3))
    let y = try a + a + (a + a) + (a + a)
    var options = GradientOptions()
    options.aggregation = method
    let found = try gradients(of: [y.erased], withRespectTo: [a.erased], options: options)
    #expect(try run(found[0]) == [6])
  }

  // GRD-010
  @Test func `an op without a gradient is an error only on the way`() throws {
    let a = try graph.constant(Float(3))
    let b = try graph.constant(Float(2))
    let remainder = try graph.addOperation("Mod", inputs: [a.erased, b.erased]).output(0)
    let error = #expect(throws: StatusError.self) {
      try gradients(of: [remainder], withRespectTo: [a.erased])
    }
    #expect(error?.code == .notFound)
    #expect(
      error?.reason.hasPrefix("No gradient defined for operation 'Mod' (op type: Mod).") == true)
    let y = try Output<Float>(remainder) + a
    let beside = try gradients(
      of: [y.erased], withRespectTo: [a.erased], stoppingAt: [remainder])
    #expect(try run(beside[0]) == [1])
    #expect(try gradients(of: [remainder], withRespectTo: [y.erased])[0] == nil)
  }

  // GRD-011, GRD-012, GRF-036
  @Test func `a registered rule replaces the op's, once`() throws {
    var registry = GradientRegistry()
    try registry.register(
      "Hundredfold",
      .dense { context in
        let graph = context.graph
        let hundred = try graph.constant(Float(100))
        return [
          try (Output<Float>(context.upstream(0)) * hundred).erased
        ]
      })
    let twice = #expect(throws: StatusError.self) {
      try registry.register("Hundredfold", .notDifferentiable(because: "it stands already"))
    }
    #expect(twice?.code == .alreadyExists)
    let a = try graph.constant(Float(3))
    let y = try graph.withGradientOverride(["Identity": "Hundredfold"]) { () throws(StatusError) in
      try identity(a)
    }
    var options = GradientOptions()
    options.registry = registry
    let found = try gradients(of: [y.erased], withRespectTo: [a.erased], options: options)
    #expect(try run(found[0]) == [100])
    let unknown = #expect(throws: StatusError.self) {
      try gradients(of: [y.erased], withRespectTo: [a.erased])
    }
    #expect(unknown?.code == .notFound)
    #expect(unknown?.reason.contains("No gradient registered under the name 'Hundredfold'") == true)
  }

  // GRD-013
  @Test func `a rule that returns too many gradients is refused`() throws {
    var options = GradientOptions()
    try options.registry.register("Identity", .rule { _ in [nil, nil] })
    let a = try graph.constant(Float(3))
    let y = try identity(a)
    let error = #expect(throws: StatusError.self) {
      try gradients(of: [y.erased], withRespectTo: [a.erased], options: options)
    }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.reason
        == "Num gradients 2 generated for op Identity do not match num inputs 1")
  }

  // GRD-014
  @Test func `a custom gradient replaces the derivative`() throws {
    let graph = graph
    let a = try graph.constant(Float(3))
    let y = try withCustomGradient(of: a) { (x) throws(StatusError) in
      let fifty = try graph.constant(Float(50))
      return (try x * x, { try $0 * fifty })
    }
    #expect(try Session(graph: graph).run(y).scalar == 9)
    let derivative = try #require(try gradient(of: y, withRespectTo: a))
    #expect(try Session(graph: graph).run(derivative).scalar == 50)
  }

  // GRD-015
  @Test(arguments: [true, false])
  func `the gradient of a conditional is that of the branch that ran`(taken: Bool) throws {
    let x = try graph.constant(Float(3))
    let condition = try graph.constant(taken).erased
    let branches = try graph.addOperation("Switch", inputs: [x.erased, condition])
    let (no, yes) = (branches.output(0), branches.output(1))
    let square = try Output<Float>(yes) * Output<Float>(yes)
    let twice = try Output<Float>(no) + Output<Float>(no)
    let y = try graph.addOperation("Merge", inputs: [twice.erased, square.erased]).output(0)
    let found = try gradients(of: [y], withRespectTo: [x.erased])
    #expect(try run(found[0]) == [taken ? 6 : 2])
  }

  // GRD-017
  @Test func `gradients have gradients`() throws {
    let a = try graph.constant(Float(3))
    let y = try a * a * a
    let first = try #require(try gradient(of: y, withRespectTo: a))
    let second = try #require(try gradient(of: first, withRespectTo: a))
    let values = try Session(graph: graph).run(first, second)
    #expect(values.0.scalar == 27)
    #expect(values.1.scalar == 18)
    #expect(second.name.hasPrefix("gradients_1/"))
  }

  // GRD-020
  @Test func `integers have no gradient`() throws {
    let a = try graph.constant(Int32(3))
    let y = try a * a
    let product = try gradients(of: [y.erased], withRespectTo: [a.erased])
    #expect(product[0] == nil)
  }

  @Test func `a deep graph needs no deep stack`() throws {
    let a = try graph.constant(Float(1))
    var y = a
    for _ in 0..<20_000 { y = try y + a }
    let derivative = try #require(try gradient(of: y, withRespectTo: a))
    #expect(try Session(graph: graph).run(derivative).scalar == 20_001)
  }

  @Test(arguments: [GradientGating.none, .operation, .graph])
  func `gating changes no value`(_ gating: GradientGating) throws {
    let a = try graph.constant([1 as Float, 2])
    let b = try graph.constant([3 as Float, 4])
    let y = try a * b
    var options = GradientOptions()
    options.gating = gating
    options.colocatesWithOperations = true
    let found = try gradients(
      of: [y.erased], withRespectTo: [a.erased, b.erased], options: options)
    #expect(try found.map(run) == [[3, 4], [1, 2]])
  }

  @Test func `complex results need an upstream gradient`() throws {
    let a = try graph.constant(Complex64(1, 2))
    let y = try a * a
    let error = #expect(throws: StatusError.self) { try gradient(of: y, withRespectTo: a) }
    #expect(error?.code == .invalidArgument)
  }
}
