import LoomCore
import LoomGraph
import LoomOps

/// Walks back from the results to what they depend on, once every consumer of an operation has given
/// its share, as `tf.gradients` does. Works through a queue: depth costs no stack.
struct GradientBuilder {
  let graph: Graph
  private let xs: [AnyOutput]
  private let options: GradientOptions
  /// The graph before gradients were added to it.
  let nodes: [Node]
  private let graphRules: [String: GradientRule]
  /// Gradients that arrived at each output.
  var arrived: [Node.Endpoint: [Gradient]] = [:]
  /// Consumers on the way that have not given their share yet.
  var pending: [Int]
  /// Operations through which nothing flows back.
  private var stops: Set<Int> = []
  var queue: [Int] = []
  private var between: Set<Int> = []
  /// Where the tensors of the graph stand; `nil` for a graph without loops.
  var places: ForwardPlaces?
  /// The loops on the way, by frame.
  var loops: [Int: LoopGradient] = [:]

  init(graph: Graph, xs: [AnyOutput], options: GradientOptions) {
    self.graph = graph
    self.xs = xs
    self.options = options
    nodes = graph.snapshot().nodes
    pending = [Int](repeating: 0, count: nodes.count)
    graphRules = Dictionary(
      graph.collection(GraphGradientRule.collection, of: GraphGradientRule.self).map {
        ($0.name, $0.rule)
      }, uniquingKeysWith: { $1 })
  }

  // MARK: Preparation

  mutating func start(
    _ ys: [AnyOutput], upstream: [AnyOutput?], stopping: [AnyOutput]
  ) throws(StatusError) {
    for (index, y) in ys.enumerated() {
      let gradient = try initialGradient(of: y, upstream[index], index)
      arrived[endpoint(y), default: []].append(.dense(gradient))
    }
    let reached = reachedOperations()
    var between = operations(between: reached, and: ys)
    try prepareLoops(&between)
    self.between = between
    // Only consumers on the way count; what they read off the way never becomes ready.
    for id in between {
      for input in nodes[id].inputs where between.contains(input.node) { pending[input.node] += 1 }
    }

    for x in xs where x.operation.id < nodes.count {
      let inputs = nodes[x.operation.id].inputs
      if inputs.allSatisfy({ pending[$0.node] == 0 }) { stops.insert(x.operation.id) }
    }
    for output in stopping { stops.insert(output.operation.id) }

    var seen: Set<Int> = []
    for y in ys {
      let id = y.operation.id
      if pending[id] == 0, between.contains(id), seen.insert(id).inserted { queue.append(id) }
    }
    try startUnusedExits(results: seen)
  }

  private func initialGradient(
    of y: AnyOutput, _ given: AnyOutput?, _ index: Int
  ) throws(StatusError) -> AnyOutput {
    let dtype = y.dtype.base
    guard let given else {
      if dtype.isComplex {
        throw .invalidArgument(
          "Gradients of complex tensors (\(y.name)) must set grad_ys (y.dtype = \(dtype))")
      }
      if let shape = y.shape.fullyDefined {
        return try graph.filled(shape, with: 1, dtype, name: "grad_ys_\(index)")
      }
      let shape = try graph.build("Shape", [y])
      let one = try AnyTensor.scalar(1, dtype)
      return try graph.build(
        "Fill", [shape, graph.constantTensor(one)], name: "grad_ys_\(index)")
    }
    if dtype.isFloatingPoint || dtype.isComplex, given.dtype.base != dtype {
      throw .invalidArgument(
        "Gradient type \(given.dtype.base) generated for tensor '\(y.name)' with type \(dtype) "
          + "must be \(dtype)")
    }
    if dtype.isInteger, !given.dtype.isInteger {
      throw .invalidArgument(
        "Gradient type \(given.dtype.base) generated for integer-valued tensor '\(y.name)' with "
          + "type \(dtype) must be integer")
    }
    guard y.shape.isCompatible(with: given.shape) else {
      throw .invalidArgument(
        "The gradient of '\(y.name)' has shape \(given.shape), expected \(y.shape)")
    }
    return try graph.build("Identity", [given], name: "grad_ys_\(index)")
  }

