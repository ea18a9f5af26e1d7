package import LoomCore

extension FunctionGraph {
  /// An argument of a function that is written from a part of a graph.
  package enum Parameter {
    /// Stands for a tensor of the graph, which may be any, not only an argument.
    case tensor(AnyOutput)
    /// Is there so that several functions have the same arguments.
    case unused(DType)
  }

  /// The function of some of the arguments, without some of the operations.
  ///
  /// - Throws: ``StatusError/Code/unimplemented`` if an op of the body has no known signature.
  package func definition(
    named name: String, arguments: [AnyOutput], leavingOut omitted: Set<Int>
  ) throws(StatusError) -> FunctionDefinition {
    let all = Set(0..<graph.operationCount).subtracting(omitted)
    return try definition(
      named: name, parameters: arguments.map { .tensor($0) }, containing: all)
  }

  /// The function of the operations with the given ids. What they read must be made by them or be a
  /// parameter.
  ///
  /// - Parameter aliases: tensors that are read instead of others.
  /// - Throws: ``StatusError/Code/unimplemented`` if an op of the body has no known signature.
  package func definition(
    named name: String, parameters: [Parameter], containing ids: Set<Int>,
    aliases: [AnyOutput: AnyOutput] = [:]
  ) throws(StatusError) -> FunctionDefinition {
    let nodes = graph.snapshot().nodes
    let taken = Set(nodes.map(\.name))
    var result = FunctionDefinition(name: name)
    var names: [Node.Endpoint: String] = [:]
    for (index, parameter) in parameters.enumerated() {
      var parameterName = "arg_\(index)"
      while taken.contains(parameterName) { parameterName += "_" }
      switch parameter {
      case .unused(let dtype):
        result.inputs.append(FunctionGraph.tensor(parameterName, dtype))
      case .tensor(let output):
        names[.init(node: output.operation.id, index: output.index)] = parameterName
        result.inputs.append(FunctionGraph.tensor(parameterName, output.dtype.base))
        if output.shape.rank != nil {
          result.argumentAttributes[index] = ["_output_shapes": .shapes([output.shape])]
        }
      }
    }
    let text = { (endpoint: Node.Endpoint) throws(StatusError) -> String in
      let output = Operation(graph: graph, id: endpoint.node).output(endpoint.index)
      if let other = aliases[output] {
        return try FunctionNames.reference(
          to: .init(node: other.operation.id, index: other.index), among: nodes)
      }
      if let parameter = names[endpoint] { return parameter }
      return try FunctionNames.reference(to: endpoint, among: nodes)
    }
    result.attributes = attributes
    for node in nodes where ids.contains(node.id) && node.op != FunctionGraph.argumentOp {
      var definition = NodeDefinition(
        name: node.name, op: node.op, device: node.device, attributes: node.attributes.values)
      for input in node.inputs { definition.inputs.append(try text(input)) }
      for control in node.controlInputs
      where ids.contains(control) && nodes[control].op != FunctionGraph.argumentOp {
        definition.inputs.append("^" + nodes[control].name)
      }
      result.nodes.append(definition)
      if node.isStateful { result.isStateful = true }
    }
    for (index, output) in results.enumerated() {
      let resultName = "result_\(index)"
      result.outputs.append(FunctionGraph.tensor(resultName, output.dtype.base))
      result.returns[resultName] = try text(.init(node: output.operation.id, index: output.index))
    }
    for control in controlResults {
      result.controlOutputs.append(control.name)
      result.controlReturns[control.name] = control.operation.name
    }
    return result
  }
}
