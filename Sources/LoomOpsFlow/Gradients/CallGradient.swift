import LoomCore
package import LoomGraph

extension GradientRule {
  /// The gradient of a call: the function is made to return what its gradient needs, and a function of
  /// its own computes the gradient from that.
  static let call = GradientRule.rule { context in
    var gradients = try BranchGradients(context, inputs: context.inputs, ["f"])
    return try gradients.build { definitions in
      definitions.contains(where: \.isStateful) ? "StatefulPartitionedCall" : "PartitionedCall"
    }
  }

  /// The gradient of a node whose op is the name of a function: the function that the library names for
  /// it, otherwise one that is derived from the body.
  package static let functionCall = GradientRule.rule { context in
    let operation = context.operation
    let graph = context.graph
    if let name = graph.library.gradients[operation.type] {
      var inputs = context.inputs
      for index in context.upstream.indices { inputs.append(try context.upstream(index)) }
      let outputs = try graph.addOperation(name, inputs: inputs).outputs
      guard outputs.count == context.inputs.count else {
        throw StatusError.invalidArgument(
          "Gradient function '\(name)' returns \(outputs.count) values for \(context.inputs.count) "
            + "inputs of '\(operation.type)'")
      }
      return zip(context.inputs, outputs).map {
        $0.dtype.base.isDifferentiable ? .dense($1) : nil
      }
    }
    var gradients = try BranchGradients(context, inputs: context.inputs, [])
    return try gradients.build { definitions in
      definitions.contains(where: \.isStateful) ? "StatefulPartitionedCall" : "PartitionedCall"
    }
  }

  /// The gradient of a conditional.
  static func conditional(_ attributes: [String]) -> GradientRule {
    .rule { context in
      let operation = context.operation
      var gradients = try BranchGradients(
        context, inputs: Array(operation.inputs.dropFirst()), attributes)
      return try [nil] + gradients.build { _ in operation.type }
    }
  }
}

/// Gradients of an operation that calls one of several functions of the same type.
struct BranchGradients {
  private let context: GradientContext
  /// What the functions get.
  private let inputs: [AnyOutput]
  /// The attributes that name functions; one that holds a list names several. Without any the operation's
  /// op is the function.
  private let attributes: [String]
  private var bodies: [BodyGradient] = []
  private var names: [String] = []
  /// Outputs whose gradients count.
  private let indices: [Int]

  /// Where a function's tensor is found outside of it.
  private enum Slot: Hashable {
    case input(Int)
    case output(Int)
  }

  init(_ context: GradientContext, inputs: [AnyOutput], _ attributes: [String]) throws {
    self.context = context
    self.inputs = inputs
    self.attributes = attributes
    let graph = context.graph
    indices = context.upstream.indices.filter {
      context.upstream[$0] != nil && context.operation.output($0).dtype.base.isDifferentiable
    }
    let wanted = inputs.indices.filter {
      inputs[$0].dtype.base.isDifferentiable || inputs[$0].dtype == .resource
    }
    for reference in try BranchGradients.references(context.operation, attributes) {
      let body = try FunctionGraph(reference, in: graph)
      for (argument, input) in zip(body.arguments, inputs) where input.dtype != .resource {
        try argument.setShape(input.shape)
      }
      bodies.append(
        try BodyGradient(
          of: body, named: reference.name, results: indices, arguments: wanted, context,
          isWhole: attributes.isEmpty))
      names.append(reference.name)
    }
  }

  private static func references(
    _ operation: Operation, _ attributes: [String]
  ) throws(StatusError) -> [FunctionReference] {
    if attributes.isEmpty {
      let values = operation.attributes.values.filter { !$0.key.hasPrefix("_") }
      return [FunctionReference(name: operation.type, attributes: values)]
    }
    var result: [FunctionReference] = []
    for name in attributes {
      switch operation.attributes[name] {
      case .function(let reference): result.append(reference)
      case .list(let elements):
        for case .function(let reference) in elements { result.append(reference) }
      default:
        throw .invalidArgument("Operation '\(operation.name)' has no attr named '\(name)'.")
      }
    }
    return result
  }

  /// The attributes that name the given functions.
  private func functionAttributes(_ functions: [String]) -> [String: AttributeValue] {
    let values = functions.map { AttributeValue.function(FunctionReference(name: $0)) }
    if attributes.isEmpty { return ["f": values[0]] }
    if attributes.count == 1, case .list? = context.operation.attributes[attributes[0]] {
      return [attributes[0]: .list(values)]
    }
    return Dictionary(uniqueKeysWithValues: zip(attributes, values))
  }

