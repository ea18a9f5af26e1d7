public import LoomCore
public import LoomGraph

/// Steps divided by the root of all squared gradients so far. Slot: `accumulator`.
///
/// - SeeAlso: `tf.train.AdagradOptimizer`.
public struct Adagrad: Optimizer {
  public var learningRate: Hyperparameter
  public var initialAccumulatorValue: Double
  public var name: String
  public let slots = SlotTable()

  public init(
    learningRate: Hyperparameter, initialAccumulatorValue: Double = 0.1, name: String = "Adagrad"
  ) {
    self.learningRate = learningRate
    self.initialAccumulatorValue = initialAccumulatorValue
    self.name = name
  }

  public func makeSlots(for variables: [AnyVariable]) throws(StatusError) {
    for variable in variables {
      try slots.make("accumulator", for: variable, scope: name, value: initialAccumulatorValue)
    }
  }

  public func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters {
    try Hyperparameters([("learning_rate", learningRate)], in: graph)
  }

  public func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    try variable.apply(
      "Adagrad", slots: [madeSlot("accumulator", variable)],
      [numbers("learning_rate", as: variable.dtype)], gradient)
  }
}

/// Steps scaled by the ratio of past steps to past gradients (Zeiler, 2012). Slots: `accum` and
/// `accum_update`.
///
/// - SeeAlso: `tf.train.AdadeltaOptimizer`.
public struct Adadelta: Optimizer {
  public var learningRate: Hyperparameter
  public var rho: Hyperparameter
  public var epsilon: Hyperparameter
  public var name: String
  public let slots = SlotTable()

  public init(
    learningRate: Hyperparameter = 0.001, rho: Hyperparameter = 0.95,
    epsilon: Hyperparameter = 1e-8, name: String = "Adadelta"
  ) {
    self.learningRate = learningRate
    self.rho = rho
    self.epsilon = epsilon
    self.name = name
  }

  public func makeSlots(for variables: [AnyVariable]) throws(StatusError) {
    for variable in variables {
      try slots.make("accum", for: variable, scope: name)
      try slots.make("accum_update", for: variable, scope: name)
    }
  }

  public func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters {
    try Hyperparameters([("lr", learningRate), ("rho", rho), ("epsilon", epsilon)], in: graph)
  }

  public func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    let dtype = variable.dtype
    return try variable.apply(
      "Adadelta", slots: [madeSlot("accum", variable), madeSlot("accum_update", variable)],
      [numbers("lr", as: dtype), numbers("rho", as: dtype), numbers("epsilon", as: dtype)],
      gradient)
  }
}

/// Steps divided by the root of a running mean of squared gradients (Hinton, 2012), on request of
/// their variance. Slots: `rms`, `momentum`, and `mg` where centered.
///
/// - SeeAlso: `tf.train.RMSPropOptimizer`.
public struct RMSProp: Optimizer {
  public var learningRate: Hyperparameter
  public var decay: Hyperparameter
  public var momentum: Hyperparameter
  public var epsilon: Hyperparameter
  public var isCentered: Bool
  public var name: String
  public let slots = SlotTable()

  public init(
    learningRate: Hyperparameter, decay: Hyperparameter = 0.9, momentum: Hyperparameter = 0,
    epsilon: Hyperparameter = 1e-10, isCentered: Bool = false, name: String = "RMSProp"
  ) {
    self.learningRate = learningRate
    self.decay = decay
    self.momentum = momentum
    self.epsilon = epsilon
    self.isCentered = isCentered
    self.name = name
  }

  public func makeSlots(for variables: [AnyVariable]) throws(StatusError) {
    for variable in variables {
      try slots.make("rms", for: variable, scope: name, value: 1)
      if isCentered { try slots.make("mg", for: variable, scope: name) }
      try slots.make("momentum", for: variable, scope: name)
    }
  }

  public func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters {
    try Hyperparameters(
      [
        ("learning_rate", learningRate), ("decay", decay), ("momentum", momentum),
        ("epsilon", epsilon),
      ], in: graph)
  }

  public func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    let dtype = variable.dtype
    let used = (isCentered ? ["mg"] : []) + ["rms", "momentum"]
    var kept: [AnyVariable] = []
    for name in used { kept.append(try madeSlot(name, variable)) }
    return try variable.apply(
      isCentered ? "CenteredRMSProp" : "RMSProp", slots: kept,
      [
        numbers("learning_rate", as: dtype), numbers("decay", as: dtype),
        numbers("momentum", as: dtype), numbers("epsilon", as: dtype),
      ], gradient)
  }
}
