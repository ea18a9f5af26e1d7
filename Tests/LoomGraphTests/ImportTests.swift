import LoomCore
import LoomGraph
import Testing

// By the compiler: IMP-010 (only a GraphDefinition is imported); bytes and text that are none are refused
// when they are read, see the tests of the formats.

@Suite struct ImportTests {
  /// a (a constant), b = -a.
  let pair: GraphDefinition
  let graph: Graph

  init() throws {
    pair = GraphDefinition(nodes: [try .constant("a"), .unary("b", "Neg", "a")])
    graph = try makeGraph()
  }

  // IMP-001
  @Test func `names begin with import by default`() throws {
    let result = try graph.importDefinition(pair)
    #expect(graph.operations.map(\.name) == ["import/a", "import/b"])
    #expect(result.prefix == "import/")
    #expect(try result.operation(named: "b").inputs.map(\.name) == ["import/a:0"])
  }

  // IMP-002
  @Test func `an empty name keeps the names`() throws {
    try graph.importDefinition(pair, name: "")
    #expect(graph.operations.map(\.name) == ["a", "b"])
  }

  // IMP-002
  @Test func `importing twice without a name finds free names`() throws {
    try graph.importDefinition(pair, name: "")
    let second = try graph.importDefinition(pair, name: nil)
    #expect(second.operations.map(\.name) == ["a_1", "b_1"])
    #expect(try second.operation(named: "b").inputs.map(\.name) == ["a_1:0"])
  }

