package import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOps

/// The derivative of a function of the library: gets its arguments and what arrives at its results, and
/// returns a gradient for each argument. The function is derived when it is first called.
public enum SymbolicGradient: OpDefinition, KernelProvider {
  public static let signature = OpSignature(
    "SymbolicGradient", inputs: ["input: Tin"], outputs: ["output: Tout"],
    attributes: ["Tin: list(type) >= 1", "Tout: list(type) >= 1", "f: func"])

  public static let shapes = ShapeFunction { context in
    guard context.inputCount >= context.outputTypes.count else {
      throw StatusError.invalidArgument("len(inputs) < len(outputs)")
    }
    for index in context.outputTypes.indices {
      if let variable = context.handle(index)?.first {
        context.setOutput(index, variable.shape)
      } else {
        context.setOutput(index, context.input(index))
      }
    }
  }
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = KernelTable { construction in
    let reference = FunctionReference(
      name: construction.op, attributes: construction.attributes.values)
    return CallKernel(try construction.instantiate(reference), firstArgument: 0)
  }
}

extension SymbolicGradient: DerivedFunction {
  package static func body(
    _ attributes: Attributes, in graph: Graph
  ) throws(StatusError) -> FunctionGraph {
    let function = try attributes.function("f")
    let body: FunctionGraph
    if let registered = graph.library.gradients[function.name] {
      let reference = FunctionReference(name: registered, attributes: function.attributes)
      body = try FunctionGraph(reference, in: graph)
    } else {
      body = try derived(function, attributes.types("Tout"), in: graph)
    }
    let (inputs, outputs) = try (attributes.types("Tin"), attributes.types("Tout"))
    guard body.argumentTypes.map(\.base) == inputs, body.resultTypes == outputs else {
      throw .invalidArgument(
        "The gradient of function '\(function.name)' takes \(body.argumentTypes) and returns "
          + "\(body.resultTypes), expected \(inputs) and \(outputs)")
    }
    return body
  }

  /// The function's body with the operations of its gradient.
  private static func derived(
    _ function: FunctionReference, _ types: [DType], in graph: Graph
  ) throws(StatusError) -> FunctionGraph {
    var body = try forward(function, in: graph)
    let arguments = body.arguments
    var upstream: [AnyOutput] = []
    for result in body.results {
      upstream.append(try body.addArgument(result.dtype.base, shape: result.shape))
    }
    let differentiable = body.results.indices.filter {
      GradientBuilder.isBackpropagatable(body.results[$0].dtype)
    }
    var options = GradientOptions()
    for name in graph.library.order where graph.library.gradients[name] == nil {
      try options.registry.register(name, call)
    }
    options.functions = [function.name]
    let gradients = try LoomTraining.gradients(
      of: differentiable.map { body.results[$0] }, withRespectTo: arguments,
      upstream: differentiable.map { upstream[$0] }, options: options)
    body.results = []
    for (index, (argument, gradient)) in zip(arguments, gradients).enumerated() {
      if let gradient {
        body.results.append(try body.graph.dense(gradient))
      } else {
        let type = types.indices.contains(index) ? types[index] : argument.dtype.base
        body.results.append(try body.graph.zeros(like: argument, type))
      }
    }
    return body
  }

  /// The function as a graph; an op that is no function is one of a single operation.
  private static func forward(
    _ function: FunctionReference, in graph: Graph
  ) throws(StatusError) -> FunctionGraph {
    guard graph.library[function.name] == nil, let op = graph.registry[function.name] else {
      return try FunctionGraph(function, in: graph)
    }
    var body = try FunctionGraph(in: graph)
    for input in op.signature.inputs {
      for type in try FunctionNames.types(of: input, function.attributes) {
        try body.addArgument(type)
      }
    }
    let operation = try body.graph.addOperation(
      function.name, inputs: body.arguments, attributes: function.attributes)
    body.results = operation.outputs
    return body
  }

  /// How a gradient flows through the call of a function in the body: by this op, so that a function may
  /// call itself.
  private static let call = GradientRule.rule { context in
    let operation = context.operation
    var inputs = context.inputs
    for index in context.outputs.indices { inputs.append(try context.upstream(index)) }
    let types = context.inputs.map { input in
      input.dtype == .resource ? input.handle?.first?.dtype ?? .float : input.dtype.base
    }
    let attributes = operation.attributes.values.filter { !$0.key.hasPrefix("_") }
    let gradients = try context.graph.addOperation(
      signature.name, inputs: inputs,
      attributes: [
        "Tin": .types(inputs.map(\.dtype.base)), "Tout": .types(types),
        "f": .function(FunctionReference(name: operation.type, attributes: attributes)),
      ]
    ).outputs
    return context.inputs.indices.map {
      GradientBuilder.isBackpropagatable(context.inputs[$0].dtype) ? .dense(gradients[$0]) : nil
    }
  }
}

extension Graph {
  /// Zeros in the shape of a tensor, or of the variable that a handle stands for.
  fileprivate func zeros(
    like argument: AnyOutput, _ dtype: DType
  ) throws(StatusError) -> AnyOutput {
    guard argument.dtype == .resource else { return try build("ZerosLike", [argument]) }
    let zero = try constantTensor(AnyTensor.zeros(dtype: dtype, shape: .scalar))
    return try build("Fill", [build("VariableShape", [argument]), zero])
  }
}
