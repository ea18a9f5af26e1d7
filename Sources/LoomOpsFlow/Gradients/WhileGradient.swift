import LoomCore
import LoomGraph

extension GradientRule {
  /// The gradient of a functional loop: it is made to keep what its gradient needs in a list for each
  /// value, and a loop that runs as often takes it out again.
  static let whileLoop = GradientRule.rule { context in
    try WhileGradient(context)?.build() ?? context.inputs.map { _ in nil }
  }
}

/// Builds the gradient of one functional loop.
struct WhileGradient {
  private let context: GradientContext
  private let operation: Operation
  private let graph: Graph
  private let count: Int
  private let bodyName: String
  private let condition: FunctionReference
  private var body: BodyGradient
  /// Variables through which gradients flow.
  private let flowing: [Int]
  /// Handles of variables that the loop reads, with the dtype of their gradients.
  private var handles: [(index: Int, dtype: DType)] = []
  private let invariants: Set<Int>

  init?(_ context: GradientContext) throws {
    self.context = context
    operation = context.operation
    graph = context.graph
    count = operation.inputs.count
    let reference = try operation.attributes.function("body")
    bodyName = reference.name
    condition = try operation.attributes.function("cond")
    let body = try FunctionGraph(reference, in: graph)
    guard body.results.count == count, body.arguments.count == count else {
      throw StatusError.invalidArgument(
        "The body of '\(operation.name)' takes \(body.arguments.count) values and returns "
          + "\(body.results.count), expected \(count)")
    }
    let inputs = operation.inputs
    invariants = Set((0..<count).filter { body.results[$0] == body.arguments[$0] })
    for index in 0..<count {
      let isKnown = operation.output(index).shape.rank != nil
      if invariants.contains(index) || isKnown, inputs[index].dtype != .resource {
        try body.arguments[index].setShape(
          invariants.contains(index) ? inputs[index].shape : operation.output(index).shape)
      }
    }
    let reach = WhileGradient.reach(of: body)
    var influential = Set(context.upstream.indices.filter { context.upstream[$0] != nil })
    var size = -1
    while size != influential.count {
      size = influential.count
      for index in influential { influential.formUnion(reach[index]) }
    }
    flowing = influential.filter { inputs[$0].dtype.base.isDifferentiable }.sorted()
    guard !flowing.isEmpty else { return nil }
    let read = influential.intersection(invariants).filter { inputs[$0].dtype == .resource }
    self.body = try BodyGradient(
      of: body, named: bodyName, results: flowing, arguments: flowing + read.sorted(), context)
    for index in flowing where self.body.results[index] == nil {
      try self.body.fill(index, inputs[index].dtype.base)
    }
    for index in read.sorted() {
      if let gradient = self.body.results[index] {
        handles.append((index: index, dtype: gradient.dtype.base))
      }
    }
  }

  /// The arguments that each result depends on.
  private static func reach(of body: FunctionGraph) -> [Set<Int>] {
    let nodes = body.graph.snapshot().nodes
    var positions: [Int: Int] = [:]
    for (index, argument) in body.arguments.enumerated() {
      positions[argument.operation.id] = index
    }
    return body.results.map { result in
      var found: Set<Int> = []
      var seen: Set<Int> = []
      var rest = [result.operation.id]
      while let id = rest.popLast() {
        guard seen.insert(id).inserted else { continue }
        if let index = positions[id] { found.insert(index) }
        rest += nodes[id].inputs.map(\.node)
      }
      return found
    }
  }

  func build() throws -> [Gradient?] {
    let cut = body.cut()
    var kept: [AnyOutput] = []
    var passed: [Int] = []
    for output in cut.captured {
      if let index = body.body.arguments.firstIndex(of: output), invariants.contains(index) {
        passed.append(index)
      } else if output.dtype == .resource {
        throw StatusError.unimplemented(
          "The gradient of '\(operation.name)' needs '\(output.name)', a resource that changes from "
            + "iteration to iteration")
      } else {
        kept.append(output)
      }
    }
    try extendForward(cut, kept)
    return try buildBackward(cut, kept, passed)
  }

  // MARK: The way forward

  /// Has the loop count its iterations, and keep each of `kept` in a list.
  private func extendForward(_ cut: BodyGradient.Cut, _ kept: [AnyOutput]) throws(StatusError) {
    let body = self.body
    var function = body.body
    let first = function.graph.operationCount
    let counter = try function.addArgument(.int32, shape: .scalar)
    var extra = [try function.graph.apply("AddV2", counter, function.graph.number(1))]
    var lists: [AnyOutput] = []
    for value in kept {
      let list = try function.addArgument(.variant, shape: .scalar)
      lists.append(list)
      extra.append(
        try function.graph.apply(
          "TensorListPushBack", list, value, ["element_dtype": .type(value.dtype.base)]))
    }
    function.results += extra
    let name = graph.uniqueFunctionName("__forward_\(bodyName)")
    let parameters = function.arguments.prefix(count) + [counter] + lists
    let definition = try function.definition(
      named: name, parameters: parameters.map { .tensor($0) },
      containing: cut.forward.union(first..<function.graph.operationCount))
    try graph.merge(function.graph.library)
    try graph.add(definition)

    let test = try FunctionGraph(condition, in: graph)
    let types = [DType.int32] + kept.map { _ in .variant }
    let testName = graph.uniqueFunctionName("__forward_\(condition.name)")
    try graph.add(
      test.definition(
        named: testName,
        parameters: test.arguments.map { .tensor($0) } + types.map { .unused($0) },
        containing: Set(0..<test.graph.operationCount)))

    // These stand where the loop stands, not where gradients are computed.
    let starts = try graph.withContext(graph.context(of: operation), isCapturing: false) {
      () throws(StatusError) in
      let anchor = operation.inputs.first.map { [$0.operation] } ?? []
      var starts = [try graph.number(0, after: anchor)]
      for value in kept {
        starts.append(
          try graph.apply(
            "EmptyTensorList", graph.elementShape(value.shape, after: anchor),
            graph.number(-1, after: anchor),
            ["element_dtype": .type(value.dtype.base), "shape_type": .type(.int32)]))
      }
      return starts
    }
    let inputs = operation.inputs + starts
    var attributes: [String: AttributeValue] = [
      "T": .types(inputs.map(\.dtype.base)), "body": .function(FunctionReference(name: name)),
      "cond": .function(FunctionReference(name: testName)),
    ]
    if case .list(let shapes)? = operation.attributes["output_shapes"], !shapes.isEmpty {
      attributes["output_shapes"] = .list(shapes + starts.map { _ in .shape(.scalar) })
    }
    try graph.rebuild(operation, inputs: inputs, attributes: attributes)
  }

