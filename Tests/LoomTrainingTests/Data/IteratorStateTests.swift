import Testing
import Weirloom

/// State that the functions of a pipeline keep, and optionals. The numbers are those of stock TensorFlow.
@Suite struct IteratorStateTests {
  private let graph = Graph()

  /// Random numbers of a seeded op, one for each element.
  private func draws(_ dataset: Dataset) throws -> Dataset {
    try dataset.mapElements { components in
      let body = components[0].graph
      return [
        try body.addOperation(
          "RandomUniform", inputs: [body.constant([Int32]()).erased],
          attributes: ["dtype": .type(.float), "seed": .int(87_654_321), "seed2": .int(2)]
        ).output(0)
      ]
    }
  }

  private static let first: [Float] = [0.6787466, 0.20134068, 0.49856102, 0.7123976]

  private func isFirst(_ values: [Float]) -> Bool {
    values.count == 4 && zip(values, Self.first).allSatisfy { abs($0 - $1) < 1e-6 }
  }

  // RES-016
  @Test func `an iterator that is initialised again starts over, and may get another dataset`()
    throws
  {
    let range = try Dataset.range(5, 9, in: graph)
    let (iterator, initializer) = try range.makeInitializableIterator()
    let other = try iterator.makeInitializer(Dataset.range(20, 22, in: graph))
    let next = try iterator.next(Int64.self)
    let session = try Session(graph: graph)
    defer { session.close() }
    func elements(_ count: Int) throws -> [Int64] {
      try (0..<count).map { _ in try session.run(next).scalar ?? -1 }
    }
    try session.run(initializer)
    #expect(try elements(3) == [5, 6, 7])
    try session.run(initializer)
    #expect(try elements(4) == [5, 6, 7, 8])
    #expect(throws: StatusError.self) { try session.run(next) }
    try session.run(other)
    #expect(try elements(2) == [20, 21])
    // The end does not last either.
    #expect(throws: StatusError.self) { try session.run(next) }
    try session.run(initializer)
    #expect(try elements(1) == [5])
  }

  // RES-018
  @Test func `an element that several fetches need is taken once a run`() throws {
    let next = try Dataset.range(0, 10, in: graph).makeOneShotIterator().next(Int64.self)
    let doubled = try next + next
    let session = try Session(graph: graph)
    defer { session.close() }
    for expected: Int64 in 0..<3 {
      let (first, again, sum) = try session.run(next, next, doubled)
      #expect(first.scalar == expected && again.scalar == expected && sum.scalar == 2 * expected)
    }
  }

  // RES-015
  @Test(arguments: ["map", "repeat", "flat_map", "interleave", "prefetch"])
  func `random ops of a pipeline start over with the iterator`(_ kind: String) throws {
    let range = try Dataset.range(0, kind == "repeat" ? 2 : 4, in: graph)
    let dataset: Dataset =
      switch kind {
      case "repeat": try draws(range).repeated(3)
      case "flat_map": try range.interleaved { try draws(Dataset.range(0, 2, in: $0[0].graph)) }
      case "interleave":
        try range.interleaved(cycleLength: 2) { try draws(Dataset.range(0, 2, in: $0[0].graph)) }
      case "prefetch": try draws(range).prefetched(2)
      default: try draws(range)
      }
    let iterators = try [
      dataset.makeInitializableIterator(), dataset.makeInitializableIterator(),
    ]
    let next = try iterators.map { try $0.iterator.next(Float.self) }
    let session = try Session(graph: graph)
    defer { session.close() }
    for index in [0, 0, 1] {
      try session.run(iterators[index].initializer)
      var values: [Float] = []
      for _ in 0..<4 { values.append(try session.run(next[index]).scalar ?? .nan) }
      #expect(isFirst(values), "\(values)")
    }
    // The second iterator does not go on where the first one stands.
    try session.run(iterators[0].initializer)
    try session.run(iterators[1].initializer)
    var values: [Float] = []
    for index in [0, 1, 0, 1] { values.append(try session.run(next[index]).scalar ?? .nan) }
    #expect(values[0] == values[1] && values[2] == values[3])
  }

