import Foundation
import Synchronization
import Testing
import Weirloom

/// The end of sessions in which everything waits.
@Suite(.serialized) struct ClosingTests {
  /// Calls `end` until it takes less than `limit`: others use the machine too.
  ///
  /// - Returns: the shortest time.
  private static func shortest(
    _ limit: Duration, _ end: (_ attempt: Int) async throws -> Duration
  ) async throws -> Duration {
    var shortest = Duration.seconds(3600)
    for attempt in 0..<30 where shortest >= limit {
      shortest = min(shortest, try await end(attempt))
    }
    return shortest
  }

  /// For each session.
  ///
  /// A server is told by a call of its own, and answers each run, in code that is not optimised here.
  private static let limit = Duration.milliseconds(TestTarget.isRemote ? 1000 : 100)

  @Test func `closing a session ends all that waits in it, within a tenth of a second`()
    async throws
  {
    let time = try await ClosingTests.shortest(ClosingTests.limit) { attempt in
      let waiting = try WaitingSession("closing \(attempt)")
      try await waiting.start()
      return try await waiting.end { waiting.session.close() }
    }
    #expect(time < ClosingTests.limit)
  }

  @Test func `a reset ends all that waits in every session`() async throws {
    // A process of its own: other tests have sessions open.
    await #expect(processExitsWith: .success) {
      let count = 3
      let time = try await ClosingTests.shortest(ClosingTests.limit * count) { attempt in
        let sessions = try (0..<count).map { try WaitingSession("reset \(attempt) \($0)") }
        for waiting in sessions { try await waiting.start() }
        let begin = ContinuousClock.now
        for target in Set(sessions.map(\.session.target)) { try Session.reset(target: target) }
        for waiting in sessions { _ = try await waiting.end {} }
        return begin.duration(to: .now)
      }
      try #require(time < ClosingTests.limit * count)
    }
  }

  @Test func `closing while tasks start runs and are cancelled leaves nothing behind`() async throws
  {
    for round in 0..<20 {
      let fixture = try StressFixture()
      let works = try fixture.allWork()
      await withTaskGroup(of: Void.self) { group in
        for index in 0..<32 {
          group.addTask {
            var random = SeededGenerator(UInt64(round * 100 + index))
            for _ in 0..<1000 {
              let work = works[Int.random(in: 0..<works.count, using: &random)]
              let run = Task { try await work.run(3, RunOptions(timeout: .seconds(30))) }
              if Bool.random(using: &random) { run.cancel() }
              guard case .failure(let error) = await run.result else { continue }
              let code = StatusError.wrapping(error).code
              #expect(code == .cancelled || code == .failedPrecondition, "\(work.name): \(error)")
              if fixture.session.isClosed { return }
            }
            Issue.record("The session was never closed")
          }
        }
        group.addTask {
          for _ in 0..<round * 10 { await Task.yield() }
          fixture.session.close()
        }
      }
    }
  }
}

/// A session in which runs wait for all there is to wait for.
private final class WaitingSession: Sendable {
  let graph: Graph
  let session: Session
  private let key: String
  private let runs = Mutex<[@Sendable () async -> (any Error)?]>([])
  private let starts: [(copies: Int, run: @Sendable () async throws -> Void)]

  /// - Parameter key: no other session's.
  init(_ key: String) throws {
    self.key = key
    graph = try Graph.forTests()
    session = try Session(graph: graph)
    let builder = try WaitingGraph(graph, key)
    let session = self.session
    let (empty, put, inLoop) = (try builder.dequeue(), try builder.enqueue(), try builder.loop())
    let (frames, functions) = (try builder.endlessFrames(), try builder.endlessFunctions())
    let (unstaged, element) = (try builder.unstage(), try builder.element())
    let (x, piece) = try builder.piece()
    let call = try session.makeCallable(fetching: empty)
    starts = [
      (8, { _ = try await session.run(empty) }),
      (8, { try await session.run(put) }),
      (8, { _ = try await session.run(inLoop) }),
      (8, { _ = try await session.run(unstaged) }),
      (8, { _ = try await session.run(element) }),
      // By name: in a closure the short form is taken for the blocking one.
      (8, { _ = try await call.callAsFunction() }),
      (
        8,
        {
          try await session.withPartialRun(feeding: x, fetching: piece) {
            run async throws(StatusError) in
            _ = try await run.fetch(piece, feeding: x.feed(1))
          }
        }
      ),
      (1, { _ = try await session.run(empty, options: RunOptions(timeout: .seconds(3600))) }),
      (1, { _ = try await session.run(frames, options: RunOptions(timeout: .seconds(3600))) }),
      (1, { _ = try await session.run(frames) }),
      (1, { _ = try await session.run(functions) }),
      (4, { try await WaitingSession.onThread { _ = try session.run(empty) } }),
    ]
    try session.run(builder.fill)
  }

  /// Waits for what `body` does on a thread of its own.
  private static func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { continuation in
      Thread { continuation.resume(with: Result { try body() }) }.start()
    }
  }

  /// Starts all runs and waits until they are under way.
  func start() async throws {
    var count = 0
    for (copies, body) in starts {
      count += copies
      for _ in 0..<copies {
        let task = Task { try await body() }
        runs.withLock { runs in
          runs.append {
            if case .failure(let error) = await task.result { error } else { nil }
          }
        }
      }
    }
    let (key, expected) = (self.key, count)
    try #require(await eventually { Tally.count(key) >= expected })
  }

  /// Calls `close`, waits until every run has ended and says how long that took.
  func end(_ close: () throws -> Void) async throws -> Duration {
    let begin = ContinuousClock.now
    try close()
    var errors: [(any Error)?] = []
    for run in runs.withLock({ $0 }) { errors.append(await run()) }
    let time = begin.duration(to: .now)
    for error in errors { #expect((error as? StatusError)?.code == .cancelled, "\(error as Any)") }
    return time
  }
}
