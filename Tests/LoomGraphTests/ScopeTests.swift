import LoomCore
import LoomGraph
import Testing

@Suite struct ScopeTests {
  let graph: Graph

  init() throws { graph = try makeGraph() }

  private func add(_ name: String = "n", _ inputs: [AnyOutput] = []) throws(StatusError)
    -> Operation
  {
    try graph.addOperation(inputs.isEmpty ? "NoOp" : "Identity", inputs: inputs, name: name)
  }

  // MARK: Control dependencies

  // GRF-027
  @Test func `control dependencies add up and can be cleared`() throws {
    let a = try add("a")
    let b = try add("b")
    try graph.withControlDependencies(on: [a]) { () throws(StatusError) in
      try graph.withControlDependencies(on: [b]) { () throws(StatusError) in
        #expect(try add("both").controlInputs == [a, b])
        try graph.withoutControlDependencies { () throws(StatusError) in
          #expect(try add("none").controlInputs.isEmpty)
        }
      }
      #expect(try add("one").controlInputs == [a])
    }
    #expect(try add("after").controlInputs.isEmpty)
  }

  // GRF-028
  @Test func `what follows from the inputs is not added`() throws {
    let a = try graph.constant(name: "a")
    try graph.withControlDependencies(on: [a.operation]) { () throws(StatusError) in
      let first = try add("first", [a])
      #expect(first.controlInputs.isEmpty)
      #expect(try add("second", [first.output(0)]).controlInputs.isEmpty)
      #expect(try add("other").controlInputs == [a.operation])
    }
  }

  @Test func `dependencies on another graph are refused`() throws {
    let foreign = try makeGraph().constant().operation
    #expect(
      failure {
        try graph.withControlDependencies(on: [foreign]) { () throws(StatusError) in }
      }?.code == .invalidArgument)
  }

  // MARK: Devices

  // DEV-019, DEV-020
  @Test func `device scopes merge, inner parts first`() throws {
    try graph.withDevice("/job:ps/task:0") { () throws(StatusError) in
      try graph.withDevice("/cpu:1") { () throws(StatusError) in
        #expect(try add().device == "/job:ps/task:0/device:CPU:1")
        try graph.withDevice("") { () throws(StatusError) in
          #expect(try add().device == "/job:ps/task:0/device:CPU:1")
        }
        try graph.withDevice(nil) { () throws(StatusError) in
          #expect(try add().device == "")
          try graph.withDevice("/job:w") { () throws(StatusError) in
            #expect(try add().device == "/job:w")
          }
        }
      }
    }
    #expect(try add().device == "")
  }

  // DEV-021
  @Test func `a function chooses by the operation`() throws {
    let choose: @Sendable (Operation) -> String = {
      $0.type == "NoOp" ? "/job:a" : "/job:b/cpu:2"
    }
    let a = try graph.constant(name: "a")
    try graph.withDevice(choosing: choose) { () throws(StatusError) in
      #expect(try add().device == "/job:a")
      #expect(try add("i", [a]).device == "/job:b/device:CPU:2")
      try graph.withDevice("/task:1") { () throws(StatusError) in
        #expect(try add().device == "/job:a/task:1")
      }
    }
  }

  // DEV-022
  @Test func `a type without an index keeps the outer index`() throws {
    try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try graph.withDevice("/device:GPU:*") { () throws(StatusError) in
        #expect(try add().device == "/device:GPU:1")
      }
    }
  }

  // DEV-032
  @Test func `variables go round the parameter servers`() throws {
    let setter = try ReplicaDeviceSetter(parameterServerTasks: 2)
    func variable() throws(StatusError) -> String {
      try graph.addOperation(
        "VariableV2", attributes: ["shape": .shape([]), "dtype": .type(.float)]
      ).device
    }
    try graph.withDevice(choosing: setter.device(for:)) { () throws(StatusError) in
      #expect(try variable() == "/job:ps/task:0")
      #expect(try add().device == "/job:worker")
      #expect(try variable() == "/job:ps/task:1")
      #expect(try variable() == "/job:ps/task:0")
    }
  }

  @Test func `the setter merges, or leaves placed operations alone`() throws {
    let merging = try ReplicaDeviceSetter(parameterServerTasks: 1, workerDevice: "/job:w/task:3")
    let leaving = try ReplicaDeviceSetter(parameterServerTasks: 1, mergesDevices: false)
    let placed = try graph.withDevice("/cpu:1") { () throws(StatusError) in try add() }
    #expect(try merging.device(for: placed) == "/job:w/task:3/device:CPU:1")
    #expect(try leaving.device(for: placed) == "/device:CPU:1")
    let none = try ReplicaDeviceSetter(parameterServerTasks: 0)
    #expect(try none.device(for: add()) == "/job:worker")
  }

  // MARK: Colocation

  // DEV-027
  @Test func `colocation names the operation and takes its device`() throws {
    let a = try graph.withDevice("/cpu:1") { () throws(StatusError) in try add("a") }
    try graph.withColocation(with: a) { () throws(StatusError) in
      let b = try add("b")
      #expect(try b.attribute("_class") == .list(["loc:@a"]))
      #expect(b.colocationGroups == ["a"])
      #expect(b.device == "/device:CPU:1")
      let c = try graph.withDevice("/cpu:3") { () throws(StatusError) in try add("c") }
      #expect(c.device == "/device:CPU:3")
      #expect(c.colocationGroups == ["a"])
    }
    #expect(try add("d").colocationGroups.isEmpty)
  }

  @Test func `groups add up sorted or replace each other`() throws {
    let z = try add("z")
    let a = try add("a")
    try graph.withColocation(with: z) { () throws(StatusError) in
      try graph.withColocation(with: a) { () throws(StatusError) in
        #expect(try add().colocationGroups == ["a", "z"])
      }
      try graph.withColocation(with: a, ignoringExisting: true) { () throws(StatusError) in
        #expect(try add().colocationGroups == ["a"])
      }
    }
  }

  // MARK: Others

  @Test func `a container goes to ops that have one`() throws {
    try graph.withContainer("box") { () throws(StatusError) in
      let variable = try graph.addOperation(
        "VariableV2", attributes: ["shape": .shape([]), "dtype": .type(.float)])
      #expect(try variable.attribute("container") == "box")
      #expect(try add().attributes["container"] == nil)
    }
  }

  @Test func `a gradient override marks operations`() throws {
    let a = try graph.constant(name: "a")
    try graph.withGradientOverride(["Identity": "Other"]) { () throws(StatusError) in
      #expect(try add("i", [a]).attribute("_gradient_op_type") == "Other")
      #expect(try add().attributes["_gradient_op_type"] == nil)
    }
  }
}
