import LoomCore
import LoomGraph

extension DirectEngine {
  /// What a plan runs, as one graph for each device, with the nodes that join them.
  func partitionGraphs(of runnable: RunnablePlan) throws(StatusError) -> [GraphDefinition] {
    var snapshot = snapshot()
    var signature = runnable.signature
    snapshot.connect(&signature)
    var partitioner = try Partitioner(
      snapshot: snapshot, signature: signature, placements: runnable.plan.placements,
      devices: devices,
      folding: Folding(enabled: plannerOptions.foldsConstants, resources: resources)
    )
    return partitioner.graphs()
  }
}

/// Ops that stand where values enter, leave and cross partitions, by TensorFlow's names: partition graphs
/// are read by tools that look for them.
private enum BoundaryOp {
  static let argument = "_Arg"
  static let result = "_Retval"
  static let send = "_Send"
  static let receive = "_Recv"
  static let constant = "Const"
}

/// Cuts what runs by device.
private struct Partitioner {
  private let nodes: [Node]
  private let snapshot: GraphSnapshot
  private let signature: RunSignature
  private let placements: [Int: String]
  private let devices: DeviceSet
  private var order: [Int] = []
  private var folded: [Node.Endpoint: AnyTensor] = [:]
  private var isFolded: Set<Int> = []
  private var fed: [Node.Endpoint: Int] = [:]
  private var partitions: [String: [NodeDefinition]] = [:]
  /// Names of receivers: what is received, and where.
  private var receivers: [String: String] = [:]
  private var edgeCount = 0

  init(
    snapshot: GraphSnapshot, signature: RunSignature, placements: [Int: String],
    devices: DeviceSet, folding: Folding
  ) throws(StatusError) {
    self.snapshot = snapshot
    nodes = snapshot.nodes
    self.signature = signature
    self.placements = placements
    self.devices = devices
    for (index, feed) in signature.feeds.enumerated() { fed[feed] = index }
    let needed = try Prune.neededNodes(signature, in: nodes)
    let endpoints = Set(signature.feeds)
    order = try ExecutionOrder.sorted(nodes, needed: needed, fed: endpoints)
    var folding = folding
    for id in order {
      guard let values = try folding.values(of: nodes[id], fed: endpoints) else { continue }
      isFolded.insert(id)
      for (index, value) in values.enumerated() { folded[.init(node: id, index: index)] = value }
    }
  }

  mutating func graphs() -> [GraphDefinition] {
    for (index, feed) in signature.feeds.enumerated() { addArgument(feed, index) }
    for id in order where !isFolded.contains(id) { addNode(nodes[id]) }
    for (index, fetch) in signature.fetches.enumerated() { addResult(fetch, index) }
    return partitions.keys.sorted().map { device in
      GraphDefinition(
        nodes: partitions[device] ?? [], library: snapshot.library, versions: snapshot.versions)
    }
  }

  private mutating func add(_ node: NodeDefinition) {
    partitions[node.device, default: []].append(node)
  }

  private var firstDevice: String { devices.all[0].name }

  private func device(of id: Int) -> String { placements[id] ?? firstDevice }

  private func argumentName(_ feed: Node.Endpoint, _ index: Int) -> String {
    "_arg_\(nodes[feed.node].name)_\(feed.index)_\(index)"
  }

  private mutating func addArgument(_ feed: Node.Endpoint, _ index: Int) {
    let dtype = nodes[feed.node].outputTypes[feed.index].base
    add(
      NodeDefinition(
        name: argumentName(feed, index), op: BoundaryOp.argument, device: firstDevice,
        attributes: ["T": .type(dtype), "index": .int(Int64(index))]))
  }

  private mutating func addNode(_ node: Node) {
    var definition = NodeDefinition(node, among: nodes)
    definition.device = device(of: node.id)
    definition.inputs = node.inputs.map { input(of: $0, on: definition.device) }
    for control in node.controlInputs where placements[control] != nil {
      if let name = controlInput(from: control, on: definition.device) {
        definition.inputs.append("^" + name)
      }
    }
    add(definition)
  }

