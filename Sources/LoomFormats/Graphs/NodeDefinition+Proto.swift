internal import FoundationEssentials
package import LoomCore
package import LoomGraph
package import LoomProto
internal import SwiftProtobuf

extension NodeDefinition {
  /// - Throws: ``StatusError/Code/invalidArgument`` if an attribute can't be read, naming the node.
  package init(
    _ message: Tensorflow_NodeDef, budget: MemoryBudget = .files
  ) throws(StatusError) {
    do throws(StatusError) {
      self.init(
        name: message.name, op: message.op, inputs: message.input, device: message.device,
        attributes: try decodeAttributes(message.attr, budget: budget))
    } catch {
      throw error.located(at: .init(name: message.name, op: message.op))
    }
    guard
      message.hasExperimentalDebugInfo || message.hasExperimentalType
        || !message.unknownFields.data.isEmpty
        || message.attr.contains(where: { $0.value.value == nil })
    else { return }
    var rest = message
    rest.name = ""
    rest.op = ""
    rest.input = []
    rest.device = ""
    rest.attr = rest.attr.valueless
    opaque = try Wire.opaque(rest)
  }
}

extension Tensorflow_NodeDef {
  /// - Throws: ``StatusError/Code/invalidArgument`` for tensors that no message can hold.
  package init(_ node: NodeDefinition) throws(StatusError) {
    self = node.opaque.isEmpty ? Self() : try Wire.decode(Self.self, Data(node.opaque))
    name = node.name
    op = node.op
    input = node.inputs
    device = node.device
    do throws(StatusError) { attr.merge(try encodeAttributes(node.attributes)) { $1 } } catch {
      throw error.located(at: .init(name: node.name, op: node.op))
    }
  }
}
