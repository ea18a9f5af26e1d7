import Synchronization
import Testing
import Weirloom

/// Tasks that end together.
@Suite struct CoordinatorTests {
  private struct Boom: Error, CustomStringConvertible {
    var description: String { "boom" }
  }

  // COO-001
  @Test func `joining throws the first failure of a task`() async {
    let coordinator = Coordinator()
    coordinator.start(named: "failing") { throw Boom() }
    coordinator.start(named: "waiting") {
      await coordinator.waitForStop()
      throw StatusError(.internal, "too late")
    }
    await expectStatus(.unknown, "boom") { try await coordinator.join() }
    #expect(coordinator.shouldStop)
    #expect(coordinator.liveTasks.isEmpty)
  }

  // COO-002
  @Test func `tasks are told to stop, and can be told to go on`() async throws {
    let coordinator = Coordinator()
    #expect(!coordinator.shouldStop)
    #expect(await !coordinator.waitForStop(atMost: .milliseconds(5)))
    coordinator.requestStop()
    #expect(coordinator.shouldStop)
    #expect(await coordinator.waitForStop(atMost: .seconds(10)))
    try await coordinator.join()
    coordinator.clearStop()
    #expect(!coordinator.shouldStop)
  }

  @Test func `the end of the data is not a failure`() async throws {
    let coordinator = Coordinator()
    coordinator.start(named: "reader") { throw StatusError(.outOfRange, "end") }
    try await coordinator.join()
    #expect(coordinator.shouldStop)
    let strict = Coordinator(cleanStops: [])
    strict.requestStop(because: StatusError(.outOfRange, "end"))
    await expectStatus(.outOfRange) { try await strict.join() }
    expectStatus(.outOfRange) { try strict.throwRequestedError() }
  }

  // COO-003
  @Test func `tasks that outlive their grace are an error unless ignored`() async throws {
    let coordinator = Coordinator()
    let gate = Coordinator()
    coordinator.start(named: "stubborn") { await gate.waitForStop() }
    coordinator.requestStop()
    await expectStatus(
      .failedPrecondition, "Coordinator stopped with threads still running: stubborn"
    ) { try await coordinator.join(gracePeriod: .milliseconds(5)) }
    try await coordinator.join(gracePeriod: .milliseconds(5), ignoringLiveTasks: true)
    #expect(coordinator.liveTasks == ["stubborn"])
    gate.requestStop()
    try await coordinator.join()
    #expect(coordinator.liveTasks.isEmpty)
  }

  @Test func `joining ends when the caller is cancelled`() async {
    let coordinator = Coordinator()
    coordinator.start(named: "waiting") { await coordinator.waitForStop() }
    let join = Task { try await coordinator.join() }
    join.cancel()
    await expectStatus(.cancelled) { try await join.value }
    coordinator.requestStop()
  }
}
