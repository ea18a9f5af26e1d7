import Synchronization
import Testing
import Weirloom

/// Many who fill and empty one queue, some of whom give up at any moment.
@Suite struct QueueStressTests {
  /// What became of the elements.
  private final class Ledger: Sendable {
    struct Entries {
      /// Enqueued for certain.
      var certain: Set<Int32> = []
      /// Offered in a run that was cancelled: they may be in the queue or not.
      var doubtful: Set<Int32> = []
      var received: [Int32: Int] = [:]
      /// How many elements those runs might have taken that were cancelled.
      var forgone = 0
      var isDone = false
    }
    private let entries = Mutex(Entries())

    func change(_ body: (inout Entries) -> Void) { entries.withLock { body(&$0) } }
    var all: Entries { entries.withLock { $0 } }
  }

  @Test(arguments: [UInt64(1), 2, 3, 4])
  func `nothing is lost and nothing comes twice, whoever is cancelled`(_ seed: UInt64) async throws
  {
    let graph = Graph()
    let queue = try graph.fifoQueue(capacity: 7, of: Int32.self, shapes: [[]])
    let rows = try graph.placeholder(Int32.self, shape: [nil])
    let enqueue = try queue.enqueueMany(rows)
    let (one, four) = (try queue.dequeue(), try queue.dequeueMany(4))
    let rest = try queue.dequeueUpTo(1000)
    let close = try queue.close()
    let session = try Session(graph: graph)
    let ledger = Ledger()

    await withTaskGroup(of: Void.self) { consumers in
      for consumer in 0..<8 {
        consumers.addTask {
          var random = SeededGenerator(seed &* 1000 &+ UInt64(consumer))
          while !ledger.all.isDone {
            let takesMany = Bool.random(using: &random)
            let run = Task {
              takesMany
                ? try await session.run(four).scalars
                : [try await session.run(one).scalar ?? -1]
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
              for _ in 0..<Int.random(in: 0..<20, using: &random) { await Task.yield() }
              run.cancel()
            }
            guard let values = try? await run.value else {
              ledger.change { $0.forgone += takesMany ? 4 : 1 }
              continue
            }
            ledger.change { for value in values { $0.received[value, default: 0] += 1 } }
          }
        }
      }
      await withTaskGroup(of: Void.self) { producers in
        for producer in 0..<8 {
          producers.addTask {
            var random = SeededGenerator(seed &* 2000 &+ UInt64(producer))
            var next = Int32(producer) * 100_000
            for _ in 0..<60 {
              let count = Int32.random(in: 1...6, using: &random)
              let values = Array(next..<next + count)
              next += count
              let run = Task { () async throws in
                try await session.run(enqueue, feeding: rows.feed(Tensor(values)))
              }
              if Int.random(in: 0..<3, using: &random) == 0 {
                for _ in 0..<Int.random(in: 0..<20, using: &random) { await Task.yield() }
                run.cancel()
              }
              let isCertain = (try? await run.value) != nil
              ledger.change {
                if isCertain {
                  $0.certain.formUnion(values)
                } else {
                  $0.doubtful.formUnion(values)
                }
              }
            }
          }
        }
      }
      ledger.change { $0.isDone = true }
      // Consumers that still wait are to end.
      try? await session.run(close)
    }
    if let left = try? await session.run(rest).scalars {
      ledger.change { for value in left { $0.received[value, default: 0] += 1 } }
    }
    let result = ledger.all
    let twice = result.received.filter { $0.value > 1 }
    #expect(twice.isEmpty, "seed \(seed)")
    let lost = result.certain.subtracting(result.received.keys)
    // An answer that is on its way when its run is cancelled is lost, with what it brought.
    let limit = TestTarget.isRemote ? result.forgone : 0
    #expect(lost.count <= limit, "seed \(seed): \(lost.sorted().prefix(10))")
    let unknown = Set(result.received.keys).subtracting(result.certain).subtracting(result.doubtful)
    #expect(unknown.isEmpty, "seed \(seed)")
    #expect(!result.certain.isEmpty)
  }

  @Test func `a thousand runs wait for one queue and are served in order`() async throws {
    let graph = Graph()
    let queue = try graph.fifoQueue(of: Int32.self, shapes: [[]])
    let x = try graph.placeholder(Int32.self, shape: [nil])
    let (enqueue, dequeue) = (try queue.enqueueMany(x), try queue.dequeue())
    let session = try Session(graph: graph)
    let count: Int32 = 1000
    let sum = try await withThrowingTaskGroup(of: Int32.self) { group in
      for _ in 0..<count { group.addTask { try await session.run(dequeue).scalar ?? -1 } }
      try await session.run(enqueue, feeding: x.feed(Tensor(Array(0..<count))))
      return try await group.reduce(0, &+)
    }
    #expect(sum == count * (count - 1) / 2)
  }
}
