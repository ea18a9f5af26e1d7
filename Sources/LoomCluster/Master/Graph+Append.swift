#if Distributed
  import LoomCore
  import LoomGraph

  extension Graph {
    /// Adds the nodes of a definition, which may read those that are here already by their names.
    ///
    /// - Throws: ``StatusError/Code/invalidArgument`` for a name that is taken; what importing throws.
    func append(_ definition: GraphDefinition) throws(StatusError) {
      let own = Set(definition.nodes.map(\.name))
      var inputs: [String: AnyOutput] = [:]
      for node in definition.nodes {
        // A new graph has no names.
        if operationCount > 0, contains(node.name) {
          throw .invalidArgument(
            "GraphDef argument to Extend includes node '\(node.name)', which was created by a "
              + "previous call to Create or Extend in this session.")
        }
        for input in node.inputs where inputs[input] == nil {
          let (name, index) = Graph.parts(of: input)
          guard !own.contains(name), contains(name) else { continue }
          inputs[input] = AnyOutput(operation: try operation(named: name), index: index)
        }
      }
      try importDefinition(
        definition, inputMap: inputs, name: nil,
        options: ImportOptions(allowsUnknownOps: false, validatesColocation: false))
    }

    private func contains(_ name: String) -> Bool {
      // The only error says that there is no such operation.
      (try? operation(named: name)) != nil
    }

    /// The node that an input names, and which of its outputs; `^` marks a node that is only waited for.
    private static func parts(of input: String) -> (String, Int) {
      if input.hasPrefix("^") { return (String(input.dropFirst()), 0) }
      guard let colon = input.lastIndex(of: ":"),
        let index = Int(input[input.index(after: colon)...]), index >= 0
      else { return (input, 0) }
      return (String(input[..<colon]), index)
    }
  }
#endif
