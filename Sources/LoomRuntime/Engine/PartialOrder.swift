import LoomGraph
import LoomKernels

/// Who waits for whom among the items of a plan's root region and its feeds.
struct PartialOrder: Sendable {
  /// Items and feeds that each item reads, or follows by a control edge.
  private(set) var inputCounts: [Int]
  private(set) var readersOfItem: [[Int]]
  private(set) var readersOfFeed: [[Int]]
  /// The feeds that each fetch depends on.
  private(set) var feedsOfFetch: [Set<Int>]

  init(_ plan: Plan, _ root: StepFrame) {
    let items = plan.regions[0].items
    var feedOfSlot: [Int: Int] = [:]
    for (feed, slot) in plan.feedSlots.enumerated() { feedOfSlot[slot] = feed }
    var itemOfSlot: [Int: Int] = [:]
    var itemOfNode: [Int: Int] = [:]
    for (index, item) in items.enumerated() {
      if let loop = item.loop {
        for exit in plan.regions[loop].exits { itemOfSlot[exit.parentSlot] = index }
        PartialOrder.visit(loop, plan) { itemOfNode[$0] = index }
      } else {
        let base = Int(item.layout.outputBase)
        for slot in base..<base + Int(item.layout.outputCount) { itemOfSlot[slot] = index }
        itemOfNode[item.node.id] = index
      }
    }
    inputCounts = items.map { _ in 0 }
    readersOfItem = items.map { _ in [] }
    readersOfFeed = plan.feedSlots.map { _ in [] }
    var feeds = [Set<Int>](repeating: [], count: items.count)
    for (index, item) in items.enumerated() {
      var sources = Set(item.node.controlInputs.compactMap { itemOfNode[$0] })
      for operand in 0..<Int(item.layout.operandCount) {
        let slot = root.operandSlot(item.layout, operand)
        if let feed = feedOfSlot[slot] {
          feeds[index].insert(feed)
        } else if let source = itemOfSlot[slot] {
          sources.insert(source)
        }
      }
      inputCounts[index] = feeds[index].count
      for feed in feeds[index] { readersOfFeed[feed].append(index) }
      for source in sources where source < index {
        inputCounts[index] += 1
        readersOfItem[source].append(index)
        feeds[index].formUnion(feeds[source])
      }
    }
    feedsOfFetch = plan.fetches.map { fetch in
      switch fetch {
      case .slot(let slot): itemOfSlot[slot].map { feeds[$0] } ?? []
      case .inside(let region, _):
        items.firstIndex { $0.loop == region }.map { feeds[$0] } ?? []
      case .feed: []
      }
    }
  }

  /// Calls `body` with the nodes of a loop, those of inner loops included.
  private static func visit(_ region: Int, _ plan: Plan, _ body: (Int) -> Void) {
    var pending = [region]
    while let next = pending.popLast() {
      for item in plan.regions[next].items {
        body(item.node.id)
        if let loop = item.loop { pending.append(loop) }
      }
    }
  }
}
