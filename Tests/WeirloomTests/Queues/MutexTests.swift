import Testing
import Weirloom

/// Locks that steps take in turn.
@Suite struct MutexTests {
  private static func lock(_ graph: Graph) throws -> (lock: AnyOutput, unlock: Operation) {
    let mutex = try graph.addOperation("MutexV2", attributes: ["shared_name": "m"]).output(0)
    let lock = try graph.addOperation("MutexLock", inputs: [mutex]).output(0)
    return (lock, try graph.addOperation("ConsumeMutexLock", inputs: [lock]))
  }

  @Test func `a lock is free again once it was consumed`() throws {
    let graph = Graph()
    let (_, unlock) = try MutexTests.lock(graph)
    let session = try Session(graph: graph)
    for _ in 0..<10 { try session.run(unlock) }
  }

  @Test func `steps that change something under a lock do so one after the other`() async throws {
    let graph = Graph()
    let count = try graph.variable("count", initialValue: .constant(Int32(0)))
    let (lock, _) = try MutexTests.lock(graph)
    // Reads and writes apart: without the lock, updates would be lost.
    let update = try graph.withControlDependencies(on: [lock.operation]) {
      () throws(StatusError) in
      let value = try count.read()
      return try count.assign(value + graph.constant(Int32(1)))
    }
    let unlock = try graph.withControlDependencies(on: [update.operation]) {
      () throws(StatusError) in
      try graph.addOperation("ConsumeMutexLock", inputs: [lock])
    }
    let session = try Session(graph: graph)
    try await session.run(graph.globalVariablesInitializer)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<64 { group.addTask { try await session.run(unlock) } }
      try await group.waitForAll()
    }
    #expect(try await session.run(count.value).scalar == 64)
  }

  @Test(.inThisProcess("a lock that is held can't be sent to a client"))
  func `whoever waits for a lock can give up`() throws {
    let graph = Graph()
    let (lock, _) = try MutexTests.lock(graph)
    let (_, unlock) = try MutexTests.lock(graph)
    let session = try Session(graph: graph)
    var held: AnyTensor? = try session.run(lock)
    #expect(held?.dtype == .variant)
    expectStatus(.deadlineExceeded) { try session.run(unlock, options: .briefly) }
    held = nil
    _ = held
  }

  @Test func `only a lock can be consumed`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Variant.self)
    let unlock = try graph.addOperation("ConsumeMutexLock", inputs: [x.erased])
    let session = try Session(graph: graph)
    expectStatus(.invalidArgument, "Expected input to be a SharedLockReleaser variant") {
      try session.run(unlock, feeding: x.feed(Tensor(scalar: Variant())))
    }
  }
}
