package import LoomCore
import Synchronization

extension Graph {
  /// Gives an operation other inputs and attributes, and the outputs that follow from them. What reads
  /// it keeps reading the outputs of the same index.
  ///
  /// Functional loops and conditionals get more outputs this way, when their gradient needs values from
  /// inside of them.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if inputs and attributes do not fit, or an output that
  ///   stood before would change its dtype.
  package func rebuild(
    _ operation: Operation, inputs: [AnyOutput], attributes: [String: AttributeValue]
  ) throws(StatusError) {
    let old = operation.node
    guard let signature = old.signature else {
      throw .invalidArgument("Operation '\(old.name)' has no signature to be rebuilt by")
    }
    for input in inputs where input.graph !== self {
      throw .invalidArgument("Tensor '\(input.name)' must be from the graph of '\(old.name)'.")
    }
    let check = SignatureCheck(signature: signature, nodeName: old.name)
    let inputTypes = inputs.map(\.dtype)
    let complete = try check.complete(
      old.attributes.values.merging(attributes) { $1 }, inputTypes: inputTypes, inferring: false)
    try check.checkInputs(inputTypes, expected: check.types(of: signature.inputs, complete)) {
      inputs[$0].name
    }
    let outputTypes = try check.types(of: signature.outputs, complete)
    guard outputTypes.starts(with: old.outputTypes) else {
      throw .invalidArgument("Operation '\(old.name)' can't change the outputs it has")
    }
    let endpoints = inputs.map { Node.Endpoint(node: $0.operation.id, index: $0.index) }
    var inferred = ShapeInference.Result.unknown(outputs: outputTypes.count)
    if let definition = old.definition {
      inferred = try ShapeInference(
        source: self, evaluator: evaluator, producer: versions.producer
      ).infer(
        definition, name: old.name, op: old.op, attributes: complete, inputs: endpoints,
        inputTypes: inputTypes, outputTypes: outputTypes)
    }
    let shapes = inferred.shapes
    let handles = inferred.handles
    try change { (state) throws(StatusError) in
      let current = state.nodes[old.id]
      state.nodes[old.id] = Node(
        id: old.id, name: old.name, op: old.op, definition: old.definition, signature: signature,
        inputs: endpoints, controlInputs: current.controlInputs, attributes: complete,
        device: current.device, outputTypes: outputTypes, outputShapes: shapes,
        outputHandles: handles, isFunctionCall: old.isFunctionCall, opaque: old.opaque)
      for source in Set(current.inputs.map(\.node)) {
        state.consumers[source].removeAll { $0 == old.id }
      }
      for source in Set(endpoints.map(\.node)) { state.consumers[source].append(old.id) }
    }
  }
}