  private func endpoint(_ output: AnyOutput) -> Node.Endpoint {
    Node.Endpoint(node: output.operation.id, index: output.index)
  }

  /// Whether a derivative can flow along an edge of this dtype.
  static func isBackpropagatable(_ dtype: DType) -> Bool {
    let base = dtype.base
    return base.isFloatingPoint || base.isComplex || base == .resource || base == .variant
      || base.isQuantized
  }

  /// What depends on `xs`, including their own operations.
  private func reachedOperations() -> Set<Int> {
    var consumers: [Node.Endpoint: [Int]] = [:]
    for node in nodes {
      for input in Set(node.inputs) { consumers[input, default: []].append(node.id) }
    }
    var reached: Set<Int> = []
    var rest = xs.map(\.operation.id).filter { $0 < nodes.count }
    while let id = rest.popLast() {
      guard reached.insert(id).inserted else { continue }
      for (index, dtype) in nodes[id].outputTypes.enumerated()
      where GradientBuilder.isBackpropagatable(dtype) {
        rest += consumers[.init(node: id, index: index)] ?? []
      }
    }
    return reached
  }

  /// Those of `reached` on which `ys` depend.
  private func operations(between reached: Set<Int>, and ys: [AnyOutput]) -> Set<Int> {
    var between: Set<Int> = []
    var rest = ys.map(\.operation.id)
    while let id = rest.popLast() {
      guard id < nodes.count, reached.contains(id), between.insert(id).inserted else { continue }
      rest += nodes[id].inputs.map(\.node)
    }
    return between
  }

  // MARK: The walk

  mutating func run() throws(StatusError) {
    var position = 0
    while position < queue.count {
      let id = queue[position]
      position += 1
      try visit(id)
      for input in nodes[id].inputs where pending[input.node] > 0 {
        pending[input.node] -= 1
        if pending[input.node] == 0 {
          if nodes[input.node].properties.role == .exit {
            try queueExit(input.node)
          } else {
            queue.append(input.node)
          }
        } else if nodes[id].properties.role == .exit, !loops.isEmpty {
          // What the loop's body gives back follows; it begins here.
          queue.append(input.node)
        }
      }
    }
    try closeOpenLoops()
  }

  private mutating func visit(_ id: Int) throws(StatusError) {
    let operation = Operation(graph: graph, id: id)
    let node = nodes[id]
    var upstream: [Gradient?] = []
    for index in node.outputTypes.indices {
      upstream.append(try aggregate(.init(node: id, index: index)))
    }
    guard !stops.contains(id), upstream.contains(where: { $0 != nil }) else { return }
    let builder = self
    let gradients = try inLoop(places?.analysis.frame(running: id)) { () throws(StatusError) in
      guard builder.options.colocatesWithOperations else {
        return try builder.gradients(of: operation, node, upstream)
      }
      return try builder.graph.withColocation(with: operation, ignoringExisting: true) {
        () throws(StatusError) in try builder.gradients(of: operation, node, upstream)
      }
    }
    for (input, gradient) in zip(node.inputs, gradients) {
      guard let gradient else { continue }
      try check(gradient, fits: input, of: node)
      arrived[input, default: []].append(gradient)
    }
  }

  /// The sum of what arrived at an output, which replaces its parts.
  private mutating func aggregate(_ endpoint: Node.Endpoint) throws(StatusError) -> Gradient? {
    guard let parts = arrived[endpoint] else { return nil }
    let sum = try inLoop(places?.analysis.frameOfNode[endpoint.node]) { () throws(StatusError) in
      try graph.sum(parts, name: nodes[endpoint.node].name, by: options.aggregation)
    }
    arrived[endpoint] = sum.map { [$0] } ?? []
    return sum
  }

