import Foundation
import Synchronization
import Testing
import Weirloom

/// Many tasks in one session, cancelled at random points. `make stress` runs these under the thread
/// sanitizer, `make soak` for long; `WEIRLOOM_STRESS_RUNS` is the number of runs.
@Suite(.serialized) struct StressTests {
  private static let taskCount = 64

  private static let requestedRuns = ProcessInfo.processInfo.environment["WEIRLOOM_STRESS_RUNS"]
    .flatMap(Int.init)

  /// Runs on a server cost several times as much.
  private static let usualRuns = TestTarget.isRemote ? 1600 : 6400

  private static var runCount: Int { max(requestedRuns ?? usualRuns, taskCount) }

  /// How many runs of one kind there were.
  private struct Counts {
    var right = 0
    var wrong = 0
    var cancelled = 0
    var failures: [StatusError] = []
  }

  /// What became of everything.
  private final class Ledger: Sendable {
    struct Entries {
      var kinds: [String: Counts] = [:]
      /// Elements that are in the queue for certain, or were.
      var put: Set<Int32> = []
      var taken: [Int32] = []
    }
    private let entries = Mutex(Entries())

    func change(_ body: (inout Entries) -> Void) { entries.withLock { body(&$0) } }
    var all: Entries { entries.withLock { $0 } }
  }

  /// What may end a run before its time.
  private enum Interruption: CaseIterable {
    case none, task, timeout
  }

  /// Runs `work` once, perhaps interrupted, and takes down what came of it.
  private static func perform(
    _ work: StressWork, _ value: Int32, _ random: inout SeededGenerator,
    _ ledger: Ledger
  ) async {
    var interruption = Interruption.allCases.randomElement(using: &random) ?? .none
    if work.waits, interruption == .none { interruption = .timeout }
    var options = RunOptions()
    if interruption == .timeout || work.waits {
      options.timeout = .microseconds(Int.random(in: 1...5000, using: &random))
    }
    let run = Task { [options] in try await work.run(value, options) }
    if interruption == .task {
      for _ in 0..<Int.random(in: 0..<30, using: &random) { await Task.yield() }
      run.cancel()
    }
    let result = await run.result
    ledger.change { entries in
      switch result {
      case .success(true): entries.kinds[work.name, default: Counts()].right += 1
      case .success(false): entries.kinds[work.name, default: Counts()].wrong += 1
      case .failure(let error):
        let status = StatusError.wrapping(error)
        let isMeant = [.cancelled, .deadlineExceeded].contains(status.code)
        if isMeant, interruption != .none {
          entries.kinds[work.name, default: Counts()].cancelled += 1
        } else {
          entries.kinds[work.name, default: Counts()].failures.append(status)
        }
      }
    }
  }

