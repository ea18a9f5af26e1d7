public import LoomCore
public import LoomGraph

/// Changes variables so that a loss gets smaller.
///
/// An optimizer is a value; the variables it keeps are found through ``slots``, which copies share.
public protocol Optimizer: Sendable {
  /// The name scope of its operations, and of the slots.
  var name: String { get }
  var slots: SlotTable { get }
  /// Makes the slots of variables that are to be trained.
  func makeSlots(for variables: [AnyVariable]) throws(StatusError)
  /// The optimizer's numbers as tensors.
  func prepare(in graph: Graph) throws(StatusError) -> Hyperparameters
  /// An operation that changes one variable. Equal rows of a sparse gradient were added up.
  func update(
    _ variable: AnyVariable, by gradient: Gradient, _ numbers: Hyperparameters
  ) throws(StatusError) -> Operation
  /// Whether rows of sparse gradients may come several times.
  var acceptsRepeatedRows: Bool { get }
  /// Operations that follow all updates.
  func finish(
    after updates: [Operation], for variables: [AnyVariable], _ numbers: Hyperparameters
  ) throws(StatusError) -> [Operation]
}

extension Optimizer {
  public var acceptsRepeatedRows: Bool { false }

  public func makeSlots(for variables: [AnyVariable]) throws(StatusError) {}

  public func finish(
    after updates: [Operation], for variables: [AnyVariable], _ numbers: Hyperparameters
  ) throws(StatusError) -> [Operation] { [] }

  /// The slot of that name, such as `momentum`, that belongs to a variable.
  public func slot<Scalar: TensorScalar>(
    _ name: String, for variable: Variable<Scalar>
  ) throws(StatusError) -> Variable<Scalar>? {
    guard let slot = slots[name, variable.erased] else { return nil }
    return try Variable(slot)
  }

  /// The derivative of `loss` with respect to each variable (by default all trainable ones); `nil`
  /// where the loss does not depend on it.
  public func computeGradients(
    of loss: AnyOutput, for variables: [AnyVariable]? = nil, upstream: AnyOutput? = nil,
    options: GradientOptions = GradientOptions()
  ) throws(StatusError) -> [(gradient: Gradient?, variable: AnyVariable)] {
    let variables = variables ?? loss.graph.trainableVariables
    guard !variables.isEmpty else { throw .invalidArgument("No variables to optimize.") }
    let found = try gradients(
      of: [loss], withRespectTo: variables.map(\.gradientTarget), upstream: [upstream],
      options: options)
    return Array(zip(found, variables).map { (gradient: $0, variable: $1) })
  }

  /// An operation that changes each variable by its gradient, and counts the step.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is no gradient at all.
  public func applyGradients(
    _ gradients: [(gradient: Gradient?, variable: AnyVariable)], globalStep: AnyVariable? = nil,
    name: String? = nil
  ) throws(StatusError) -> Operation {
    var given: [(gradient: Gradient, variable: AnyVariable)] = []
    for case (let gradient?, let variable) in gradients { given.append((gradient, variable)) }
    guard let graph = given.first?.variable.graph else {
      throw .invalidArgument(
        "No gradients provided for any variable: \(gradients.map(\.variable.name)).")
    }
    let variables = given.map(\.variable)
    try makeSlots(for: variables)
    let train = try graph.withNameScope(name ?? self.name) { () throws(StatusError) in
      // `scope/`: the last operation takes the scope's own name.
      let scope = graph.nameScope
      let numbers = try prepare(in: graph)
      var updates: [Operation] = []
      for (gradient, variable) in given {
        updates.append(
          try graph.withNameScope("update_" + variable.key) { () throws(StatusError) in
            try graph.withColocation(with: variable.operation) { () throws(StatusError) in
              try update(variable, by: try withoutRepetitions(gradient, in: graph), numbers)
            }
          })
      }
      updates +=
        try graph.withControlDependencies(on: updates) { () throws(StatusError) in
          try finish(after: updates, for: variables, numbers)
        }
      guard let globalStep else {
        return try graph.addOperation("NoOp", name: scope, controlInputs: updates)
      }
      let all = try graph.addOperation("NoOp", name: "update", controlInputs: updates)
      return try graph.withControlDependencies(on: [all]) { () throws(StatusError) in
        try graph.withColocation(with: globalStep.operation) { () throws(StatusError) in
          let one = try graph.constantScalar(1, globalStep.dtype, name: "value")
          return try graph.addOperation(
            globalStep.isResource ? "AssignAddVariableOp" : "AssignAdd",
            inputs: [globalStep.handle, one], name: scope)
        }
      }
    }
    try graph.addToCollections([CollectionKey.trainOp], train)
    return train
  }

