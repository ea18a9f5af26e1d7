internal import FoundationEssentials
package import LoomCore
package import LoomGraph
package import LoomProto
internal import SwiftProtobuf

extension GraphDefinition.Versions {
  package init(_ message: Tensorflow_VersionDef) {
    self.init(
      producer: Int(message.producer), minimumConsumer: Int(message.minConsumer),
      badConsumers: message.badConsumers.map { Int($0) })
  }

  package var proto: Tensorflow_VersionDef {
    var message = Tensorflow_VersionDef()
    message.producer = Int32(clamping: producer)
    message.minConsumer = Int32(clamping: minimumConsumer)
    message.badConsumers = badConsumers.map { Int32(clamping: $0) }
    return message
  }
}

extension GraphDefinition {
  /// - Parameter budget: bounds the memory of the constants.
  /// - Throws: ``StatusError/Code/invalidArgument`` if a node or function can't be read;
  ///   ``StatusError/Code/resourceExhausted`` if constants exceed the budget.
  package init(
    _ message: Tensorflow_GraphDef, budget: MemoryBudget = .files
  ) throws(StatusError) {
    var nodes: [NodeDefinition] = []
    nodes.reserveCapacity(message.node.count)
    for node in message.node { nodes.append(try NodeDefinition(node, budget: budget)) }
    var versions = Versions(message.versions)
    // Writers older than the version message left a single number.
    if !message.hasVersions { versions.producer = Int(message.version) }
    self.init(
      nodes: nodes, library: try FunctionLibrary(message.library, budget: budget),
      versions: versions)
    guard message.hasDebugInfo || !message.unknownFields.data.isEmpty else { return }
    var rest = message
    rest.node = []
    rest.clearVersions()
    rest.version = 0
    rest.clearLibrary()
    opaque = try Wire.opaque(rest)
  }
}

extension Tensorflow_GraphDef {
  /// - Throws: ``StatusError/Code/invalidArgument`` for tensors that no message can hold.
  package init(_ graph: GraphDefinition) throws(StatusError) {
    self = graph.opaque.isEmpty ? Self() : try Wire.decode(Self.self, Data(graph.opaque))
    node.reserveCapacity(graph.nodes.count)
    for definition in graph.nodes { node.append(try Tensorflow_NodeDef(definition)) }
    versions = graph.versions.proto
    if !graph.library.isEmpty { library = try Tensorflow_FunctionDefLibrary(graph.library) }
  }
}
