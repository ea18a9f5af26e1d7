public import LoomCore

extension StatusError {
  /// The operation of `graph` that the fault belongs to; `nil` if none is known, or the graph has no such
  /// operation (a pass may have made the node).
  public func operation(in graph: Graph) -> Operation? {
    guard let node else { return nil }
    // Not being there is an answer, not a fault.
    return try? graph.operation(named: node.name)
  }
}
