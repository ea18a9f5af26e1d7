import LoomCore
import LoomGraph
import LoomKernels

/// Joins ops with those that follow them, where the kernel of the first can do the others' work along:
/// a convolution with normalisation, residual addition and activation.
///
/// A value vanishes by that, so only values are joined over that nothing else wants: neither another
/// node, by data or control edge, nor the run. The joined node stands where its last op stood.
struct Fusion {
  private(set) var nodes: [Node]
  private(set) var order: [Int]
  /// The kernels of joined nodes.
  private(set) var kernels: [Int: any Kernel] = [:]
  private let signature: RunSignature
  private let placements: [Int: String]
  private let resources: ResourceManager
  /// Readers of each node's outputs, one for each edge.
  private var readers: [[Int]]
  /// Nodes whose end something else waits for, or the run wants.
  private var isKept: [Bool]
  private let fed: Set<Node.Endpoint>

  init(
    nodes: [Node], order: [Int], signature: RunSignature, placements: [Int: String],
    resources: ResourceManager
  ) {
    self.nodes = nodes
    self.order = order
    self.signature = signature
    self.placements = placements
    self.resources = resources
    fed = Set(signature.feeds)
    readers = [[Int]](repeating: [], count: nodes.count)
    isKept = [Bool](repeating: false, count: nodes.count)
  }

  /// What can be joined is found here; `known` are the constants of the plan.
  mutating func run(_ known: (Node.Endpoint) -> AnyTensor?) {
    let anchors = order.filter { id in
      nodes[id].properties.role == .compute && nodes[id].outputTypes == [.float]
        && known(Node.Endpoint(node: id, index: 0)) == nil
        && nodes[id].definition is any FusingOp.Type
    }
    guard !anchors.isEmpty else { return }
    findReaders()
    var absorbed = Set<Int>()
    for anchor in anchors where !absorbed.contains(anchor) && kernels[anchor] == nil {
      join(anchor, known, &absorbed)
    }
    if !absorbed.isEmpty { order.removeAll { absorbed.contains($0) } }
  }

  private mutating func findReaders() {
    for id in order {
      for input in nodes[id].inputs {
        if fed.contains(input) { isKept[input.node] = true } else { readers[input.node].append(id) }
      }
      for control in nodes[id].controlInputs { isKept[control] = true }
    }
    for fetch in signature.fetches { isKept[fetch.node] = true }
    for feed in signature.feeds { isKept[feed.node] = true }
    for target in signature.targets { isKept[target] = true }
  }

  private mutating func join(
    _ anchor: Int, _ known: (Node.Endpoint) -> AnyTensor?, _ absorbed: inout Set<Int>
  ) {
    guard let provider = nodes[anchor].definition as? any FusingOp.Type else { return }
    var epilogue = FusedEpilogue()
    var chain = [anchor]
    var operand: Node.Endpoint?
    while let last = chain.last, let next = follower(of: last), !absorbed.contains(next),
      kernels[next] == nil, let (stage, other) = stage(of: next, after: last, known),
      epilogue.append(stage)
    {
      chain.append(next)
      operand = other ?? operand
    }
    guard let last = chain.last, chain.count > 1 else { return }
    let construction = construction(nodes[anchor], known)
    // A kernel that can't be made is an error of the run, which names the op that is to blame.
    guard let kernel = try? provider.kernel(construction, followedBy: epilogue) else { return }
    kernels[last] = FusedKernel(kernel, node: nodes[anchor].errorNode)
    var inputs = nodes[anchor].inputs
    if let operand { inputs.append(operand) }
    let controls = Set(chain.flatMap { nodes[$0].controlInputs }).sorted()
    let op = chain.map { nodes[$0].op }.joined(separator: "+")
    nodes[last] = nodes[last].replacing(op: op, inputs: inputs, controlInputs: controls)
    absorbed.formUnion(chain.dropLast())
  }

  /// The one node that reads the outputs of `id`, if nothing else wants them.
  private func follower(of id: Int) -> Int? {
    guard !isKept[id], readers[id].count == 1, let next = readers[id].first,
      nodes[next].definition is any FusibleOp.Type, nodes[next].properties.role == .compute,
      placements[next] == placements[id]
    else { return nil }
    return next
  }

  /// What `next` does to the output of `last`, and the endpoint it adds.
  private func stage(
    of next: Int, after last: Int, _ known: (Node.Endpoint) -> AnyTensor?
  ) -> (FusibleStage, Node.Endpoint?)? {
    let endpoint = Node.Endpoint(node: last, index: 0)
    guard let provider = nodes[next].definition as? any FusibleOp.Type,
      nodes[next].outputTypes.first == .float, readsOnlyFirstOutput(of: next),
      let input = nodes[next].inputs.firstIndex(of: endpoint),
      let stage = provider.stage(construction(nodes[next], known), input: input)
    else { return nil }
    guard case .addition(let other) = stage else { return (stage, nil) }
    guard nodes[next].inputs.indices.contains(other) else { return nil }
    let operand = nodes[next].inputs[other]
    let shape = nodes[operand.node].outputShapes[operand.index]
    guard nodes[operand.node].outputTypes[operand.index] == .float,
      sameShape(shape, nodes[last].outputShapes[0])
    else { return nil }
    return (stage, operand)
  }

  /// Whether nothing wants the further outputs of a node.
  private func readsOnlyFirstOutput(of id: Int) -> Bool {
    if nodes[id].outputTypes.count == 1 { return true }
    let isFetched = signature.fetches.contains { $0.node == id && $0.index != 0 }
    return !isFetched
      && !readers[id].contains { reader in
        nodes[reader].inputs.contains { $0.node == id && $0.index != 0 }
      }
  }

  /// Whether shapes are equal as far as one can see: at most the batch may be unknown.
  private func sameShape(_ a: PartialShape, _ b: PartialShape) -> Bool {
    guard let rank = a.rank, rank == b.rank, rank > 0, a[0] == b[0] else { return false }
    return (1..<rank).allSatisfy { a[$0] != nil && a[$0] == b[$0] }
  }

  private func construction(
    _ node: Node, _ known: (Node.Endpoint) -> AnyTensor?
  ) -> KernelConstruction {
    var constants: [Int: AnyTensor] = [:]
    for (index, input) in node.inputs.enumerated() where !fed.contains(input) {
      constants[index] = known(input)
    }
    return KernelConstruction(
      nodeName: node.name, op: node.op, attributes: node.attributes,
      inputTypes: node.inputs.map { nodes[$0.node].outputTypes[$0.index] },
      outputTypes: node.outputTypes, device: placements[node.id] ?? "", resources: resources,
      constantInputs: constants)
  }
}

/// The kernel of joined ops: its errors are those of the first.
private final class FusedKernel: Kernel {
  private let kernel: any Kernel
  private let node: StatusError.Node

  init(_ kernel: any Kernel, node: StatusError.Node) {
    self.kernel = kernel
    self.node = node
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    do throws(StatusError) { try kernel.compute(context) } catch { throw error.located(at: node) }
  }
}
