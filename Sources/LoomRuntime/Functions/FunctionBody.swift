import LoomCore
import LoomGraph

/// The body of a library function as a graph of its own, for one set of attributes.
struct FunctionBody {
  let graph: Graph
  let arguments: [AnyOutput]
  let results: [AnyOutput]
  /// Operations that run though no result needs them.
  let effects: [Operation]

  private static let argumentOp = "_Arg"

  /// - Throws: ``StatusError/Code/invalidArgument`` if the body is malformed or an attribute is missing.
  init(
    _ function: FunctionDefinition, attributes: [String: AttributeValue], library: FunctionLibrary,
    registry: OpRegistry
  ) throws(StatusError) {
    var values = attributes
    for definition in function.attributeDefinitions where values[definition.name] == nil {
      if let value = definition.defaultValue { values[definition.name] = value }
    }
    var definition = GraphDefinition(library: library)
    var names = BodyNames(registry: registry, library: library)
    var argumentNames: [String] = []
    for argument in function.inputs {
      let types = try FunctionBody.types(of: argument, values)
      var outputs: [String] = []
      for (offset, type) in types.enumerated() {
        // Clients never make names that begin with a dot, so these do not clash.
        let name = ".arg/\(argumentNames.count)"
        definition.nodes.append(
          NodeDefinition(
            name: name, op: FunctionBody.argumentOp,
            attributes: ["T": .type(type), "index": .int(Int64(argumentNames.count))]))
        argumentNames.append(name)
        outputs.append(name)
        if types.count > 1 { names.set("\(argument.name):\(offset)", [name]) }
      }
      names.set(argument.name, outputs)
    }
    var bodies: [NodeDefinition] = []
    for node in function.nodes {
      var copy = node
      for (key, value) in node.attributes {
        copy.attributes[key] = try value.substituting(values)
      }
      bodies.append(copy)
      try names.add(copy)
    }
    for var node in bodies {
      var inputs: [String] = []
      for input in node.inputs { inputs += try names.resolve(input, in: node.name) }
      node.inputs = inputs
      definition.nodes.append(node)
    }
    graph = Graph(registry: registry, evaluator: ConstantFolder())
    // What a body asks to be placed with may stand in the graph that calls it.
    try graph.importDefinition(
      definition, name: nil, options: ImportOptions(validatesColocation: false))
    var arguments: [AnyOutput] = []
    for name in argumentNames { arguments.append(try graph.operation(named: name).output(0)) }
    self.arguments = arguments
    var results: [AnyOutput] = []
    for output in function.outputs {
      guard let source = function.returns[output.name] else {
        throw .invalidArgument("Function '\(function.name)' does not return '\(output.name)'")
      }
      for name in try names.resolve(source, in: function.name) {
        results.append(try graph.output(named: name.contains(":") ? name : name + ":0"))
      }
    }
    self.results = results
    var effects: [Operation] = []
    for name in function.controlReturns.values.sorted() {
      effects.append(try graph.operation(named: name))
    }
    for operation in graph.operations {
      let node = operation.node
      if node.isStateful, node.properties.role == .compute || node.properties.role == .call,
        !effects.contains(operation)
      {
        effects.append(operation)
      }
    }
    self.effects = effects
  }

  static func types(
    of argument: OpSignature.Argument, _ attributes: [String: AttributeValue]
  ) throws(StatusError) -> [DType] {
    let values = Attributes(attributes)
    let types: [DType] =
      switch argument.type {
      case .fixed(let type): [type]
      case .attribute(let name): [try values.type(name)]
      case .listAttribute(let name): try values.types(name)
      }
    guard let number = argument.numberAttribute else { return types }
    let count = try values.int(number)
    guard count >= 0, count <= 1 << 20 else {
      throw .invalidArgument("Value for attr '\(number)' of \(count) is out of range")
    }
    return (0..<count).flatMap { _ in types }
  }
}

/// What inputs inside a body (`node:argument:index`) are called in a graph (`node:index`).
private struct BodyNames {
  let registry: OpRegistry
  let library: FunctionLibrary
  private var known: [String: [String]] = [:]

  init(registry: OpRegistry, library: FunctionLibrary) {
    self.registry = registry
    self.library = library
  }

  mutating func set(_ name: String, _ outputs: [String]) { known[name] = outputs }

  /// Lists the outputs of a node under their argument names.
  mutating func add(_ node: NodeDefinition) throws(StatusError) {
    guard let signature = registry[node.op]?.signature ?? library[node.op]?.signature else {
      known[node.name] = [node.name]
      return
    }
    var attributes = node.attributes
    for definition in signature.attributes where attributes[definition.name] == nil {
      if let value = definition.defaultValue { attributes[definition.name] = value }
    }
    var index = 0
    for output in signature.outputs {
      let count = try FunctionBody.types(of: output, attributes).count
      let names = (index..<index + count).map { $0 == 0 ? node.name : "\(node.name):\($0)" }
      known["\(node.name):\(output.name)"] = names
      for (offset, name) in names.enumerated() {
        known["\(node.name):\(output.name):\(offset)"] = [name]
      }
      index += count
    }
  }

  func resolve(_ input: String, in node: String) throws(StatusError) -> [String] {
    if input.hasPrefix("^") { return [input] }
    if let outputs = known[input] { return outputs }
    // Bodies written by hand may use a graph's own form.
    if let outputs = known[input + ":0"] { return outputs }
    throw .invalidArgument("Node '\(node)': Unknown input node '\(input)' in a function body")
  }
}

extension AttributeValue {
  /// This value with placeholders replaced by the attributes of the call. Nesting is as deep as the
  /// message it came from, which its parser bounds.
  func substituting(_ values: [String: AttributeValue]) throws(StatusError) -> AttributeValue {
    switch self {
    case .placeholder(let name):
      guard let value = values[name] else {
        throw .invalidArgument("No value for attr '\(name)' of the function")
      }
      return value
    case .function(var reference):
      for (key, value) in reference.attributes {
        reference.attributes[key] = try value.substituting(values)
      }
      return .function(reference)
    case .list(let elements):
      var result: [AttributeValue] = []
      result.reserveCapacity(elements.count)
      for element in elements { result.append(try element.substituting(values)) }
      return .list(result)
    default: return self
    }
  }
}
