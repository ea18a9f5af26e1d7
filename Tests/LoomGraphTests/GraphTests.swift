import LoomCore
import LoomGraph
import Testing

// By the compiler: GRF-018, GRF-019, GRF-020 (a tensor of a graph is no Bool, no sequence, and has no
// count).

@Suite struct GraphTests {
  let graph: Graph

  init() throws { graph = try makeGraph() }

  // GRF-001
  @Test func `the version grows with every operation`() throws {
    #expect(graph.version == 0)
    _ = try graph.constant()
    _ = try graph.constant()
    #expect(graph.version == 2)
  }

  // GRF-002
  @Test func `a finalized graph takes no operation`() throws {
    graph.finalize()
    #expect(graph.isFinalized)
    let error = failure { try graph.constant() }
    #expect(error?.code == .failedPrecondition)
    #expect(error?.reason == "Graph is finalized and cannot be modified.")
  }

  @Test func `withdrawn ops are refused by graphs of newer versions`() throws {
    let x = try graph.constant()
    let error = failure {
      try graph.addOperation("BatchNormWithGlobalNormalization", inputs: [x], name: "old")
    }
    #expect(error?.code == .unimplemented)
    #expect(error?.node?.name == "old")
    #expect(
      error?.reason == "Op BatchNormWithGlobalNormalization is not available in GraphDef version "
        + "\(graph.versions.producer). It has been removed in version 9.")
    try graph.importDefinition(GraphDefinition(versions: .init(producer: 8)))
    try graph.addOperation("BatchNormWithGlobalNormalization", inputs: [x], name: "old")
  }

  // GRF-003
  @Test func `operations are found by name`() throws {
    let a = try graph.constant(name: "a")
    #expect(try graph.operation(named: "a") == a.operation)
    #expect(failure { try graph.operation(named: "x") }?.code == .notFound)
    let error = failure { try graph.operation(named: "a:0") }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason == "Name 'a:0' appears to refer to a Tensor, not a Operation.")
  }

  // GRF-004
  @Test func `tensors are found by name`() throws {
    let a = try graph.constant(name: "a")
    #expect(try graph.output(named: "a:0") == a)
    #expect(
      failure { try graph.output(named: "x:0") }?.reason
        == "The name 'x:0' refers to a Tensor which does not exist. The operation, 'x', does not "
        + "exist in the graph.")
    let index = failure { try graph.output(named: "a:1") }
    #expect(index?.code == .notFound)
    #expect(index?.reason.hasSuffix("'a', exists but only has 1 outputs.") == true)
    #expect(failure { try graph.output(named: "a") }?.code == .invalidArgument)
    #expect(failure { try graph.output(named: "x") }?.code == .notFound)
    for malformed in ["a:", "a:b", "a:0:0", "a:-1", ":0"] {
      #expect(failure { try graph.output(named: malformed) } != nil, "\(malformed)")
    }
  }

  // GRF-005
  @Test func `elements are what they name`() throws {
    let a = try graph.constant(name: "a")
    #expect(try graph.element(named: "a") == .operation(a.operation))
    #expect(try graph.element(named: "a:0") == .output(a))
    #expect(try graph.element(a) == .output(a))
    #expect(try graph.element(a.operation) == .operation(a.operation))
    struct Variable: GraphElementConvertible { var graphElement: GraphElement }
    #expect(try graph.element(Variable(graphElement: .output(a))) == .output(a))
    #expect(
      failure { try graph.element(named: "a", allowingOperations: false) }?.code
        == .invalidArgument)
    #expect(failure { try graph.element(a, allowingTensors: false) }?.code == .invalidArgument)
    #expect(
      failure { try graph.element(a.operation, allowingOperations: false) }?.code
        == .invalidArgument)
    #expect(
      failure { try graph.element(a, allowingTensors: false, allowingOperations: false) }?.code
        == .invalidArgument)
    let foreign = try makeGraph().constant(name: "f")
    #expect(
      failure { try graph.element(foreign) }?.reason == "'f:0' is not an element of this graph.")
  }

  // GRF-006
  @Test func `collections hold what is added`() throws {
    try graph.addToCollections(["c", "d"], 1)
    try graph.addToCollections(["c"], 2)
    #expect(graph.collection("c", of: Int.self) == [1, 2])
    #expect(graph.collection("d", of: Int.self) == [1])
    #expect(graph.collection("missing").isEmpty)
    #expect(graph.collectionKeys == ["c", "d"])
    try graph.clearCollection("c")
    #expect(graph.collection("c").isEmpty)
    #expect(graph.collectionKeys == ["d"])
  }

  // GRF-007
  @Test func `a scope leaves out items of other names and without a name`() throws {
    let inside = try graph.constant(name: "sc/a").operation
    let outside = try graph.constant(name: "other").operation
    try graph.addToCollections(["c"], inside)
    try graph.addToCollections(["c"], outside)
    try graph.addToCollections(["c"], 7)
    #expect(graph.collection("c", of: Operation.self, scope: "sc") == [inside])
    #expect(graph.collection("c").count == 3)
  }

  // GRF-008
  @Test func `operations stand in creation order`() throws {
    for name in ["b", "a", "c"] { _ = try graph.constant(name: name) }
    #expect(graph.operations.map(\.name) == ["b", "a", "c"])
  }

  // GRF-009, GRF-011
  @Test func `operations and tensors know each other`() throws {
    let a = try graph.constant(name: "a")
    let b = try graph.addOperation("Neg", inputs: [a], name: "b", controlInputs: [a.operation])
    let two = try graph.addOperation("AddV2", inputs: [a, a], name: "two")
    #expect(b.name == "b")
    #expect(b.type == "Neg")
    #expect(b.inputs == [a])
    #expect(b.outputs.map(\.name) == ["b:0"])
    #expect(b.controlInputs == [a.operation])
    #expect(a.dtype == .float)
    #expect(a.shape == [])
    #expect(a.consumers == [b, two])
    #expect(b.output(0).consumers.isEmpty)
    #expect(b.output(3).name == "b:3")
    #expect(b.description == "b (Neg)")
  }

  // GRF-010
  @Test func `an attribute that an op lacks is refused`() throws {
    let a = try graph.constant(name: "a").operation
    #expect(try a.attribute("dtype") == .type(.float))
    let error = failure { try a.attribute("zz") }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason == "Operation 'a' has no attr named 'zz'.")
  }

  // GRF-012
  @Test func `set shapes merge and may not contradict`() throws {
    let x = try graph.placeholder(shape: [nil, 3])
    try x.setShape([2, nil])
    #expect(x.shape == [2, 3])
    #expect(failure { try x.setShape([1, 3]) }?.code == .invalidArgument)
    #expect(failure { try x.setShape([2]) }?.code == .invalidArgument)
    #expect(x.shape == [2, 3])
  }

  // GRF-013
  @Test func `inputs of another graph are refused`() throws {
    let foreign = try makeGraph().constant()
    let error = failure { try graph.addOperation("Neg", inputs: [foreign]) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.contains("must be from the same graph") == true)
    #expect(
      failure { try graph.addOperation("NoOp", controlInputs: [foreign.operation]) }?.code
        == .invalidArgument)
    let own = try graph.constant()
    let negative = try graph.addOperation("Neg", inputs: [own])
    for change in [
      { try graph.updateInput(0, of: negative, to: foreign) },
      { try graph.updateInput(0, of: foreign.operation, to: own) },
      { try graph.updateInput(0, of: negative, to: own.operation.output(5)) },
      { try graph.addControlInput(foreign.operation, to: negative) },
      { try graph.setAttribute("a", of: foreign.operation, to: 1) },
    ] as [() throws -> Void] {
      #expect(failure(change)?.code == .invalidArgument)
    }
  }

  // GRF-014
  @Test func `sizes that differ are refused`() throws {
    let a = try graph.placeholder(shape: [2])
    let b = try graph.placeholder(shape: [3])
    let error = failure { try graph.addOperation("AddV2", inputs: [a, b], name: "Add") }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.hasPrefix("Dimensions must be equal, but are 2 and 3 for") == true)
    #expect(error?.reason.contains("{{node Add}}") == true)
    #expect(error?.reason.hasSuffix("with input shapes: [2], [3].") == true)
  }

  // GRF-015
  @Test func `dtypes that differ are refused`() throws {
    let a = try graph.placeholder(.int32, name: "a")
    let b = try graph.placeholder(.float, name: "b")
    let error = failure { try graph.addOperation("AddV2", inputs: [a, b]) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.contains("b:0") == true)
  }

  // GRF-016
  @Test func `an unknown op is refused`() throws {
    let error = failure { try graph.addOperation("Nope") }
    #expect(error?.code == .notFound)
    #expect(error?.reason.hasPrefix("Op type not registered 'Nope'") == true)
  }

  // GRF-017
  @Test func `a missing attribute is named`() throws {
    let error = failure { try graph.addOperation("Placeholder") }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.hasPrefix("NodeDef missing attr 'dtype' from Op<") == true)
  }

  @Test func `attributes follow from inputs and defaults`() throws {
    let a = try graph.placeholder(.int32)
    let sum = try graph.addOperation("AddN", inputs: [a, a, a])
    #expect(try sum.attribute("N") == 3)
    #expect(try sum.attribute("T") == .type(.int32))
  }

  // GRF-029
  @Test func `seeds follow the client's rules`() throws {
    func seeds(_ seed: Int? = nil) -> [Int] {
      let pair = graph.seeds(operationSeed: seed)
      return [pair.seed, pair.seed2]
    }
    #expect(seeds() == [0, 0])
    #expect(seeds(7) == [87_654_321, 7])
    graph.randomSeed = 1
    #expect(seeds(7) == [1, 7])
    graph.randomSeed = 0
    #expect(seeds(0) == [0, Int(Int32.max)])
  }

  @Test func `feeding and fetching can be prevented`() throws {
    let a = try graph.constant()
    #expect(graph.isFeedable(a))
    #expect(graph.isFetchable(a.operation))
    graph.preventFeeding(a.operation)
    graph.preventFetching(a.operation)
    #expect(!graph.isFeedable(a))
    #expect(!graph.isFetchable(a.operation))
  }

  // GRF-033
  @Test func `the definition carries shapes when asked`() throws {
    let x = try graph.placeholder(shape: [nil, 2], name: "x")
    _ = try graph.addOperation("NoOp", name: "n", controlInputs: [x.operation])
    let nodes = graph.definition(addingShapes: true).nodes
    #expect(nodes[0].attributes["_output_shapes"] == .shapes([[nil, 2]]))
    #expect(nodes[1].attributes["_output_shapes"] == nil)
    #expect(nodes[1].inputs == ["^x"])
    #expect(graph.definition().nodes[0].attributes["_output_shapes"] == nil)
  }

  @Test func `the definition can leave out what stood before`() throws {
    _ = try graph.constant(name: "a")
    let version = graph.version
    _ = try graph.constant(name: "b")
    #expect(graph.definition(fromVersion: version).nodes.map(\.name) == ["b"])
    #expect(graph.definition(fromVersion: 99).nodes.isEmpty)
    #expect(graph.definition(fromVersion: -1).nodes.count == 2)
  }

  @Test func `outputs beyond the first are numbered`() throws {
    let x = try graph.placeholder(name: "x")
    let axis = try graph.placeholder(.int32, name: "axis")
    let split = try graph.addOperation(
      "Split", inputs: [axis, x], attributes: ["num_split": 3], name: "s")
    _ = try graph.addOperation("AddV2", inputs: [split.output(0), split.output(2)], name: "y")
    #expect(graph.definition().nodes.last?.inputs == ["s", "s:2"])
  }

  @Test func `defaults can be left out`() throws {
    _ = try graph.addOperation(
      "Placeholder", attributes: ["dtype": .type(.float)], name: "p")
    let x = try graph.placeholder(shape: [2], name: "x")
    _ = try graph.addOperation("Neg", inputs: [x])
    let nodes = graph.definition(removingDefaults: true).nodes
    #expect(nodes[0].attributes == ["dtype": .type(.float)])
    #expect(nodes[1].attributes["shape"] == .shape([2]))
    #expect(graph.definition().removingDefaults(using: graph.registry).nodes == nodes)
  }

  @Test func `an input can be replaced by one of its dtype`() throws {
    let a = try graph.constant(name: "a")
    let b = try graph.constant(name: "b")
    let n = try graph.addOperation("Neg", inputs: [a])
    try graph.updateInput(0, of: n, to: b)
    #expect(n.inputs == [b])
    #expect(a.consumers.isEmpty)
    #expect(b.consumers == [n])
    let other = try graph.placeholder(.int32)
    #expect(failure { try graph.updateInput(0, of: n, to: other) }?.code == .invalidArgument)
    #expect(failure { try graph.updateInput(1, of: n, to: b) }?.code == .invalidArgument)
  }
}
