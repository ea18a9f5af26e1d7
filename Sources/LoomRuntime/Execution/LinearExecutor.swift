import LoomCore
import LoomGraph
import LoomKernels

/// Runs a plan without loops: one kernel after the other, on the caller's thread.
struct LinearExecutor {
  let plan: Plan
  let services: StepServices
  var trace: StepTrace?

  func run(_ frame: StepFrame) throws(StatusError) {
    if plan.hasConditionals || trace != nil {
      try runTracked(frame)
    } else {
      try runPlain(frame)
    }
  }

  /// Nothing is retained, allocated or looked up per node here.
  private func runPlain(_ frame: StepFrame) throws(StatusError) {
    let services = unsafe Unmanaged.passUnretained(self.services)
    let cancellation = self.services.cancellation
    let items = plan.items
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

  /// Also tracks dead branches and statistics.
  private func runTracked(_ frame: StepFrame) throws(StatusError) {
    let services = unsafe Unmanaged.passUnretained(self.services)
    var isDead = [Bool](repeating: false, count: plan.items.count)
    for (index, item) in plan.items.enumerated() {
      try self.services.cancellation.check()
      let controlIsDead = item.controls.contains { isDead[$0] }
      if item.role == .merge {
        isDead[index] = controlIsDead || !merge(item, frame)
        if isDead[index] { frame.setDead(item.layout, true) }
        continue
      }
      let dead =
        item.role != .controlTrigger && (controlIsDead || frame.hasDeadOperand(item.layout))
      isDead[index] = dead
      frame.setDead(item.layout, dead)
      if dead { continue }
      let start = trace?.now() ?? 0
      do throws(StatusError) {
        if item.role == .switch {
          try select(item, frame)
        } else {
          try unsafe frame.compute(item.kernel, item.layout, services)
        }
      } catch {
        throw error.located(at: item.node.errorNode)
      }
      trace?.record(item, frame, start: start, device: plan.placements[item.node.id] ?? "")
      for slot in item.unread { frame.releaseOutput(slot) }
    }
  }

  /// Passes the data on to the output that the predicate names; the other one is dead.
  private func select(_ item: Plan.Item, _ frame: StepFrame) throws(StatusError) {
    let base = Int(item.layout.outputBase)
    guard let predicate = try frame.value(frame.operandSlot(item.layout, 1)),
      predicate.dtype == .bool, predicate.elementCount == 1
    else { throw .invalidArgument("The second input of a switch must be a scalar bool") }
    let taken = try predicate.element(0, of: Bool.self) ? 1 : 0
    frame.copy(frame.operandSlot(item.layout, 0), to: base + taken)
    frame.setDead(base + 1 - taken, true)
  }

  /// Passes the first live input on, with its index.
  private func merge(_ item: Plan.Item, _ frame: StepFrame) -> Bool {
    let base = Int(item.layout.outputBase)
    for index in 0..<Int(item.layout.operandCount) {
      let slot = frame.operandSlot(item.layout, index)
      if !frame.isDead(slot) {
        frame.setDead(item.layout, false)
        frame.copy(slot, to: base)
        if item.layout.outputCount > 1,
          let value = try? AnyTensor(scalar: Int32(truncatingIfNeeded: index))
        {
          frame.set(base + 1, value)
        }
        return true
      }
    }
    return false
  }
}
