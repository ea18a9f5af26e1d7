import Synchronization
import Testing
import Weirloom

// Devices of servers come with the cluster.

@Suite struct DeviceTests {
  private func session(_ graph: Graph, cpus: Int, soft: Bool = false) throws -> Session {
    var configuration = SessionConfiguration()
    configuration.deviceCount = ["CPU": cpus]
    configuration.allowsSoftPlacement = soft
    return try Session(graph: graph, configuration: configuration)
  }

  private func name(_ index: Int) -> String {
    "/job:localhost/replica:0/task:0/device:CPU:\(index)"
  }

  // DEV-001, DEV-002, DEV-003
  @Test func `a device has its full name, type and memory limit`() throws {
    let devices = try Session(graph: Graph()).listDevices()
    #expect(devices.map(\.name) == [name(0)])
    #expect(devices.first?.type == "CPU")
    #expect(devices.first?.memoryLimitBytes == 268_435_456)
  }

  // DEV-004, DEV-005, DEV-006
  @Test func `there are as many CPUs as asked for, each with an incarnation of its own`() throws {
    let three = try session(Graph(), cpus: 3)
    let devices = try three.listDevices()
    #expect(devices.map(\.name) == [name(0), name(1), name(2)])
    let incarnations = devices.map(\.incarnation)
    #expect(!incarnations.contains(0))
    #expect(Set(incarnations).count == 3)
    #expect(try three.listDevices().map(\.incarnation) == incarnations)
    #expect(try session(Graph(), cpus: 1).listDevices().first?.incarnation != incarnations.first)
  }

  // DEV-007, DEV-008
  @Test func `no CPU is an error, other types are ignored`() throws {
    expectStatus(.notFound, "No CPU devices are available in this process") {
      try session(Graph(), cpus: 0)
    }
    var configuration = SessionConfiguration()
    configuration.deviceCount = ["FOO": 1, "GPU": 4]
    let devices = try Session(graph: Graph(), configuration: configuration).listDevices()
    #expect(devices.map(\.type) == ["CPU"])
  }

  // DEV-009
  @Test func `a device prints what it is`() throws {
    let device = DeviceAttributes(
      name: name(0), type: "CPU", memoryLimitBytes: 268_435_456, incarnation: 7)
    #expect(device.description == "_DeviceAttributes(\(name(0)), CPU, 268435456, 7)")
  }

  // DEV-011, DEV-012, DEV-028, OPT-009, OPT-010
  @Test func `operations run on their devices and send what others need`() throws {
    let graph = Graph()
    let p = try graph.placeholder(Float.self, name: "p")
    let far = try graph.withDevice("/cpu:1") { () throws(StatusError) in try p + p }
    let with = try graph.withColocation(with: far.operation) { () throws(StatusError) in
      try far + far
    }
    let near = try graph.withDevice("/cpu:0") { () throws(StatusError) in try with + p }
    var options = RunOptions()
    options.outputsPartitionGraphs = true
    let (value, metadata) = try session(graph, cpus: 2).traced(
      near, feeding: p.feed(1), options: options)
    #expect(value.scalar == 5)
    let partitions = metadata.partitionGraphs
    try #require(partitions.count == 2)
    func ops(_ index: Int) -> [String: Int] {
      Dictionary(partitions[index].nodes.map { ($0.op, 1) }, uniquingKeysWith: +)
    }
    #expect(ops(0) == ["_Arg": 1, "_Send": 1, "_Recv": 1, "AddV2": 1, "_Retval": 1])
    #expect(ops(1) == ["_Recv": 1, "AddV2": 2, "_Send": 1])
    for (index, partition) in partitions.enumerated() {
      #expect(partition.nodes.allSatisfy { $0.device == name(index) })
    }
    let receiver = partitions[1].nodes.first { $0.op == "_Recv" }
    let sender = partitions[0].nodes.first { $0.op == "_Send" }
    #expect(receiver?.attributes["tensor_name"] == sender?.attributes["tensor_name"])
    #expect(sender?.inputs == ["_arg_p_0_0"])
    #expect(partitions[1].nodes.contains { $0.name == with.operation.name })
  }

  // DEV-013, DEV-014
  @Test func `a GPU is not here, with soft placement the CPU is taken`() throws {
    let graph = Graph()
    let x = try graph.withDevice("/gpu:0") { () throws(StatusError) in
      try graph.constant(Float(1), name: "x")
    }
    let y = try x + x
    let hard = try session(graph, cpus: 1)
    expectStatus(.invalidArgument, "Cannot assign a device for operation x", node: "x") {
      try hard.run(y)
    }
    expectStatus(.invalidArgument, "available devices are [ \(name(0)) ]") { try hard.run(y) }
    #expect(try session(graph, cpus: 1, soft: true).run(y).scalar == 2)
  }

  // DEV-015, DEV-016
  @Test func `soft placement gives up the device's number but not the job`() throws {
    let graph = Graph()
    let x = try graph.withDevice("/cpu:7") { () throws(StatusError) in
      try graph.constant(Float(1))
    }
    let y = try x + x
    #expect(try session(graph, cpus: 1, soft: true).run(y).scalar == 2)
    expectStatus(.invalidArgument, "Cannot assign a device") {
      try session(graph, cpus: 1).run(y)
    }
    let remote = Graph()
    let z = try remote.withDevice("/job:ps/task:1") { () throws(StatusError) in
      try remote.constant(Float(1))
    }
    expectStatus(.invalidArgument, "Cannot assign a device") {
      try session(remote, cpus: 1, soft: true).run(z)
    }
  }

