import Synchronization

/// Where inference looks nodes up: a graph, or an import that is under way.
protocol NodeSource {
  /// The node of that id, or `nil` where there is none (yet).
  func node(at id: Int) -> Node?
}

extension Graph: NodeSource {
  func node(at id: Int) -> Node? {
    state.withLock { $0.nodes.indices.contains(id) ? $0.nodes[id] : nil }
  }
}
