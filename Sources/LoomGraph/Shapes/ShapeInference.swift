import LoomCore

/// Runs the shape function of a node that is being made.
struct ShapeInference {
  let source: any NodeSource
  let evaluator: (any ConstantEvaluator)?
  /// The GraphDef version of the graph's writer.
  let producer: Int

  /// What is known of the outputs.
  struct Result {
    var shapes: [PartialShape]
    var handles: [[ResourceHandle.Component]?]

    /// Nothing is known.
    static func unknown(outputs: Int) -> Result {
      Result(
        shapes: Array(repeating: .unknown, count: outputs),
        handles: Array(repeating: nil, count: outputs))
    }
  }

  /// - Throws: what the shape function throws, with the node's name, op and input shapes.
  func infer(
    _ definition: any OpDefinition.Type, name: String, op: String, attributes: Attributes,
    inputs: [Node.Endpoint], inputTypes: [DType], outputTypes: [DType]
  ) throws(StatusError) -> Result {
    var shapes: [PartialShape] = []
    var handles: [[ResourceHandle.Component]?] = []
    shapes.reserveCapacity(inputs.count)
    handles.reserveCapacity(inputs.count)
    for input in inputs {
      // The source of a loop's back edge may not stand yet: nothing is known of it.
      let node = source.node(at: input.node)
      let stands = node?.outputShapes.indices.contains(input.index) ?? false
      shapes.append(stands ? node?.outputShapes[input.index] ?? .unknown : .unknown)
      handles.append(stands ? node?.outputHandles[input.index] : nil)
    }
    let context = ShapeContext(
      operationName: name, op: op, attributes: attributes, inputs: shapes, inputTypes: inputTypes,
      outputTypes: outputTypes, inputHandles: handles,
      knowledge: GraphKnowledge(source: source, evaluator: evaluator, inputs: inputs),
      producer: producer)
    do { try definition.shapes.body(context) } catch {
      throw ShapeInference.located(StatusError.wrapping(error), context)
    }
    return Result(shapes: context.outputs, handles: context.outputHandles)
  }

  @inline(never)
  private static func located(_ error: StatusError, _ context: ShapeContext) -> StatusError {
    let shapes = context.inputs.map(\.description).joined(separator: ", ")
    return StatusError(
      error.code,
      "\(error.reason) for '{{node \(context.operationName)}} = \(context.op)' with input shapes: "
        + "\(shapes).",
      node: .init(name: context.operationName, op: context.op))
  }
}
