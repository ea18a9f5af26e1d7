package import LoomCore
package import LoomGraph
package import LoomKernels

/// Makes plans: prune, order, place, find frames, fold, fuse, lay out, bind kernels.
package struct Planner {
  let snapshot: GraphSnapshot
  let resources: ResourceManager
  let devices: DeviceSet
  let options: Options
  let functions: (any FunctionRuntime)?
  /// The function instance whose body is planned; empty for the graph itself.
  let function: String

  /// What of the configuration planning depends on.
  package struct Options: Sendable, Hashable {
    package var foldsConstants = true
    package var allowsSoftPlacement = false
    /// Ops are joined with those that follow them.
    package var fusesOperations = true
    /// No value is let go before the step ends: for partial runs, which execute out of order.
    package var retainsValues = false
    /// Feeds are handed over: the last node that reads one may take over its memory.
    package var ownsFeeds = false
    package var ordering = ExecutionOrdering.planned
    package init() {}

    package init(_ configuration: SessionConfiguration) {
      let graph = configuration.graph
      foldsConstants =
        graph.optimizer.isFoldingConstants && graph.rewriting.isEnabled(\.constantFolding)
      allowsSoftPlacement = configuration.allowsSoftPlacement
      ordering = configuration.ordering
      fusesOperations =
        graph.optimizer.level == .basic && graph.rewriting.isEnabled(\.remapping)
    }
  }

  package init(
    snapshot: GraphSnapshot, resources: ResourceManager, devices: DeviceSet, options: Options,
    functions: (any FunctionRuntime)? = nil, function: String = ""
  ) {
    self.snapshot = snapshot
    self.resources = resources
    self.devices = devices
    self.options = options
    self.functions = functions
    self.function = function
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
    let frames = try Frames(nodes, order: order, fed: fed)
    var folding = Folding(enabled: options.foldsConstants, resources: resources)
    var constants: [Int: [AnyTensor]] = [:]
    for id in order { constants[id] = try folding.values(of: nodes[id], fed: fed) }
    var fusion = Fusion(
      nodes: nodes, order: order, signature: signature, placements: placements,
      resources: resources)
    if options.fusesOperations, !options.retainsValues { fusion.run(folding.known) }
    var layout = PlanLayout(
      nodes: fusion.nodes, frames: frames, signature: signature, order: fusion.order,
      options: options)
    for id in fusion.order {
      layout.assignSlots(id)
      if let values = constants[id] { layout.setConstants(id, values) }
    }
    let binding = KernelBinding(
      snapshot: snapshot, resources: resources, placements: placements, functions: functions,
      function: function, enters: layout.enters, fused: fusion.kernels)
    let regions = try layout.makeRegions(binding, folding)
    return Plan(
      regions: regions, structures: layout.makeStructures(regions), feedSlots: layout.feedSlots,
      fetches: try layout.fetches(), placements: placements, ordering: options.ordering)
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
}