  // DEV-017
  @Test func `the placement of every node is written if asked for`() throws {
    let lines = Mutex<[String]>([])
    let log = PlacementLog { line in lines.withLock { $0.append(line) } }
    let graph = Graph()
    let x = try graph.constant(Float(1), name: "x")
    var configuration = SessionConfiguration()
    configuration.logsDevicePlacement = true
    let session = try Session(graph: graph, configuration: configuration, log: log)
    _ = try session.run(x)
    _ = try session.run(x)
    let late = try graph.constant(Float(2), name: "late")
    _ = try session.run(late)
    let written = lines.withLock { $0 }
    #expect(written.contains("\(name(0)) -> CPU"))
    #expect(written.filter { $0 == "x: (Const): \(name(0))" }.count == 1)
    #expect(written.filter { $0 == "late: (Const): \(name(0))" }.count == 1)
    lines.withLock { $0 = [] }
    _ = try Session(graph: graph, log: log).run(x)
    #expect(lines.withLock { $0.isEmpty })
  }

  // DEV-018
  @Test func `a malformed job name is found when the graph is placed`() throws {
    let graph = Graph()
    let x = try graph.withDevice("/job:1bad") { () throws(StatusError) in
      try graph.constant(Float(1), name: "x")
    }
    expectStatus(.invalidArgument, "Malformed device specification '/job:1bad'", node: "x") {
      try Session(graph: graph).run(x)
    }
  }

  // DEV-019, DEV-020, DEV-022
  @Test func `device scopes merge, and nil forgets them`() throws {
    let graph = Graph()
    try graph.withDevice("/job:worker") { () throws(StatusError) in
      try graph.withDevice("/cpu:0") { () throws(StatusError) in
        #expect(try graph.constant(Float(1)).operation.device == "/job:worker/device:CPU:0")
        try graph.withDevice(nil) { () throws(StatusError) in
          #expect(try graph.constant(Float(1)).operation.device == "")
        }
      }
      try graph.withDevice("/gpu:1") { () throws(StatusError) in
        try graph.withDevice("/gpu:*") { () throws(StatusError) in
          #expect(try graph.constant(Float(1)).operation.device == "/job:worker/device:GPU:1")
        }
      }
    }
  }

  // DEV-021
  @Test func `a function may choose devices`() throws {
    let graph = Graph()
    @Sendable func choose(_ operation: Weirloom.Operation) -> String {
      operation.type == "Const" ? "/cpu:1" : ""
    }
    try graph.withDevice(choosing: choose) { () throws(StatusError) in
      let x = try graph.constant(Float(1))
      #expect(x.operation.device == "/device:CPU:1")
      #expect(try (x + x).operation.device == "")
    }
  }

  // DEV-023, DEV-024, DEV-025, DEV-026
  @Test func `device names are parsed and printed`() throws {
    #expect(try DeviceSpecification("/cpu:0").description == "/device:CPU:0")
    #expect(try DeviceSpecification("/gpu:*").description == "/device:GPU:*")
    let full = "/job:ps/replica:0/task:1/device:CPU:2"
    let specification = try DeviceSpecification(full)
    #expect(specification.description == full)
    #expect(specification.job == "ps")
    #expect(specification.task == 1)
    #expect(specification.index == 2)
    expectStatus(.invalidArgument, "Multiple device types are not allowed") {
      try DeviceSpecification("/cpu:0/gpu:0")
    }
    expectStatus(.invalidArgument, "Unknown attribute 'foo'") {
      try DeviceSpecification("/foo:bar")
    }
  }

  // DEV-027, DEV-030
  @Test func `colocation names its group, and a group without members asks for nothing`() throws {
    let graph = Graph()
    let a = try graph.constant(Float(1), name: "a")
    let b = try graph.withColocation(with: a.operation) { () throws(StatusError) in
      try graph.constant(Float(2), name: "b")
    }
    #expect(try b.operation.attribute("_class") == .list([.string("loc:@a")]))
    try graph.setAttribute("_class", of: a.operation, to: .list([.string("loc:@nosuch")]))
    let sum = try a + b
    #expect(try Session(graph: graph).run(sum).scalar == 3)
  }

  // DEV-029
  @Test func `a group that asks for two devices is refused`() throws {
    let graph = Graph()
    let a = try graph.withDevice("/cpu:0") { () throws(StatusError) in
      try graph.constant(Float(1), name: "a")
    }
    let b = try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try graph.constant(Float(2), name: "b")
    }
    try graph.setAttribute("_class", of: b.operation, to: .list([.string("loc:@a")]))
    let sum = try a + b
    expectStatus(.invalidArgument, "Cannot colocate nodes") {
      try session(graph, cpus: 2).run(sum)
    }
  }

  // DEV-031
  @Test func `a reference variable and what changes it are on one device`() throws {
    let graph = Graph()
    var options = VariableOptions()
    options.isReference = true
    let v = try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try graph.variable("v", initialValue: .constant(Float(1)), options: options)
    }
    let update = try graph.withDevice("") { () throws(StatusError) in
      try v.assignAdd(Tensor(scalar: 1))
    }
    let two = try session(graph, cpus: 2)
    try two.run(v.initializer)
    let (_, metadata) = try two.traced(update)
    let used = metadata.stepStatistics.devices.first { device in
      device.nodes.contains { $0.name == update.operation.name }
    }
    #expect(used?.name == name(1))
  }
}
