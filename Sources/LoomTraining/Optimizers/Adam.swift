public import LoomCore
public import LoomGraph

/// Steps scaled by running moments of the gradient (Kingma and Ba, 2014). Slots: `m` and `v`.
///
/// - SeeAlso: `tf.train.AdamOptimizer`.
public struct Adam: Optimizer {
  public var learningRate: Hyperparameter
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Hyperparameter
  public var name: String
  public let slots = SlotTable()

  public init(
    learningRate: Hyperparameter = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Hyperparameter = 1e-8, name: String = "Adam"
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.name = name
  }

  public func makeSlots(for variables: [AnyVariable]) throws(StatusError) {
    // The powers stand beside the variable that comes first by name, whatever the order given.
    if let first = variables.min(by: { $0.name < $1.name }) {
      try slots.makeShared("beta1_power", beside: first, value: beta1)
      try slots.makeShared("beta2_power", beside: first, value: beta2)
    }
    for variable in variables {
      try slots.make("m", for: variable, scope: name)
      try slots.make("v", for: variable, scope: name)
    }
  }

  public func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters {
    try Hyperparameters(
      [
        ("learning_rate", learningRate), ("beta1", .constant(beta1)), ("beta2", .constant(beta2)),
        ("epsilon", epsilon),
      ], in: graph)
  }

  private func power(_ name: String, _ graph: Graph) throws(StatusError) -> AnyVariable {
    guard let variable = slots[name, graph] else {
      throw .internal("The optimizer has no variable '\(name)'")
    }
    return variable
  }

  private func powers(
    for variable: AnyVariable
  ) throws(StatusError) -> (AnyOutput, AnyOutput) {
    func value(_ name: String) throws(StatusError) -> AnyOutput {
      let read = try power(name, variable.graph).value
      return read.dtype.base == variable.dtype
        ? read : try variable.graph.build("Cast", [read], ["DstT": .type(variable.dtype)])
    }
    return (try value("beta1_power"), try value("beta2_power"))
  }

  public func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    let dtype = variable.dtype
    switch gradient {
    case .dense:
      let (power1, power2) = try powers(for: variable)
      return try variable.apply(
        "Adam", slots: [madeSlot("m", variable), madeSlot("v", variable)],
        [
          power1, power2, numbers("learning_rate", as: dtype), numbers("beta1", as: dtype),
          numbers("beta2", as: dtype), numbers("epsilon", as: dtype),
        ], gradient)
    case .slices(let slices): return try update(variable, by: slices, numbers)
    }
  }

  /// All moments decay and all elements move, but only some rows get a gradient.
  private func update(
    _ variable: AnyVariable, by slices: IndexedSlices, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    let graph = variable.graph
    let dtype = variable.dtype
    let one = try graph.constantScalar(1, dtype)
    let (power1, power2) = try powers(for: variable)
    let (beta1, beta2) = (try numbers("beta1", as: dtype), try numbers("beta2", as: dtype))
    let correction = try graph.build(
      "RealDiv",
      [
        graph.build("Sqrt", [graph.build("Sub", [one, power2])]),
        graph.build("Sub", [one, power1]),
      ])
    let rate = try graph.build("Mul", [numbers("learning_rate", as: dtype), correction])
    let m = try decay(
      madeSlot("m", variable), by: beta1, adding: slices.values, at: slices.indices)
    let squares = try graph.build("Mul", [slices.values, slices.values])
    let v = try decay(madeSlot("v", variable), by: beta2, adding: squares, at: slices.indices)
    let scale = try graph.build(
      "AddV2", [graph.build("Sqrt", [v]), numbers("epsilon", as: dtype)])
    let step = try graph.build("RealDiv", [graph.build("Mul", [rate, m]), scale])
    return try graph.addOperation(
      variable.isResource ? "AssignSubVariableOp" : "AssignSub", inputs: [variable.handle, step])
  }

  /// `slot = decay · slot`, then `slot[rows] += (1 - decay) · values`; the new value.
  private func decay(
    _ slot: AnyVariable, by decay: AnyOutput, adding values: AnyOutput, at rows: AnyOutput
  ) throws(StatusError) -> AnyOutput {
    let graph = slot.graph
    let one = try graph.constantScalar(1, slot.dtype)
    let scaled = try graph.build("Mul", [values, graph.build("Sub", [one, decay])])
    let decayed = try slot.assign(graph.build("Mul", [slot.read(), decay]))
    return try graph.withControlDependencies(on: [decayed.operation]) { () throws(StatusError) in
      let added = try graph.addOperation(
        slot.isResource ? "ResourceScatterAdd" : "ScatterAdd",
        inputs: [slot.handle, rows, scaled])
      return try graph.withControlDependencies(on: [added]) { () throws(StatusError) in
        try slot.read()
      }
    }
  }

  /// The powers of beta for the next step.
  public func finish(
    after updates: [Operation], for variables: [AnyVariable], _ numbers: Hyperparameters
  ) throws(StatusError) -> [Operation] {
    guard let graph = variables.first?.graph else { return [] }
    var operations: [Operation] = []
    for (name, beta) in [("beta1_power", "beta1"), ("beta2_power", "beta2")] {
      let power = try power(name, graph)
      let next = try graph.build(
        "Mul", [power.read(), numbers(beta, as: power.dtype)], name: "mul")
      operations.append(
        try graph.addOperation(
          power.isResource ? "AssignVariableOp" : "Assign", inputs: [power.handle, next]))
    }
    return operations
  }
}