  /// Builds the operation that computes the gradients.
  ///
  /// - Parameter op: which op calls functions like these.
  mutating func build(_ op: ([FunctionDefinition]) -> String) throws -> [Gradient?] {
    let reached = inputs.indices.filter { index in
      bodies.contains { $0.results[index] != nil }
    }
    guard !reached.isEmpty else { return inputs.map { _ in nil } }
    for index in reached {
      let dtype = bodies.lazy.compactMap { $0.results[index]?.dtype }.first ?? .float
      for branch in bodies.indices where bodies[branch].results[index] == nil {
        try bodies[branch].fill(index, dtype)
      }
    }
    let cuts = bodies.map { $0.cut() }
    let slots = try extendForward(cuts)
    let calls = Set(slots.flatMap(\.keys)).sorted(by: BranchGradients.order)
    let graph = context.graph
    var definitions: [FunctionDefinition] = []
    for (branch, body) in bodies.enumerated() {
      var parameters: [FunctionGraph.Parameter] = []
      for slot in calls {
        parameters.append(
          slots[branch][slot].map { .tensor($0) } ?? .unused(value(slot).dtype.base))
      }
      parameters += body.upstream.map { .tensor($0) }
      let definition = try body.backwardDefinition(
        named: graph.uniqueFunctionName("__backward_\(names[branch])"), cuts[branch],
        parameters: parameters, results: reached.compactMap { body.results[$0] })
      try graph.merge(body.body.graph.library)
      try graph.add(definition)
      definitions.append(definition)
    }
    var values = context.operation.inputs.prefix(context.operation.inputs.count - inputs.count)
    let arguments = try calls.map { value($0) } + indices.map { try context.upstream($0) }
    values += arguments
    var callAttributes = functionAttributes(definitions.map(\.name))
    callAttributes["Tin"] = .types(arguments.map(\.dtype.base))
    callAttributes["Tout"] = .types(reached.compactMap { bodies[0].results[$0]?.dtype.base })
    let call = try graph.addOperation(
      op(definitions), inputs: Array(values), attributes: callAttributes)
    var result = [Gradient?](repeating: nil, count: inputs.count)
    for (position, index) in reached.enumerated() { result[index] = .dense(call.output(position)) }
    return result
  }

  private static func order(_ a: Slot, _ b: Slot) -> Bool {
    switch (a, b) {
    case (.input(let a), .input(let b)), (.output(let a), .output(let b)): a < b
    case (.input, .output): true
    case (.output, .input): false
    }
  }

  private func value(_ slot: Slot) -> AnyOutput {
    switch slot {
    case .input(let index): inputs[index]
    case .output(let index): context.operation.output(index)
    }
  }

  /// Gives the operation an output for each tensor that gradients need.
  ///
  /// - Returns: for each branch, where its captured tensors are found.
  private func extendForward(_ cuts: [BodyGradient.Cut]) throws(StatusError) -> [[Slot: AnyOutput]]
  {
    var slots = [[Slot: AnyOutput]](repeating: [:], count: bodies.count)
    var extra = [[AnyOutput]](repeating: [], count: bodies.count)
    for (branch, body) in bodies.enumerated() {
      for output in cuts[branch].captured {
        if let index = body.body.arguments.firstIndex(of: output) {
          slots[branch][.input(index)] = output
        } else if let index = body.body.results.firstIndex(of: output) {
          slots[branch][.output(index)] = output
        } else {
          extra[branch].append(output)
        }
      }
    }
    guard extra.contains(where: { !$0.isEmpty }) else { return slots }
    let graph = context.graph
    let types = extra.flatMap { $0.map(\.dtype.base) }
    var first = bodies[0].body.results.count
    var functions: [String] = []
    for (branch, body) in bodies.enumerated() {
      var all: [AnyOutput] = []
      for other in bodies.indices {
        if other == branch {
          all += extra[branch]
        } else {
          for output in extra[other] { all.append(try body.placeholder(output.dtype.base)) }
        }
      }
      for (offset, output) in extra[branch].enumerated() {
        slots[branch][.output(first + offset)] = output
      }
      first += extra[branch].count
      let name = graph.uniqueFunctionName("__forward_\(names[branch])")
      let definition = try body.forwardDefinition(named: name, cuts[branch], adding: all)
      try graph.merge(body.body.graph.library)
      try graph.add(definition)
      functions.append(name)
    }
    var attributes = functionAttributes(functions)
    let operation = context.operation
    attributes["Tout"] = .types(bodies[0].body.resultTypes + types)
    if case .list(let shapes)? = operation.attributes["output_shapes"], !shapes.isEmpty {
      attributes["output_shapes"] = .list(
        shapes + extra.flatMap { $0.map { .shape(bodies.count == 1 ? $0.shape : .unknown) } })
    }
    try graph.rebuild(operation, inputs: operation.inputs, attributes: attributes)
    return slots
  }
}
