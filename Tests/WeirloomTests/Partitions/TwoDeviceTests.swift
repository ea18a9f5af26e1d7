import Testing
import Weirloom

/// What spans two devices of this process gives what one device gives.
@Suite struct TwoDeviceTests {
  /// Runs `body` with a graph on one device and on two, where `far` names the second.
  private func compare(
    _ body: (_ graph: Graph, _ far: String) throws -> (AnyOutput, [Feed]),
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var results: [AnyTensor] = []
    for far in ["/cpu:0", "/cpu:1"] {
      let graph = Graph()
      let (fetch, feeds) = try body(graph, far)
      let session = try twoDevices(graph)
      for _ in 0..<3 {
        results.append(try session.run(fetch, feeds: feeds))
      }
    }
    for result in results.dropFirst() {
      #expect(result == results[0], sourceLocation: sourceLocation)
    }
  }

  private func twoDevices(_ graph: Graph) throws -> Session {
    var configuration = SessionConfiguration()
    configuration.deviceCount = ["CPU": 2]
    return try Session(graph: graph, configuration: configuration)
  }

  @Test func `values go there and back`() throws {
    try compare { graph, far in
      let x = try graph.placeholder(Float.self, shape: [2])
      let y = try graph.withDevice(far) { () throws(StatusError) in try x * x + x }
      let z = try graph.withDevice("/cpu:0") { () throws(StatusError) in try y * x + y }
      return (z.erased, [try x.feed([2, 3])])
    }
  }

