public import LoomGraph

extension Graph {
  /// An empty graph with the standard ops.
  public convenience init() { self.init(registry: .empty, evaluator: nil) }
}
