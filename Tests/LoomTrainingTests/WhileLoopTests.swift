import Testing
import Weirloom

/// Loops built from closures.
@Suite struct WhileLoopTests {
  private let graph = Graph()

  // CTL-009
  @Test func `a loop runs until its condition fails`() throws {
    let end = try whileLoop(loopVariable: graph.constant(Int32(0))) {
      try less($0, 10)
    } body: {
      try $0 + 3
    }
    #expect(try Session(graph: graph).run(end).scalar == 12)
  }

  // CTL-010
  @Test func `several variables go round together`() throws {
    let limit = try graph.constant(Int32(5))
    let (count, sum) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Float(0))
    ) { count, _ in
      try less(count, limit)
    } body: { count, sum in
      (try count + 1, try sum + cast(count, to: Float.self))
    }
    let (steps, total) = try Session(graph: graph).run(count, sum)
    #expect(steps.scalar == 5)
    #expect(total.scalar == 10)
  }

  // CTL-011
  @Test func `loops nest, and the inner one sees values of the outer one`() throws {
    let outside = try graph.constant(Int32(1))
    let (_, total) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Int32(0))
    ) { row, _ in
      try less(row, 4)
    } body: { row, total in
      let (_, inner) = try whileLoop(loopVariables: graph.constant(Int32(0)), total) { column, _ in
        try less(column, row)
      } body: { column, inner in
        (try column + outside, try inner + row * column)
      }
      return (try row + outside, inner)
    }
    // row 2: 0 + 2; row 3: 0 + 3 + 6
    #expect(try Session(graph: graph).run(total).scalar == 11)
  }

  // CTL-012
  @Test func `a variable that changes its shape needs an invariant`() throws {
    let count = try graph.constant(Int32(0)).erased
    let rows = try graph.constant([1 as Float, 2]).erased
    func build(_ invariants: [PartialShape]?) throws -> [AnyOutput] {
      try whileLoop(loopVariables: [count, rows], shapeInvariants: invariants) { variables in
        try less(Output<Int32>(variables[0]), 2)
      } body: { variables in
        let axis = try graph.constant(Int32(0)).erased
        let longer = try graph.addOperation(
          "ConcatV2", inputs: [variables[1], variables[1], axis], attributes: ["N": 2])
        return [try (Output<Int32>(variables[0]) + 1).erased, longer.output(0)]
      }
    }
    let refused = #expect(throws: StatusError.self) { try build(nil) }
    #expect(refused?.code == .invalidArgument)
    #expect(refused?.message.contains("after one iteration") ?? false)
    let outside = #expect(throws: StatusError.self) { try build([.scalar, [3]]) }
    #expect(outside?.message.contains("not compatible with the initial shape") ?? false)
    let longer = try build([.scalar, [nil]])[1]
    #expect(longer.shape == [nil])
    #expect(
      try Session(graph: graph).run(longer).scalars(of: Float.self) == [1, 2, 1, 2, 1, 2, 1, 2])
  }

  // CTL-013
  @Test func `a loop ends after its maximum of iterations`() throws {
    let end = try whileLoop(loopVariable: graph.constant(Int32(0)), maximumIterations: 7) { _ in
      try graph.constant(true)
    } body: {
      try $0 + 1
    }
    #expect(try Session(graph: graph).run(end).scalar == 7)
  }

  // CTL-014
  @Test(arguments: [1, 10])
  func `the number of parallel iterations changes no result`(_ parallel: Int) throws {
    let (_, product) = try whileLoop(
      loopVariables: graph.constant(Int32(1)), graph.constant(Double(1)),
      parallelIterations: parallel
    ) { count, _ in
      try less(count, 20)
    } body: { count, product in
      (try count + 1, try product * cast(count, to: Double.self))
    }
    #expect(try Session(graph: graph).run(product).scalar == 121_645_100_408_832_000)
  }

  // CTL-015
  @Test func `no parallel iterations at all are refused`() throws {
    let error = #expect(throws: StatusError.self) {
      try whileLoop(loopVariable: graph.constant(Int32(0)), parallelIterations: 0) { _ in
        try graph.constant(false)
      } body: {
        $0
      }
    }
    #expect(error?.code == .invalidArgument)
  }

  // CTL-018, CTL-019, CTL-020
  @Test func `what is inside of a loop can't be used, fed or fetched outside`() throws {
    var inner: Output<Int32>?
    let end = try whileLoop(loopVariable: graph.constant(Int32(0))) {
      try less($0, 3)
    } body: {
      let next = try $0 + 1
      inner = next
      return next
    }
    let escaped = try #require(inner)
    let used = #expect(throws: StatusError.self) { try escaped + end }
    #expect(used?.code == .invalidArgument)
    #expect(used?.message.contains("is in a while loop") ?? false)
    let session = try Session(graph: graph)
    let fetched = #expect(throws: StatusError.self) { try session.run(escaped) }
    #expect(fetched?.code == .invalidArgument)
    let fed = #expect(throws: StatusError.self) {
      try session.run(end, feeding: escaped.feed(Tensor(scalar: Int32(1))))
    }
    #expect(fed?.code == .invalidArgument)
    #expect(fed?.message.contains("may not be fed") ?? false)
    #expect(try session.run(end).scalar == 3)
  }

  // CTL-023
  @Test func `a fault inside of a loop names the node`() throws {
    let end = try whileLoop(loopVariable: graph.constant(Int32(3)), name: "countdown") { _ in
      try graph.constant(true)
    } body: { value in
      let next = try value - 1
      let quotient = try graph.addOperation(
        "FloorDiv", inputs: [value.erased, next.erased], name: "quotient")
      return try Output(quotient.output(0)) * 0 + next
    }
    let session = try Session(graph: graph)
    let error = #expect(throws: StatusError.self) { try session.run(end) }
    #expect(error?.node?.name == "countdown/quotient")
    #expect(error?.code == .invalidArgument)
  }

  @Test func `body results that do not fit the variables are refused`() throws {
    let start = try graph.constant(Int32(0)).erased
    let count = #expect(throws: StatusError.self) {
      try whileLoop(loopVariables: [start], condition: { _ in try graph.constant(false) }) { _ in
        []
      }
    }
    #expect(count?.code == .invalidArgument)
    let dtype = #expect(throws: StatusError.self) {
      try whileLoop(loopVariables: [start], condition: { _ in try graph.constant(false) }) { _ in
        [try graph.constant(Float(1)).erased]
      }
    }
    #expect(dtype?.code == .invalidArgument)
    let none = #expect(throws: StatusError.self) {
      try whileLoop(loopVariables: [], condition: { _ in try graph.constant(false) }) { $0 }
    }
    #expect(none?.code == .invalidArgument)
  }

  @Test func `a variable may become what no iteration changes`() throws {
    let other = try graph.constant(Float(7))
    let (_, value) = try whileLoop(
      loopVariables: graph.constant(Int32(0)), graph.constant(Float(1))
    ) { count, _ in
      try less(count, 3)
    } body: { count, _ in
      (try count + 1, other)
    }
    #expect(try Session(graph: graph).run(value).scalar == 7)
  }

  // CTL-022
  @Test func `a hundred thousand iterations`() throws {
    let end = try whileLoop(loopVariable: graph.constant(Int32(0))) {
      try less($0, 100_000)
    } body: {
      try $0 + 1
    }
    #expect(try Session(graph: graph).run(end).scalar == 100_000)
  }

  @Test func `control dependencies on what is outside reach into the loop`() throws {
    let outside = try graph.constant(Int32(4))
    let end = try whileLoop(loopVariable: graph.constant(Int32(0))) {
      try less($0, 2)
    } body: { value in
      try graph.withControlDependencies(on: [outside.operation]) { () throws(StatusError) in
        try value + 1
      }
    }
    #expect(try Session(graph: graph).run(end).scalar == 2)
  }
}
