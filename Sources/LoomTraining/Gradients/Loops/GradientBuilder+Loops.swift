import LoomCore
import LoomGraph
import Synchronization

extension GradientBuilder {
  /// Sets up the gradients of every loop that lies on the way, outer loops first.
  ///
  /// - Parameter between: the operations on the way; all exits of these loops are added.
  mutating func prepareLoops(_ between: inout Set<Int>) throws(StatusError) {
    guard nodes.contains(where: { $0.properties.role == .enter }) else { return }
    let places = ForwardPlaces(nodes)
    self.places = places
    let analysis = places.analysis
    var wanted: Set<Int> = []
    for id in between where nodes[id].properties.role == .exit {
      wanted.insert(analysis.frame(running: id))
    }
    // Inner frames are found after those around them.
    for frame in wanted.sorted() {
      loops[frame] = try LoopGradient(
        graph: graph, places: places, frame: frame,
        parent: loops[analysis.frames[frame].parent], caller: graph.currentContext)
      for exit in analysis.frames[frame].exits { between.insert(exit) }
    }
  }

  /// Exits that nothing on the way reads have zero gradients.
  mutating func startUnusedExits(results: Set<Int>) throws(StatusError) {
    guard let analysis = places?.analysis else { return }
    for (frame, loop) in loops.sorted(by: { $0.key < $1.key }) {
      var ready: [Int] = []
      for exit in analysis.frames[frame].exits where pending[exit] == 0 {
        loop.state.withLock { state in
          state.pendingExits -= 1
          if !results.contains(exit) { state.unusedExits.append(exit) }
          if state.pendingExits == 0 { ready = state.unusedExits }
        }
      }
      for exit in ready { try queueUnused(exit) }
    }
  }

  private mutating func queueUnused(_ exit: Int) throws(StatusError) {
    let output = Operation(graph: graph, id: exit).output(0)
    if GradientBuilder.isBackpropagatable(output.dtype), output.dtype.base != .resource,
      let frame = places?.analysis.frameOfNode[exit]
    {
      let value = try inLoop(frame) { () throws(StatusError) in try zeros(for: output) }
      arrived[.init(node: exit, index: 0), default: []].append(.dense(value))
    }
    queue.append(exit)
  }

  /// Notes that one more exit of a loop has got all its gradients; with the last one they all go on.
  mutating func queueExit(_ exit: Int) throws(StatusError) {
    guard let frame = places?.analysis.frame(running: exit), let loop = loops[frame] else {
      queue.append(exit)
      return
    }
    let deferred = loop.state.withLock { state -> [Int]? in
      state.deferredExits.append(exit)
      state.pendingExits -= 1
      return state.pendingExits == 0 ? state.deferredExits : nil
    }
    guard let deferred else { return }
    var hasGradient = false
    for exit in deferred {
      if arrived[.init(node: exit, index: 0)]?.isEmpty ?? true {
        loop.state.withLock { $0.unusedExits.append(exit) }
      } else {
        hasGradient = true
        queue.append(exit)
      }
    }
    for exit in loop.state.withLock({ $0.unusedExits }) {
      if hasGradient { try queueUnused(exit) } else { queue.append(exit) }
    }
  }

  /// Makes operations where the gradients of a frame are computed.
  func inLoop<R>(_ frame: Int?, _ body: () throws(StatusError) -> R) throws(StatusError) -> R {
    guard let frame, let loop = loops[frame] else { return try body() }
    return try graph.withContext(loop.context, body)
  }

  /// Zeros of a tensor's shape, where gradients are computed now.
  func zeros(for output: AnyOutput) throws(StatusError) -> AnyOutput {
    if output.dtype == .resource, let dtype = output.handle?.first?.dtype {
      let shape = try graph.build("VariableShape", [output])
      return try graph.build(
        "Fill", [shape, graph.constantTensor(AnyTensor.zeros(dtype: dtype, shape: .scalar))],
        name: "zeros")
    }
    guard graph.currentContext is LoopContext, output.shape.fullyDefined == nil,
      output.dtype.base.byteSize != nil
    else { return try graph.zeros(like: output) }
    // The shape is less to keep than the tensor.
    let shape = try graph.build("Shape", [output])
    let zero = try graph.constantTensor(
      AnyTensor.zeros(dtype: output.dtype.base, shape: .scalar))
    return try graph.build("Fill", [shape, zero], name: "zeros")
  }

  // MARK: Rules of the ops that loops are made of

