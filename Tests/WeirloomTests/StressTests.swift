import Foundation
import Testing
import Weirloom

/// Many tasks in one session, with queues, variables and loops, cancelled at random points. Meant to run
/// under the thread sanitizer too: `swift test --sanitize=thread --filter StressTests`.
/// `WEIRLOOM_STRESS_RUNS` sets the number of runs.
@Suite struct StressTests {
  private static let taskCount = 64

  private static var runCount: Int {
    ProcessInfo.processInfo.environment["WEIRLOOM_STRESS_RUNS"].flatMap(Int.init) ?? 6400
  }

  private struct Fixture: Sendable {
    let graph = Graph()
    let input: Output<Int32>
    let enqueue: Weirloom.Operation
    let dequeue: Output<Int32>
    let count: Output<Int32>
    let total: Variable<Int64>
    let looped: Output<Int32>
    let session: Session

    init() throws {
      input = try graph.placeholder(Int32.self, shape: .scalar)
      let queue = try graph.fifoQueue(capacity: 8, of: Int32.self, shapes: [[]])
      enqueue = try queue.enqueue(input)
      dequeue = try queue.dequeue()
      let total = try graph.variable("total", initialValue: .constant(Int64(0)))
      let taken = dequeue
      count = try graph.withControlDependencies(
        on: [total.assignAdd(cast(taken, to: Int64.self)).operation]
      ) { () throws(StatusError) in try identity(taken) }
      self.total = total
      let graph = graph
      looped = try whileLoop(loopVariable: input) { value in
        try less(value, graph.constant(Int32(40)))
      } body: { value in
        try value + graph.constant(Int32(1))
      }
      session = try Session(graph: graph)
      try session.run(total.initializer)
    }
  }

  @Test func `what goes into a queue comes out once, whatever is cancelled meanwhile`() async throws
  {
    let fixture = try Fixture()
    let session = fixture.session
    let rounds = StressTests.runCount / StressTests.taskCount
    // Consumers that are cancelled leave elements behind, and the queue is small: one goes on taking.
    let drain = Task {
      while !Task.isCancelled { _ = try? await session.run(fixture.count, options: .limited) }
    }
    let put = await withTaskGroup(of: Int.self) { group in
      for index in 0..<StressTests.taskCount {
        group.addTask {
          var put = 0
          for round in 0..<rounds {
            let value = Int32(index * 1000 + round)
            let run = Task {
              switch index % 4 {
              case 0: try await session.run(fixture.enqueue, feeding: fixture.input.feed(value))
              case 1: _ = try await session.run(fixture.count, options: .limited)
              case 2: _ = try await session.run(fixture.looped, feeding: fixture.input.feed(0))
              default: _ = try await session.run(fixture.total.value)
              }
            }
            // Producers run to their end, so that what was put in is known.
            if index % 4 != 0, round % 3 == 0 { run.cancel() }
            if case .success = await run.result, index % 4 == 0 { put += Int(value) }
          }
          return put
        }
      }
      return await group.reduce(0, +)
    }
    drain.cancel()
    await drain.value
    var rest = 0
    while let value = try? await session.run(fixture.dequeue, options: .limited).scalar {
      rest += Int(value)
    }
    let total = try await session.run(fixture.total.value).scalar ?? -1
    #expect(Int(total) + rest == put)
  }

  @Test func `closing a session ends everything that waits in it`() async throws {
    let fixture = try Fixture()
    let session = fixture.session
    let runs = (0..<StressTests.taskCount).map { _ in
      Task { try await session.run(fixture.dequeue) }
    }
    _ = try await session.run(fixture.looped, feeding: fixture.input.feed(0))
    session.close()
    // A run that had not begun finds the session closed.
    for run in runs {
      let error = await #expect(throws: StatusError.self) { try await run.value }
      #expect(error?.code == .cancelled || error?.code == .failedPrecondition)
    }
  }

  @Test func `memory stays flat over many runs`() async throws {
    let fixture = try Fixture()
    let session = fixture.session
    func runMany(_ count: Int) async throws {
      for round in 0..<count {
        async let taken = session.run(fixture.count)
        try await session.run(fixture.enqueue, feeding: fixture.input.feed(Int32(round % 100)))
        _ = try await taken
      }
    }
    try await runMany(StressTests.runCount / 16)
    let before = residentBytes()
    try await runMany(StressTests.runCount / 4)
    #expect(residentBytes() - before < 24 << 20)
  }
}

extension RunOptions {
  /// Gives up after a while.
  fileprivate static var limited: RunOptions {
    var options = RunOptions()
    options.timeout = .milliseconds(200)
    return options
  }
}

/// Memory of this process that is in use.
private func residentBytes() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
    let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
  else { return 0 }
  return pages * 4096
}
