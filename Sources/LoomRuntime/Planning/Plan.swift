import LoomCore
import LoomGraph
import LoomKernels
import Synchronization

/// What is left of a graph for one run signature: kernels in order, with every operand's place fixed.
///
/// Immutable, shared by concurrent steps; each step borrows warm memory of its own.
package final class Plan: Sendable {
  /// Region 0 is the root; the others are loop bodies.
  let regions: ContiguousArray<Region>
  /// The regions as straight code; empty if they run by deadness.
  let structures: ContiguousArray<StructuredProgram>
  /// The root slot of each feed, in the signature's order.
  let feedSlots: [Int]
  /// Where each fetch comes from, in the signature's order.
  let fetches: [Fetch]
  /// Root slots of fetches that are emptied when their values are handed over: all but constants.
  let resultSlots: [Int]
  /// Whether some fetch is a value inside a loop.
  let hasInnerFetches: Bool
  let ordering: ExecutionOrdering
  /// Node id -> device, for everything that runs.
  package let placements: [Int: String]
  /// The plan as one piece of code that neither loops nor waits, if it is such a plan.
  let straight: StructuredProgram?
  /// Whether such a plan also keeps to itself, so that a thread that serves others may run it.
  let isPrompt: Bool
  private let memories = Mutex<[StepMemory]>([])
  private let orders = Mutex<[Int: ItemOrder]>([:])

  enum Fetch: Sendable {
    case slot(Int)
    /// A value inside a loop: that of the first iteration.
    case inside(region: Int, slot: Int)
    /// The fetch is also fed: the value handed in is the value handed out.
    case feed(Int)
  }

  init(
    regions: ContiguousArray<Region>, structures: ContiguousArray<StructuredProgram>,
    feedSlots: [Int], fetches: [Fetch], placements: [Int: String],
    ordering: ExecutionOrdering = .planned
  ) {
    self.regions = regions
    self.structures = structures
    self.feedSlots = feedSlots
    self.fetches = fetches
    self.placements = placements
    self.ordering = ordering
    let program = ordering == .planned ? structures.first : nil
    straight = program.flatMap { $0.isSelfContained ? $0 : nil }
    isPrompt =
      straight != nil
      && regions.allSatisfy { $0.items.allSatisfy { Plan.isPrompt($0.node) } }
    hasInnerFetches = fetches.contains { if case .inside = $0 { true } else { false } }
    let constantSlots = Set(regions.first?.constants.map(\.slot) ?? [])
    resultSlots = fetches.compactMap {
      if case .slot(let slot) = $0, !constantSlots.contains(slot) { slot } else { nil }
    }
  }

  private static func isPrompt(_ node: Node) -> Bool {
    let properties = node.properties
    return properties.role != .compute || properties.isPrompt
      || properties.isFoldable && !node.isStateful
  }

  /// Whether the plan runs as straight code until something has to wait.
  package var isStructured: Bool { !structures.isEmpty }

  /// Everything that runs outside of loops.
  var nodes: [Node] { regions.flatMap { $0.items.filter { $0.loop == nil }.map(\.node) } }

  /// Who waits for whom in a region.
  func order(of region: Int) -> ItemOrder {
    if let known = orders.withLock({ $0[region] }) { return known }
    let order = ItemOrder(self, region: region)
    orders.withLock { $0[region] = order }
    return order
  }

  /// Memory that no other step uses, warm if possible.
  func takeMemory(budget: MemoryBudget) -> StepMemory {
    memories.withLock { $0.popLast() } ?? StepMemory(plan: self, budget: budget)
  }

  func giveBack(_ memory: StepMemory) { memories.withLock { $0.append(memory) } }

  /// Gives up the memory that finished steps left behind.
  package func trim() {
    let released = memories.withLock { memories in
      defer { memories = [] }
      return memories
    }
    _ = released
  }
}

/// The frames of one step: one for each region, over a common pool.
final class StepMemory: Sendable {
  let frames: [StepFrame]
  /// Whether the frames are set up for straight code.
  private let isStructured: Atomic<Bool>

  init(plan: Plan, budget: MemoryBudget) {
    let pool = BufferPool(budget: budget)
    isStructured = Atomic(!plan.structures.isEmpty)
    frames = plan.regions.indices.map { index in
      let region = plan.regions[index]
      let structure = plan.structures.isEmpty ? nil : plan.structures[index]
      let frame = StepFrame(
        slotCount: structure?.slotCount ?? region.slotCount,
        table: structure?.table ?? region.table, pool: pool)
      for constant in region.constants { frame.set(constant.slot, constant.tensor) }
      return frame
    }
  }

  var root: StepFrame { frames[0] }

  /// Sets the frames up for straight code, or for the general order.
  func prepare(_ plan: Plan, structured: Bool) {
    guard !plan.structures.isEmpty, structured != isStructured.load(ordering: .relaxed) else {
      return
    }
    isStructured.store(structured, ordering: .relaxed)
    for (index, frame) in frames.enumerated() {
      frame.forgetStandingValues()
      frame.table = structured ? plan.structures[index].table : plan.regions[index].table
      // Straight code leaves the marks of dead values alone.
      for slot in 0..<frame.slotCount where frame.isDead(slot) { frame.setDead(slot, false) }
    }
  }
}
