import LoomCore
import LoomGraph

/// Keeps what a run needs: nodes that fetches and targets depend on, cut at the feeds.
enum Prune {
  /// Marks the needed nodes. Walks with an explicit stack: graphs may be deeper than any call stack.
  static func neededNodes(_ signature: RunSignature, in nodes: [Node]) throws(StatusError) -> [Bool]
  {
    var needed = [Bool](repeating: false, count: nodes.count)
    let fed = Set(signature.feeds)
    var stack: [Int] = []
    func push(_ id: Int) throws(StatusError) {
      guard nodes.indices.contains(id) else {
        throw .internal("Node \(id) is not in the graph of \(nodes.count) nodes")
      }
      if !needed[id] {
        needed[id] = true
        stack.append(id)
      }
    }
    for fetch in signature.fetches where !fed.contains(fetch) { try push(fetch.node) }
    for target in signature.targets { try push(target) }
    while let id = stack.popLast() {
      let node = nodes[id]
      for input in node.inputs where !fed.contains(input) { try push(input.node) }
      for control in node.controlInputs where !isFedPlaceholder(control, nodes, fed) {
        try push(control)
      }
    }
    return needed
  }

  /// A fed placeholder has run as far as those that only wait for it are concerned.
  private static func isFedPlaceholder(
    _ id: Int, _ nodes: [Node], _ fed: Set<Node.Endpoint>
  ) -> Bool {
    nodes.indices.contains(id) && nodes[id].properties.role == .placeholder
      && fed.contains(Node.Endpoint(node: id, index: 0))
  }
}
