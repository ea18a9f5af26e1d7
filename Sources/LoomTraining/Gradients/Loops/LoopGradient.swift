import LoomCore
import LoomGraph
import Synchronization

/// The loop that computes the gradients of another loop, its iterations in reverse.
///
/// The loop on the way forward is made to count its iterations and to push the values that gradients need
/// onto stacks; the loop on the way back runs as often and pops them. Values that the loop does not change
/// are simply passed on.
final class LoopGradient: Sendable {
  let graph: Graph
  let places: ForwardPlaces
  /// The frame of the loop on the way forward.
  let frame: Int
  /// Of the loop around it, if that one has gradients too.
  let parent: LoopGradient?
  /// Where gradients were asked for.
  let caller: (any OperationContext)?

  /// The loop on the way back.
  let context: LoopContext

  struct State {
    var forwardNext: Operation?
    var forwardSum: Operation?
    var backwardNext: Operation?
    var forwardSync: Operation?
    var backwardSync: Operation?
    var bodyPivot: Operation?
    var history: [AnyOutput: AnyOutput] = [:]
    var merges: [Int: AnyOutput] = [:]
    var pendingExits = 0
    var deferredExits: [Int] = []
    var unusedExits: [Int] = []
  }
  let state = Mutex(State())

  init(
    graph: Graph, places: ForwardPlaces, frame: Int, parent: LoopGradient?,
    caller: (any OperationContext)?
  ) throws(StatusError) {
    self.graph = graph
    self.places = places
    self.frame = frame
    self.parent = parent
    self.caller = caller
    let loop = places.analysis.frames[frame]
    guard loop.condition != nil, loop.choice != nil else {
      throw .invalidArgument(
        "The loop of frame '\(loop.name)' has no LoopCond, so it has no gradient")
    }
    guard !loop.popsStacks else {
      throw .unimplemented(
        "Second-order gradient for while loops not supported (frame '\(loop.name)'). Use functional "
          + "loops for derivatives of derivatives.")
    }
    let outer = parent?.context ?? caller
    context = LoopContext(
      graph: graph, frame: graph.uniqueName("while_context"),
      parallelIterations: loop.parallelIterations, outer: outer)
    context.history = self
    let exits = loop.exits.count
    state.withLock { $0.pendingExits = exits }
    let count = try addForwardCounter()
    let total = try parent?.realValue(count) ?? count
    try addBackwardCounter(total, context, outer)
  }

  // MARK: Counters

  /// Makes operations in the frame of the loop on the way forward.
  func inForward<R>(_ body: () throws(StatusError) -> R) throws(StatusError) -> R {
    try graph.withContext(forwardContext, isCapturing: false, body)
  }

  /// The context of the loop on the way forward, if it was built here.
  private var forwardContext: (any OperationContext)? {
    places.analysis.frames[frame].choice.flatMap {
      graph.context(of: Operation(graph: graph, id: $0))
    }
  }

  private func record(_ outputs: AnyOutput...) {
    for output in outputs { places.add(output.operation, .init(frame: frame)) }
  }

  /// An operation that runs in each iteration of the loop on the way forward.
  func bodyPivot() throws(StatusError) -> Operation {
    if let known = state.withLock({ $0.bodyPivot }) { return known }
    guard let choice = places.analysis.frames[frame].choice else {
      throw .internal("The loop has no variable")
    }
    let body = Operation(graph: graph, id: choice).output(1)
    let pivot = try inForward { () throws(StatusError) in
      try graph.build(body.dtype.isReference ? "RefIdentity" : "Identity", [body])
    }
    record(pivot)
    state.withLock { $0.bodyPivot = pivot.operation }
    return pivot.operation
  }

