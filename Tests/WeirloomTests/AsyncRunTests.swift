import Testing
import Weirloom

/// The async forms give what the blocking forms give.
@Suite struct AsyncRunTests {
  private struct Fixture {
    let graph: Graph
    let x: Output<Float>
    let y: Output<Float>
    let session: Session

    init() throws {
      graph = try Graph.forTests()
      x = try graph.placeholder(Float.self, shape: [nil], name: "x")
      y = try Output(
        graph.addOperation("AddV2", inputs: [x.erased, x.erased], name: "y").output(0))
      session = try Session(graph: graph)
    }
  }

  // FET-002, FET-007, FET-010, FET-013, FET-016, FED-001
  @Test func `every kind of fetch`() async throws {
    let f = try Fixture()
    let feed = try f.x.feed([1, 2])
    #expect(try await f.session.run(f.y, feeding: feed).scalars == [2, 4])
    let byName = try await f.session.run("y:0", feeding: feed)
    #expect(byName?.shape.sizes == [2])
    let list = try await f.session.run([f.x, f.y], feeding: feed)
    #expect(list.map(\.scalars) == [[1, 2], [2, 4]])
    let named = try await f.session.run(["k": [f.y]], feeding: feed)
    #expect(named["k"]?.first?.scalars == [2, 4])
    let (first, _) = try await f.session.run(f.y, f.y.operation, feeding: feed)
    #expect(first.scalars == [2, 4])
    #expect(try await f.session.run(f.y, feeds: [feed]).scalars == [2, 4])
    // Nothing has to run.
    #expect(try await f.session.run(f.x, feeding: feed).scalars == [1, 2])
    #expect(try await f.session.run([Output<Float>]()).isEmpty)
  }

  // RUN-027
  @Test func `what is wrong with fetches and feeds`() async throws {
    let f = try Fixture()
    await expectStatus(.invalidArgument, "not in the graph") { try await f.session.run("none") }
    let wrong = try Tensor<Float>([1], shape: [1, 1])
    await expectStatus(.invalidArgument, "Cannot feed value of shape") {
      try await f.session.run(f.y, feeding: f.x.feed(wrong))
    }
    await expectStatus(.invalidArgument, "You must feed a value", node: "x") {
      try await f.session.run(f.y)
    }
    let empty = try Session(graph: Graph())
    await expectStatus(.failedPrecondition, "The Session graph is empty") {
      try await empty.run([Output<Float>]())
    }
  }

  // RUN-002, RUN-003
  @Test func `a failed run keeps its effects, and the session goes on`() async throws {
    let f = try Fixture()
    let v = try f.graph.variable("v", initialValue: .constant(Float(1)))
    let update = try v.assignAdd(Tensor(scalar: 1))
    let failing = try f.graph.withControlDependencies(on: [update.operation]) {
      () throws(StatusError) in try f.graph.fail(.dataLoss, "after the update")
    }
    try await f.session.run(v.initializer)
    await expectStatus(.dataLoss, "after the update", node: "failing") {
      try await f.session.run(failing)
    }
    #expect(try await f.session.run(v.value).scalar == 2)
  }

  // RUN-006
  @Test func `many tasks run steps of one session at once`() async throws {
    let f = try Fixture()
    let v = try f.graph.variable("v", initialValue: .constant(Int64(0)))
    let update = try v.assignAdd(Tensor(scalar: 1))
    try await f.session.run(v.initializer)
    let session = f.session
    try await withThrowingTaskGroup { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<50 { _ = try await session.run(update) } }
      }
      try await group.waitForAll()
    }
    #expect(try await session.run(v.value).scalar == 400)
  }

  // OPT-001, RUN-021
  @Test func `several fetches with metadata`() async throws {
    let f = try Fixture()
    let (value, metadata) = try await f.session.traced([f.y, f.x], feeding: f.x.feed([1]))
    #expect(value.map(\.scalars) == [[2], [1]])
    #expect(metadata.stepStatistics.devices.first?.nodes.contains { $0.name == "y" } ?? false)
  }

  // CLO-001, CLO-009
  @Test func `a closed session`() async throws {
    let f = try Fixture()
    let callable = try f.session.makeCallable(feeding: f.x, fetching: f.y)
    #expect(try await callable(Tensor([4])).scalars == [8])
    f.session.close()
    await expectStatus(.failedPrecondition, "closed Session") {
      try await f.session.run(f.y, feeding: f.x.feed([1]))
    }
    await expectStatus(.failedPrecondition, "closed Session") { try await callable(Tensor([4])) }
  }
}
