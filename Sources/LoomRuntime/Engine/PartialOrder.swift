import LoomGraph
import LoomKernels

/// What the items and fetches of a plan's root region need of its feeds.
struct PartialOrder: Sendable {
  let items: ItemOrder
  /// The feeds that each item reads.
  private(set) var feedsOfItem: [Set<Int>]
  /// The feeds that each fetch depends on.
  private(set) var feedsOfFetch: [Set<Int>]
  /// The item that computes each fetch; `nil` for constants and feeds.
  private(set) var itemOfFetch: [Int?]

  init(_ plan: Plan) {
    let region = plan.regions[0]
    let order = plan.order(of: 0)
    var feedOfSlot: [Int: Int] = [:]
    for (feed, slot) in plan.feedSlots.enumerated() { feedOfSlot[slot] = feed }
    feedsOfItem = []
    var needed: [Set<Int>] = []
    for (position, item) in region.items.enumerated() {
      let read = Set(item.operands.compactMap { feedOfSlot[Int(region.table[$0].slot)] })
      feedsOfItem.append(read)
      needed.append(order.predecessors[position].reduce(into: read) { $0.formUnion(needed[$1]) })
    }
    itemOfFetch = plan.fetches.map { fetch in
      switch fetch {
      case .slot(let slot): order.itemOfSlot[slot]
      case .inside(let inner, _): region.items.firstIndex { $0.loop == inner }
      case .feed: nil
      }
    }
    feedsOfFetch = itemOfFetch.map { item in item.map { needed[$0] } ?? [] }
    items = order
  }
}
