import LoomCore
import LoomGraph

/// The loops and conditionals of a graph, found by its structure: the same for graphs that were built here
/// and for those that were imported.
struct FlowAnalysis {
  /// One loop, or the graph outside of loops (frame 0).
  struct Frame {
    var parent: Int
    var name: String
    var enters: [Int] = []
    var exits: [Int] = []
    /// The predicate that decides whether the loop goes on.
    var condition: Int?
    /// A switch of a loop variable.
    var choice: Int?
    var parallelIterations = 10
    /// What must hold outside for the loop to run.
    var conditions: [Condition] = []
    /// Whether the loop takes values off stacks, as loops that compute gradients do.
    var popsStacks = false
  }

  /// A side of a switch that a tensor is alive on.
  struct Condition: Hashable {
    var predicate: Node.Endpoint
    var side: Int
  }

  private(set) var frames = [Frame(parent: -1, name: "")]
  /// The frame that the outputs of a node belong to.
  private(set) var frameOfNode: [Int]
  private(set) var conditionsOfNode: [[Condition]]
  private let nodes: [Node]

  init(_ nodes: [Node]) {
    self.nodes = nodes
    frameOfNode = [Int](repeating: 0, count: nodes.count)
    conditionsOfNode = [[Condition]](repeating: [], count: nodes.count)
    var opened: [String: Int] = [:]
    for id in FlowAnalysis.order(nodes) { visit(id, &opened) }
  }

  var hasLoops: Bool { frames.count > 1 }

  /// The frame that a node runs in; that of its outputs but for exits.
  func frame(running id: Int) -> Int {
    guard nodes[id].properties.role == .exit, let input = nodes[id].inputs.first else {
      return frameOfNode[id]
    }
    return frameOfNode[input.node]
  }

  /// What must hold in an iteration of its frame for a tensor to be alive.
  func conditions(of endpoint: Node.Endpoint) -> [Condition] {
    let node = nodes[endpoint.node]
    var result = conditionsOfNode[endpoint.node]
    if node.properties.role == .switch, !isLoopSwitch(endpoint.node), node.inputs.count > 1 {
      FlowAnalysis.append(.init(predicate: node.inputs[1], side: endpoint.index), to: &result)
    }
    return result
  }

  /// Whether a switch passes a loop variable on to the body or to the exit.
  func isLoopSwitch(_ id: Int) -> Bool {
    let node = nodes[id]
    guard node.properties.role == .switch, node.inputs.count > 1 else { return false }
    return nodes[node.inputs[1].node].properties.role == .loopCondition
  }

  /// Whether a merge joins what enters a loop with what comes from the last iteration.
  func isLoopMerge(_ id: Int) -> Bool {
    nodes[id].properties.role == .merge
      && nodes[id].inputs.contains {
        nodes[$0.node].properties.role == .nextIteration || nodes[$0.node].properties.role == .enter
      }
  }

  // MARK: Building

  private static func append(_ condition: Condition, to conditions: inout [Condition]) {
    if !conditions.contains(condition) { conditions.append(condition) }
  }

  private mutating func visit(_ id: Int, _ opened: inout [String: Int]) {
    let node = nodes[id]
    var frame = 0
    var conditions: [Condition] = []
    let isMerge = node.properties.role == .merge
    for input in node.inputs {
      if isMerge, nodes[input.node].properties.role == .nextIteration { continue }
      frame = Swift.max(frame, frameOfNode[input.node])
      let other = self.conditions(of: input)
      if isMerge {
        conditions = input == node.inputs[0] ? other : FlowAnalysis.common(conditions, other)
      } else {
        for condition in other { FlowAnalysis.append(condition, to: &conditions) }
      }
    }
    for control in node.controlInputs {
      frame = Swift.max(frame, frameOfNode[control])
      guard !isMerge else { continue }
      for condition in conditionsOfNode[control] {
        FlowAnalysis.append(condition, to: &conditions)
      }
    }
    frameOfNode[id] = frame
    conditionsOfNode[id] = conditions
    switch node.properties.role {
    case .enter: enter(id, from: frame, conditions, &opened)
    case .exit:
      frames[frame].exits.append(id)
      frameOfNode[id] = Swift.max(frames[frame].parent, 0)
      conditionsOfNode[id] = frames[frame].conditions
    case .loopCondition: frames[frame].condition = id
    case .switch where isLoopSwitch(id): frames[frame].choice = frames[frame].choice ?? id
    default: if node.op == "StackPopV2" || node.op == "StackPop" { frames[frame].popsStacks = true }
    }
  }

  private mutating func enter(
    _ id: Int, from outer: Int, _ conditions: [Condition], _ opened: inout [String: Int]
  ) {
    // Without a name the runtime refuses the node; here it is a frame of its own.
    let name = (try? nodes[id].attributes.string("frame_name")) ?? ""
    let key = "\(outer)/\(name)"
    let frame = opened[key] ?? frames.count
    if frame == frames.count {
      opened[key] = frame
      frames.append(Frame(parent: outer, name: name))
    }
    frames[frame].enters.append(id)
    if case .int(let count)? = nodes[id].attributes["parallel_iterations"] {
      frames[frame].parallelIterations = Int(clamping: count)
    }
    for condition in conditions {
      FlowAnalysis.append(condition, to: &frames[frame].conditions)
    }
    frameOfNode[id] = frame
    conditionsOfNode[id] = []
  }

  /// What two sides of a merge have in common.
  private static func common(_ a: [Condition], _ b: [Condition]) -> [Condition] {
    a.filter(b.contains)
  }

  /// Producers before consumers, loops cut where they go back.
  private static func order(_ nodes: [Node]) -> [Int] {
    var pending = [Int](repeating: 0, count: nodes.count)
    var consumers = [[Int]](repeating: [], count: nodes.count)
    for node in nodes {
      let isMerge = node.properties.role == .merge
      for source in node.inputs.map(\.node) + node.controlInputs {
        if isMerge, nodes[source].properties.role == .nextIteration { continue }
        consumers[source].append(node.id)
        pending[node.id] += 1
      }
    }
    var order = nodes.indices.filter { pending[$0] == 0 }
    var position = 0
    while position < order.count {
      for consumer in consumers[order[position]] {
        pending[consumer] -= 1
        if pending[consumer] == 0 { order.append(consumer) }
      }
      position += 1
    }
    return order
  }
}
