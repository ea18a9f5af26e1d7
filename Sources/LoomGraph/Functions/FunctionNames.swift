package import LoomCore

/// What inputs inside a function's body (`node:argument:index`) are called in a graph (`node:index`), and
/// the other way round.
package struct FunctionNames {
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
      let count = try FunctionNames.types(of: output, attributes).count
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

  /// How a body refers to an output of a node.
  static func reference(
    to endpoint: Node.Endpoint, among nodes: [Node]
  ) throws(StatusError) -> String {
    let node = nodes[endpoint.node]
    guard let signature = node.signature else {
      throw .unimplemented(
        "Op '\(node.op)' of node '\(node.name)' has no known outputs, so no function can refer to them"
      )
    }
    var first = 0
    for output in signature.outputs {
      let count = try types(of: output, node.attributes.values).count
      if endpoint.index < first + count {
        return "\(node.name):\(output.name):\(endpoint.index - first)"
      }
      first += count
    }
    throw .invalidArgument("Node '\(node.name)' has no output \(endpoint.index)")
  }

  package static func types(
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

  /// `value` with placeholders replaced by the attributes of the call. Nesting is as deep as the message
  /// it came from, which its parser bounds.
  static func substitute(
    _ value: AttributeValue, _ values: [String: AttributeValue]
  ) throws(StatusError) -> AttributeValue {
    switch value {
    case .placeholder(let name):
      guard let given = values[name] else {
        throw .invalidArgument("No value for attr '\(name)' of the function")
      }
      return given
    case .function(var reference):
      for (key, inner) in reference.attributes {
        reference.attributes[key] = try substitute(inner, values)
      }
      return .function(reference)
    case .list(let elements):
      var result: [AttributeValue] = []
      result.reserveCapacity(elements.count)
      for element in elements { result.append(try substitute(element, values)) }
      return .list(result)
    default: return value
    }
  }
}