  /// - Returns: how many iterations were done, outside of the loop.
  private func addForwardCounter() throws(StatusError) -> AnyOutput {
    let loop = places.analysis.frames[frame]
    guard let condition = loop.condition else { throw .internal("The loop has no condition") }
    let test = Operation(graph: graph, id: condition).output(0)
    // Pushes of one run of an inner loop come before those of its next run.
    var waits: [Operation] = []
    if let parent {
      waits.append(try parent.bodyPivot())
      if let sum = parent.state.withLock({ $0.forwardSum }) { waits.append(sum) }
    }
    let zero = try graph.withContext(parent?.forwardContext ?? nil, isCapturing: false) {
      () throws(StatusError) in
      try graph.addOperation(
        "Const",
        attributes: ["value": .tensor(AnyTensor(scalar: Int32(0))), "dtype": .type(.int32)],
        name: "f_count", controlInputs: waits
      ).output(0)
    }
    if loop.parent > 0, parent == nil { try waitForCaller(zero) }
    places.add(zero.operation, .init(frame: loop.parent))
    let (next, sum, total) = try inForward { () throws(StatusError) in
      let entered = try graph.enter(
        zero, frame: loop.name, isConstant: false, parallelIterations: loop.parallelIterations,
        name: "f_count")
      let merged = try graph.merge([entered, entered])
      let sides = try graph.switching(merged, by: test)
      let pivot = try bodyPivot()
      let one = try graph.addOperation(
        "Const",
        attributes: ["value": .tensor(AnyTensor(scalar: Int32(1))), "dtype": .type(.int32)],
        controlInputs: [pivot]
      ).output(0)
      let sum = try graph.build("Add", [sides[1], one])
      let next = try graph.nextIteration(sum)
      try graph.updateInput(1, of: merged.operation, to: next)
      let total = try graph.exit(sides[0], name: "f_count")
      record(entered, merged, sides[0], one, sum, next)
      return (next, sum, total)
    }
    places.add(total.operation, .init(frame: loop.parent, conditions: loop.conditions))
    state.withLock {
      $0.forwardNext = next.operation
      $0.forwardSum = sum.operation
    }
    return total
  }

  /// A loop inside of a loop body that is still being built: its counter starts with that body.
  private func waitForCaller(_ zero: AnyOutput) throws(StatusError) {
    guard let pivot = (caller as? any CapturingContext)?.pivot else { return }
    try graph.addControlInput(pivot, to: zero.operation)
  }

  private func addBackwardCounter(
    _ total: AnyOutput, _ context: LoopContext, _ outer: (any OperationContext)?
  ) throws(StatusError) {
    var count = total
    if let outer = outer as? any CapturingContext { count = try outer.capture(total) }
    let merged = try graph.withContext(context, isCapturing: false) { () throws(StatusError) in
      let entered = try graph.enter(
        count, frame: context.frame, isConstant: false,
        parallelIterations: context.parallelIterations, name: "b_count")
      return try graph.merge([entered, entered])
    }
    context.pivot = merged.operation
    let one = try graph.withContext(context) { () throws(StatusError) in
      try graph.constantInt(1, name: "b_count")
    }
    let (test, sides) = try graph.withContext(context, isCapturing: false) {
      () throws(StatusError) in
      let isLeft = try graph.build("GreaterEqual", [merged, one])
      let test = try graph.build("LoopCond", [isLeft], name: "b_count")
      return (test, try graph.switching(merged, by: test))
    }
    _ = test
    let index = try graph.withContext(context, isCapturing: false) { () throws(StatusError) in
      try graph.build("Sub", [sides[1], one])
    }
    context.pivot = index.operation
    let next = try graph.withContext(context, isCapturing: false) { () throws(StatusError) in
      try graph.nextIteration(index)
    }
    try graph.updateInput(1, of: merged.operation, to: next)
    state.withLock { $0.backwardNext = next.operation }
    let done = try graph.withContext(outer, isCapturing: false) { () throws(StatusError) in
      try graph.exit(sides[0], name: "b_count")
    }
    // Pops of one run of an inner loop come before those of its next run.
    if let parent {
      try graph.addControlInput(done.operation, to: parent.backwardSynchronization())
    }
  }

  /// The predicate of the loop on the way back.
  func test() throws(StatusError) -> AnyOutput {
    guard let next = state.withLock({ $0.backwardNext }), let index = next.inputs.first,
      let choice = index.operation.inputs.first
    else { throw .internal("The gradient of the loop is not set up") }
    return choice.operation.inputs[1]
  }
}
