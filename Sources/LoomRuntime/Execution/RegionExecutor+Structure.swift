import LoomCore
import LoomGraph
import LoomKernels

/// Running straight code.
extension RegionExecutor {
  /// Runs a region once: a loop with all its iterations.
  ///
  /// Nothing is retained, allocated or looked up per node here.
  ///
  /// - Returns: whether it is done; if not, the region has left its order, and an item waits.
  mutating func runStructure(
    _ index: Int, _ services: Unmanaged<StepServices>
  ) throws(StatusError) -> Bool {
    let cancellation = self.services.cancellation
    let frame = memory.frames[index]
    let program = plan.structures[index]
    let region = plan.regions[index]
    var position = 0
    while position < program.instructions.count {
      if cancellation.isCancelled { try cancellation.check() }
      let instruction = program.instructions[position]
      position += 1
      do throws(StatusError) {
        switch instruction.action {
        case .compute:
          try unsafe instruction.kernel.compute(frame, instruction.layout, services)
        case .move:
          frame.forward(instruction.layout, 0, to: Int(instruction.layout.outputBase))
        case .unlessTrue:
          if try !decide(instruction, frame) { position = Int(instruction.target) }
        case .unlessFalse:
          if try decide(instruction, frame) { position = Int(instruction.target) }
        case .jump: position = Int(instruction.target)
        case .index:
          frame.set(
            Int(instruction.layout.outputBase),
            try RegionExecutor.mergeIndex(Int(instruction.target)))
        case .loop, .start: break
        }
      } catch {
        throw error.located(at: region.items[Int(instruction.item)].node.errorNode)
      }
      if instruction.action == .loop {
        try unsafe runLoop(instruction, parent: frame, services)
      } else if instruction.action == .start {
        // Whoever waits leaves the straight code; the rest of the region runs without it.
        guard try unsafe start(instruction, index, frame, services) else {
          return try proceed(index)
        }
      }
      for link in instruction.unreadStart..<instruction.unreadEnd {
        frame.releaseOutput(Int(program.unread[Int(link)]))
      }
    }
    return true
  }

  private func decide(
    _ instruction: StructuredProgram.Instruction, _ frame: StepFrame
  ) throws(StatusError) -> Bool {
    guard let predicate = try frame.boolean(frame.operandSlot(instruction.layout, 0)) else {
      throw .invalidArgument("The second input must be a scalar bool")
    }
    return predicate
  }

  private mutating func runLoop(
    _ instruction: StructuredProgram.Instruction, parent: StepFrame,
    _ services: Unmanaged<StepServices>
  ) throws(StatusError) {
    let index = Int(instruction.target)
    let program = plan.structures[index]
    let frame = memory.frames[index]
    for (index, slot) in program.entries.enumerated() {
      frame.copy(parent.operandSlot(instruction.layout, index), of: parent, to: slot)
    }
    parent.releaseOperands(instruction.layout)
    // Nothing in a loop's straight code waits.
    _ = try unsafe runStructure(index, services)
    for exit in program.exits {
      if exit.isShared {
        parent.copy(exit.slot, of: frame, to: exit.parentSlot)
      } else {
        parent.move(exit.slot, of: frame, to: exit.parentSlot)
      }
    }
    for slot in program.entries { frame.clear(slot) }
  }

  /// - Returns: whether the kernel is done; if not, the region is to go on in the general order.
  private mutating func start(
    _ instruction: StructuredProgram.Instruction, _ index: Int, _ frame: StepFrame,
    _ services: Unmanaged<StepServices>
  ) throws(StatusError) -> Bool {
    let region = plan.regions[index]
    let position = Int(instruction.item)
    guard let kernel = region.items[position].asyncKernel else { return true }
    let suspension: (any Suspension)?
    do throws(StatusError) {
      suspension = try unsafe frame.start(kernel, instruction.layout, services)
    } catch {
      throw error.located(at: region.items[position].node.errorNode)
    }
    guard let suspension else { return true }
    for alias in plan.structures[index].aliases { frame.copy(alias.root, to: alias.slot) }
    memory.prepare(plan, structured: false)
    leaveOrder(
      index, at: position, on: suspension,
      isDead: [Bool](repeating: false, count: region.items.count))
    return false
  }
}
