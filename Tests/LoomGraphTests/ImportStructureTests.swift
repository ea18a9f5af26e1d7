import LoomCore
import LoomGraph
import Testing

@Suite struct ImportStructureTests {
  let graph: Graph

  init() throws { graph = try makeGraph() }

  struct Fault: Sendable, CustomStringConvertible {
    var nodes: [NodeDefinition]
    var message: String

    init(_ message: String, _ nodes: NodeDefinition...) {
      self.message = message
      self.nodes = nodes
    }
    var description: String { message }
  }

  static let faults: [Fault] = {
    guard let a = try? NodeDefinition.constant("a") else { return [] }
    let mixed = NodeDefinition(
      name: "b", op: "Less", inputs: ["a", "a"], attributes: ["T": .type(.float)])
    return [
      Fault("Node 'a' is not unique", a, a),  // IMP-012
      Fault("Node 'b': Unknown input node 'nope'", a, .unary("b", "Neg", "nope")),  // IMP-013
      Fault("Node 'b': Unknown input node 'a:-1'", a, .unary("b", "Neg", "a:-1")),
      Fault("Node 'b': Unknown input node '^nope'", a, .unary("b", "Neg", "a", "^nope")),
      Fault(  // IMP-014
        "Node 'b': Connecting to invalid output 3 of source node a which has 1 outputs.", a,
        .unary("b", "Neg", "a:3")),
      Fault(  // IMP-015
        "Input 0 of node c was passed bool from b:0 incompatible with expected float.", a, mixed,
        .unary("c", "Identity", "b")),
      Fault("1 nodes in a cycle", .unary("b", "Neg", "b")),  // IMP-019
      Fault("2 nodes in a cycle", a, .unary("b", "Neg", "c"), .unary("c", "Neg", "b")),
      Fault(
        "2 nodes in a cycle", .init(name: "b", op: "NoOp", inputs: ["^c"]),
        .init(name: "c", op: "NoOp", inputs: ["^b"])),
      Fault(
        "Node 'bad name!': Node name contains invalid characters",
        .init(name: "bad name!", op: "NoOp")),
      Fault("Node '': Node name contains invalid characters", .init(name: "", op: "NoOp")),
      Fault(
        "Node 'b': Control dependencies must come after regular dependencies", a,
        .unary("b", "Neg", "^a", "a")),
      Fault(
        "Value for attr 'T' of string is not in the list of allowed values: float, double, int32, "
          + "int64", .init(name: "b", op: "Neg", inputs: ["a"], attributes: ["T": .type(.string)]),
        a),
      Fault(
        "AttrValue of 'T' had value with type 'int' when 'type' expected",
        .init(name: "b", op: "Neg", inputs: ["a"], attributes: ["T": 1]), a),
    ]
  }()

  @Test(arguments: faults)
  func `a broken definition is refused`(fault: Fault) throws {
    let error = failure {
      try graph.importDefinition(GraphDefinition(nodes: fault.nodes), name: "")
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason == fault.message)
  }

  @Test func `the wrong number of inputs is refused`() throws {
    for inputs in [[], ["a", "a"]] {
      let node = NodeDefinition(
        name: "b", op: "Neg", inputs: inputs, attributes: ["T": .type(.float)])
      let error = failure {
        try graph.importDefinition(GraphDefinition(nodes: [try .constant("a"), node]))
      }
      #expect(error?.reason.contains("do not match \(inputs.count) inputs specified") == true)
    }
  }

