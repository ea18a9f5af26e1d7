import Testing
import Weirloom

@Suite struct HostFunctionTests {
  private struct Odd: Error, CustomStringConvertible {
    var description: String { "odd indeed" }
  }

  @Test func `a Swift function works on what the graph gives it`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self)
    let y = try graph.hostFunction(x) { try Tensor($0.scalars.map { Int32($0) * 2 }) }
    let sum = try y + graph.constant(Int32(1))
    let session = try Session(graph: graph)
    #expect(try session.run(sum, feeding: x.feed([1, 2, 3])).scalars == [3, 5, 7])
  }

  @Test func `a function with effects runs once a step, one that nobody needs never`() throws {
    let graph = Graph()
    let counted = try graph.hostFunction([], returning: [.int32]) { _ in
      [try AnyTensor(scalar: Int32(Tally.add("host")))]
    }
    _ = try graph.hostFunction([], returning: []) { _ in
      _ = Tally.add("host, unneeded")
      return []
    }
    let session = try Session(graph: graph)
    for step in 1...3 {
      let values = try session.run([counted[0], counted[0]])
      #expect(try values.map { try $0.element(0, of: Int32.self) } == [Int32(step), Int32(step)])
    }
    #expect(Tally.count("host, unneeded") == 0)
  }

  // RUN-034
  @Test(arguments: [
    StatusError.Code.invalidArgument, .outOfRange, .resourceExhausted, .unimplemented,
  ])
  func `a function says by its error how the run fails`(code: StatusError.Code) throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let y: Output<Float> = try graph.hostFunction(x, name: "host") { _ in
      throw HostFunctionFault(code, "no way")
    }
    expectStatus(code, "no way", node: "host") { try Session(graph: graph).run(y) }
  }

  // RUN-034
  @Test func `an error without a code is unknown`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let y: Output<Float> = try graph.hostFunction(x, name: "host") { _ in throw Odd() }
    let session = try Session(graph: graph)
    expectStatus(.unknown, "odd indeed", node: "host") { try session.run(y) }
    #expect(try session.run(x).scalar == 1)
  }

  // ERR-016
  @Test func `the error of another run keeps its text but not its code`() throws {
    let graph = Graph()
    let x = try graph.constant(Float(1))
    let y: Output<Float> = try graph.hostFunction(x, name: "host") { _ in
      throw StatusError(.aborted, "the other run")
    }
    expectStatus(.unknown, "ABORTED: the other run", node: "host") {
      try Session(graph: graph).run(y)
    }
  }

  // ERR-015
  @Test func `a result of another dtype or number is refused`() throws {
    let graph = Graph()
    let wrong = try graph.hostFunction([], returning: [.float], name: "wrong") { _ in
      [try AnyTensor(scalar: Double(1))]
    }
    let many = try graph.hostFunction([], returning: [.float], name: "many") { _ in
      [try AnyTensor(scalar: Float(1)), try AnyTensor(scalar: Float(2))]
    }
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "is double, but expects float", node: "wrong") {
      try session.run(wrong[0])
    }
    expectStatus(.invalidArgument, "returns 2 values, but expects to see 1", node: "many") {
      try session.run(many[0])
    }
  }

  @Test func `a function of another process can't be run`() throws {
    let graph = Graph()
    let y = try graph.addOperation(
      "PyFunc",
      attributes: ["token": "pyfunc_none", "Tin": .types([]), "Tout": .types([.float])])
    expectStatus(.invalidArgument, "callback pyfunc_none is not found") {
      try Session(graph: graph).run(y)
    }
  }

  @Test(.inThisProcess("a server keeps its own graph until it hears of the session's end"))
  func `a function lives as long as its graph`() throws {
    final class Guard: Sendable {}
    weak var observed: Guard?
    try {
      let kept = Guard()
      observed = kept
      let graph = Graph()
      let x = try graph.constant(Float(1))
      let y: Output<Float> = try graph.hostFunction(x) { value in
        withExtendedLifetime(kept) { value }
      }
      #expect(try Session(graph: graph).run(y).scalar == 1)
    }()
    #expect(observed == nil)
  }
}