  @Test func `values are right and nothing comes twice, whatever is cancelled meanwhile`()
    async throws
  {
    let fixture = try StressFixture()
    let session = fixture.session
    let works = try fixture.allWork()
    let rounds = StressTests.runCount / StressTests.taskCount
    let ledger = Ledger()
    let take = StressWork(name: "take", waits: true) { _, options in
      let value = try await session.run(fixture.count, options: options).scalar ?? -1
      ledger.change { $0.taken.append(value) }
      return value >= 0
    }
    // Consumers that are cancelled leave elements behind, and the queue is small: one goes on taking.
    let drain = Task {
      while !Task.isCancelled { _ = try? await take.run(0, RunOptions(timeout: .milliseconds(50))) }
    }
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<StressTests.taskCount {
        group.addTask {
          var random = SeededGenerator(UInt64(index))
          for round in 0..<rounds {
            let value = Int32(index * 100_000 + round)
            switch index % 8 {
            case 0:
              // Producers run to their end, so that what was put in is known.
              let put: Void? = try? await session.run(
                fixture.enqueue, feeding: fixture.input.feed(value))
              if put != nil { ledger.change { _ = $0.put.insert(value) } }
            case 1: await StressTests.perform(take, value, &random, ledger)
            default:
              let work = works[(index + round) % works.count]
              await StressTests.perform(work, value % 40, &random, ledger)
            }
          }
        }
      }
    }
    drain.cancel()
    await drain.value
    var rest: [Int32] = []
    while let value = try? await session.run(
      fixture.dequeue, options: RunOptions(timeout: .milliseconds(50))
    ).scalar { rest.append(value) }
    let result = ledger.all
    for (name, counts) in result.kinds {
      #expect(counts.wrong == 0, "\(name)")
      #expect(counts.failures.isEmpty, "\(name): \(counts.failures.prefix(3))")
    }
    // Every kind of run was made, and those that nothing holds up came to their end.
    #expect(Set(result.kinds.keys).isSuperset(of: works.map(\.name)))
    for work in works where !work.waits { #expect(result.kinds[work.name]?.right ?? 0 > 0) }
    #expect(result.kinds["stuck"]?.right == 0)

    let seen = result.taken + rest
    #expect(Set(seen).count == seen.count)
    #expect(result.put.isSuperset(of: seen))
    // A cancelled step may have taken an element and added it, or taken it only.
    let total = Int(try await session.run(fixture.total.value).scalar ?? -1)
    #expect(total >= result.taken.reduce(0) { $0 + Int($1) })
    #expect(total + rest.reduce(0) { $0 + Int($1) } <= result.put.reduce(0) { $0 + Int($1) })
    func check(_ value: Int, _ name: String, each count: Int) {
      let counts = result.kinds[name] ?? Counts()
      #expect(value >= count * counts.right, "\(name)")
      #expect(value <= count * (counts.right + counts.cancelled), "\(name)")
    }
    check(
      Int(try await session.run(fixture.reference.value).scalar ?? -1), "references", each: 1)
    check(try await fixture.turnCount(), "functional loop", each: StressFixture.turnCount)
  }

  @Test func `memory stays flat over many runs`() async throws {
    let fixture = try StressFixture()
    let session = fixture.session
    let works = try fixture.allWork().filter { $0.name != "stuck" }
    let ledger = Ledger()
    func runMany(_ count: Int) async throws {
      await withTaskGroup(of: Void.self) { group in
        for task in 0..<4 {
          group.addTask {
            var random = SeededGenerator(UInt64(task))
            for round in 0..<count / 8 {
              let work = works[(task + round) % works.count]
              await StressTests.perform(work, Int32(round % 40), &random, ledger)
            }
          }
        }
      }
      for round in 0..<count / 4 {
        async let taken = session.run(fixture.count)
        try await session.run(fixture.enqueue, feeding: fixture.input.feed(Int32(round % 100)))
        _ = try await taken
      }
    }
    try await runMany(StressTests.runCount / 4)
    let before = residentBytes()
    let live = session.direct?.budget.liveBytes
    try await runMany(StressTests.runCount)
    let growth = residentBytes() - before
    if StressTests.requestedRuns != nil {
      print("\(StressTests.runCount) runs: \(before >> 10) KiB resident, then \(growth >> 10) more")
    }
    // A soak has the process to itself. Otherwise servers under test take hundreds of megabytes in the
    // meantime, and sanitizers keep memory of their own: only what grows with each run shows then.
    let limit = StressTests.runCount >= 100_000 ? 8 : 1024
    #expect(growth < limit << 20)
    // The session's own tensors, whatever else the process does.
    if !TestTarget.isRemote {
      let more = try #require(session.direct).budget.liveBytes - #require(live)
      #expect(more < 1 << 20)
    }
    let failures = ledger.all.kinds.values.flatMap(\.failures)
    #expect(failures.isEmpty, "\(failures.prefix(3))")
  }
}

extension StressFixture {
  /// How often the bodies of functional loops ran.
  fileprivate func turnCount() async throws -> Int {
    let read = try graph.addOperation(
      "ReadVariableOp", inputs: [turns], attributes: ["dtype": .type(.int64)]
    ).output(0)
    return try await session.run(read).integers()[0]
  }
}

/// Memory of this process that is in use.
private func residentBytes() -> Int {
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
    let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
  else { return 0 }
  return pages * 4096
}
