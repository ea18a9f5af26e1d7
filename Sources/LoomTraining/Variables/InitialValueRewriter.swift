import LoomCore
import LoomGraph

/// Makes an initial value independent of the order in which variables are initialised: what reads a
/// variable is replaced by what reads the variable if it has a value and takes its initial value
/// otherwise. The operations in between are copied.
struct InitialValueRewriter {
  let graph: Graph

  func rewrite(_ output: AnyOutput) throws(StatusError) -> AnyOutput {
    var variables: [AnyOutput: AnyVariable] = [:]
    let known =
      graph.globalVariables + graph.localVariables + graph.trainableVariables
    for variable in known { variables[variable.handle] = variable }
    guard !variables.isEmpty else { return output }
    let nodes = graph.snapshot().nodes
    guard let order = ancestors(of: output.operation.id, nodes) else { return output }

    var replaced: [Node.Endpoint: AnyOutput] = [:]
    var guarded: [AnyVariable: AnyOutput] = [:]
    for id in order {
      let node = nodes[id]
      if let variable = variableRead(by: node, variables) {
        let value: AnyOutput
        if let made = guarded[variable] {
          value = made
        } else {
          guard variable.initialValue != nil else { continue }
          value = try variable.initializedValue()
          guarded[variable] = value
        }
        replaced[.init(node: id, index: 0)] = value
      } else if node.inputs.contains(where: { replaced[$0] != nil }) {
        let copy = try copy(node, replaced)
        for index in node.outputTypes.indices {
          replaced[.init(node: id, index: index)] = copy.output(index)
        }
      }
    }
    return replaced[.init(node: output.operation.id, index: output.index)] ?? output
  }

  /// The variable whose value is output 0 of `node`.
  private func variableRead(
    by node: Node, _ variables: [AnyOutput: AnyVariable]
  ) -> AnyVariable? {
    guard node.outputTypes.count == 1, let input = node.inputs.first,
      node.op == "ReadVariableOp" || node.properties.isIdentityLike
    else { return nil }
    let source = AnyOutput(operation: Operation(graph: graph, id: input.node), index: input.index)
    guard let variable = variables[source] else { return nil }
    return node.outputTypes[0] == .resource ? nil : variable
  }

  /// What `root` depends on, sources first; `nil` if there is a loop on the way.
  private func ancestors(of root: Int, _ nodes: [Node]) -> [Int]? {
    var order: [Int] = []
    var isOpen: [Int: Bool] = [:]
    var stack = [(id: root, next: 0)]
    isOpen[root] = true
    while let (id, next) = stack.last {
      let inputs = nodes[id].inputs
      guard next < inputs.count else {
        isOpen[id] = false
        order.append(id)
        stack.removeLast()
        continue
      }
      stack[stack.count - 1].next += 1
      let input = inputs[next].node
      switch isOpen[input] {
      case true?: return nil
      case false?: continue
      case nil:
        isOpen[input] = true
        stack.append((input, 0))
      }
    }
    return order
  }

  private func copy(
    _ node: Node, _ replaced: [Node.Endpoint: AnyOutput]
  ) throws(StatusError) -> Operation {
    let inputs = node.inputs.map { input in
      replaced[input]
        ?? AnyOutput(operation: Operation(graph: graph, id: input.node), index: input.index)
    }
    let op = node.op == "RefSwitch" ? "Switch" : node.op
    let last = node.name.split(separator: "/").last.map(String.init)
    return try graph.addOperation(
      op, inputs: inputs, attributes: node.attributes.values, name: last,
      controlInputs: node.controlInputs.map { Operation(graph: graph, id: $0) })
  }
}
