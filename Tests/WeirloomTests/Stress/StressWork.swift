import Weirloom

/// A kind of run that many tasks repeat in one session.
struct StressWork: Sendable {
  let name: String
  /// Whether it may wait for other runs, so that it has to have a limit.
  var waits = false
  /// Runs it once.
  ///
  /// - Returns: whether the values are right.
  let run: @Sendable (_ value: Int32, _ options: RunOptions) async throws -> Bool
}

/// A session whose graph holds everything that runs can share, and the kinds of runs that use it.
struct StressFixture: Sendable {
  let graph = Graph()
  let session: Session
  let input: Output<Int32>
  let enqueue: Weirloom.Operation
  let dequeue: Output<Int32>
  /// Takes an element out of the queue and adds it to ``total``.
  let count: Output<Int32>
  let total: Variable<Int64>
  /// What runs of ``references`` add to.
  let reference: Variable<Int64>
  /// How often the body of ``functionalLoop`` ran.
  let turns: AnyOutput
  /// Never has an element.
  let never: Output<Int32>

  init() throws {
    input = try graph.placeholder(Int32.self, shape: .scalar)
    let queue = try graph.fifoQueue(capacity: 8, of: Int32.self, shapes: [[]])
    enqueue = try queue.enqueue(input)
    dequeue = try queue.dequeue()
    total = try graph.variable("total", initialValue: .constant(Int64(0)))
    reference = try graph.variable(
      "reference", initialValue: .constant(Int64(0)), options: .reference)
    let (taken, sum) = (dequeue, total)
    count = try graph.withControlDependencies(
      on: [sum.assignAdd(cast(taken, to: Int64.self)).operation]
    ) { () throws(StatusError) in try identity(taken) }
    never = try graph.fifoQueue(capacity: 1, of: Int32.self, shapes: [[]]).dequeue()
    turns = try graph.addOperation(
      "VarHandleOp", attributes: ["dtype": .type(.int64), "shape": .shape(.scalar)], name: "turns"
    ).output(0)
    let start = try graph.addOperation(
      "AssignVariableOp", inputs: [turns, graph.constant(Int64(0)).erased])
    session = try Session(graph: graph)
    _ = try session.run([total.initializer, reference.initializer, start])
  }

  /// Everything but the queue, which needs those who fill it and those who empty it.
  func allWork() throws -> [StressWork] {
    [
      try frames(), try functionalLoop(), try conditional(), try functionalConditional(),
      try arrays(), references(), resources(), try elements(), try pieces(), try callable(),
      stuck(),
    ]
  }

  /// A loop of frames with another inside.
  func frames() throws -> StressWork {
    let (_, sum) = try whileLoop(loopVariables: graph.constant(Int32(0)), input) { row, _ in
      try less(row, 5)
    } body: { row, sum in
      let inner = try whileLoop(loopVariable: sum) {
        try less($0, 40)
      } body: {
        try $0 + 7
      }
      return (try row + 1, try inner + row)
    }
    return StressWork(name: "frames") { value, options in
      var expected = value % 40
      let feed = try input.feed(expected)
      for row: Int32 in 0..<5 {
        while expected < 40 { expected += 7 }
        expected += row
      }
      return try await session.run(sum, feeding: feed, options: options).scalar == expected
    }
  }

  /// How often one run of ``functionalLoop()`` goes round.
  static let turnCount = 6

  /// A loop of functions that changes a variable in each turn.
  func functionalLoop() throws -> StressWork {
    let types: [DType] = [.int32, .resource]
    let condition = try graph.defineFunction("goes_on", argumentTypes: types) { body, arguments in
      let limit = try body.constant(Int32(StressFixture.turnCount))
      return [try less(Output<Int32>(arguments[0]), limit).erased]
    }
    let body = try graph.defineFunction("turn", argumentTypes: types) { body, arguments in
      let one = try body.constant(Int64(1)).erased
      _ = try body.addOperation("AssignAddVariableOp", inputs: [arguments[1], one])
      return [try (Output<Int32>(arguments[0]) + 1).erased, arguments[1]]
    }
    let ends = try functionalWhile(
      loopVariables: [graph.constant(Int32(0)).erased, turns], condition: condition, body: body)
    let end = ends[0]
    return StressWork(name: "functional loop") { _, options in
      try await session.run(end, options: options).integers() == [StressFixture.turnCount]
    }
  }

