import Testing
import Weirloom

/// Both generations of variables behave alike.
@Suite struct VariableTests {
  static let kinds: [VariableOptions] = [VariableOptions(), .reference]

  // VAR-001
  @Test func `reading an uninitialised reference names it`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .zeros([2]), options: .reference)
    let session = try Session(graph: graph)
    let error = #expect(throws: StatusError.self) { try session.run(v.value) }
    #expect(error?.code == .failedPrecondition)
    #expect(error?.reason == "Attempting to use uninitialized value v")
  }

  // VAR-002
  @Test func `reading an uninitialised resource names it`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .zeros([2]))
    let session = try Session(graph: graph)
    let error = #expect(throws: StatusError.self) { try session.run(v.value) }
    #expect(error?.code == .failedPrecondition)
    #expect(error?.reason.hasPrefix("Could not find variable v. This could mean") == true)
    #expect(error?.reason.contains("container=localhost") == true)
    let update = try v.erased.assignAdd(graph.constant([1 as Float, 1]).erased).operation
    let missing = #expect(throws: StatusError.self) { try session.run(update) }
    #expect(missing?.code == .notFound)
  }

  // VAR-003
  @Test(arguments: kinds)
  func `initialise, assign, add and subtract`(_ options: VariableOptions) throws {
    let graph = Graph()
    let v = try graph.variable(
      "v", initialValue: .tensor(Tensor([1 as Float, 2])), options: options)
    let session = try Session(graph: graph)
    try session.run(graph.globalVariablesInitializer)
    #expect(try session.run(v).scalars == [1, 2])
    _ = try session.run(v.assign(Tensor([5, 6])))
    #expect(try session.run(v.value).scalars == [5, 6])
    #expect(try session.run(v.assignAdd(Tensor([1, 1]))).scalars == [6, 7])
    #expect(try session.run(v.assignSubtract(graph.constant([2, 2]))).scalars == [4, 5])
    #expect(try session.run(v.value).scalars == [4, 5])
  }

  // VAR-004
  @Test(arguments: kinds)
  func `a fetched assignment gives the new value`(_ options: VariableOptions) throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .zeros([2]), options: options)
    let session = try Session(graph: graph)
    #expect(try session.run(v.assign(Tensor([3, 4]))).scalars == [3, 4])
  }

  // VAR-005
  @Test(arguments: kinds)
  func `a value of another known shape is refused when it is built`(
    _ options: VariableOptions
  ) throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .zeros([2]), options: options)
    let error = #expect(throws: StatusError.self) { try v.assign(Tensor([1, 2, 3])) }
    #expect(error?.code == .invalidArgument)
  }

  // VAR-006
  @Test func `a value of another shape is refused when it is run`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .zeros([2]), options: .reference)
    let x = try graph.placeholder(Float.self)
    let assign = try v.assign(x)
    let session = try Session(graph: graph)
    for _ in 0..<2 {
      // The declared shape counts before there is a value, the value's afterwards.
      let error = #expect(throws: StatusError.self) {
        try session.run(assign, feeding: x.feed([1, 2, 3]))
      }
      #expect(error?.code == .invalidArgument)
      #expect(
        error?.reason
          == "Assign requires shapes of both tensors to match. lhs shape= [2] rhs shape= [3]")
      try session.run(v.initializer)
    }
  }

  // VAR-007
  @Test func `without validation the shape changes`() throws {
    let graph = Graph()
    var options = VariableOptions.reference
    options.validatesShape = false
    let v = try graph.variable("v", initialValue: .zeros([2]), options: options)
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    let assign = try v.assign(graph.constant([1, 2, 3]), validatingShape: false)
    #expect(try session.run(assign).scalars == [1, 2, 3])
    #expect(try session.run(v.value).shape == Shape([3]))
  }

  // VAR-009
  @Test(arguments: kinds)
  func `a variable knows whether it has a value`(_ options: VariableOptions) throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .zeros([2]), options: options)
    let state = try v.isInitialized()
    let session = try Session(graph: graph)
    #expect(try session.run(state).scalar == false)
    try session.run(v.initializer)
    #expect(try session.run(state).scalar == true)
  }

  // VAR-014
  @Test func `local variables have a collection and an initializer of their own`() throws {
    let graph = Graph()
    let local = try graph.variable("l", initialValue: .ones([1]), options: .local)
    let global = try graph.variable("g", initialValue: .ones([1]))
    #expect(graph.localVariables == [local.erased])
    #expect(graph.globalVariables == [global.erased])
    #expect(graph.trainableVariables == [global.erased])
    let session = try Session(graph: graph)
    try session.run(graph.localVariablesInitializer)
    #expect(try session.run(local.value).scalars == [1])
    #expect(throws: StatusError.self) { try session.run(global.value) }
  }

  // VAR-015
  @Test(arguments: kinds)
  func `counting ends at the limit`(_ options: VariableOptions) throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .constant(Int32(1)), options: options)
    let next = try v.countUp(to: 3)
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    #expect(try session.run(next).scalar == 1)
    #expect(try session.run(next).scalar == 2)
    let error = #expect(throws: StatusError.self) { try session.run(next) }
    #expect(error?.code == .outOfRange)
    #expect(error?.reason == "Reached limit of 3")
    #expect(try session.run(v.value).scalar == 3)
  }

  @Test func `names are those of TensorFlow`() throws {
    let graph = Graph()
    _ = try graph.variable("w", initialValue: .tensor(Tensor([1 as Float])))
    _ = try graph.variable("r", initialValue: .tensor(Tensor([1 as Float])), options: .reference)
    #expect(
      Set(graph.operations.map(\.name)) == [
        "w", "w/Initializer/initial_value", "w/IsInitialized/VarIsInitializedOp", "w/Assign",
        "w/Read/ReadVariableOp", "r", "r/Initializer/initial_value", "r/Assign", "r/read",
      ])
    let again = try graph.variable("w", initialValue: .zeros([1]))
    #expect(again.name == "w_1:0")
  }

  @Test func `a snapshot does not change`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .tensor(Tensor([1 as Float, 2])))
    let session = try Session(graph: graph)
    try session.run(v.initializer)
    let before = try session.run(v.value)
    _ = try session.run(v.assignAdd(Tensor([10, 10])))
    #expect(before.scalars == [1, 2])
    #expect(try session.run(v.value).scalars == [11, 12])
  }

  @Test func `sessions do not share variables`() throws {
    let graph = Graph()
    let v = try graph.variable("v", initialValue: .zeros([1]))
    let first = try Session(graph: graph)
    let second = try Session(graph: graph)
    try first.run(v.initializer)
    #expect(try second.run(v.isInitialized()).scalar == false)
  }

  // VAR-008
  @Test(arguments: kinds)
  func `rows are changed in place, and rows outside are refused`(
    _ options: VariableOptions
  ) throws {
    let graph = Graph()
    let v = try graph.variable(
      "v", initialValue: .tensor(Tensor([1 as Float, 2, 3, 4], shape: [2, 2])), options: options)
    let rows = try graph.placeholder(Int32.self, shape: [nil])
    let values = try graph.placeholder(Float.self, shape: [nil, 2])
    let session = try Session(graph: graph)
    let expected: [ScatterUpdate: [Float]] = [
      .update: [1, 2, 8, 2], .add: [1, 2, 11, 6], .subtract: [1, 2, -5, 2],
      .multiply: [1, 2, 24, 8], .divide: [1, 2, 0.375, 2], .minimum: [1, 2, 3, 2],
      .maximum: [1, 2, 8, 4],
    ]
    for change in ScatterUpdate.allCases {
      try session.run(v.initializer)
      let result = try v.scatter(change, at: rows, values)
      let feeds = try [rows.feed([1]), values.feed([8, 2], shape: [1, 2])]
      #expect(try session.run(result, feeds: feeds).scalars == expected[change])
      #expect(try session.run(v.value).scalars == expected[change])
      for row in [2, -1] as [Int32] {
        let outside = try [rows.feed([row]), values.feed([8, 2], shape: [1, 2])]
        let error = #expect(throws: StatusError.self) {
          try session.run(result, feeds: outside)
        }
        #expect(error?.code == .invalidArgument)
        #expect(error?.reason.contains("indices[0] = \(row) is not in [0, 2)") == true)
      }
      #expect(try session.run(v.value).scalars == expected[change])
    }
  }

  // VAR-010
  @Test(arguments: kinds)
  func `variables without a value are named`(_ options: VariableOptions) throws {
    let graph = Graph()
    let a = try graph.variable("a", initialValue: .zeros([1]), options: options)
    var local = options
    local.collections = [CollectionKey.localVariables]
    local.isTrainable = false
    let b = try graph.variable("b", initialValue: .zeros([1]), options: local)
    let names = try graph.uninitializedVariables()
    let onlyA = try graph.uninitializedVariables([a.erased])
    let none = try graph.uninitializedVariables([])
    let session = try Session(graph: graph)
    #expect(try session.run(names).scalars == ["a", "b"])
    try session.run(a.initializer)
    #expect(try session.run(names).scalars == ["b"])
    #expect(try session.run(onlyA).scalars == [])
    try session.run(b.initializer)
    #expect(try session.run(names).shape == Shape([0]))
    #expect(try session.run(none).shape == Shape([0]))
  }

  // VAR-016: graphs that share a server come with the cluster; here two operations share a session.
  @Test(arguments: kinds)
  func `variables of one shared name and container are one`(_ options: VariableOptions) throws {
    let graph = Graph()
    func shared(_ name: String, _ container: String) throws -> Variable<Float> {
      var own = options
      own.sharedName = "common"
      own.container = container
      return try graph.variable(name, initialValue: .zeros([1]), options: own)
    }
    let (first, second) = (try shared("first", "c"), try shared("second", "c"))
    let elsewhere = try shared("elsewhere", "d")
    let session = try Session(graph: graph)
    _ = try session.run(first.assign(Tensor([7])))
    #expect(try session.run(second.value).scalars == [7])
    #expect(try session.run(elsewhere.isInitialized()).scalar == false)
    _ = try session.run(second.assignAdd(Tensor([1])))
    #expect(try session.run(first.value).scalars == [8])
  }
}