  private mutating func addResult(_ fetch: Node.Endpoint, _ index: Int) {
    let node = nodes[fetch.node]
    let device = fed[fetch] == nil ? device(of: node.id) : firstDevice
    let name = input(of: fetch, on: device)
    add(
      NodeDefinition(
        name: "_retval_\(node.name)_\(fetch.index)_\(index)", op: BoundaryOp.result, inputs: [name],
        device: device,
        attributes: [
          "T": .type(node.outputTypes[fetch.index].base), "index": .int(Int64(index)),
        ]))
  }

  /// What a node on `target` reads to get a value.
  private mutating func input(of endpoint: Node.Endpoint, on target: String) -> String {
    let node = nodes[endpoint.node]
    let name: String
    let source: String
    if let index = fed[endpoint] {
      name = argumentName(endpoint, index)
      source = firstDevice
    } else if let value = folded[endpoint] {
      // Constants are made where they are read.
      return constant(node, endpoint.index, value, on: target)
    } else {
      name = endpoint.index == 0 ? node.name : "\(node.name):\(endpoint.index)"
      source = device(of: node.id)
    }
    guard source != target else { return name }
    return receive(
      name, dtype: node.outputTypes[endpoint.index].base, from: source, on: target,
      prefix: node.name)
  }

  private mutating func controlInput(from id: Int, on target: String) -> String? {
    // A folded node has nothing left to wait for.
    guard !isFolded.contains(id) else { return nil }
    let source = device(of: id)
    guard source != target else { return nodes[id].name }
    // Something must travel: a constant that waits for the node.
    let name = "\(nodes[id].name)/ctrl/_\(edgeCount)"
    if receivers["\(name) \(target)"] == nil, let nothing = try? AnyTensor(scalar: Float(0)) {
      add(
        NodeDefinition(
          name: name, op: BoundaryOp.constant, inputs: ["^" + nodes[id].name], device: source,
          attributes: ["value": .tensor(nothing), "dtype": .type(.float)]))
    }
    return receive(name, dtype: .float, from: source, on: target, prefix: nodes[id].name)
  }

  private mutating func constant(
    _ node: Node, _ index: Int, _ value: AnyTensor, on target: String
  ) -> String {
    var name = index == 0 ? node.name : "\(node.name)/_output_\(index)"
    if target != device(of: node.id) { name += "/_on_\(devices.index(of: target))" }
    let key = "constant \(name)"
    if receivers[key] == nil {
      receivers[key] = name
      add(
        NodeDefinition(
          name: name, op: BoundaryOp.constant, device: target,
          attributes: ["value": .tensor(value), "dtype": .type(value.dtype)]))
    }
    return name
  }

  /// Sends a value to another partition, once, and names its receiver there.
  private mutating func receive(
    _ name: String, dtype: DType, from source: String, on target: String, prefix: String
  ) -> String {
    let key = "\(name) \(target)"
    if let known = receivers[key] { return known }
    edgeCount += 1
    let incarnation = devices.all.first { $0.name == source }?.incarnation ?? 0
    let attributes: [String: AttributeValue] = [
      "tensor_name": .string(ByteString("edge_\(edgeCount)_\(prefix)")),
      "send_device": .string(ByteString(source)), "recv_device": .string(ByteString(target)),
      "send_device_incarnation": .int(Int64(bitPattern: incarnation)),
      "client_terminated": .bool(false),
    ]
    add(
      NodeDefinition(
        name: "\(prefix)/_\(2 * edgeCount - 1)", op: BoundaryOp.send, inputs: [name],
        device: source,
        attributes: attributes.merging(["T": .type(dtype)]) { first, _ in first }))
    let receiver = "\(prefix)/_\(2 * edgeCount)"
    add(
      NodeDefinition(
        name: receiver, op: BoundaryOp.receive, device: target,
        attributes: attributes.merging(["tensor_type": .type(dtype)]) { first, _ in first }))
    receivers[key] = receiver
    return receiver
  }
}

extension DeviceSet {
  fileprivate func index(of name: String) -> Int { all.firstIndex { $0.name == name } ?? 0 }
}
