public import LoomCore
public import LoomGraph

/// `w -= rate · gradient`.
///
/// - SeeAlso: `tf.train.GradientDescentOptimizer`.
public struct GradientDescent: Optimizer {
  public var learningRate: Hyperparameter
  public var name: String
  public let slots = SlotTable()
  public var acceptsRepeatedRows: Bool { true }

  public init(learningRate: Hyperparameter, name: String = "GradientDescent") {
    self.learningRate = learningRate
    self.name = name
  }

  public func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters {
    try Hyperparameters([("learning_rate", learningRate)], in: graph)
  }

  public func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    let rate = try numbers("learning_rate", as: variable.dtype)
    let graph = variable.graph
    switch gradient {
    case .dense: return try variable.apply("GradientDescent", [rate], gradient)
    case .slices(let slices):
      let steps = try graph.build("Mul", [slices.values, rate])
      return try graph.addOperation(
        variable.isResource ? "ResourceScatterSub" : "ScatterSub",
        inputs: [variable.handle, slices.indices, steps])
    }
  }
}

/// Gradient descent with memory: `m = momentum · m + gradient; w -= rate · m`, or with Nesterov's look
/// ahead `w -= rate · (gradient + momentum · m)`. Slot: `momentum`.
///
/// - SeeAlso: `tf.train.MomentumOptimizer`.
public struct Momentum: Optimizer {
  public var learningRate: Hyperparameter
  public var momentum: Hyperparameter
  public var usesNesterov: Bool
  public var name: String
  public let slots = SlotTable()

  public init(
    learningRate: Hyperparameter, momentum: Hyperparameter, usesNesterov: Bool = false,
    name: String = "Momentum"
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.usesNesterov = usesNesterov
    self.name = name
  }

  public func makeSlots(for variables: [AnyVariable]) throws(StatusError) {
    for variable in variables { try slots.make("momentum", for: variable, scope: name) }
  }

  public func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters {
    try Hyperparameters([("learning_rate", learningRate), ("momentum", momentum)], in: graph)
  }

  public func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    try variable.apply(
      "Momentum", slots: [madeSlot("momentum", variable)],
      [numbers("learning_rate", as: variable.dtype)], gradient,
      [numbers("momentum", as: variable.dtype)], ["use_nesterov": .bool(usesNesterov)])
  }
}
