import Testing
import Weirloom

/// Conditionals built from closures.
@Suite struct ConditionalTests {
  private let graph = Graph()

  // CTL-001
  @Test func `each branch gives its values`() throws {
    let test = try graph.placeholder(Bool.self, shape: [])
    let y = try cond(test) {
      try graph.constant(Float(1))
    } else: {
      try graph.constant(Float(2))
    }
    let session = try Session(graph: graph)
    #expect(try session.run(y, feeding: test.feed(Tensor(scalar: true))).scalar == 1)
    #expect(try session.run(y, feeding: test.feed(Tensor(scalar: false))).scalar == 2)
  }

  // CTL-002
  @Test func `a condition that is no bool tensor is refused`() throws {
    // A Swift Bool does not compile; an erased tensor of another dtype is an error.
    let number = try graph.constant(Int32(1)).erased
    let error = #expect(throws: StatusError.self) { try Output<Bool>(number) }
    #expect(error?.code == .invalidArgument)
  }

  // CTL-003
  @Test func `branches with different results are refused`() throws {
    let test = try graph.constant(true)
    let dtype = #expect(throws: StatusError.self) {
      try cond(test) { () throws -> [AnyOutput] in
        [try graph.constant(Float(1)).erased]
      } else: {
        [try graph.constant(Int32(1)).erased]
      }
    }
    #expect(dtype?.code == .invalidArgument)
    #expect(dtype?.message.contains("same type") ?? false)
    let count = #expect(throws: StatusError.self) {
      try cond(test) { () throws -> [AnyOutput] in
        []
      } else: {
        [test.erased]
      }
    }
    #expect(count?.code == .invalidArgument)
  }

  // CTL-004, CTL-005
  @Test func `only the branch that is taken has effects, and what stands outside always has`()
    throws
  {
    let inside = try graph.variable("inside", initialValue: Initializer<Float>.zeros([]))
    let outside = try graph.variable("outside", initialValue: Initializer<Float>.zeros([]))
    let one = try graph.constant(Float(1))
    let always = try outside.assignAdd(one)
    let test = try graph.placeholder(Bool.self, shape: [])
    let y = try cond(test) {
      let step = try inside.assignAdd(one)
      return try graph.withControlDependencies(on: [step.operation]) { () throws(StatusError) in
        try graph.constant(Float(1))
      }
    } else: {
      try graph.withControlDependencies(on: [always.operation]) { () throws(StatusError) in
        try graph.constant(Float(2))
      }
    }
    let session = try Session(graph: graph)
    try session.run(graph.globalVariablesInitializer)
    for flag in [true, false, false] {
      _ = try session.run(y, feeding: test.feed(Tensor(scalar: flag)))
    }
    #expect(try session.run(inside.value).scalar == 1)
    #expect(try session.run(outside.value).scalar == 3)
  }

  // CTL-006
  @Test func `the first case that holds runs, or the default`() throws {
    let x = try graph.placeholder(Int32.self, shape: [])
    func build(isExclusive: Bool, hasDefault: Bool) throws -> AnyOutput {
      try firstCase(
        [
          (when: less(x, 10), run: { [try graph.constant(Int32(1)).erased] }),
          (when: less(x, 20), run: { [try graph.constant(Int32(2)).erased] }),
        ], default: hasDefault ? { [try graph.constant(Int32(3)).erased] } : nil,
        isExclusive: isExclusive)[0]
    }
    let first = try build(isExclusive: false, hasDefault: true)
    let exclusive = try build(isExclusive: true, hasDefault: true)
    let strict = try build(isExclusive: false, hasDefault: false)
    let session = try Session(graph: graph)
    func run(_ output: AnyOutput, _ value: Int32) throws -> [Int] {
      try session.run([output], feeding: x.feed(Tensor(scalar: value)))[0].integers().compactMap {
        $0
      }
    }
    #expect(try run(first, 5) == [1])
    #expect(try run(first, 15) == [2])
    #expect(try run(first, 25) == [3])
    #expect(try run(exclusive, 15) == [2])
    let both = #expect(throws: StatusError.self) { try run(exclusive, 5) }
    #expect(both?.code == .invalidArgument)
    #expect(both?.message.contains("More than one condition") ?? false)
    #expect(try run(strict, 15) == [2])
    let none = #expect(throws: StatusError.self) { try run(strict, 25) }
    #expect(none?.code == .invalidArgument)
    #expect(try run(first, 5) == [1])
  }

  @Test func `an index chooses a branch, the last one outside`() throws {
    let index = try graph.placeholder(Int32.self, shape: [])
    let y = try switchCase(
      index,
      branches: (0..<3).map { number in { [try graph.constant(Int32(number * 10)).erased] } })[0]
    let session = try Session(graph: graph)
    for (choice, value) in [(0, 0), (1, 10), (2, 20), (9, 20), (-1, 20)] {
      let result = try session.run([y], feeding: index.feed(Tensor(scalar: Int32(choice))))[0]
      #expect(try result.integers() == [value])
    }
  }

  // CTL-007
  @Test func `a merge says which input it passed on`() throws {
    let test = try graph.placeholder(Bool.self, shape: [])
    let value = try graph.constant(Float(7)).erased
    let sides = try graph.addOperation("Switch", inputs: [value, test.erased]).outputs
    let merge = try graph.addOperation("Merge", inputs: sides)
    let session = try Session(graph: graph)
    for (flag, index) in [(false, 0), (true, 1)] {
      let results = try session.run(
        [merge.output(0), merge.output(1)], feeding: test.feed(Tensor(scalar: flag)))
      #expect(try results[0].scalars(of: Float.self) == [7])
      #expect(try results[1].integers() == [index])
    }
  }

  // CTL-008
  @Test func `what waits for something dead is dead`() throws {
    let test = try graph.placeholder(Bool.self, shape: [])
    let value = try graph.constant(Float(7)).erased
    let sides = try graph.addOperation("Switch", inputs: [value, test.erased]).outputs
    let taken = try graph.addOperation("Identity", inputs: [sides[1]])
    let waiting = try graph.addOperation("Identity", inputs: [value], controlInputs: [taken])
    let session = try Session(graph: graph)
    let alive = try session.run([waiting.output(0)], feeding: test.feed(Tensor(scalar: true)))[0]
    #expect(try alive.scalars(of: Float.self) == [7])
    let error = #expect(throws: StatusError.self) {
      try session.run([waiting.output(0)], feeding: test.feed(Tensor(scalar: false)))
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("does not have value") ?? false)
  }
}
