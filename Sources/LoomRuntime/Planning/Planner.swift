package import LoomCore
package import LoomGraph
package import LoomKernels

/// Makes plans: prune, order, place, fold, lay out, bind kernels.
package struct Planner {
  let snapshot: GraphSnapshot
  let resources: ResourceManager
  let devices: DeviceSet
  let options: Options

  /// What of the configuration planning depends on.
  package struct Options: Sendable, Hashable {
    package var foldsConstants = true
    package var allowsSoftPlacement = false
    package init() {}
  }

  package init(
    snapshot: GraphSnapshot, resources: ResourceManager, devices: DeviceSet, options: Options
  ) {
    self.snapshot = snapshot
    self.resources = resources
    self.devices = devices
    self.options = options
  }

  package func plan(_ signature: RunSignature) throws(StatusError) -> Plan {
    let nodes = snapshot.nodes
    let needed = try Prune.neededNodes(signature, in: nodes)
    try refuseUnknownOps(nodes, needed)
    let fed = Set(signature.feeds)
    let order = try ExecutionOrder.sorted(nodes, needed: needed, fed: fed)
    let placements = try Placement(
      nodes: nodes, devices: devices, soft: options.allowsSoftPlacement
    ).assign(order)

    // Slots: feeds first, then the outputs of each node in order.
    var slots: [Node.Endpoint: Int] = [:]
    var slotCount = 0
    var feedSlots: [Int] = []
    for feed in signature.feeds {
      slots[feed] = slotCount
      feedSlots.append(slotCount)
      slotCount += 1
    }
    var folded = Folding(enabled: options.foldsConstants, resources: resources)
    var bases: [Int: Int] = [:]
    var constants: [(slot: Int, tensor: AnyTensor)] = []
    var executed: [Int] = []
    for id in order {
      let node = nodes[id]
      let base = slotCount
      bases[id] = base
      for index in node.outputTypes.indices {
        let endpoint = Node.Endpoint(node: id, index: index)
        // The executor writes a node's outputs side by side; a fed output keeps the feed's slot for
        // its readers.
        if slots[endpoint] == nil { slots[endpoint] = base + index }
      }
      slotCount += node.outputTypes.count
      if let values = try folded.values(of: node, fed: fed) {
        for (index, value) in values.enumerated() { constants.append((base + index, value)) }
      } else {
        executed.append(id)
      }
    }

    return try layOut(
      signature, executed: executed, slots: slots, bases: bases, slotCount: slotCount,
      feedSlots: feedSlots, constants: constants, placements: placements, folded: folded)
  }

  private func refuseUnknownOps(_ nodes: [Node], _ needed: [Bool]) throws(StatusError) {
    var unknown: [String: [String]] = [:]
    for node in nodes where needed[node.id] && node.signature == nil {
      unknown[node.op, default: []].append(node.name)
    }
    guard !unknown.isEmpty else { return }
    let list = unknown.keys.sorted().map { op in
      "'\(op)' (\(unknown[op, default: []].count) nodes, such as \(unknown[op]?.first ?? ""))"
    }
    throw .notFound("Op type not registered \(list.joined(separator: ", ")); the fetches need them")
  }

  private func layOut(
    _ signature: RunSignature, executed: [Int], slots: [Node.Endpoint: Int], bases: [Int: Int],
    slotCount: Int, feedSlots: [Int], constants: [(slot: Int, tensor: AnyTensor)],
    placements: [Int: String], folded: Folding
  ) throws(StatusError) -> Plan {
    let nodes = snapshot.nodes
    // Slots that outlive their last reader: constants (used by the next run too), feeds (the
    // caller's) and fetches.
    var keeps = [Bool](repeating: false, count: slotCount)
    for constant in constants { keeps[constant.slot] = true }
    for slot in feedSlots { keeps[slot] = true }
    let fedIndex = Dictionary(
      zip(signature.feeds, signature.feeds.indices), uniquingKeysWith: { a, _ in a })
    var fetches: [Plan.Fetch] = []
    for fetch in signature.fetches {
      if let index = fedIndex[fetch] {
        fetches.append(.feed(index))
      } else if let slot = slots[fetch] {
        keeps[slot] = true
        fetches.append(.slot(slot))
      } else {
        throw .internal("Fetch of output \(fetch.index) of node \(fetch.node) has no slot")
      }
    }

    // Operand tables, then last uses from the back.
    var operands: [KernelContext.Operand] = []
    var starts: [Int] = []
    for id in executed {
      starts.append(operands.count)
      for input in nodes[id].inputs {
        guard let slot = slots[input] else {
          throw .internal("Input of node '\(nodes[id].name)' has no slot")
        }
        operands.append(.init(slot: Int32(truncatingIfNeeded: slot), isLastUse: false))
      }
    }
    var seen = keeps
    for position in executed.indices.reversed() {
      let count = nodes[executed[position]].inputs.count
      for index in (starts[position]..<starts[position] + count).reversed() {
        let slot = Int(operands[index].slot)
        if !seen[slot] {
          seen[slot] = true
          operands[index].isLastUse = true
        }
      }
      // An operand read twice by one node must not be released between its reads.
      let range = starts[position]..<starts[position] + count
      for index in range where operands[index].isLastUse {
        let duplicates = range.filter { operands[$0].slot == operands[index].slot }
        if duplicates.count > 1 { releaseAtLast(&operands, duplicates) }
      }
    }

    let positions = Dictionary(
      zip(executed, executed.indices), uniquingKeysWith: { a, _ in a })
    var items = ContiguousArray<Plan.Item>()
    items.reserveCapacity(executed.count)
    var conditional = [Bool](repeating: false, count: nodes.count)
    for (position, id) in executed.enumerated() {
      let node = nodes[id]
      let role = node.properties.role
      let base = bases[id] ?? 0
      let isConditional =
        role == .switch
        || node.inputs.contains {
          slots[$0].map { !feedSlots.contains($0) } ?? true && conditional[$0.node]
        }
        || node.controlInputs.contains { conditional[$0] }
      conditional[id] = isConditional
      let layout = StepFrame.NodeLayout(
        operandStart: starts[position], operandCount: node.inputs.count, outputBase: base,
        outputCount: node.outputTypes.count)
      let unread = node.outputTypes.indices.map { base + $0 }.filter { !seen[$0] }
      items.append(
        Plan.Item(
          kernel: try kernel(for: node, device: placements[id] ?? "", folded: folded),
          layout: layout, node: node, role: role,
          controls: node.controlInputs.compactMap { positions[$0] }, unread: unread,
          isConditional: isConditional))
    }
    return Plan(
      items: items, slotCount: slotCount, table: OperandTable(operands), constants: constants,
      feedSlots: feedSlots, fetches: fetches, hasConditionals: items.contains { $0.isConditional },
      placements: placements)
  }

  /// Of several reads of one slot by one node only the last may release it, and none may take its
  /// memory over.
  private func releaseAtLast(_ operands: inout [KernelContext.Operand], _ duplicates: [Int]) {
    for index in duplicates { operands[index].isLastUse = false }
  }

  private func kernel(
    for node: Node, device: String, folded: Folding
  ) throws(StatusError) -> any Kernel {
    switch node.properties.role {
    // The executor itself acts on these.
    case .switch, .merge: return InertKernel.shared
    case .enter, .exit, .nextIteration:
      throw StatusError.unimplemented("Op '\(node.op)': loops are not executed yet")
        .located(at: node.errorNode)
    default: break
    }
    do throws(StatusError) {
      guard let provider = node.definition as? any KernelProvider.Type else {
        throw .unimplemented("Op '\(node.op)' has no kernel in this build")
      }
      var constants: [Int: AnyTensor] = [:]
      for (index, input) in node.inputs.enumerated() {
        constants[index] = folded.known(input)
      }
      return try provider.kernels.kernel(
        for: KernelConstruction(
          nodeName: node.name, op: node.op, attributes: node.attributes,
          inputTypes: node.inputs.map { snapshot.nodes[$0.node].outputTypes[$0.index] },
          outputTypes: node.outputTypes, device: device, resources: resources,
          constantInputs: constants))
    } catch {
      throw error.located(at: node.errorNode)
    }
  }
}

/// Stands where the executor acts on a node's role.
final class InertKernel: Kernel {
  static let shared = InertKernel()

  func compute(_ context: borrowing KernelContext) throws(StatusError) {}
}
