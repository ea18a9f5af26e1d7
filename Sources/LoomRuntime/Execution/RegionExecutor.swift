import LoomCore
import LoomGraph
import LoomKernels

/// Runs a plan: one kernel after the other, on the caller's thread, loops iteration by iteration.
struct RegionExecutor {
  let plan: Plan
  let memory: StepMemory
  let services: StepServices
  let trace: StepTrace?
  /// Values of fetches inside loops, taken in the first iteration; by position in `plan.fetches`.
  private(set) var inner: [Int: AnyTensor] = [:]

  init(plan: Plan, memory: StepMemory, services: StepServices, trace: StepTrace?) {
    self.plan = plan
    self.memory = memory
    self.services = services
    self.trace = trace
  }

  mutating func run() throws(StatusError) {
    if plan.regions[0].hasConditionals || trace != nil {
      try iterate(0)
    } else {
      try runPlain()
    }
  }

  /// Nothing is retained, allocated or looked up per node here.
  private func runPlain() throws(StatusError) {
    let services = unsafe Unmanaged.passUnretained(self.services)
    let cancellation = self.services.cancellation
    let frame = memory.frames[0]
    let items = plan.regions[0].items
    for index in items.indices {
      if cancellation.isCancelled { try cancellation.check() }
      do throws(StatusError) {
        try unsafe frame.compute(items[index].kernel, items[index].layout, services)
      } catch {
        throw error.located(at: items[index].node.errorNode)
      }
      for slot in items[index].unread { frame.releaseOutput(slot) }
    }
  }

  /// Runs every item of a region once, with dead branches left out.
  private mutating func iterate(_ index: Int) throws(StatusError) {
    let region = plan.regions[index]
    let frame = memory.frames[index]
    let services = unsafe Unmanaged.passUnretained(self.services)
    let cancellation = self.services.cancellation
    var isDead = [Bool](repeating: false, count: region.items.count)
    for position in region.items.indices {
      if cancellation.isCancelled { try cancellation.check() }
      try unsafe run(position, of: region, frame, services, &isDead)
    }
  }

  /// Runs one item of a region, unless it is dead.
  @inline(__always)
  private mutating func run(
    _ position: Int, of region: Region, _ frame: StepFrame, _ services: Unmanaged<StepServices>,
    _ isDead: inout [Bool]
  ) throws(StatusError) {
    if let loop = region.items[position].loop {
      return try runLoop(loop, parent: frame, region.items[position].layout)
    }
    let layout = region.items[position].layout
    let role = region.items[position].role
    var dead = false
    for control in region.items[position].controls where isDead[control] { dead = true }
    if role == .controlTrigger {
      dead = false
    } else if role == .merge {
      if !dead, merge(layout, frame) { return }
      dead = true
    } else if !dead, region.items[position].isConditional {
      dead = frame.hasDeadOperand(layout)
    }
    if dead {
      isDead[position] = true
      frame.setDead(layout, true)
      frame.releaseOperands(layout)
      return
    }
    let start = trace?.now() ?? 0
    do throws(StatusError) {
      switch role {
      case .switch: try select(layout, frame)
      case .nextIteration, .enter, .exit, .loopCondition:
        frame.setDead(layout, false)
        frame.forward(layout, 0, to: Int(layout.outputBase))
      default:
        if region.items[position].isConditional { frame.setDead(layout, false) }
        try unsafe frame.compute(region.items[position].kernel, layout, services)
      }
    } catch {
      throw error.located(at: region.items[position].node.errorNode)
    }
    if let trace {
      let item = region.items[position]
      trace.record(item, frame, start: start, device: plan.placements[item.node.id] ?? "")
    }
    for slot in region.items[position].unread { frame.releaseOutput(slot) }
  }

  /// Runs one item of the root region, for steps that run piece by piece.
  mutating func run(rootItem position: Int, _ isDead: inout [Bool]) throws(StatusError) {
    try services.cancellation.check()
    try unsafe run(
      position, of: plan.regions[0], memory.frames[0], Unmanaged.passUnretained(services), &isDead)
  }

  /// Runs a loop until no value goes round any more.
  private mutating func runLoop(
    _ index: Int, parent: StepFrame, _ layout: StepFrame.NodeLayout
  ) throws(StatusError) {
    let region = plan.regions[index]
    let frame = memory.frames[index]
    for entry in region.entries { frame.copy(entry.parentSlot, of: parent, to: entry.slot) }
    parent.releaseOperands(layout)
    for exit in region.exits { parent.setDead(exit.parentSlot, true) }
    for slot in region.backEdges { frame.setDead(slot, true) }
    var isFirst = true
    while true {
      try iterate(index)
      for exit in region.exits where !frame.isDead(exit.slot) {
        parent.move(exit.slot, of: frame, to: exit.parentSlot)
      }
      if isFirst {
        isFirst = false
        try collectInner(index, frame)
        for entry in region.entries where !entry.isConstant { frame.setDead(entry.slot, true) }
      }
      guard region.backEdges.contains(where: { !frame.isDead($0) }) else { break }
    }
    for entry in region.entries { frame.clear(entry.slot) }
  }

  private mutating func collectInner(_ index: Int, _ frame: StepFrame) throws(StatusError) {
    for (position, fetch) in plan.fetches.enumerated() {
      if case .inside(index, let slot) = fetch, let value = try frame.value(slot) {
        inner[position] = inner[position] ?? value
      }
    }
  }

  /// Passes the data on to the output that the predicate names; the other one is dead.
  private func select(_ layout: StepFrame.NodeLayout, _ frame: StepFrame) throws(StatusError) {
    let base = Int(layout.outputBase)
    guard let predicate = try frame.value(frame.operandSlot(layout, 1)), predicate.dtype == .bool,
      predicate.elementCount == 1
    else { throw .invalidArgument("The second input must be a scalar bool") }
    let taken = try predicate.element(0, of: Bool.self) ? 1 : 0
    frame.setDead(base + taken, false)
    frame.forward(layout, 0, to: base + taken)
    frame.setDead(base + 1 - taken, true)
  }

  /// Passes the first live input on, with its index.
  private func merge(_ layout: StepFrame.NodeLayout, _ frame: StepFrame) -> Bool {
    for index in 0..<Int(layout.operandCount) where !frame.isDead(frame.operandSlot(layout, index))
    {
      frame.setDead(layout, false)
      frame.forward(layout, index, to: Int(layout.outputBase))
      if layout.outputCount > 1, index < RegionExecutor.mergeIndices.count {
        frame.set(Int(layout.outputBase) + 1, RegionExecutor.mergeIndices[index])
      }
      return true
    }
    return false
  }

  /// Scalars 0, 1, 2, …: which input a merge passed on. Made once, so that an iteration allocates none.
  private static let mergeIndices: [AnyTensor] = (0..<256).compactMap {
    try? AnyTensor(scalar: Int32($0))
  }
}
