import LoomCore
import LoomKernels
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
  /// Counts how often each index is visited.
  private func visits(
    _ pool: WorkerPool, count: Int, cost: Double, alignment: Int = 1
  ) -> (visits: [Int], ranges: [Range<Int>]) {
    let state = Mutex((visits: [Int](repeating: 0, count: count), ranges: [Range<Int>]()))
    pool.parallelFor(count: count, costPerItem: cost, alignment: alignment) { range in
      state.withLock {
        $0.ranges.append(range)
        for index in range { $0.visits[index] += 1 }
      }
    }
    return state.withLock { $0 }
  }

  @Test(arguments: [1, 2, 3, 8])
  func `every index is visited once`(_ threads: Int) {
    let pool = WorkerPool(threadCount: threads)
    for count in [0, 1, 2, 3, 7, 64, 1_000] {
      for cost in [0, 1, 100, 50_000.0] {
        #expect(visits(pool, count: count, cost: cost).visits.allSatisfy { $0 == 1 })
      }
    }
  }

  @Test func `ranges start at multiples of the alignment`() {
    let result = visits(WorkerPool(threadCount: 3), count: 1_001, cost: 1_000, alignment: 16)
    #expect(result.ranges.count > 1)
    #expect(result.ranges.allSatisfy { $0.lowerBound % 16 == 0 })
    #expect(result.visits.allSatisfy { $0 == 1 })
  }

  @Test func `little work runs as one range on the caller`() {
    let pool = WorkerPool(threadCount: 4)
    #expect(visits(pool, count: 100, cost: 1).ranges == [0..<100])
  }

  @Test func `a loop inside a loop runs inline`() {
    let pool = WorkerPool(threadCount: 4)
    let total = Atomic<Int>(0)
    pool.parallelFor(count: 8, costPerItem: 1e6) { outer in
      for _ in outer {
        let ranges = Atomic<Int>(0)
        pool.parallelFor(count: 100, costPerItem: 1e6) { inner in
          ranges.add(1, ordering: .relaxed)
          total.add(inner.count, ordering: .relaxed)
        }
        #expect(ranges.load(ordering: .relaxed) == 1)
      }
    }
    #expect(total.load(ordering: .relaxed) == 800)
  }

  @Test func `the error of the lowest failing range is thrown`() {
    let pool = WorkerPool(threadCount: 4)
    for _ in 0..<50 {
      #expect(throws: StatusError(.outOfRange, "index 300")) {
        try pool.parallelFor(count: 1_000, costPerItem: 1_000) { (range) throws(StatusError) in
          for index in range where index >= 300 && index % 100 == 0 {
            throw StatusError(.outOfRange, "index \(index)")
          }
        }
      }
    }
  }

  @Test func `several threads use one pool at a time`() async {
    let pool = WorkerPool(threadCount: 3)
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          var sum = 0
          for _ in 0..<50 {
            let total = Atomic<Int>(0)
            pool.parallelFor(count: 64, costPerItem: 1_000) { range in
              total.add(range.reduce(0, +), ordering: .relaxed)
            }
            sum += total.load(ordering: .relaxed)
          }
          return sum
        }
      }
      for await sum in group { #expect(sum == 50 * 2_016) }
    }
  }

  @Test func `closures run, may start loops, and are finished by close`() throws {
    let pool = WorkerPool(threadCount: 2)
    let total = Atomic<Int>(0)
    // A class, because the closures outlive this scope as far as the compiler can tell.
    final class Sum: Sendable { let value = Atomic<Int>(0) }
    let sum = Sum()
    for index in 0..<100 {
      try pool.async {
        pool.parallelFor(count: 10, costPerItem: 10_000) { range in
          sum.value.add(range.count * index, ordering: .relaxed)
        }
      }
    }
    pool.close()
    total.store(sum.value.load(ordering: .relaxed), ordering: .relaxed)
    #expect(total.load(ordering: .relaxed) == 10 * 4_950)
  }

  @Test func `a closed pool refuses closures and runs loops inline`() {
    let pool = WorkerPool(threadCount: 4)
    #expect(visits(pool, count: 100, cost: 1e5).visits.allSatisfy { $0 == 1 })
    pool.close()
    pool.close()
    #expect(throws: StatusError(.cancelled, "The worker pool is closed.")) {
      try pool.async {}
    }
    #expect(visits(pool, count: 100, cost: 1e5).visits.allSatisfy { $0 == 1 })
  }

  @Test func `a pool may be released by its own closure`() async throws {
    for _ in 0..<20 {
      await withCheckedContinuation { continuation in
        let pool = WorkerPool(threadCount: 2)
        do {
          try pool.async {
            pool.parallelFor(count: 4, costPerItem: 1e5) { _ in }
            continuation.resume()
          }
        } catch {
          Issue.record(error)
          continuation.resume()
        }
      }
    }
  }
}
