import FoundationEssentials
import Weirloom

/// A model file as a graph.
struct LoadedModel {
  static let fileExtensions = ["pb", "pbtxt", "meta"]

  let graph: Graph
  let definition: GraphDefinition

  /// Loads a binary or text GraphDef, or a MetaGraphDef (`.meta`).
  init(path: String) throws(StatusError) {
    do throws(StatusError) {
      definition =
        path.hasSuffix(".meta")
        ? try MetaGraph(contentsOf: path).graph : try GraphDefinition(contentsOf: path)
      graph = Graph()
      try graph.importDefinition(definition, name: nil)
    } catch {
      throw error.reason.contains(path) ? error : error.prefixed("\(path): ")
    }
  }

  /// Placeholders, in the graph's order.
  var inputs: [AnyOutput] {
    graph.operations.filter { $0.node.properties.role == .placeholder }.map { $0.output(0) }
  }

  /// Tensors that nothing in the graph reads.
  var outputs: [AnyOutput] {
    var isRead: Set<Node.Endpoint> = []
    for operation in graph.operations { isRead.formUnion(operation.node.inputs) }
    return graph.operations.filter { operation in
      let node = operation.node
      return !node.outputTypes.isEmpty && node.properties.role != .constant
        && !node.outputTypes.indices.contains { isRead.contains(.init(node: node.id, index: $0)) }
    }.flatMap(\.outputs)
  }

  /// Ops without a declaration, with the number of their nodes.
  var unsupportedOps: [String: Int] {
    var counts: [String: Int] = [:]
    for operation in graph.operations where operation.node.signature == nil {
      counts[operation.type, default: 0] += 1
    }
    return counts
  }

  var opCounts: [String: Int] {
    var counts: [String: Int] = [:]
    for operation in graph.operations { counts[operation.type, default: 0] += 1 }
    return counts
  }

  /// Variables of both generations.
  var variables: [Operation] {
    graph.operations.filter { ["Variable", "VariableV2", "VarHandleOp"].contains($0.type) }
  }
}
