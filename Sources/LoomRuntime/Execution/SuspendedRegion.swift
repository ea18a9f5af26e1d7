import LoomGraph
import LoomKernels

/// One iteration of a region whose items do not run in the plan's order any more, because one of them
/// waits: what is done, what waits and what may run.
struct SuspendedRegion {
  enum Status: UInt8 {
    /// Items that it depends on are not done.
    case blocked
    /// Started, and not finished.
    case waiting
    case done
  }

  private(set) var status: [Status]
  var isDead: [Bool]
  /// Items that wait for something outside of the step; a loop that waits for its own has none.
  private(set) var suspensions: [Int: any Suspension] = [:]
  /// When a waiting item was started, for traces.
  private(set) var starts: [Int: Int64] = [:]
  /// The plan's operands, with last uses as they come out in the order of this step.
  let table: OperandTable
  private let order: ItemOrder
  /// Predecessors and feeds that each item still waits for.
  private var waitsFor: [Int]
  /// How often each slot is still to be read in this iteration.
  private var reads: [Int]
  /// Whether a slot is let go after its last read.
  private var isReleasable: [Bool]
  private var left: Int
  /// Items that may run, as they became ready.
  private var ready: [Int] = []

  /// - Parameters:
  ///   - done: how many items have run, in the plan's order.
  ///   - feeds: how many feeds each item waits for beside its predecessors.
  init(_ region: Region, order: ItemOrder, done: Int, isDead: [Bool], feeds: [Int]? = nil) {
    self.order = order
    self.isDead = isDead
    table = region.table.copy()
    let count = region.items.count
    status = (0..<count).map { $0 < done ? .done : .blocked }
    left = count - done
    waitsFor = (0..<count).map { item in
      order.predecessors[item].count { $0 >= done } + (feeds?[item] ?? 0)
    }
    reads = [Int](repeating: 0, count: region.slotCount)
    isReleasable = [Bool](repeating: false, count: region.slotCount)
    for item in region.items[done...] {
      for operand in item.operands {
        let slot = Int(table[operand].slot)
        guard reads.indices.contains(slot) else { continue }
        reads[slot] += 1
        if table[operand].isLastUse { isReleasable[slot] = true }
      }
    }
    ready = (done..<count).filter { waitsFor[$0] == 0 }
  }

  var isFinished: Bool { left == 0 }

  /// An item that may run now: the first in the plan's order, or the one that has been ready longest.
  mutating func takeReady(_ ordering: ExecutionOrdering) -> Int? {
    guard !ready.isEmpty else { return nil }
    switch ordering {
    case .planned:
      guard let index = ready.indices.min(by: { ready[$0] < ready[$1] }) else { return nil }
      ready.swapAt(index, ready.count - 1)
      return ready.removeLast()
    case .dataflow: return ready.removeFirst()
    }
  }

  var waitingItems: [Int] { status.indices.filter { status[$0] == .waiting } }

  /// A feed that `item` waited for has come.
  mutating func deliverFeed(to item: Int) { release(item) }

  private mutating func release(_ item: Int) {
    waitsFor[item] -= 1
    if waitsFor[item] == 0, status[item] == .blocked { ready.append(item) }
  }

  /// Marks which operands of an item are read for the last time now.
  mutating func markLastUses(_ item: Region.Item) {
    for operand in item.operands {
      let slot = Int(table[operand].slot)
      table[operand].isLastUse =
        reads.indices.contains(slot) && isReleasable[slot] && reads[slot] == 1
    }
  }

  mutating func suspend(_ item: Int, on suspension: (any Suspension)?, start: Int64) {
    ready.removeAll { $0 == item }
    status[item] = .waiting
    suspensions[item] = suspension
    starts[item] = start
  }

  mutating func complete(_ position: Int, _ item: Region.Item) {
    status[position] = .done
    suspensions[position] = nil
    left -= 1
    for operand in item.operands {
      let slot = Int(table[operand].slot)
      if reads.indices.contains(slot) { reads[slot] -= 1 }
    }
    for successor in order.successors[position] { release(successor) }
  }
}