  /// The gradients of an operation that makes up a loop; `nil` for any other.
  func loopGradients(
    of operation: Operation, _ node: Node, _ upstream: [Gradient?]
  ) throws(StatusError) -> [Gradient?]? {
    guard let analysis = places?.analysis else { return nil }
    let frame = analysis.frame(running: node.id)
    let loop = loops[frame]
    switch node.properties.role {
    case .enter:
      guard let gradient = upstream[0] else { return [nil] }
      guard let loop else { return [gradient] }
      let dense = try graph.dense(gradient)
      return [
        .dense(
          operation.isConstantEnter
            ? try accumulate(dense, of: operation, in: loop) : try leave(dense, loop.context))
      ]
    case .exit:
      guard let gradient = upstream[0] else { return [nil] }
      guard let loop else {
        throw .unimplemented("The loop of '\(node.name)' has no gradient here")
      }
      var dense = try graph.dense(gradient)
      if let outer = loop.context.outer as? any CapturingContext {
        dense = try outer.capture(dense)
      }
      let value = dense
      return [
        .dense(
          try graph.withContext(loop.context, isCapturing: false) { () throws(StatusError) in
            try graph.enter(
              value, frame: loop.context.frame, isConstant: false,
              parallelIterations: loop.context.parallelIterations, name: "b_exit")
          })
      ]
    case .merge where analysis.isLoopMerge(node.id):
      guard let loop, let gradient = upstream[0] else { return node.inputs.map { _ in nil } }
      let sides = try graph.switching(graph.dense(gradient), by: loop.test())
      return node.inputs.map {
        nodes[$0.node].properties.role == .nextIteration ? .dense(sides[1]) : .dense(sides[0])
      }
    case .switch where analysis.isLoopSwitch(node.id):
      guard let loop else {
        throw .unimplemented(
          "Gradients can't be taken with respect to what stands before a loop from inside of its body "
            + "('\(node.name)')")
      }
      return try [switchGradient(node.id, upstream, loop), nil]
    default: return nil
    }
  }

  /// A loop's switch is met twice: from its exit, and when the body's gradient is known.
  private func switchGradient(
    _ id: Int, _ upstream: [Gradient?], _ loop: LoopGradient
  ) throws(StatusError) -> Gradient? {
    if let merged = loop.state.withLock({ $0.merges[id] }) {
      guard let gradient = upstream[1] else { return nil }
      let dense = try loop.context.capture(graph.dense(gradient))
      try closeLoop(merged, dense, loop)
      return nil
    }
    guard let gradient = upstream[0] else { return nil }
    let dense = try graph.dense(gradient)
    let merged = try graph.merge([dense, dense], name: "b_switch")
    loop.state.withLock { $0.merges[id] = merged }
    return .dense(merged)
  }

  private func closeLoop(
    _ merged: AnyOutput, _ value: AnyOutput, _ loop: LoopGradient
  ) throws(StatusError) {
    // A value that is there in each iteration must not keep the loop going: the pivot ends it.
    let next = try graph.withContext(loop.context) { () throws(StatusError) in
      try graph.nextIteration(value)
    }
    try graph.updateInput(1, of: merged.operation, to: next)
  }

  /// Loop variables whose next value does not depend on the last have zero gradients from then on.
  func closeOpenLoops() throws(StatusError) {
    for (_, loop) in loops.sorted(by: { $0.key < $1.key }) {
      for (_, merged) in loop.state.withLock({ $0.merges }).sorted(by: { $0.key < $1.key }) {
        let inputs = merged.operation.inputs
        guard inputs[0] == inputs[1], let entered = inputs[0].operation.inputs.first else {
          continue
        }
        // Small constants are made in the loop, others once outside of it.
        let isKnown = entered.shape.fullyDefined != nil
        let zeros = try graph.withContext(isKnown ? loop.context : loop.context.outer) {
          () throws(StatusError) in try graph.zeros(like: entered)
        }
        try closeLoop(merged, loop.context.capture(zeros), loop)
      }
    }
  }

  private func leave(_ value: AnyOutput, _ context: LoopContext) throws(StatusError) -> AnyOutput {
    let value = try context.capture(value)
    return try graph.withContext(context.outer, isCapturing: false) { () throws(StatusError) in
      try graph.exit(value)
    }
  }

  /// The sum over all iterations of the gradients of what no iteration changes.
  private func accumulate(
    _ gradient: AnyOutput, of enter: Operation, in loop: LoopGradient
  ) throws(StatusError) -> AnyOutput {
    let context = loop.context
    let start = try graph.withContext(context.outer) { () throws(StatusError) in
      if let shape = gradient.shape.fullyDefined, gradient.dtype.base.byteSize != nil {
        return try graph.filled(shape, name: "b_acc") { (shape) throws(StatusError) in
          try AnyTensor.zeros(dtype: gradient.dtype.base, shape: shape)
        }
      }
      let source = enter.inputs[0]
      // The gradient of a resource is that of the value it holds.
      guard source.dtype == .resource else { return try zeros(for: source) }
      let zero = try graph.constantTensor(
        AnyTensor.zeros(dtype: gradient.dtype.base, shape: .scalar))
      return try graph.build("Fill", [graph.build("VariableShape", [source]), zero], name: "b_acc")
    }
    let (merged, sides) = try graph.withContext(context, isCapturing: false) {
      () throws(StatusError) in
      let entered = try graph.enter(
        start, frame: context.frame, isConstant: false,
        parallelIterations: context.parallelIterations, name: "b_acc")
      let merged = try graph.merge([entered, entered], name: "b_acc")
      return (merged, try graph.switching(merged, by: loop.test()))
    }
    let sum = try graph.withContext(context) { () throws(StatusError) in
      try graph.build("AddV2", [sides[1], gradient])
    }
    try closeLoop(merged, sum, loop)
    return try graph.withContext(context.outer, isCapturing: false) { () throws(StatusError) in
      try graph.exit(sides[0], name: "b_acc")
    }
  }
}