  private func gradients(
    of operation: Operation, _ node: Node, _ upstream: [Gradient?]
  ) throws(StatusError) -> [Gradient?] {
    if let found = try loopGradients(of: operation, node, upstream) { return found }
    switch try rule(of: node) {
    case .notDifferentiable: return node.inputs.map { _ in nil }
    case .undefined: throw undefined(node)
    case .rule(let body):
      let graph = graph
      return try graph.withNameScope(node.name + "_grad") { () throws(StatusError) in
        let context = GradientContext(operation: operation, upstream: upstream) {
          try $0.map { try graph.dense($0) } ?? zeros(for: $1)
        } differentiate: { ys, xs, upstream, function in
          try LoomTraining.gradients(
            of: ys, withRespectTo: xs, upstream: upstream,
            options: try options.forBody(of: function))
        }
        let result: [Gradient?]
        do { result = try body(context) } catch {
          throw StatusError.wrapping(error).located(at: node.errorNode)
        }
        guard result.count == node.inputs.count else {
          throw .invalidArgument(
            "Num gradients \(result.count) generated for op \(node.name) do not match num inputs "
              + "\(node.inputs.count)")
        }
        return options.gating == .operation ? try gate(result) : result
      }
    }
  }

  private func rule(of node: Node) throws(StatusError) -> GradientRule {
    if case .string(let name)? = node.attributes["_gradient_op_type"] {
      if let rule = options.registry[name.string] ?? graphRules[name.string] { return rule }
      if let definition = graph.registry[name.string] { return definition.gradient }
      throw .notFound(
        "No gradient registered under the name '\(name)' that operation '\(node.name)' asks for")
    }
    if let rule = options.registry[node.op] { return rule }
    return node.definition?.gradient ?? (node.isFunctionCall ? .functionCall : .undefined)
  }

  @inline(never)
  private func undefined(_ node: Node) -> StatusError {
    .notFound(
      "No gradient defined for operation '\(node.name)' (op type: \(node.op)). In general every "
        + "operation must have an associated gradient rule: give one to a GradientRegistry, or stop "
        + "gradients at a tensor on the way.")
  }

  private func check(
    _ gradient: Gradient, fits input: Node.Endpoint, of node: Node
  ) throws(StatusError) {
    guard case .dense(let output) = gradient else { return }
    let source = nodes[input.node]
    guard source.outputTypes.indices.contains(input.index),
      source.outputTypes[input.index].base != .resource
    else { return }
    do throws(StatusError) { try output.setShape(source.outputShapes[input.index]) } catch {
      throw .invalidArgument(
        "Incompatible shapes between op input and calculated input gradient. Forward operation: "
          + "\(node.name). Original input shape: \(source.outputShapes[input.index]). Calculated "
          + "input gradient shape: \(output.shape)")
    }
  }

  // MARK: Results

  mutating func results() throws(StatusError) -> [Gradient?] {
    var results: [Gradient?] = []
    for x in xs {
      if let gradient = try aggregate(endpoint(x)) {
        results.append(gradient)
      } else {
        results.append(options.unconnected == .zero ? .dense(try zeros(for: x)) : nil)
      }
    }
    return options.gating == .graph ? try gate(results) : results
  }

  /// Gradients none of which is used before all are computed.
  private func gate(_ gradients: [Gradient?]) throws(StatusError) -> [Gradient?] {
    var operations: [Operation] = []
    for case let gradient? in gradients {
      switch gradient {
      case .dense(let output): operations.append(output.operation)
      case .slices(let slices): operations += [slices.values.operation, slices.indices.operation]
      }
    }
    guard gradients.count(where: { $0 != nil }) > 1 else { return gradients }
    let graph = graph
    return try graph.withNameScope("tuple") { () throws(StatusError) in
      let all = try graph.addOperation("NoOp", name: "group_deps", controlInputs: operations)
      func gated(_ output: AnyOutput) throws(StatusError) -> AnyOutput {
        try graph.addOperation(
          "Identity", inputs: [output], name: "control_dependency", controlInputs: [all]
        ).output(0)
      }
      var result: [Gradient?] = []
      for gradient in gradients {
        switch gradient {
        case nil: result.append(nil)
        case .dense(let output): result.append(.dense(try gated(output)))
        case .slices(var slices):
          slices.values = try gated(slices.values)
          slices.indices = try gated(slices.indices)
          result.append(.slices(slices))
        }
      }
      return result
    }
  }
}
