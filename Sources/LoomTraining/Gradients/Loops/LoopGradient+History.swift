import LoomCore
import LoomGraph
import Synchronization

extension LoopGradient: LoopHistory {
  func isRecorded(_ input: AnyOutput) -> Bool { places.place(of: input)?.frame == frame }

  func value(of input: AnyOutput) throws(StatusError) -> AnyOutput? {
    isRecorded(input) ? try realValue(input) : nil
  }

  func didAddBeside(_ operation: Operation) {
    guard let input = operation.inputs.first, let place = places.place(of: input) else { return }
    places.add(operation, place)
  }

  /// The value that a tensor of the loop had in the iteration whose gradient is computed.
  func realValue(_ value: AnyOutput) throws(StatusError) -> AnyOutput {
    if let known = state.withLock({ $0.history[value] }) { return known }
    let real: AnyOutput
    if let enter = LoopGradient.constantEnter(value) {
      let source = enter.inputs[0]
      // What no iteration changes need not be kept.
      real = try context.capture(parent?.outerValue(source) ?? source)
    } else if value.operation.node.properties.role == .constant,
      let tensor = try? value.operation.attributes.tensor("value")
    {
      real = try graph.withContext(context) { () throws(StatusError) in
        try graph.constantTensor(tensor)
      }
    } else {
      real = try popped(pushed(value), value)
    }
    state.withLock { $0.history[value] = real }
    return real
  }

  /// A value of this loop, or of what is around it, in the loop on the way back.
  private func outerValue(_ value: AnyOutput) throws(StatusError) -> AnyOutput {
    isRecorded(value) ? try realValue(value) : value
  }

  /// The entry of a tensor that no iteration changes.
  private static func constantEnter(_ value: AnyOutput) -> Operation? {
    var operation = value.operation
    while operation.node.properties.role == .switch || operation.node.properties.isIdentityLike,
      let input = operation.inputs.first
    {
      operation = input.operation
    }
    return operation.isConstantEnter ? operation : nil
  }

  // MARK: Stacks

  /// Has the loop on the way forward push a value in each iteration that has it.
  ///
  /// - Returns: the stack, outside of all loops that gradients run through.
  private func pushed(_ value: AnyOutput) throws(StatusError) -> AnyOutput {
    guard let place = places.place(of: value), place.frame == frame else {
      throw .internal("'\(value.name)' is not of the loop")
    }
    let dtype = value.dtype.base
    let stack = try graph.withContext(caller) { () throws(StatusError) in
      try graph.build(
        "StackV2", [graph.constantInt(-1)], ["elem_type": .type(dtype)], name: "f_acc")
    }
    let own = try enteredForward(stack)
    let (sum, next) = state.withLock { ($0.forwardSum, $0.forwardNext) }
    guard let sum, let next else { throw .internal("The loop does not count") }
    let push = try inForward { () throws(StatusError) in
      try graph.addOperation("StackPushV2", inputs: [own, value], controlInputs: [sum])
    }
    places.add(push, place)
    try graph.addControlInput(
      push, to: place.conditions.isEmpty ? next : forwardSynchronization(next))
    return stack
  }

  /// A stack in the frame of the loop on the way forward.
  private func enteredForward(_ stack: AnyOutput) throws(StatusError) -> AnyOutput {
    let outer = try parent?.enteredForward(stack) ?? stack
    let loop = places.analysis.frames[frame]
    let own = try inForward { () throws(StatusError) in
      try graph.enter(
        outer, frame: loop.name, isConstant: true, parallelIterations: loop.parallelIterations)
    }
    places.add(own.operation, .init(frame: frame))
    return own
  }

  private func popped(_ stack: AnyOutput, _ value: AnyOutput) throws(StatusError) -> AnyOutput {
    let conditions = places.place(of: value)?.conditions ?? []
    // A predicate that is itself alive only under others implies them.
    var implied: Set<FlowAnalysis.Condition> = []
    for condition in conditions {
      if let place = places.place(of: output(condition.predicate)), place.frame == frame {
        implied.formUnion(place.conditions)
      }
    }
    var handle = try context.capture(stack)
    for condition in conditions where !implied.contains(condition) {
      let predicate = try realPredicate(condition)
      handle = try graph.withContext(context) { () throws(StatusError) in
        try graph.switching(handle, by: predicate)[condition.side]
      }
    }
    let own = handle
    let pop = try graph.withContext(context) { () throws(StatusError) in
      try graph.build("StackPopV2", [own], ["elem_type": .type(value.dtype.base)])
    }
    try pop.setShape(value.shape)
    if context.parallelIterations > 1 {
      try graph.addControlInput(pop.operation, to: backwardSynchronization())
    }
    return pop
  }

  private func output(_ endpoint: Node.Endpoint) -> AnyOutput {
    Operation(graph: graph, id: endpoint.node).output(endpoint.index)
  }

  /// The value of a predicate in the iteration whose gradient is computed.
  func realPredicate(_ condition: FlowAnalysis.Condition) throws(StatusError) -> AnyOutput {
    try context.capture(output(condition.predicate))
  }

  // MARK: Order

  private func forwardSynchronization(_ next: Operation) throws(StatusError) -> Operation {
    if let known = state.withLock({ $0.forwardSync }) { return known }
    let pivot = try bodyPivot()
    let sync = try inForward { () throws(StatusError) in
      try graph.addOperation("ControlTrigger", name: "f_sync", controlInputs: [pivot])
    }
    places.add(sync, .init(frame: frame))
    try graph.addControlInput(sync, to: next)
    state.withLock { $0.forwardSync = sync }
    return sync
  }

  func backwardSynchronization() throws(StatusError) -> Operation {
    let (known, next) = state.withLock { ($0.backwardSync, $0.backwardNext) }
    if let known { return known }
    let sync = try graph.withContext(context) { () throws(StatusError) in
      try graph.addOperation("ControlTrigger", name: "b_sync")
    }
    if let next { try graph.addControlInput(sync, to: next) }
    state.withLock { $0.backwardSync = sync }
    return sync
  }
}