  @Test func `a free name does not collide with names of the definition`() throws {
    _ = try graph.constant(name: "a")
    let definition = GraphDefinition(nodes: [try .constant("a"), try .constant("a_1")])
    #expect(
      try graph.importDefinition(definition, name: "").operations.map(\.name) == ["a_2", "a_1"])
  }

  // IMP-003
  @Test func `a used prefix is made unique`() throws {
    try graph.importDefinition(pair, name: "p")
    #expect(try graph.importDefinition(pair, name: "p").prefix == "p_1/")
    #expect(graph.operations.last?.name == "p_1/b")
  }

  @Test func `a prefix with a slash is entered again`() throws {
    try graph.importDefinition(pair, name: "p")
    #expect(
      try graph.importDefinition(pair, name: "p/").operations.map(\.name) == ["p/a_1", "p/b_1"])
  }

  @Test func `the current name scope comes first`() throws {
    try graph.withNameScope("outer") { () throws(StatusError) in
      _ = try graph.importDefinition(pair, name: "p")
    }
    #expect(graph.operations.map(\.name) == ["outer/p/a", "outer/p/b"])
  }

  // IMP-004
  @Test func `elements are returned by name`() throws {
    let result = try graph.importDefinition(pair, returnElements: ["b:0", "a"])
    #expect(
      result.returned == [
        .output(try graph.output(named: "import/b:0")),
        .operation(try graph.operation(named: "import/a")),
      ])
  }

  // IMP-005
  @Test(arguments: [
    ("zz:0", "Requested return tensor 'zz:0' not found in graph def"),
    ("zz", "Requested return node 'zz' not found in graph def"),
    ("b:4", "Invalid return output 4 of node 'b', which has 1 output(s)"),
  ])
  func `a missing return element is refused`(name: String, message: String) throws {
    let error = failure { try graph.importDefinition(pair, returnElements: [name]) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason == message)
    #expect(graph.operationCount == 0)
  }

  // IMP-006, IMP-007, IMP-024
  @Test(arguments: ["a:0", "a"])
  func `inputs are replaced and shapes inferred anew`(key: String) throws {
    let x = try graph.placeholder(shape: [2], name: "x")
    let result = try graph.importDefinition(pair, inputMap: [key: x], returnElements: ["b:0"])
    #expect(try result.operation(named: "b").inputs == [x])
    #expect(result.returned.first?.operation.output(0).shape == [2])
    // The replaced node stays, unused.
    #expect(try result.operation(named: "a").output(0).consumers.isEmpty)
    #expect(x.consumers == [try result.operation(named: "b")])
  }

  @Test func `control inputs are replaced`() throws {
    let k = try graph.constant(name: "k")
    var definition = pair
    definition.nodes[1].inputs.append("^c")
    let result = try graph.importDefinition(definition, inputMap: ["^c": k])
    #expect(try result.operation(named: "b").controlInputs == [k.operation])
  }

  // IMP-008
  @Test func `a key that the definition lacks is refused`() throws {
    let x = try graph.placeholder(name: "x")
    let error = failure { try graph.importDefinition(pair, inputMap: ["zz:0": x]) }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.reason == "Attempted to map inputs that were not found in graph_def: [zz:0]")
  }

  @Test func `a tensor that nobody reads may be mapped`() throws {
    let x = try graph.placeholder(name: "x")
    try graph.importDefinition(pair, inputMap: ["b:0": x])
    #expect(failure { try graph.importDefinition(pair, inputMap: ["b:1": x]) } != nil)
  }

  // IMP-009
  @Test func `a replacement of another dtype is refused`() throws {
    let x = try graph.placeholder(.int32, name: "x")
    let error = failure { try graph.importDefinition(pair, inputMap: ["a:0": x]) }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.reason
        == "Input 0 of node import/b was passed int32 from x:0 incompatible with expected float.")
  }

  // GRF-013
  @Test func `a replacement from another graph is refused`() throws {
    let other = try makeGraph().constant()
    #expect(
      failure { try graph.importDefinition(pair, inputMap: ["a": other]) }?.code
        == .invalidArgument)
  }

  // IMP-011
  @Test func `unknown ops are refused where they are not allowed`() throws {
    let definition = GraphDefinition(nodes: [NodeDefinition(name: "n", op: "Nope")])
    let error = failure {
      try graph.importDefinition(definition, options: ImportOptions(allowsUnknownOps: false))
    }
    #expect(error?.code == .notFound)
    #expect(error?.node == .init(name: "n", op: "Nope"))
  }

  // IMP-016
  @Test func `a missing attribute is refused`() throws {
    let definition = GraphDefinition(nodes: [NodeDefinition(name: "p", op: "Placeholder")])
    let error = failure { try graph.importDefinition(definition) }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.reason.hasPrefix("NodeDef missing attr 'dtype' from Op<name=Placeholder;") == true)
  }

  // IMP-017
  @Test func `default attributes are filled in`() throws {
    let definition = GraphDefinition(nodes: [
      NodeDefinition(name: "p", op: "Placeholder", attributes: ["dtype": .type(.float)])
    ])
    try graph.importDefinition(definition, name: "")
    #expect(graph.definition().nodes[0].attributes["shape"] == .shape(.unknown))
  }

  // IMP-018
  @Test func `attributes that the op does not have are kept`() throws {
    var definition = pair
    definition.nodes[1].attributes["_bogus"] = 3
    definition.nodes[1].attributes["bogus"] = 4
    try graph.importDefinition(definition, name: "")
    #expect(try graph.operation(named: "b").attribute("_bogus") == 3)
    #expect(try graph.operation(named: "b").attribute("bogus") == 4)
  }

  // IMP-018
  @Test func `attributes with the producer's default are dropped`() throws {
    let producer = OpSignature(
      "Neg", inputs: ["x: T"], outputs: ["y: T"],
      attributes: ["T: type", "fast: bool = false", "_hint: int = 3", "mode: int = 1"])
    var definition = pair
    definition.nodes[1].attributes["fast"] = false
    definition.nodes[1].attributes["_hint"] = 3
    definition.nodes[1].attributes["mode"] = 2
    try graph.importDefinition(
      definition, name: "", options: ImportOptions(producerOps: [producer]))
    let attributes = try graph.operation(named: "b").attributes
    #expect(attributes["fast"] == nil)
    #expect(attributes["_hint"] == 3)
    #expect(attributes["mode"] == 2)
  }

  // IMP-020, IMP-021
  @Test(arguments: [
    (
      GraphDefinition.Versions(producer: 2474, minimumConsumer: 99999),
      "GraphDef min consumer version 99999 above current version 2474"
    ),
    (.init(producer: -1), "GraphDef producer version -1 below min producer 0"),
    (.init(producer: 1, badConsumers: [2474]), "GraphDef disallows consumer version 2474"),
  ])
  func `versions out of reach are refused`(
    versions: GraphDefinition.Versions, message: String
  ) throws {
    var definition = pair
    definition.versions = versions
    let error = failure { try graph.importDefinition(definition) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.hasPrefix(message) == true)
  }

  @Test func `the oldest producer and the newest minimum win`() throws {
    var definition = pair
    definition.versions = .init(producer: 3000, minimumConsumer: 12, badConsumers: [4])
    try graph.importDefinition(definition)
    #expect(graph.versions == definition.versions)
    definition.versions = .init(producer: 21, minimumConsumer: 3, badConsumers: [2])
    try graph.importDefinition(definition)
    #expect(graph.versions == .init(producer: 21, minimumConsumer: 12, badConsumers: [2, 4]))
  }

  @Test func `withdrawn ops are refused from newer producers`() throws {
    var definition = pair
    definition.nodes[1].op = "BatchNormWithGlobalNormalization"
    definition.versions.producer = 8
    try graph.importDefinition(definition)
    definition.versions.producer = 9
    let error = failure { try graph.importDefinition(definition) }
    #expect(error?.code == .unimplemented)
    #expect(error?.reason.contains("is not available in GraphDef version 9") == true)
  }

  // IMP-022
  @Test func `devices merge under the scope`() throws {
    var definition = pair
    definition.nodes[1].device = "/cpu:1"
    try graph.withDevice("/job:w") { () throws(StatusError) in
      _ = try graph.importDefinition(definition, name: "")
    }
    #expect(try graph.operation(named: "a").device == "/job:w")
    #expect(try graph.operation(named: "b").device == "/job:w/device:CPU:1")
  }

  // IMP-022, DEV-021
  @Test func `a device function replaces a node's device`() throws {
    var definition = pair
    definition.nodes[1].device = "/cpu:1"
    let choose: @Sendable (Operation) -> String = { "/job:\($0.type.lowercased())/cpu:0" }
    try graph.withDevice(choosing: choose) { () throws(StatusError) in
      _ = try graph.importDefinition(definition, name: "")
    }
    #expect(try graph.operation(named: "a").device == "/job:const/device:CPU:0")
    #expect(try graph.operation(named: "b").device == "/job:neg/device:CPU:0")
  }

  @Test func `a malformed device is refused`() throws {
    var definition = pair
    definition.nodes[1].device = "/jobless:x//"
    let error = failure { try graph.importDefinition(definition) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.contains("Unknown attribute 'jobless'") == true)
  }

  // IMP-023
  @Test func `control dependencies hold for every node`() throws {
    let k = try graph.constant(name: "k")
    let result = try graph.withControlDependencies(on: [k.operation]) {
      () throws(StatusError) in try graph.importDefinition(pair)
    }
    for operation in result.operations { #expect(operation.controlInputs == [k.operation]) }
  }

  // IMP-025
  @Test func `functions come along and can be called`() throws {
    var definition = pair
    try definition.library.add(
      FunctionDefinition(
        name: "twice",
        inputs: [.init(name: "x", type: .fixed(.float), numberAttribute: nil, reference: false)],
        outputs: [.init(name: "y", type: .fixed(.float), numberAttribute: nil, reference: false)],
        returns: ["y": "x"]))
    definition.library.gradients["twice"] = "other"
    definition.nodes.append(NodeDefinition(name: "c", op: "twice", inputs: ["b"]))
    let result = try graph.importDefinition(definition, name: "")
    #expect(graph.library == definition.library)
    let call = try result.operation(named: "c")
    #expect(call.node.isFunctionCall)
    #expect(call.outputs.map(\.dtype) == [.float])
  }

  @Test func `a different function of one name is refused`() throws {
    var definition = pair
    try definition.library.add(FunctionDefinition(name: "f"))
    try graph.importDefinition(definition)
    var other = GraphDefinition()
    try other.library.add(FunctionDefinition(name: "f", isStateful: true))
    #expect(failure { try graph.importDefinition(other) }?.code == .invalidArgument)
  }

  // GRF-002
  @Test func `a finalized graph takes nothing in`() throws {
    graph.finalize()
    #expect(failure { try graph.importDefinition(pair) }?.code == .failedPrecondition)
  }

  @Test func `a refused definition leaves nothing behind`() throws {
    var definition = pair
    try definition.library.add(FunctionDefinition(name: "f"))
    definition.nodes.append(.unary("c", "Neg", "a:1"))
    #expect(failure { try graph.importDefinition(definition) } != nil)
    #expect(graph.operationCount == 0)
    #expect(graph.library.isEmpty)
  }

  @Test func `colocation follows the new names`() throws {
    var definition = pair
    definition.nodes[1].attributes["_class"] = .list(["loc:@a", "other"])
    try graph.importDefinition(definition)
    #expect(
      try graph.operation(named: "import/b").attribute("_class")
        == .list(["loc:@import/a", "other"]))
  }

  // DEV-030
  @Test func `colocation with an unknown node is refused unless asked for`() throws {
    var definition = pair
    definition.nodes[1].attributes["_class"] = .list(["loc:@nobody"])
    let error = failure { try graph.importDefinition(definition) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason == "Node 'b' expects to be colocated with unknown node 'nobody'")
    try graph.importDefinition(definition, options: ImportOptions(validatesColocation: false))
  }
}