  @Test func `variables stay where they are, their values travel`() throws {
    let graph = Graph()
    let variable = try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try graph.variable("v", initialValue: .constant(Float(3)))
    }
    let double = try graph.withDevice("/cpu:0") { () throws(StatusError) in
      try variable.value + variable.value
    }
    let next = try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try variable.assign(double)
    }
    let session = try twoDevices(graph)
    try session.run(variable.initializer)
    #expect(try session.run(double).scalar == 6)
    #expect(try session.run(next).scalar == 6)
    #expect(try session.run(double).scalar == 12)
  }

  @Test func `a loop whose body is elsewhere goes round as often`() throws {
    try compare { graph, far in
      let limit = try graph.placeholder(Int32.self, shape: [])
      let zero = try graph.constant(Int32(0))
      let one = try graph.constant(Float(1))
      let results = try whileLoop(loopVariables: [zero.erased, one.erased]) { variables in
        try Output(graph.addOperation("Less", inputs: [variables[0], limit.erased]).output(0))
      } body: { variables in
        let next = try Output<Int32>(variables[0]) + graph.constant(Int32(1))
        let grown = try graph.withDevice(far) { () throws(StatusError) in
          try Output<Float>(variables[1]) * graph.constant(Float(2))
        }
        return [next.erased, grown.erased]
      }
      return (results[1], [try limit.feed(7)])
    }
  }

  @Test func `a loop whose condition is elsewhere ends`() throws {
    try compare { graph, far in
      let zero = try graph.constant(Int32(0))
      let end = try whileLoop(loopVariable: zero) { i in
        try graph.withDevice(far) { () throws(StatusError) in
          try Output(
            graph.addOperation("Less", inputs: [i.erased, graph.constant(Int32(9)).erased]).output(
              0))
        }
      } body: { i in
        try i + graph.constant(Int32(1))
      }
      return (end.erased, [])
    }
  }

  @Test func `a loop that ends at once sends nothing but that`() throws {
    try compare { graph, far in
      let five = try graph.constant(Int32(5))
      let end = try whileLoop(loopVariable: five) { i in
        try Output(
          graph.addOperation("Less", inputs: [i.erased, graph.constant(Int32(1)).erased]).output(0))
      } body: { i in
        try graph.withDevice(far) { () throws(StatusError) in try i + graph.constant(Int32(1)) }
      }
      return (end.erased, [])
    }
  }

  @Test func `loops in loops go round together`() throws {
    try compare { graph, far in
      let zero = try graph.constant(Int32(0))
      let total = try graph.constant(Float(0))
      let results = try whileLoop(loopVariables: [zero.erased, total.erased]) { variables in
        try Output(
          graph.addOperation("Less", inputs: [variables[0], graph.constant(Int32(4)).erased])
            .output(0))
      } body: { outer in
        let inner = try whileLoop(loopVariables: [zero.erased, outer[1]]) { variables in
          try Output(graph.addOperation("Less", inputs: [variables[0], outer[0]]).output(0))
        } body: { variables in
          let sum = try graph.withDevice(far) { () throws(StatusError) in
            try Output<Float>(variables[1]) + graph.constant(Float(1.5))
          }
          return [try (Output<Int32>(variables[0]) + graph.constant(Int32(1))).erased, sum.erased]
        }
        return [try (Output<Int32>(outer[0]) + graph.constant(Int32(1))).erased, inner[1]]
      }
      return (results[1], [])
    }
  }

  @Test(arguments: [true, false])
  func `only the branch that is taken runs, wherever it is`(_ taken: Bool) throws {
    try compare { graph, far in
      let predicate = try graph.placeholder(Bool.self, shape: [])
      let x = try graph.placeholder(Float.self, shape: [])
      let result = try cond(predicate) {
        try graph.withDevice(far) { () throws(StatusError) in try x + x }
      } else: {
        let y = try graph.withDevice(far) { () throws(StatusError) in try x * x }
        return try y * x
      }
      return (result.erased, [try predicate.feed(taken), try x.feed(3)])
    }
  }

  @Test func `who waits for something elsewhere runs after it`() throws {
    let graph = Graph()
    let variable = try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try graph.variable("v", initialValue: .constant(Float(1)))
    }
    let update = try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try variable.assign(try graph.constant(Float(5)))
    }
    let other = try graph.withDevice("/cpu:0") { () throws(StatusError) in
      try graph.variable("w", initialValue: .constant(Float(0)))
    }
    let after = try graph.withControlDependencies(on: [update.operation]) {
      () throws(StatusError) in
      let value = try graph.withDevice("/cpu:1") { () throws(StatusError) in
        try variable.read()
      }
      return try graph.withDevice("/cpu:0") { () throws(StatusError) in
        try other.assign(value)
      }
    }
    let session = try twoDevices(graph)
    _ = try session.run([variable.initializer, other.initializer])
    #expect(try session.run(after).scalar == 5)
  }

  @Test func `a branch that is not taken can't be fetched from elsewhere`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self, shape: [])
    let predicate = try graph.placeholder(Bool.self, shape: [])
    let sides = try graph.addOperation("Switch", inputs: [x.erased, predicate.erased])
    let far = try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try Output<Float>(sides.output(0)) * 2
    }
    let session = try twoDevices(graph)
    #expect(try session.run(far, feeding: x.feed(4), predicate.feed(false)).scalar == 8)
    expectStatus(.invalidArgument, "does not have value") {
      try session.run(far, feeding: x.feed(4), predicate.feed(true))
    }
  }

  @Test func `what fails on one device ends what waits on the other`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Int32.self, shape: [])
    let queue = try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try graph.fifoQueue(capacity: 1, of: Int32.self)
    }
    let item = try graph.withDevice("/cpu:1") { () throws(StatusError) in try queue.dequeue() }
    let quotient = try graph.withDevice("/cpu:0") { () throws(StatusError) in
      try graph.addOperation("FloorDiv", inputs: [x.erased, x.erased], name: "quotient")
    }
    let sum = try item + Output<Int32>(quotient.output(0))
    let session = try twoDevices(graph)
    expectStatus(.invalidArgument, "Integer division by zero", node: "quotient") {
      try session.run(sum, feeding: x.feed(0))
    }
    // Nothing of the failed step is left for the next.
    try session.run(queue.enqueue(try graph.constant(Int32(2))))
    #expect(try session.run(sum, feeding: x.feed(3)).scalar == 3)
  }

  @Test func `deadlines strike on all devices`() throws {
    let graph = Graph()
    let queue = try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try graph.fifoQueue(capacity: 1, of: Float.self)
    }
    let item = try graph.withDevice("/cpu:1") { () throws(StatusError) in try queue.dequeue() }
    let sum = try graph.withDevice("/cpu:0") { () throws(StatusError) in try item + item }
    let session = try twoDevices(graph)
    expectStatus(.deadlineExceeded) {
      try session.run(sum, options: RunOptions(timeout: .milliseconds(20)))
    }
    try session.run(queue.enqueue(try graph.constant(Float(2))))
    #expect(try session.run(sum).scalar == 4)
  }

  @Test func `a partial run spans devices`() throws {
    let graph = Graph()
    let a = try graph.placeholder(Float.self, shape: [])
    let b = try graph.placeholder(Float.self, shape: [])
    let first = try graph.withDevice("/cpu:1") { () throws(StatusError) in try a + a }
    let second = try graph.withDevice("/cpu:0") { () throws(StatusError) in try first * b }
    let result = try twoDevices(graph).withPartialRun(
      feeding: a, b, fetching: first, second
    ) { run throws(StatusError) in
      let early = try run.fetch(first, feeding: a.feed(2))
      return try run.fetch(second, feeding: b.feed(early.scalar ?? 0))
    }
    #expect(result.scalar == 16)
  }

  /// What a partial run may end in, as TensorFlow tells it too: the same wherever its nodes are.
  @Test(arguments: ["/cpu:0", "/cpu:1"])
  func `a partial run goes and fails the same wherever its nodes are`(_ far: String) throws {
    let graph = Graph()
    let a = try graph.placeholder(Float.self, shape: [], name: "a")
    let b = try graph.placeholder(Float.self, shape: [], name: "b")
    let choice = try graph.placeholder(Bool.self, shape: [])
    func elsewhere<R>(_ body: () throws(StatusError) -> R) throws(StatusError) -> R {
      try graph.withDevice(far, body)
    }
    let checked = try elsewhere { () throws(StatusError) in
      try Output<Float>(
        graph.addOperation(
          "CheckNumerics", inputs: [a.erased], attributes: ["message": .string("bad")],
          name: "checked"
        ).output(0))
    }
    let sum = try checked + b
    let sides = try graph.addOperation("Switch", inputs: [a.erased, choice.erased])
    let dead = try elsewhere { () throws(StatusError) in try Output<Float>(sides.output(1)) * 2 }
    let grown = try whileLoop(
      loopVariables: graph.constant(Int32(0)), a
    ) { count, _ in
      try less(count, 5)
    } body: { count, value in
      (try count + 1, try elsewhere { () throws(StatusError) in try value * 2 })
    }.1
    let counter = try elsewhere { () throws(StatusError) in
      try graph.variable("v", initialValue: .constant(Float(0)))
    }
    let update = try counter.assignAdd(Tensor(scalar: 1))
    let item = try elsewhere { () throws(StatusError) in
      try graph.fifoQueue(capacity: 1, of: Float.self).dequeue()
    }
    let waiting = try item + a
    let session = try twoDevices(graph)
    try session.run(counter.initializer)

    let faulty = try session.setUpPartialRun(
      feeds: [a.erased, b.erased], fetching: [checked, sum])
    expectStatus(.invalidArgument, "can't be computed from the feeds") {
      try session.runPartial(faulty, fetching: sum, feeds: [a.feed(1)])
    }
    expectStatus(.invalidArgument, "bad : Tensor had NaN values", node: "checked") {
      try session.runPartial(faulty, fetching: checked, feeds: [a.feed(.nan)])
    }
    expectStatus(.invalidArgument, "before performing partial runs") {
      try session.runPartial(faulty, fetching: sum, feeds: [b.feed(1)])
    }
    let branch = try session.setUpPartialRun(feeds: [a.erased, choice.erased], fetching: dead)
    expectStatus(.invalidArgument, "does not have value") {
      try session.runPartial(branch, fetching: dead, feeds: [a.feed(1), choice.feed(false)])
    }
    // Each node runs once, what needs no feed at once, and a loop as often as it should.
    let pieces = try session.setUpPartialRun(
      feeds: [a.erased, b.erased], fetching: [update, grown, sum])
    #expect(try session.runPartial(pieces, fetching: update).scalar == 1)
    #expect(try session.runPartial(pieces, fetching: grown, feeds: [a.feed(3)]).scalar == 96)
    #expect(try session.runPartial(pieces, fetching: sum, feeds: [b.feed(2)]).scalar == 5)
    #expect(try session.run(counter.value).scalar == 1)

    var hasty = SessionConfiguration()
    hasty.deviceCount = ["CPU": 2]
    // Time enough to be set up, on a busy server too.
    hasty.operationTimeout = .seconds(2)
    let other = try Session(graph: graph, configuration: hasty)
    let late = try other.setUpPartialRun(feeds: [a.erased], fetching: waiting)
    expectStatus(.deadlineExceeded, TestTarget.timeoutText) {
      try other.runPartial(late, fetching: waiting, feeds: [a.feed(1)])
    }
    expectStatus(.invalidArgument, "before performing partial runs") {
      try other.runPartial(late, fetching: waiting)
    }
  }

  // OPT-009, OPT-010
  @Test func `statistics and graphs come for each device`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self, shape: [])
    let y = try graph.withDevice("/cpu:1") { () throws(StatusError) in try x * x }
    let z = try graph.withDevice("/cpu:0") { () throws(StatusError) in try y + x }
    var options = RunOptions(trace: .full)
    options.outputsPartitionGraphs = true
    let (value, metadata) = try twoDevices(graph).traced(z, feeding: x.feed(3), options: options)
    #expect(value.scalar == 12)
    let names = metadata.stepStatistics.devices.map(\.name)
    #expect(names.map { $0.suffix(5) } == ["CPU:0", "CPU:1"])
    #expect(metadata.stepStatistics.devices[1].nodes.map(\.name) == [y.operation.name])
    #expect(metadata.partitionGraphs.count == 2)
  }

  @Test func `many steps at once do not take each other's values`() async throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self, shape: [])
    let y = try graph.withDevice("/cpu:1") { () throws(StatusError) in try x * x }
    let z = try graph.withDevice("/cpu:0") { () throws(StatusError) in try y + x }
    let session = try twoDevices(graph)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for step in 0..<64 {
        let value = Float(step)
        group.addTask {
          try await session.run(z, feeding: x.feed(value)).scalar == value * value + value
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }
}
