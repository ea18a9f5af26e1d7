package import LoomCore

/// A function as a graph of its own: made from a definition, or empty to be filled; and written back.
package struct FunctionGraph {
  package let graph: Graph
  package private(set) var arguments: [AnyOutput] = []
  package var results: [AnyOutput] = []
  /// Operations that run in every call, by control output.
  package var controlResults: [(name: String, operation: Operation)] = []
  /// Attributes of the definition it was made from.
  package var attributes: [String: AttributeValue] = [:]

  static let argumentOp = "_Arg"

  /// A function without arguments, with ops and functions as `parent` has.
  package init(in parent: Graph) throws(StatusError) {
    graph = Graph(registry: parent.registry, evaluator: parent.evaluator)
    try graph.merge(parent.library)
  }

  /// The body of a function of `parent`'s library.
  ///
  /// - Throws: ``StatusError/Code/notFound`` if the library has no such function;
  ///   ``StatusError/Code/invalidArgument`` if the body is malformed or an attribute is missing.
  package init(_ reference: FunctionReference, in parent: Graph) throws(StatusError) {
    guard let function = parent.library[reference.name] else {
      throw .notFound("Function '\(reference.name)' is not in the library of the graph")
    }
    try self.init(function, attributes: reference.attributes, in: parent)
  }

  package init(
    _ function: FunctionDefinition, attributes: [String: AttributeValue], in parent: Graph
  ) throws(StatusError) {
    try self.init(in: parent)
    self.attributes = function.attributes
    var values = attributes
    for definition in function.attributeDefinitions where values[definition.name] == nil {
      if let value = definition.defaultValue { values[definition.name] = value }
    }
    var names = FunctionNames(registry: parent.registry, library: parent.library)
    for (position, argument) in function.inputs.enumerated() {
      let types = try FunctionNames.types(of: argument, values)
      var outputs: [String] = []
      for (offset, type) in types.enumerated() {
        let output = try addArgument(type)
        if case .list(let shapes)? = function.argumentAttributes[position]?["_output_shapes"],
          shapes.indices.contains(offset), case .shape(let shape) = shapes[offset]
        {
          try output.setShape(shape)
        }
        outputs.append(output.operation.name)
        if types.count > 1 { names.set("\(argument.name):\(offset)", [output.operation.name]) }
      }
      names.set(argument.name, outputs)
    }
    try build(function, values, &names)
  }

  private mutating func build(
    _ function: FunctionDefinition, _ values: [String: AttributeValue], _ names: inout FunctionNames
  ) throws(StatusError) {
    var bodies: [NodeDefinition] = []
    for node in function.nodes {
      var copy = node
      for (key, value) in node.attributes {
        copy.attributes[key] = try FunctionNames.substitute(value, values)
      }
      bodies.append(copy)
      try names.add(copy)
    }
    var definition = GraphDefinition()
    var map: [String: AnyOutput] = [:]
    for argument in arguments { map[argument.operation.name] = argument }
    var used: Set<String> = []
    for var node in bodies {
      var inputs: [String] = []
      for input in node.inputs { inputs += try names.resolve(input, in: node.name) }
      node.inputs = inputs
      used.formUnion(inputs)
      definition.nodes.append(node)
    }
    try graph.importDefinition(
      definition, inputMap: map.filter { used.contains($0.key) }, name: nil,
      // A body may name nodes of the graph it was traced in.
      options: ImportOptions(validatesColocation: false))
    for output in function.outputs {
      guard let source = function.returns[output.name] else {
        throw .invalidArgument("Function '\(function.name)' does not return '\(output.name)'")
      }
      for name in try names.resolve(source, in: function.name) {
        results.append(try graph.output(named: name.contains(":") ? name : name + ":0"))
      }
    }
    for (name, node) in function.controlReturns.sorted(by: { $0.key < $1.key }) {
      controlResults.append((name, try graph.operation(named: node)))
    }
  }

  /// Adds an argument at the end.
  @discardableResult
  package mutating func addArgument(
    _ dtype: DType, shape: PartialShape = .unknown
  ) throws(StatusError) -> AnyOutput {
    let output = try graph.withContext(nil, isCapturing: false) { () throws(StatusError) in
      try graph.withNameScope(nil) { () throws(StatusError) in
        // Clients never make names that begin with a dot, so these do not clash.
        try graph.addOperation(
          FunctionGraph.argumentOp,
          attributes: ["T": .type(dtype), "index": .int(Int64(arguments.count))],
          name: ".arg/\(arguments.count)"
        ).output(0)
      }
    }
    try output.setShape(shape)
    arguments.append(output)
    return output
  }

  package var argumentTypes: [DType] { arguments.map(\.dtype) }
  package var resultTypes: [DType] { results.map(\.dtype.base) }

  /// Whether a call may have effects.
  package var isStateful: Bool {
    graph.snapshot().nodes.contains {
      $0.op != FunctionGraph.argumentOp && $0.isStateful && $0.properties.role != .placeholder
    }
  }

  static func tensor(_ name: String, _ dtype: DType) -> OpSignature.Argument {
    .init(
      name: name, type: .fixed(dtype.base), numberAttribute: nil, reference: dtype.isReference)
  }

  /// The function in the form libraries hold.
  ///
  /// - Throws: ``StatusError/Code/unimplemented`` if an op of the body has no known signature.
  package func definition(named name: String) throws(StatusError) -> FunctionDefinition {
    try definition(named: name, arguments: arguments, leavingOut: [])
  }
}

extension Graph {
  /// Adds the functions of a library.
  package func merge(_ library: FunctionLibrary) throws(StatusError) {
    guard !library.isEmpty else { return }
    try change { (state) throws(StatusError) in
      var merged = state.library
      try merged.merge(library)
      state.library = merged
    }
  }

  /// A name that no function of the library and no op has.
  package func uniqueFunctionName(_ stem: String) -> String {
    let library = self.library
    var name = stem
    var suffix = 0
    while library[name] != nil || registry[name] != nil {
      name = "\(stem)_\(suffix)"
      suffix += 1
    }
    return name
  }
}
