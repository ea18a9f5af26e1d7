public import LoomCore
import Synchronization

extension Graph {
  /// Adds an operation.
  ///
  /// Attributes that follow from the inputs' dtypes, or have defaults, may be left out. The name
  /// (by default the op's) gets the current scope's prefix and is made unique; a name that ends in
  /// "/" is taken as it is.
  ///
  /// - Throws: ``StatusError/Code/notFound`` for an unknown op;
  ///   ``StatusError/Code/unimplemented`` for one that was withdrawn before the graph's version;
  ///   ``StatusError/Code/invalidArgument`` if inputs, attributes or shapes do not fit;
  ///   ``StatusError/Code/failedPrecondition`` if the graph is finalised.
  @discardableResult
  public func addOperation(
    _ op: String, inputs: [AnyOutput] = [], attributes: [String: AttributeValue] = [:],
    name: String? = nil, controlInputs: [Operation] = []
  ) throws(StatusError) -> Operation {
    for input in inputs where input.graph !== self {
      throw .invalidArgument(
        "Tensor '\(input.name)' must be from the same graph as the operation '\(name ?? op)'.")
    }
    for control in controlInputs { try checkOwn(control) }
    guard registry[op] != nil || library[op] != nil else {
      throw .notFound(
        "Op type not registered '\(op)' in this registry of \(registry.count) ops. Add its declaration "
          + "to the OpRegistry that the graph was made with.")
    }
    let fullName = try operationName(name, op: op)
    let admitted = try admit(op, inputs, name: fullName)
    let id = try insert(
      NewNode(
        name: fullName, op: op,
        inputs: (admitted ?? inputs).map { .init(node: $0.operation.id, index: $0.index) },
        controlInputs: admitted == nil ? [] : controlInputs.map(\.id), attributes: attributes,
        device: nil, infersAttributes: true, appliesScope: admitted != nil))
    let operation = Operation(graph: self, id: id)
    currentContext?.didAdd(operation, isInside: admitted != nil)
    return operation
  }

  /// What is about to become a node.
  struct NewNode {
    var name: String
    var op: String
    var inputs: [Node.Endpoint]
    var controlInputs: [Int]
    var attributes: [String: AttributeValue]
    /// `nil`: what the scopes say.
    var device: String?
    var infersAttributes: Bool
    var appliesScope = true
  }

  /// Checks, completes and appends a node; returns its id.
  func insert(_ new: NewNode) throws(StatusError) -> Int {
    let scope = new.appliesScope ? self.scope : Scope()
    let definition = registry[new.op]
    let called = definition == nil ? library[new.op] : nil
    let signature = definition?.signature ?? called?.signature
    let (sources, producer) = state.withLock { state in
      (
        new.inputs.map { state.nodes.indices.contains($0.node) ? state.nodes[$0.node] : nil },
        state.versions.producer
      )
    }
    var inputTypes: [DType] = []
    for (endpoint, source) in zip(new.inputs, sources) {
      guard let source, source.outputTypes.indices.contains(endpoint.index) else {
        throw .invalidArgument(
          "Node '\(new.name)': Connecting to invalid output \(endpoint.index) of source node "
            + "\(source?.name ?? "?") which has \(source?.outputTypes.count ?? 0) outputs.")
      }
      inputTypes.append(source.outputTypes[endpoint.index])
    }

    var attributes = Attributes(new.attributes)
    var outputTypes: [DType] = []
    if let signature {
      if signature.attribute(named: "container") != nil, attributes["container"] == nil,
        !scope.container.isEmpty
      {
        attributes.values["container"] = .string(ByteString(scope.container))
      }
      let check = SignatureCheck(signature: signature, nodeName: new.name)
      do throws(StatusError) {
        try signature.checkAvailable(producer: producer)
        attributes = try check.complete(
          attributes.values, inputTypes: inputTypes, inferring: new.infersAttributes)
        let expected = try check.types(of: signature.inputs, attributes)
        try check.checkInputs(inputTypes, expected: expected) { index in
          "\(sources[index]?.name ?? "?"):\(new.inputs[index].index)"
        }
        outputTypes = try check.types(of: signature.outputs, attributes)
      } catch {
        throw error.located(at: .init(name: new.name, op: new.op))
      }
    }
    apply(scope, op: new.op, to: &attributes)

    var inferred = ShapeInference.Result.unknown(outputs: outputTypes.count)
    if let definition {
      inferred = try ShapeInference(source: self, evaluator: evaluator, producer: producer).infer(
        definition, name: new.name, op: new.op, attributes: attributes, inputs: new.inputs,
        inputTypes: inputTypes, outputTypes: outputTypes)
    }
    let outputs = inferred

    var controls = new.controlInputs
    for entry in scope.controlDependencies {
      let inputNodes = new.inputs.map(\.node)
      if inputNodes.contains(where: entry.contains) || controls.contains(where: entry.contains) {
        continue
      }
      controls += entry.dependencies.filter { !controls.contains($0) }
    }
    let context = scope.flow.context
    if let context, scope.flow.isCapturing {
      controls = try context.controls(controls, of: new.op, inputs: new.inputs)
    }

    let device = new.device ?? (scope.device.layers.isEmpty ? "" : nil)
    let node = { (id: Int) in
      Node(
        id: id, name: new.name, op: new.op, definition: definition, signature: signature,
        inputs: new.inputs, controlInputs: controls, attributes: attributes, device: device ?? "",
        outputTypes: outputTypes, outputShapes: outputs.shapes, outputHandles: outputs.handles,
        isFunctionCall: called != nil)
    }
    let id = try change { (state) throws(StatusError) -> Int in
      guard state.idsByName[new.name] == nil else {
        throw .invalidArgument("Node '\(new.name)' is not unique")
      }
      let id = state.nodes.count
      state.nodes.append(node(id))
      state.idsByName[new.name] = id
      state.markUsed(new.name)
      state.consumers.append([])
      state.contexts[id] = context
      for source in Set(new.inputs.map(\.node)) { state.consumers[source].append(id) }
      return id
    }
    for entry in scope.controlDependencies { entry.insert(id) }
    if device == nil { try placeByScopes(id, scope) }
    return id
  }

