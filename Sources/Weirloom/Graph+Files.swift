public import LoomCore
import LoomFormats
public import LoomGraph

extension Graph {
  /// The graph of a binary (`.pb`) or text (`.pbtxt`) GraphDef, or of a MetaGraphDef (`.meta`).
  ///
  /// Ops that `registry` does not hold are kept; only running them fails.
  ///
  /// - Throws: ``StatusError/Code/notFound`` without such a file; ``StatusError/Code/dataLoss`` and
  ///   ``StatusError/Code/invalidArgument`` if it holds no valid graph.
  public convenience init(
    contentsOf path: String, registry: OpRegistry = .standard
  ) throws(StatusError) {
    self.init(registry: registry)
    let definition =
      path.hasSuffix(".meta")
      ? try MetaGraph(contentsOf: path).graph : try GraphDefinition(contentsOf: path)
    try importDefinition(definition, name: nil)
  }
}
