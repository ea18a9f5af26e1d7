import LoomCore
import LoomGraph
import LoomKernels
import Synchronization

/// What is left of a graph for one run signature: kernels in order, with every operand's place fixed.
///
/// Immutable, shared by concurrent steps; each step borrows a warm frame of its own.
package final class Plan: Sendable {
  /// A node of the plan.
  package struct Item: Sendable {
    let kernel: any Kernel
    let layout: StepFrame.NodeLayout
    let node: Node
    let role: OpRole
    /// Items whose deadness reaches this one by control edges.
    let controls: [Int]
    /// Output slots that nobody reads.
    let unread: [Int]
    /// Deadness can reach this item.
    let isConditional: Bool
  }

  let items: ContiguousArray<Item>
  let slotCount: Int
  let table: OperandTable
  let constants: [(slot: Int, tensor: AnyTensor)]
  /// The slot of each feed, in the signature's order; -1 for a feed that nothing needs.
  let feedSlots: [Int]
  /// Where each fetch comes from, in the signature's order.
  let fetches: [Fetch]
  /// Whether some item is conditional, so that deadness must be tracked.
  let hasConditionals: Bool
  /// Nodes in the order they run, with their devices, for traces and partition graphs.
  package let placements: [Int: String]
  /// Slots of fetches that are to be emptied when their values are handed over: all but constants.
  let resultSlots: [Int]
  private let frames = Mutex<[StepFrame]>([])

  enum Fetch: Sendable {
    case slot(Int)
    /// The fetch is also fed: the value handed in is the value handed out.
    case feed(Int)
  }

  init(
    items: ContiguousArray<Item>, slotCount: Int, table: OperandTable,
    constants: [(slot: Int, tensor: AnyTensor)], feedSlots: [Int], fetches: [Fetch],
    hasConditionals: Bool, placements: [Int: String]
  ) {
    self.items = items
    self.slotCount = slotCount
    self.table = table
    self.constants = constants
    self.feedSlots = feedSlots
    self.fetches = fetches
    self.hasConditionals = hasConditionals
    self.placements = placements
    let constantSlots = Set(constants.map(\.slot))
    resultSlots = fetches.compactMap {
      if case .slot(let slot) = $0, !constantSlots.contains(slot) { slot } else { nil }
    }
  }

  /// A frame that no other step uses, warm if possible.
  func takeFrame(budget: MemoryBudget) -> StepFrame {
    if let frame = frames.withLock({ $0.popLast() }) { return frame }
    let frame = StepFrame(slotCount: slotCount, table: table, budget: budget)
    for constant in constants { frame.set(constant.slot, constant.tensor) }
    return frame
  }

  func giveBack(_ frame: StepFrame) {
    frames.withLock { $0.append(frame) }
  }

  /// Gives up the memory that warm frames hold.
  package func trim() {
    let released = frames.withLock { frames in
      defer { frames = [] }
      return frames
    }
    _ = released
  }
}
