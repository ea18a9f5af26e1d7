import LoomCore
import LoomGraph
import LoomRuntime

/// Writes functions for a graph's library: from closures, and from parts of the graph itself.
struct FunctionTrace {
  let parent: Graph

  /// A function added to the library, with what it returns.
  struct Traced {
    let reference: FunctionReference
    let results: [AnyOutput]
  }

  /// The function of what `body` builds, in a graph of its own.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the closure returns tensors of other graphs; what
  ///   it throws.
  func function(
    named stem: String, types: [DType], shapes: [PartialShape],
    _ body: (Graph, [AnyOutput]) throws -> [AnyOutput]
  ) throws(StatusError) -> Traced {
    let graph = Graph(registry: parent.registry, evaluator: ConstantFolder())
    // Functions that the body makes get names that are new to the parent too.
    for function in parent.library.all { try graph.add(function) }
    graph.randomSeed = parent.randomSeed
    var arguments: [AnyOutput] = []
    for (index, type) in types.enumerated() {
      let shape = shapes.indices.contains(index) ? shapes[index] : .unknown
      arguments.append(
        try graph.build(
          "Placeholder", [], ["dtype": .type(type.base), "shape": .shape(shape)],
          name: "argument_\(index)"))
    }
    let results: [AnyOutput]
    do { results = try body(graph, arguments) } catch { throw StatusError.wrapping(error) }
    for result in results where result.graph !== graph {
      throw .invalidArgument(
        "A function of a dataset returned '\(result.name)', which it did not make. Pass tensors from "
          + "outside through `capturing`.")
    }
    for function in graph.library.all where parent.library[function.name] == nil {
      try parent.add(function)
    }
    let nodes = graph.snapshot().nodes
    let own = nodes.map(\.id).filter { id in !arguments.contains { $0.operation.id == id } }
    return Traced(
      reference: try add(
        stem, nodes: nodes, containing: own, arguments: arguments, results: results),
      results: results)
  }

  /// The function without arguments that computes `result` as the parent does, from nothing.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if that takes a placeholder.
  func function(named stem: String, computing result: AnyOutput) throws(StatusError) -> Traced {
    let nodes = parent.snapshot().nodes
    var found: Set<Int> = []
    var pending = [result.operation.id]
    while let id = pending.popLast() {
      guard found.insert(id).inserted else { continue }
      let node = nodes[id]
      guard node.properties.role != .placeholder else {
        throw .invalidArgument(
          "Cannot capture a placeholder (name:\(node.name), type:\(node.op)) by value.")
      }
      pending += node.inputs.map(\.node) + node.controlInputs
    }
    return Traced(
      reference: try add(
        stem, nodes: nodes, containing: found.sorted(), arguments: [], results: [result]),
      results: [result])
  }

  private func add(
    _ stem: String, nodes: [Node], containing ids: [Int], arguments: [AnyOutput],
    results: [AnyOutput]
  ) throws(StatusError) -> FunctionReference {
    var definition = FunctionDefinition(name: freshName(stem))
    var names: [Node.Endpoint: String] = [:]
    for argument in arguments {
      let name = argument.operation.name
      names[.init(node: argument.operation.id, index: 0)] = name
      definition.inputs.append(tensor(name, argument.dtype))
    }
    let text = { (endpoint: Node.Endpoint) throws(StatusError) -> String in
      if let name = names[endpoint] { return name }
      return try FunctionTrace.name(of: endpoint, nodes[endpoint.node])
    }
    for id in ids {
      let node = nodes[id]
      var copy = NodeDefinition(
        name: node.name, op: node.op, device: node.device, attributes: node.attributes.values)
      for input in node.inputs { copy.inputs.append(try text(input)) }
      for control in node.controlInputs { copy.inputs.append("^" + nodes[control].name) }
      definition.nodes.append(copy)
      if node.isStateful { definition.isStateful = true }
    }
    for (index, result) in results.enumerated() {
      let name = "result_\(index)"
      definition.outputs.append(tensor(name, result.dtype))
      definition.returns[name] = try text(
        .init(node: result.operation.id, index: result.index))
    }
    try parent.add(definition)
    return FunctionReference(name: definition.name)
  }

  private func tensor(_ name: String, _ type: DType) -> OpSignature.Argument {
    .init(name: name, type: .fixed(type.base), numberAttribute: nil, reference: false)
  }

  private func freshName(_ stem: String) -> String {
    let library = parent.library
    var name = stem
    var suffix = 0
    while library[name] != nil || parent.registry[name] != nil {
      suffix += 1
      name = "\(stem)_\(suffix)"
    }
    return name
  }

  /// How a function's body refers to an output: by the name and number it has in the op's signature.
  private static func name(
    of endpoint: Node.Endpoint, _ node: Node
  ) throws(StatusError) -> String {
    guard let signature = node.signature else {
      throw .unimplemented("Op '\(node.op)' of node '\(node.name)' has no known signature")
    }
    var rest = endpoint.index
    for output in signature.outputs {
      var count = 1
      if case .listAttribute(let list) = output.type {
        count = try node.attributes.types(list).count
      }
      if let number = output.numberAttribute { count *= try node.attributes.int(number) }
      if rest < count { return "\(node.name):\(output.name):\(rest)" }
      rest -= count
    }
    throw .internal("Node '\(node.name)' has no output \(endpoint.index)")
  }
}
