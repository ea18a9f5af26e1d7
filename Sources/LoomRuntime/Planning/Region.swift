import LoomCore
import LoomGraph
import LoomKernels

/// What runs together, once for each iteration: the root of a plan, or the body of one loop frame.
///
/// A loop runs as a unit where its parent's order puts it; its values keep their slots from iteration to
/// iteration. A back edge is a slot that is read early in the next iteration and written late in this.
struct Region: Sendable {
  /// A node of the region, or a loop inside it.
  struct Item: Sendable {
    let kernel: any Kernel
    let layout: StepFrame.NodeLayout
    let node: Node
    let role: OpRole
    /// Items of this region whose deadness reaches this one by control edges.
    let controls: [Int]
    /// Output slots that nobody reads.
    let unread: [Int]
    /// Deadness can reach this item.
    let isConditional: Bool
    /// The region that this item runs, for a loop.
    let loop: Int?
    /// The kernel, if it is one that may have to wait.
    let asyncKernel: (any AsyncKernel)?
  }

  /// A value that enters the region before its first iteration.
  struct Entry: Sendable {
    let parentSlot: Int
    let slot: Int
    /// Visible in every iteration.
    let isConstant: Bool
    /// Nodes that the enter node follows by control edges.
    let controlInputs: [Int]
  }

  /// A value that leaves the region when it is live.
  struct Exit: Sendable {
    /// The id of the exit node.
    let node: Int
    let slot: Int
    let parentSlot: Int
  }

  var items: ContiguousArray<Item>
  var slotCount: Int
  var table: OperandTable
  var constants: [(slot: Int, tensor: AnyTensor)]
  var entries: [Entry] = []
  var exits: [Exit] = []
  /// Outputs of next-iteration nodes: the loop goes on while one of them is live.
  var backEdges: [Int] = []
  var hasConditionals: Bool
  /// Whether some item may have to wait.
  var hasAsyncKernels: Bool
}