  // MARK: The way back

  private func buildBackward(
    _ cut: BodyGradient.Cut, _ kept: [AnyOutput], _ passed: [Int]
  ) throws -> [Gradient?] {
    let body = self.body
    var function = body.body
    let first = function.graph.operationCount
    let counter = try function.addArgument(.int32, shape: .scalar)
    var parameters = [counter] + body.upstream
    var results = [try function.graph.apply("Sub", counter, function.graph.number(1))]
    results += flowing.compactMap { body.results[$0] }
    for handle in handles {
      guard let gradient = body.results[handle.index] else { continue }
      let sum = try function.addArgument(handle.dtype, shape: gradient.shape)
      parameters.append(sum)
      results.append(try function.graph.apply("AddV2", sum, gradient))
    }
    var aliases: [AnyOutput: AnyOutput] = [:]
    for value in kept {
      let list = try function.addArgument(.variant, shape: .scalar)
      let popped = try function.graph.addOperation(
        "TensorListPopBack", inputs: [list, function.graph.elementShape(value.shape)],
        attributes: ["element_dtype": .type(value.dtype.base)])
      aliases[value] = popped.output(1)
      parameters.append(list)
      results.append(popped.output(0))
    }
    for index in passed {
      parameters.append(function.arguments[index])
      results.append(function.arguments[index])
    }
    function.results = results
    function.controlResults = []
    function.attributes = [:]
    let name = graph.uniqueFunctionName("__backward_\(bodyName)")
    let definition = try function.definition(
      named: name, parameters: parameters.map { .tensor($0) },
      containing: cut.backward.union(first..<function.graph.operationCount), aliases: aliases)
    try graph.merge(function.graph.library)
    try graph.add(definition)
    let testName = try addTest(parameters.map(\.dtype.base))

    var inputs = [operation.output(count)]
    for index in flowing { inputs.append(try context.upstream(index)) }
    for handle in handles {
      let zero = try graph.addOperation(
        "Const",
        attributes: [
          "value": .tensor(AnyTensor.zeros(dtype: handle.dtype, shape: .scalar)),
          "dtype": .type(handle.dtype),
        ]
      ).output(0)
      let shape = try graph.addOperation(
        "VariableShape", inputs: [operation.inputs[handle.index]]
      ).output(0)
      inputs.append(try graph.apply("Fill", shape, zero))
    }
    for offset in kept.indices { inputs.append(operation.output(count + 1 + offset)) }
    for index in passed { inputs.append(operation.inputs[index]) }
    let loop = try graph.addOperation(
      operation.type, inputs: inputs,
      attributes: [
        "body": .function(FunctionReference(name: name)),
        "cond": .function(FunctionReference(name: testName)),
      ])
    var gradients = [Gradient?](repeating: nil, count: count)
    for (position, index) in (flowing + handles.map(\.index)).enumerated() {
      gradients[index] = .dense(loop.output(1 + position))
    }
    return gradients
  }

  /// A function that says whether iterations are left.
  private func addTest(_ types: [DType]) throws(StatusError) -> String {
    var test = try FunctionGraph(in: graph)
    for type in types { try test.addArgument(type) }
    test.results = [
      try test.graph.apply("Greater", test.arguments[0], test.graph.number(0))
    ]
    let name = graph.uniqueFunctionName("__backward_\(condition.name)")
    try graph.add(test.definition(named: name))
    return name
  }
}

extension Graph {
  fileprivate func apply(
    _ op: String, _ a: AnyOutput, _ b: AnyOutput, _ attributes: [String: AttributeValue] = [:]
  ) throws(StatusError) -> AnyOutput {
    try addOperation(op, inputs: [a, b], attributes: attributes).output(0)
  }

  fileprivate func number(
    _ value: Int32, after controls: [Operation] = []
  ) throws(StatusError) -> AnyOutput {
    try addOperation(
      "Const", attributes: ["value": .tensor(AnyTensor(scalar: value)), "dtype": .type(.int32)],
      controlInputs: controls
    ).output(0)
  }

  /// The shape of a list's elements as far as it is known.
  fileprivate func elementShape(
    _ shape: PartialShape, after controls: [Operation] = []
  ) throws(StatusError) -> AnyOutput {
    guard let sizes = shape.sizes else { return try number(-1, after: controls) }
    let values = sizes.map { $0.map { Int32(clamping: $0) } ?? -1 }
    return try addOperation(
      "Const",
      attributes: [
        "value": .tensor(AnyTensor(values, shape: Shape(vector: values.count))),
        "dtype": .type(.int32),
      ], controlInputs: controls
    ).output(0)
  }
}
