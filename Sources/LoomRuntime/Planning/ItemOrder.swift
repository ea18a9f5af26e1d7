import LoomGraph
import LoomKernels

/// Who waits for whom among the items of one region. Made when a step of the plan first leaves the
/// plan's order.
struct ItemOrder: Sendable {
  /// The items each item reads from, or follows by a control edge. A back edge is none: it is read in
  /// the next iteration.
  private(set) var predecessors: [[Int]]
  /// The items that read each item, or follow it.
  private(set) var successors: [[Int]]
  /// Slot -> the item that writes it.
  private(set) var itemOfSlot: [Int: Int] = [:]

  init(_ plan: Plan, region index: Int) {
    let region = plan.regions[index]
    var itemOfNode: [Int: Int] = [:]
    for (position, item) in region.items.enumerated() {
      if let loop = item.loop {
        for exit in plan.regions[loop].exits { itemOfSlot[exit.parentSlot] = position }
        ItemOrder.visit(loop, plan) { itemOfNode[$0] = position }
      } else {
        let base = Int(item.layout.outputBase)
        for slot in base..<base + Int(item.layout.outputCount) { itemOfSlot[slot] = position }
        itemOfNode[item.node.id] = position
      }
    }
    predecessors = []
    successors = region.items.map { _ in [] }
    for (position, item) in region.items.enumerated() {
      let controls =
        item.loop.map { plan.regions[$0].entries.flatMap(\.controlInputs) }
        ?? item.node.controlInputs
      var sources = Set(controls.compactMap { itemOfNode[$0] })
      for operand in item.operands {
        if let source = itemOfSlot[Int(region.table[operand].slot)] { sources.insert(source) }
      }
      predecessors.append(sources.filter { $0 < position }.sorted())
      for source in predecessors[position] { successors[source].append(position) }
    }
  }

  /// Calls `body` with the nodes of a loop, those of inner loops included.
  private static func visit(_ region: Int, _ plan: Plan, _ body: (Int) -> Void) {
    var pending = [region]
    while let next = pending.popLast() {
      for exit in plan.regions[next].exits { body(exit.node) }
      for item in plan.regions[next].items {
        body(item.node.id)
        if let loop = item.loop { pending.append(loop) }
      }
    }
  }
}

extension Region.Item {
  /// Where the item's operands stand in the region's table.
  var operands: Range<Int> {
    let start = Int(layout.operandStart)
    return start..<start + Int(layout.operandCount)
  }
}
