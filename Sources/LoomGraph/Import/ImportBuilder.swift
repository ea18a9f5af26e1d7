import LoomCore

/// Builds the nodes of an import beside the graph, which sees them only once all are sound.
final class ImportBuilder: NodeSource {
  /// What the import starts from.
  struct Context {
    var existing: [Node]
    var library: FunctionLibrary
    var registry: OpRegistry
    var evaluator: (any ConstantEvaluator)?
    var options: ImportOptions
    /// The GraphDef version of the definition's writer.
    var producer: Int
    /// New names, by position.
    var names: [String]
    var device: DeviceScope
  }

  /// An op as the import sees it.
  private struct ResolvedOp {
    var definition: (any OpDefinition.Type)?
    var signature: OpSignature?
    var isCall = false
    /// Attribute defaults of the writer's op that ours does not have.
    var producerDefaults: [String: AttributeValue] = [:]
  }

  private let definitions: [NodeDefinition]
  private let plan: ImportPlan
  private let context: Context
  private var ops: [String: ResolvedOp] = [:]
  private var built: [Node?]
  /// Positions of nodes that were built before one of their sources.
  private var withBackEdges: [Int] = []
  private let producerOps: [String: OpSignature]
  private lazy var unknown = UnknownOpOutputs(plan, definitions) { [unowned self] in
    self.expectedInputs(at: $0)
  }
  private let requestedOutputs: [Int: Int]