  @Test func `a reduction draws the same numbers in every run`() throws {
    let range = try draws(Dataset.range(0, 3, in: graph))
    let sum = try graph.defineFunction("sum", argumentTypes: [.float, .float]) {
      [try (Output<Float>($1[0]) + Output<Float>($1[1])).erased]
    }
    let total = try graph.addOperation(
      "ReduceDataset", inputs: [range.variant, graph.constant(Float(0)).erased],
      attributes: [
        "f": .function(FunctionReference(name: sum.name)), "Tstate": .types([.float]),
        "Targuments": .list([]), "output_types": .types([.float]),
        "output_shapes": .shapes([.scalar]),
      ]
    ).output(0)
    let session = try Session(graph: graph)
    for _ in 0..<3 {
      let value = try session.run(total).scalars(of: Float.self)[0]
      #expect(abs(value - 1.3786483) < 1e-5)
    }
  }

  // MARK: Optionals

  private func optional(_ components: [AnyOutput]) throws -> AnyOutput {
    try graph.addOperation(
      "OptionalFromValue", inputs: components,
      attributes: ["Toutput_types": .types(components.map(\.dtype))]
    ).output(0)
  }

  private func none() throws -> AnyOutput { try graph.addOperation("OptionalNone").output(0) }

  private func value(_ optional: AnyOutput, _ types: [DType]) throws -> [AnyOutput] {
    try graph.addOperation(
      "OptionalGetValue", inputs: [optional],
      attributes: [
        "output_types": .types(types), "output_shapes": .shapes(types.map { _ in .unknown }),
      ]
    ).outputs
  }

  private func sum(_ a: AnyOutput, _ b: AnyOutput) throws -> AnyOutput {
    try graph.addOperation("AddN", inputs: [a, b], attributes: ["N": 2]).output(0)
  }

  private func hasValue(_ optional: AnyOutput) throws -> AnyOutput {
    try graph.addOperation("OptionalHasValue", inputs: [optional]).output(0)
  }

  private func float(_ value: Float) throws -> AnyOutput { try graph.constant(value).erased }

  @Test func `optionals add up and have zeros`() throws {
    let a = try optional([float(3), graph.constant([Int32(1), 2]).erased])
    let b = try optional([float(4), graph.constant([Int32(10), 20]).erased])
    let types: [DType] = [.float, .int32]
    let zero = try graph.addOperation("ZerosLike", inputs: [a]).output(0)
    let outputs = try value(sum(a, b), types) + value(zero, types)
    let flags = try [
      hasValue(sum(none(), none())),
      hasValue(graph.addOperation("ZerosLike", inputs: [none()]).output(0)),
    ]
    let session = try Session(graph: graph)
    let values = try session.run(outputs)
    #expect(try values[0].scalars(of: Float.self) == [7])
    #expect(try values[1].scalars(of: Int32.self) == [11, 22])
    #expect(try values[2].scalars(of: Float.self) == [0])
    #expect(try values[3].scalars(of: Int32.self) == [0, 0])
    for flag in try session.run(flags) { #expect(try flag.scalars(of: Bool.self) == [false]) }
  }

  @Test func `optionals inside of optionals add up`() throws {
    let a = try optional([optional([float(1)])])
    let b = try optional([optional([float(2)])])
    let inner = try value(sum(a, b), [.variant])[0]
    let result = try value(inner, [.float])[0]
    #expect(try Session(graph: graph).run(result).scalars(of: Float.self) == [3])
  }

  @Test func `optionals that differ do not add up`() throws {
    let text = try graph.constant(ByteString("a")).erased
    let list = try graph.addOperation(
      "EmptyTensorList",
      inputs: [graph.constant(Int32(-1)).erased, graph.constant(Int32(-1)).erased],
      attributes: ["element_dtype": .type(.float)]
    ).output(0)
    let faults: [(AnyOutput, StatusError.Code, String)] = try [
      (sum(none(), optional([float(1)])), .invalidArgument, "one has a value and the other"),
      (sum(optional([float(1)]), none()), .invalidArgument, "one has a value and the other"),
      (sum(optional([float(1)]), optional([float(1), float(2)])), .invalidArgument, "numbers"),
      (
        sum(optional([float(1)]), optional([graph.constant([Float(1)]).erased])),
        .invalidArgument, "component 0"
      ),
      (sum(optional([text]), optional([text])), .invalidArgument, "unsupported dtype string"),
      (
        graph.addOperation("ZerosLike", inputs: [optional([text])]).output(0), .invalidArgument,
        "unsupported dtype string"
      ),
      (sum(optional([float(1)]), list), .internal, "variant"),
    ]
    let session = try Session(graph: graph)
    for (output, code, message) in faults {
      let error = #expect(throws: StatusError.self) { try session.run(hasValue(output)) }
      #expect(error?.code == code && error?.message.contains(message) == true, "\(error as Any)")
    }
  }
}