  // GRF-014
  @Test func `shapes that contradict each other are refused`() throws {
    let a = NodeDefinition(
      name: "a", op: "Placeholder",
      attributes: ["dtype": .type(.float), "shape": .shape([2, 3])])
    let error = failure {
      try graph.importDefinition(
        GraphDefinition(nodes: [a, .unary("m", "MatMul", "a", "a")]), name: "")
    }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.reason
        == "Dimensions must be equal, but are 3 and 2 for '{{node m}} = MatMul' with input shapes: "
        + "[2,3], [2,3].")
    #expect(error?.node?.name == "m")
  }

  @Test func `nodes may come in any order and keep it`() throws {
    let definition = GraphDefinition(nodes: [
      .unary("d", "Neg", "c", "^a"), .unary("c", "AddV2", "a", "b"), .unary("b", "Neg", "a"),
      try .constant("a"),
    ])
    let result = try graph.importDefinition(definition, name: "")
    #expect(result.operations.map(\.name) == ["d", "c", "b", "a"])
    #expect(try graph.output(named: "d:0").shape == [])
    #expect(try graph.output(named: "a:0").consumers.map(\.name) == ["c", "b"])
    #expect(graph.definition() == definition)
  }

  @Test func `a long chain in reverse order imports`() throws {
    let count = 20_000
    var nodes: [NodeDefinition] = []
    for index in stride(from: count, to: 0, by: -1) {
      nodes.append(.unary("n\(index)", "Neg", "n\(index - 1)"))
    }
    nodes.append(try .constant("n0"))
    let result = try graph.importDefinition(GraphDefinition(nodes: nodes), name: "")
    #expect(result.operations.count == count + 1)
    #expect(try graph.output(named: "n\(count):0").shape == [])
  }

  // IMP-026
  @Test func `loops of the first generation import`() throws {
    let definition = GraphDefinition(nodes: try loop())
    let result = try graph.importDefinition(definition, name: "")
    #expect(try result.operation(named: "merge").inputs.map(\.name) == ["enter:0", "next:0"])
    #expect(try result.operation(named: "next").output(0).consumers.map(\.name) == ["merge"])
    // IMP-017: written again with its defaults.
    #expect(graph.definition().removingDefaults(using: graph.registry) == definition)
  }

  @Test func `a back edge of another dtype is refused`() throws {
    var nodes = try loop()
    for index in nodes.indices where nodes[index].name == "next" {
      nodes[index].inputs = ["less"]
      nodes[index].attributes["T"] = .type(.bool)
    }
    let error = failure { try graph.importDefinition(GraphDefinition(nodes: nodes), name: "") }
    #expect(
      error?.reason
        == "Input 1 of node merge was passed bool from next:0 incompatible with expected float.")
  }

  @Test func `control dependencies stay outside of loops`() throws {
    let k = try graph.constant(name: "k")
    let result = try graph.withControlDependencies(on: [k.operation]) {
      () throws(StatusError) in
      do { return try graph.importDefinition(GraphDefinition(nodes: try loop())) } catch {
        throw StatusError.wrapping(error)
      }
    }
    let controlled = result.operations.filter { !$0.controlInputs.isEmpty }.map(\.type)
    #expect(controlled == ["Const", "Enter"])
  }

  /// while (x < x) { x = -x }
  func loop() throws -> [NodeDefinition] {
    var enter = NodeDefinition.unary("enter", "Enter", "start")
    enter.attributes["frame_name"] = "frame"
    var merge = NodeDefinition.unary("merge", "Merge", "enter", "next")
    merge.attributes["N"] = 2
    return [
      try .constant("start"), enter, merge, .unary("less", "Less", "merge", "merge"),
      NodeDefinition(name: "cond", op: "LoopCond", inputs: ["less"]),
      .unary("switch", "Switch", "merge", "cond"), .unary("exit", "Exit", "switch"),
      .unary("body", "Neg", "switch:1"), .unary("next", "NextIteration", "body"),
    ]
  }

  @Test func `unknown ops load with what their consumers say`() throws {
    let definition = GraphDefinition(nodes: [
      NodeDefinition(name: "u", op: "Mystery", inputs: ["^v"], attributes: ["level": 9]),
      .unary("b", "Neg", "u:2"),
      NodeDefinition(name: "v", op: "Riddle"),
    ])
    let result = try graph.importDefinition(definition, name: "", options: ImportOptions())
    #expect(try result.operation(named: "u").outputs.map(\.dtype) == [.variant, .variant, .float])
    #expect(try result.operation(named: "v").outputs.map(\.dtype) == [.variant])
    #expect(graph.definition() == definition)
  }

  @Test func `what an unknown op puts out may be asked for`() throws {
    let definition = GraphDefinition(nodes: [NodeDefinition(name: "u", op: "Mystery")])
    let result = try graph.importDefinition(definition, returnElements: ["u:3"])
    #expect(result.returned.first?.name == "import/u:3")
  }

  @Test func `stated shapes are taken where they fit`() throws {
    var p = NodeDefinition(name: "p", op: "Placeholder", attributes: ["dtype": .type(.float)])
    p.attributes["_output_shapes"] = .shapes([[3, nil]])
    var b = NodeDefinition.unary("b", "Neg", "p")
    b.attributes["_output_shapes"] = .shapes([[4, 4]])
    try graph.importDefinition(GraphDefinition(nodes: [p, b]), name: "")
    #expect(try graph.output(named: "p:0").shape == [3, nil])
    #expect(try graph.output(named: "b:0").shape == [3, nil])
  }

  @Test func `shape functions see the version of the writer`() throws {
    let node = NodeDefinition(
      name: "p", op: "Placeholder", attributes: ["dtype": .type(.float), "shape": .shape([])])
    var definition = GraphDefinition(nodes: [node], versions: .init(producer: 21))
    let old = try graph.importDefinition(definition)
    #expect(old.operations.first?.output(0).shape == .unknown)
    definition.versions.producer = 22
    let new = try graph.importDefinition(definition)
    #expect(new.operations.first?.output(0).shape == [])
  }

  @Test func `two threads may import at once`() async throws {
    let definition = GraphDefinition(nodes: [try .constant("a"), .unary("b", "Neg", "a")])
    let graph = graph
    try await withThrowingTaskGroup { group in
      for _ in 0..<8 { group.addTask { _ = try graph.importDefinition(definition) } }
      try await group.waitForAll()
    }
    #expect(graph.operationCount == 16)
    #expect(Set(graph.operations.map(\.name)).count == 16)
    for operation in graph.operations where operation.type == "Neg" {
      #expect(operation.inputs.map(\.name) == [operation.name.dropLast() + "a:0"])
    }
  }
}