  private func apply(_ scope: Scope, op: String, to attributes: inout Attributes) {
    if !scope.colocation.isEmpty, attributes["_class"] == nil {
      attributes.values["_class"] = .list(
        scope.colocation.map { .string(ByteString("loc:@" + $0)) })
    }
    if let override = scope.gradientOverrides[op] {
      attributes.values["_gradient_op_type"] = .string(ByteString(override))
    }
    for (key, value) in scope.attributes { attributes.values[key] = value }
  }

  /// Device functions see the finished operation, so the device is set afterwards, innermost first.
  private func placeByScopes(_ id: Int, _ scope: Scope) throws(StatusError) {
    var result = DeviceSpecification()
    for layer in scope.device.layers.reversed() {
      let outer: DeviceSpecification
      switch layer {
      case .specification(let specification): outer = specification
      case .function(let choose):
        setDevice(result.description, of: id)
        do { outer = try DeviceSpecification(choose(Operation(graph: self, id: id))) } catch {
          throw StatusError.wrapping(error)
        }
      }
      result = outer.merging(result)
    }
    setDevice(result.description, of: id)
  }

  func setDevice(_ device: String, of id: Int) {
    state.withLock { $0.nodes[id] = $0.nodes[id].replacing(device: device) }
  }

  func mergeShape(_ shape: PartialShape, into output: AnyOutput) throws(StatusError) {
    try change { (state) throws(StatusError) in
      let node = state.nodes[output.operation.id]
      guard node.outputShapes.indices.contains(output.index) else {
        throw .invalidArgument("Operation '\(node.name)' has no output \(output.index)")
      }
      var shapes = node.outputShapes
      shapes[output.index] = try shapes[output.index].merged(with: shape)
      state.nodes[node.id] = node.replacing(outputShapes: shapes)
    }
  }

  /// Replaces input `index` of an operation; for the back edges of loops, and for surgery.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the index or the dtype does not fit.
  public func updateInput(
    _ index: Int, of operation: Operation, to output: AnyOutput
  ) throws(StatusError) {
    try checkOwn(operation)
    try checkOwn(output.operation)
    let dtype = output.dtype
    // Names take the lock, so they are read before it is held.
    let name = output.name
    guard output.operation.node.outputTypes.indices.contains(output.index) else {
      throw .invalidArgument("Operation '\(output.operation.name)' has no output \(output.index)")
    }
    try change { (state) throws(StatusError) in
      let node = state.nodes[operation.id]
      guard node.inputs.indices.contains(index) else {
        throw .invalidArgument("Operation '\(node.name)' has no input \(index)")
      }
      let old = node.inputs[index]
      let expected = state.nodes[old.node].outputTypes[old.index].base
      guard dtype.base == expected else {
        throw .invalidArgument(
          "Input \(index) of node \(node.name) was passed \(dtype) from \(name) incompatible "
            + "with expected \(expected).")
      }
      var inputs = node.inputs
      inputs[index] = .init(node: output.operation.id, index: output.index)
      state.nodes[node.id] = node.replacing(inputs: inputs)
      if !inputs.contains(where: { $0.node == old.node }) {
        state.consumers[old.node].removeAll { $0 == node.id }
      }
      if !state.consumers[output.operation.id].contains(node.id) {
        state.consumers[output.operation.id].append(node.id)
      }
    }
  }

  /// Makes `operation` run after `other`.
  public func addControlInput(_ other: Operation, to operation: Operation) throws(StatusError) {
    try checkOwn(operation)
    try checkOwn(other)
    try change { (state) throws(StatusError) in
      let node = state.nodes[operation.id]
      guard !node.controlInputs.contains(other.id) else { return }
      state.nodes[node.id] = node.replacing(controlInputs: node.controlInputs + [other.id])
    }
  }

  /// Sets an attribute of an operation; its kind is not checked against the signature.
  public func setAttribute(
    _ name: String, of operation: Operation, to value: AttributeValue
  ) throws(StatusError) {
    try checkOwn(operation)
    try change { (state) throws(StatusError) in
      let node = state.nodes[operation.id]
      var attributes = node.attributes
      attributes.values[name] = value
      state.nodes[node.id] = node.replacing(attributes: attributes)
    }
  }

  private func checkOwn(_ operation: Operation) throws(StatusError) {
    guard operation.graph === self else {
      throw .invalidArgument("Operation '\(operation.name)' is not an element of this graph.")
    }
  }
}
