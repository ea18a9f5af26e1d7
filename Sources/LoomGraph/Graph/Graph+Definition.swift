import LoomCore
import Synchronization

extension Graph {
  /// The graph in the form files carry: nodes in creation order, the library and the versions.
  ///
  /// - Parameters:
  ///   - addingShapes: gives every node with outputs the attribute `_output_shapes`.
  ///   - fromVersion: leaves out operations that stood when ``version`` had this value.
  ///   - removingDefaults: leaves out attributes that have the default of their op.
  /// - Complexity: O(nodes + edges).
  public func definition(
    addingShapes: Bool = false, fromVersion: Int = 0, removingDefaults: Bool = false
  ) -> GraphDefinition {
    let (nodes, library, versions) = state.withLock { ($0.nodes, $0.library, $0.versions) }
    var result = GraphDefinition(library: library, versions: versions)
    let first = Swift.min(Swift.max(fromVersion, 0), nodes.count)
    result.nodes.reserveCapacity(nodes.count - first)
    for node in nodes[first...] {
      var definition = NodeDefinition(node, among: nodes)
      if addingShapes, !node.outputShapes.isEmpty {
        definition.attributes["_output_shapes"] = .shapes(node.outputShapes)
      }
      if removingDefaults, let signature = node.signature {
        definition.removeDefaults(of: signature)
      }
      result.nodes.append(definition)
    }
    return result
  }
}

extension NodeDefinition {
  /// A node of a graph, its inputs by name.
  package init(_ node: Node, among nodes: [Node]) {
    func name(_ id: Int) -> String { nodes.indices.contains(id) ? nodes[id].name : "" }
    var inputs: [String] = []
    inputs.reserveCapacity(node.inputs.count + node.controlInputs.count)
    for input in node.inputs {
      inputs.append(input.index == 0 ? name(input.node) : "\(name(input.node)):\(input.index)")
    }
    for control in node.controlInputs { inputs.append("^" + name(control)) }
    self.init(
      name: node.name, op: node.op, inputs: inputs, device: node.device,
      attributes: node.attributes.values)
    opaque = node.opaque
  }

  /// Removes the attributes that equal their default in `signature`.
  public mutating func removeDefaults(of signature: OpSignature) {
    for definition in signature.attributes {
      if let value = definition.defaultValue, attributes[definition.name] == value {
        attributes[definition.name] = nil
      }
    }
  }
}

extension GraphDefinition {
  /// Removes attributes that equal their default, for readers that know fewer attributes than we do;
  /// the nodes of functions included.
  public mutating func removeDefaults(using registry: OpRegistry) {
    for index in nodes.indices {
      if let definition = registry[nodes[index].op] {
        nodes[index].removeDefaults(of: definition.signature)
      }
    }
    var stripped = FunctionLibrary()
    stripped.gradients = library.gradients
    stripped.registeredGradients = library.registeredGradients
    for var function in library.all {
      for index in function.nodes.indices {
        if let definition = registry[function.nodes[index].op] {
          function.nodes[index].removeDefaults(of: definition.signature)
        }
      }
      // Names in a library are unique, so adding to an empty one can't fail.
      try? stripped.add(function)
    }
    library = stripped
  }

  /// This graph without attributes that equal their default.
  public func removingDefaults(using registry: OpRegistry) -> GraphDefinition {
    var result = self
    result.removeDefaults(using: registry)
    return result
  }
}