  /// An operation that makes one step towards a smaller loss.
  ///
  /// - Parameters:
  ///   - loss: Summed, if it is not a scalar.
  ///   - variables: All trainable ones by default.
  ///   - globalStep: Counts the steps.
  /// - Throws: ``StatusError/Code/invalidArgument`` if the loss depends on none of the variables; what
  ///   ``gradients(of:withRespectTo:upstream:stoppingAt:options:)`` throws.
  public func minimize<Scalar: TensorScalar>(
    _ loss: Output<Scalar>, for variables: [AnyVariable]? = nil,
    globalStep: Variable<Int64>? = nil, name: String? = nil,
    options: GradientOptions = GradientOptions()
  ) throws(StatusError) -> Operation {
    let found = try computeGradients(of: loss.erased, for: variables, options: options)
    guard found.contains(where: { $0.gradient != nil }) else {
      throw .invalidArgument(
        "No gradients provided for any variable, check your graph for ops that do not support "
          + "gradients, between variables \(found.map(\.variable.name)) and loss \(loss.name).")
    }
    return try applyGradients(found, globalStep: globalStep?.erased, name: name)
  }

  /// A sparse gradient in which every row comes once.
  private func withoutRepetitions(
    _ gradient: Gradient, in graph: Graph
  ) throws(StatusError) -> Gradient {
    guard case .slices(var slices) = gradient, !acceptsRepeatedRows else { return gradient }
    let unique = try graph.addOperation("Unique", inputs: [slices.indices])
    let size = try graph.build("Size", [unique.output(0)])
    slices.values = try graph.build(
      "UnsortedSegmentSum", [slices.values, unique.output(1), size])
    slices.indices = unique.output(0)
    return .slices(slices)
  }
}

extension AnyVariable {
  /// The op that `rule` names, on this variable and its slots.
  ///
  /// - Parameters:
  ///   - before: Inputs before the gradient.
  ///   - after: Inputs after the gradient (and its rows).
  func apply(
    _ rule: String, slots: [AnyVariable] = [], _ before: [AnyOutput], _ gradient: Gradient,
    _ after: [AnyOutput] = [], _ attributes: [String: AttributeValue] = [:]
  ) throws(StatusError) -> Operation {
    let prefix = isResource ? "Resource" : ""
    let variables = [handle] + slots.map(\.handle)
    switch gradient {
    case .dense(let gradient):
      return try graph.addOperation(
        prefix + "Apply" + rule, inputs: variables + before + [gradient] + after,
        attributes: attributes)
    case .slices(let slices):
      return try graph.addOperation(
        prefix + "SparseApply" + rule,
        inputs: variables + before + [slices.values, slices.indices] + after,
        attributes: attributes)
    }
  }
}

extension Optimizer {
  /// A slot that ``makeSlots(for:)`` made.
  func madeSlot(_ name: String, _ variable: AnyVariable) throws(StatusError) -> AnyVariable {
    guard let slot = slots[name, variable] else {
      throw .internal("The optimizer has no slot '\(name)' for \(variable.name)")
    }
    return slot
  }
}