  func conditional() throws -> StressWork {
    let outside = try graph.constant(Int32(100))
    let y = try cond(less(input, 20)) {
      try input * 2
    } else: {
      try input + outside
    }
    return StressWork(name: "conditional") { value, options in
      let expected = value < 20 ? value * 2 : value + 100
      return try await session.run(y, feeding: input.feed(value), options: options).scalar
        == expected
    }
  }

  func functionalConditional() throws -> StressWork {
    let twice = try graph.defineFunction("twice", argumentTypes: [.int32]) {
      [try (Output<Int32>($1[0]) * 2).erased]
    }
    let negated = try graph.defineFunction("negated", argumentTypes: [.int32]) {
      [try (-Output<Int32>($1[0])).erased]
    }
    let y = try functionalIf(
      less(input, 20).erased, [input.erased], then: twice, else: negated)[0]
    return StressWork(name: "functional conditional") { value, options in
      try await session.run(y, feeding: input.feed(value), options: options).integers()
        == [Int(value < 20 ? value * 2 : -value)]
    }
  }

  /// A loop that writes a TensorArray.
  func arrays() throws -> StressWork {
    let array = try TensorArray<Int32>(graph, size: 8)
    let (_, flow) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), array.flow
    ) { index, _ in
      try less(index, 8)
    } body: { index, flow in
      let next = try array.with(flow: flow).writing(index * input, at: index)
      return (try index + 1, next.flow)
    }
    let stacked = try array.with(flow: flow).stacked()
    return StressWork(name: "arrays") { value, options in
      try await session.run(stacked, feeding: input.feed(value), options: options).scalars
        == (0..<8).map { $0 * value }
    }
  }

  /// Adds one to a variable of the first generation.
  func references() -> StressWork {
    let (session, reference) = (self.session, self.reference)
    let updated = Result { try reference.assignAdd(Tensor(scalar: 1)) }
    return StressWork(name: "references") { _, options in
      try await session.run(updated.get(), options: options).scalar ?? 0 > 0
    }
  }

  /// Reads a variable that others change.
  func resources() -> StressWork {
    StressWork(name: "resources") { [session, total] _, options in
      try await session.run(total.value, options: options).scalar ?? -1 >= 0
    }
  }

  /// Takes the next element of a dataset that is mapped and fetched ahead.
  func elements() throws -> StressWork {
    let iterator = try Dataset.range(0, 100, in: graph).repeated()
      .map(parallelism: 2) { (x: Output<Int64>) in try x * x }
      .prefetched(2).makeOneShotIterator()
    let next = try iterator.next(Int64.self)
    return StressWork(name: "elements", waits: true) { [session] _, options in
      let element = try await session.run(next, options: options).scalar ?? -1
      let root = Int64(Double(element).squareRoot().rounded())
      return root * root == element && root < 100
    }
  }

  /// A step that is fed and fetched in two pieces.
  func pieces() throws -> StressWork {
    let second = try graph.placeholder(Int32.self, shape: .scalar)
    let (sum, product) = (try input + 1, try input * second)
    return StressWork(name: "pieces") { [session, input] value, _ in
      let (first, last) = try await session.withPartialRun(
        feeding: input, second, fetching: sum, product
      ) { run async throws(StatusError) in
        let first = try await run.fetch(sum, feeding: input.feed(value)).scalar
        return (first, try await run.fetch(product, feeding: second.feed(3)).scalar)
      }
      return first == value + 1 && last == value * 3
    }
  }

  func callable() throws -> StressWork {
    let end = try whileLoop(loopVariable: input) {
      try less($0, 40)
    } body: {
      try $0 + 1
    }
    let call = try session.makeCallable(feeding: input, fetching: end)
    return StressWork(name: "callable") { value, options in
      // By name: in a closure the short form is taken for the blocking one.
      let end = try await call.callAsFunction(Tensor(scalar: value), options: options)
      return end.scalar == max(value, 40)
    }
  }

  /// Waits until it is cancelled or its time is up.
  func stuck() -> StressWork {
    StressWork(name: "stuck", waits: true) { [session, never] _, options in
      _ = try await session.run(never, options: options)
      return false
    }
  }
}
