import Testing
import Weirloom

@Suite struct OptimizerTests {
  /// `v²` from 5, two steps; values of stock TensorFlow 2.21.
  static let twoSteps: [(name: String, value: Float, make: @Sendable () -> any Optimizer)] = [
    ("SGD", 3.2, { GradientDescent(learningRate: 0.1) }),
    ("Momentum", 2.3, { Momentum(learningRate: 0.1, momentum: 0.9) }),
    ("Adam", 4.800058, { Adam(learningRate: 0.1) }),
    ("Adagrad", 4.830075, { Adagrad(learningRate: 0.1) }),
    ("RMSProp", 4.479491, { RMSProp(learningRate: 0.1) }),
  ]

  // VAR-017
  @Test(arguments: twoSteps.indices, VariableTests.kinds)
  func `two steps on a parabola end where TensorFlow's do`(
    _ index: Int, _ options: VariableOptions
  ) throws {
    let expected = Self.twoSteps[index]
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .constant(Float(5)), options: options)
    let loss = try v.value * v.value
    let train = try expected.make().minimize(loss)
    let session = try Session(graph: graph)
    try session.run(graph.globalVariablesInitializer)
    try session.run(train)
    try session.run(train)
    let value = try #require(try session.run(v.value).scalar)
    #expect(abs(value - expected.value) < 1e-5, "\(expected.name): \(value)")
  }

  @Test func `slots have TensorFlow's names and are not trained`() throws {
    let graph = Graph()
    let w = try graph.variable("w", initialValue: .ones([2]))
    let loss = try w.value * w.value
    let adam = Adam()
    let train = try adam.minimize(loss, globalStep: graph.getOrCreateGlobalStep(), name: "train")
    #expect(train.name == "train")
    let names = graph.globalVariables.map(\.name)
    #expect(
      Set(names) == [
        "w:0", "w/Adam:0", "w/Adam_1:0", "beta1_power:0", "beta2_power:0", "global_step:0",
      ])
    #expect(graph.trainableVariables == [w.erased])
    #expect(try adam.slot("m", for: w)?.name == "w/Adam:0")
    #expect(try adam.slot("v", for: w)?.name == "w/Adam_1:0")
    #expect(try adam.slot("momentum", for: w) == nil)
    #expect(graph.collection(CollectionKey.trainOp, of: Operation.self) == [train])
  }

  @Test func `the global step counts`() throws {
    let graph = Graph()
    let w = try graph.variable("w", initialValue: .ones([2]))
    let step = try graph.getOrCreateGlobalStep()
    let train = try GradientDescent(learningRate: 0.5).minimize(
      w.value * w.value, globalStep: step)
    let session = try Session(graph: graph)
    try session.run(graph.globalVariablesInitializer)
    for expected in 1...3 {
      try session.run(train)
      #expect(try session.run(step.value).scalar == Int64(expected))
    }
    #expect(try session.run(w.value).scalars == [0, 0])
    #expect(try graph.getOrCreateGlobalStep() == step)
  }

  @Test(arguments: twoSteps.indices, VariableTests.kinds)
  func `sparse gradients change only what they name, repeated rows once`(
    _ index: Int, _ options: VariableOptions
  ) throws {
    let graph = Graph()
    let table = try graph.variable(
      "table", initialValue: .tensor(Tensor([5 as Float, 7, 5], shape: [3, 1])), options: options)
    let plain = try graph.variable(
      "plain", initialValue: .tensor(Tensor([5 as Float], shape: [1, 1])), options: options)
    let indices = try graph.constant([2 as Int32, 2]).erased
    let rows =
      table.erased.isResource
      ? try graph.addOperation(
        "ResourceGather", inputs: [table.erased.handle, indices],
        attributes: ["dtype": .type(.float)]
      ).output(0)
      : try graph.addOperation(
        "GatherV2",
        inputs: [table.value.erased, indices, graph.constant(Int32(0)).erased]
      ).output(0)
    let sparse = try Output<Float>(rows)
    // Row 2 is read twice: twice the gradient that `plain` has once, and as a sum in one step.
    let loss = try reduceSum(sparse) + reduceSum(plain.value + plain.value)
    let train = try Self.twoSteps[index].make().minimize(loss)
    let session = try Session(graph: graph)
    try session.run(graph.globalVariablesInitializer)
    try session.run(train)
    let values = try session.run(table.value).scalars
    let once = try #require(try session.run(plain.value).scalars.first)
    #expect(values[0] == 5)
    #expect(values[1] == 7)
    #expect(abs(values[2] - once) < 1e-6)
    #expect(once < 5)
  }

  @Test func `a loss that depends on no variable is refused`() throws {
    let graph = Graph()
    _ = try graph.variable("w", initialValue: .ones([2]))
    let loss = try graph.constant(Float(1))
    let error = #expect(throws: StatusError.self) {
      try GradientDescent(learningRate: 1).minimize(loss)
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.hasPrefix("No gradients provided for any variable") == true)
  }

  @Test func `rates decay with the steps`() throws {
    let graph = Graph()
    let step = try graph.getOrCreateGlobalStep()
    let rates = [
      try LearningRate.exponentialDecay(0.1, step: step, decaySteps: 10, decay: 0.5),
      try LearningRate.exponentialDecay(
        0.1, step: step, decaySteps: 10, decay: 0.5, isStaircase: true),
      try LearningRate.polynomialDecay(0.1, step: step, decaySteps: 10, endRate: 0.01),
      try LearningRate.piecewiseConstant(
        step: step, boundaries: [4, 15], values: [1, 0.5, 0.25]),
      try LearningRate.inverseTimeDecay(0.1, step: step, decaySteps: 10, decay: 0.5),
    ]
    let session = try Session(graph: graph)
    for (count, expected) in [
      (0, [0.1, 0.1, 0.1, 1, 0.1]), (5, [0.07071068, 0.1, 0.055, 0.5, 0.08]),
      (20, [0.025, 0.025, 0.01, 0.25, 0.05]),
    ] {
      _ = try session.run(step.assign(Tensor(scalar: Int64(count))))
      let values = try session.run(rates).compactMap(\.scalar)
      for (value, wanted) in zip(values, expected) {
        #expect(abs(Double(value) - wanted) < 1e-6)
      }
      #expect(values.count == expected.count)
    }
  }
}