  /// - Parameter requestedOutputs: position -> highest output that the caller asked for by name.
  init(
    _ definitions: [NodeDefinition], _ plan: ImportPlan, _ context: Context,
    requestedOutputs: [Int: Int]
  ) {
    self.definitions = definitions
    self.plan = plan
    self.context = context
    self.requestedOutputs = requestedOutputs
    built = Array(repeating: nil, count: definitions.count)
    producerOps = Dictionary(
      (context.options.producerOps ?? []).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }

  func node(at id: Int) -> Node? {
    let position = id - plan.base
    if position < 0 { return context.existing.indices.contains(id) ? context.existing[id] : nil }
    return built.indices.contains(position) ? built[position] : nil
  }

  /// The nodes, in the definition's order.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for whatever does not fit;
  ///   ``StatusError/Code/unimplemented`` for ops withdrawn before the definition was written.
  func build() throws(StatusError) -> [Node] {
    for position in plan.order { built[position] = try build(position) }
    for position in withBackEdges { try checkInputs(position) }
    return built.compactMap { $0 }
  }

  private func build(_ position: Int) throws(StatusError) -> Node {
    let definition = definitions[position]
    let item = plan.items[position]
    let name = context.names[position]
    let errorNode = StatusError.Node(name: name, op: definition.op)
    let op = try resolve(definition)
    var attributes = Attributes(definition.attributes)
    try fitColocation(of: definition, &attributes)

    var inputTypes: [DType] = []
    var outputTypes: [DType] = []
    if let signature = op.signature {
      for (key, value) in op.producerDefaults where attributes[key] == value {
        attributes.values[key] = nil
      }
      let check = SignatureCheck(signature: signature, nodeName: name)
      do throws(StatusError) {
        attributes = try check.complete(attributes.values, inputTypes: [], inferring: false)
        let expected = try check.types(of: signature.inputs, attributes)
        inputTypes = try self.inputTypes(of: item, at: position, expected: expected)
        try check.checkInputs(inputTypes, expected: expected) { source(item.inputs[$0]) }
        outputTypes = try check.types(of: signature.outputs, attributes)
      } catch {
        throw error.located(at: errorNode)
      }
    } else {
      outputTypes = unknown.types(at: position, atLeast: requestedOutputs[position])
      inputTypes = try self.inputTypes(of: item, at: position, expected: [])
    }

    var inferred = ShapeInference.Result.unknown(outputs: outputTypes.count)
    if let known = op.definition {
      inferred = try ShapeInference(
        source: self, evaluator: context.evaluator, producer: context.producer
      ).infer(
        known, name: name, op: definition.op, attributes: attributes, inputs: item.inputs,
        inputTypes: inputTypes, outputTypes: outputTypes)
    }
    return Node(
      id: plan.base + position, name: name, op: definition.op, definition: op.definition,
      signature: op.signature, inputs: item.inputs, controlInputs: item.controls,
      attributes: attributes, device: try device(of: definition), outputTypes: outputTypes,
      outputShapes: merge(inferred.shapes, attributes), outputHandles: inferred.handles,
      isFunctionCall: op.isCall, opaque: definition.opaque)
  }

  // MARK: Ops

  private func resolve(_ node: NodeDefinition) throws(StatusError) -> ResolvedOp {
    if let known = ops[node.op] { return known }
    var result = ResolvedOp()
    if let definition = context.registry[node.op] {
      let signature = definition.signature
      do throws(StatusError) { try signature.checkAvailable(producer: context.producer) } catch {
        throw error.located(at: .init(name: node.name, op: node.op))
      }
      result.definition = definition
      result.signature = signature
      for attribute in producerOps[node.op]?.attributes ?? []
      where signature.attribute(named: attribute.name) == nil && !attribute.name.hasPrefix("_") {
        result.producerDefaults[attribute.name] = attribute.defaultValue
      }
    } else if let function = context.library[node.op] {
      result.signature = function.signature
      result.isCall = true
    } else if !context.options.allowsUnknownOps {
      throw StatusError.notFound(
        "Op type not registered '\(node.op)' in this registry of \(context.registry.count) ops."
      )
      .located(at: .init(name: node.name, op: node.op))
    }
    ops[node.op] = result
    return result
  }

  /// The dtypes that the node at `position` wants of its inputs; `nil` if that can't be said.
  private func expectedInputs(at position: Int) -> [DType]? {
    let definition = definitions[position]
    // Whatever is wrong with the consumer is reported when it is built itself.
    guard let op = try? resolve(definition), let signature = op.signature else { return nil }
    let check = SignatureCheck(signature: signature, nodeName: definition.name)
    guard
      let attributes = try? check.complete(definition.attributes, inputTypes: [], inferring: false)
    else { return nil }
    return try? check.types(of: signature.inputs, attributes)
  }

  // MARK: Inputs

  /// The dtypes of the inputs. A back edge, whose source is not built yet, counts as what is expected
  /// and is checked later.
  private func inputTypes(
    of item: ImportPlan.Item, at position: Int, expected: [DType]
  ) throws(StatusError) -> [DType] {
    var result: [DType] = []
    result.reserveCapacity(item.inputs.count)
    for (index, input) in item.inputs.enumerated() {
      if let type = try outputType(input, of: position) {
        result.append(type)
      } else {
        result.append(index < expected.count ? expected[index] : .variant)
        if withBackEdges.last != position { withBackEdges.append(position) }
      }
    }
    return result
  }

  /// The dtype of what an input reads, `nil` if its source is not built yet.
  private func outputType(
    _ input: Node.Endpoint, of position: Int
  ) throws(StatusError) -> DType? {
    guard let source = node(at: input.node) else { return nil }
    guard source.outputTypes.indices.contains(input.index) else {
      throw .invalidArgument(
        "Node '\(context.names[position])': Connecting to invalid output \(input.index) of source "
          + "node \(source.name) which has \(source.outputTypes.count) outputs.")
    }
    return source.outputTypes[input.index]
  }

  /// Checks the inputs of a node again, now that all sources stand.
  private func checkInputs(_ position: Int) throws(StatusError) {
    guard let node = built[position] else { return }
    let item = plan.items[position]
    do throws(StatusError) {
      guard let signature = node.signature else {
        _ = try inputTypes(of: item, at: position, expected: [])
        return
      }
      let check = SignatureCheck(signature: signature, nodeName: node.name)
      let expected = try check.types(of: signature.inputs, node.attributes)
      let actual = try inputTypes(of: item, at: position, expected: expected)
      try check.checkInputs(actual, expected: expected) { source(node.inputs[$0]) }
    } catch {
      throw error.located(at: node.errorNode)
    }
  }

  private func source(_ endpoint: Node.Endpoint) -> String {
    "\(node(at: endpoint.node)?.name ?? "?"):\(endpoint.index)"
  }

  // MARK: Shapes, colocation, devices

  /// Adds what the definition says of the shapes, where it does not contradict what was inferred:
  /// with inputs replaced, the shapes of the writer may no longer hold.
  private func merge(_ inferred: [PartialShape], _ attributes: Attributes) -> [PartialShape] {
    guard case .list(let stated)? = attributes["_output_shapes"], stated.count == inferred.count
    else { return inferred }
    var result = inferred
    for (index, value) in stated.enumerated() {
      guard case .shape(let shape) = value, shape.isCompatible(with: inferred[index]) else {
        continue
      }
      // Compatible shapes merge.
      result[index] = (try? inferred[index].merged(with: shape)) ?? inferred[index]
    }
    return result
  }

  /// Rewrites `loc:@name` to the names the nodes get here.
  private func fitColocation(
    of definition: NodeDefinition, _ attributes: inout Attributes
  ) throws(StatusError) {
    guard case .list(let groups)? = attributes["_class"] else { return }
    var result: [AttributeValue] = []
    for group in groups {
      guard case .string(let text) = group, text.string.hasPrefix("loc:@") else {
        result.append(group)
        continue
      }
      let target = String(text.string.dropFirst(5))
      guard let position = plan.positions[target] else {
        if context.options.validatesColocation {
          throw .invalidArgument(
            "Node '\(definition.name)' expects to be colocated with unknown node '\(target)'")
        }
        result.append(group)
        continue
      }
      result.append(.string(ByteString("loc:@" + context.names[position])))
    }
    attributes.values["_class"] = .list(result)
  }

  /// The requested device under the specifications of the current scopes.
  private func device(of definition: NodeDefinition) throws(StatusError) -> String {
    let layers = context.device.layers
    if definition.device.isEmpty, layers.isEmpty { return "" }
    var result = try DeviceSpecification(definition.device)
    // As written: only a scope changes the text.
    if layers.isEmpty { return definition.device }
    for layer in layers.reversed() {
      // Functions see finished operations, so they are asked once the nodes stand in the graph.
      guard case .specification(let outer) = layer else { return definition.device }
      result = outer.merging(result)
    }
    return result.description
  }
}
