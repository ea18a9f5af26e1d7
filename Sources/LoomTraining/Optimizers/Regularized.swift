public import LoomCore
public import LoomGraph

/// Follow the regularised leader (McMahan and others, 2013). Slots: `accum` and `linear`.
///
/// - SeeAlso: `tf.train.FtrlOptimizer`.
public struct Ftrl: Optimizer {
  public var learningRate: Hyperparameter
  public var learningRatePower: Hyperparameter
  public var initialAccumulatorValue: Double
  public var l1: Hyperparameter
  public var l2: Hyperparameter
  /// A penalty on the size of the variable, unlike `l2`, which is one on its distance from the start.
  public var l2Shrinkage: Hyperparameter?
  public var name: String
  public let slots = SlotTable()

  public init(
    learningRate: Hyperparameter, learningRatePower: Hyperparameter = -0.5,
    initialAccumulatorValue: Double = 0.1, l1: Hyperparameter = 0, l2: Hyperparameter = 0,
    l2Shrinkage: Hyperparameter? = nil, name: String = "Ftrl"
  ) {
    self.learningRate = learningRate
    self.learningRatePower = learningRatePower
    self.initialAccumulatorValue = initialAccumulatorValue
    self.l1 = l1
    self.l2 = l2
    self.l2Shrinkage = l2Shrinkage
    self.name = name
  }

  public func makeSlots(for variables: [AnyVariable]) throws(StatusError) {
    for variable in variables {
      try slots.make("accum", for: variable, scope: name, value: initialAccumulatorValue)
      try slots.make("linear", for: variable, scope: name)
    }
  }

  public func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters {
    var all = [
      ("learning_rate", learningRate), ("l1_regularization_strength", l1),
      ("l2_regularization_strength", l2), ("learning_rate_power", learningRatePower),
    ]
    if let l2Shrinkage { all.append(("l2_shrinkage_regularization_strength", l2Shrinkage)) }
    return try Hyperparameters(all, in: graph)
  }

  public func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    let names =
      ["learning_rate", "l1_regularization_strength", "l2_regularization_strength"]
      + (l2Shrinkage == nil ? [] : ["l2_shrinkage_regularization_strength"])
      + ["learning_rate_power"]
    var after: [AnyOutput] = []
    for name in names { after.append(try numbers(name, as: variable.dtype)) }
    return try variable.apply(
      l2Shrinkage == nil ? "Ftrl" : "FtrlV2",
      slots: [madeSlot("accum", variable), madeSlot("linear", variable)], [], gradient, after)
  }
}

/// Gradient descent, then a step towards zero for the penalties `l1` and `l2`.
///
/// - SeeAlso: `tf.train.ProximalGradientDescentOptimizer`.
public struct ProximalGradientDescent: Optimizer {
  public var learningRate: Hyperparameter
  public var l1: Hyperparameter
  public var l2: Hyperparameter
  public var name: String
  public let slots = SlotTable()

  public init(
    learningRate: Hyperparameter, l1: Hyperparameter = 0, l2: Hyperparameter = 0,
    name: String = "ProximalGradientDescent"
  ) {
    self.learningRate = learningRate
    self.l1 = l1
    self.l2 = l2
    self.name = name
  }

  public func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters {
    try Hyperparameters(
      [
        ("learning_rate", learningRate), ("l1_regularization_strength", l1),
        ("l2_regularization_strength", l2),
      ], in: graph)
  }

  public func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    let dtype = variable.dtype
    return try variable.apply(
      "ProximalGradientDescent",
      [
        numbers("learning_rate", as: dtype), numbers("l1_regularization_strength", as: dtype),
        numbers("l2_regularization_strength", as: dtype),
      ], gradient)
  }
}

/// ``Adagrad``, then a step towards zero for the penalties `l1` and `l2`. Slot: `accumulator`.
///
/// - SeeAlso: `tf.train.ProximalAdagradOptimizer`.
public struct ProximalAdagrad: Optimizer {
  public var learningRate: Hyperparameter
  public var initialAccumulatorValue: Double
  public var l1: Hyperparameter
  public var l2: Hyperparameter
  public var name: String
  public let slots = SlotTable()

  public init(
    learningRate: Hyperparameter, initialAccumulatorValue: Double = 0.1, l1: Hyperparameter = 0,
    l2: Hyperparameter = 0, name: String = "ProximalAdagrad"
  ) {
    self.learningRate = learningRate
    self.initialAccumulatorValue = initialAccumulatorValue
    self.l1 = l1
    self.l2 = l2
    self.name = name
  }

  public func makeSlots(for variables: [AnyVariable]) throws(StatusError) {
    for variable in variables {
      try slots.make("accumulator", for: variable, scope: name, value: initialAccumulatorValue)
    }
  }

  public func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters {
    try Hyperparameters(
      [
        ("learning_rate", learningRate), ("l1_regularization_strength", l1),
        ("l2_regularization_strength", l2),
      ], in: graph)
  }

  public func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    let dtype = variable.dtype
    return try variable.apply(
      "ProximalAdagrad", slots: [madeSlot("accumulator", variable)],
      [
        numbers("learning_rate", as: dtype), numbers("l1_regularization_strength", as: dtype),
        numbers("l2_regularization_strength", as: dtype),
      ], gradient)
  }
}

/// Adagrad with dual averaging: variables follow from sums over all gradients (Xiao, 2010). Slots:
/// `gradient_accumulator` and `gradient_squared_accumulator`.
///
/// - SeeAlso: `tf.train.AdagradDAOptimizer`.
public struct AdagradDA: Optimizer {
  public var learningRate: Hyperparameter
  /// Counts the steps; the step after it is the one being made.
  public var globalStep: Variable<Int64>
  public var initialGradientSquaredAccumulatorValue: Double
  public var l1: Hyperparameter
  public var l2: Hyperparameter
  public var name: String
  public let slots = SlotTable()

  public init(
    learningRate: Hyperparameter, globalStep: Variable<Int64>,
    initialGradientSquaredAccumulatorValue: Double = 0.1, l1: Hyperparameter = 0,
    l2: Hyperparameter = 0, name: String = "AdagradDA"
  ) {
    self.learningRate = learningRate
    self.globalStep = globalStep
    self.initialGradientSquaredAccumulatorValue = initialGradientSquaredAccumulatorValue
    self.l1 = l1
    self.l2 = l2
    self.name = name
  }

  public func makeSlots(for variables: [AnyVariable]) throws(StatusError) {
    for variable in variables {
      try slots.make("gradient_accumulator", for: variable, scope: name + "/g_acc")
      try slots.make(
        "gradient_squared_accumulator", for: variable, scope: name + "/gg_acc",
        value: initialGradientSquaredAccumulatorValue)
    }
  }

  public func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters {
    try Hyperparameters(
      [
        ("learning_rate", learningRate), ("l1_regularization_strength", l1),
        ("l2_regularization_strength", l2),
      ], in: graph)
  }

  public func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation {
    let dtype = variable.dtype
    let graph = variable.graph
    let step = try graph.build(
      "AddV2", [globalStep.value.erased, graph.constantInt(1, as: .int64)])
    return try variable.apply(
      "AdagradDA",
      slots: [
        madeSlot("gradient_accumulator", variable),
        madeSlot("gradient_squared_accumulator", variable),
      ], [], gradient,
      [
        numbers("learning_rate", as: dtype), numbers("l1_regularization_strength", as: dtype),
        numbers("l2_regularization_strength", as: dtype), step,
      ])
  }
}
