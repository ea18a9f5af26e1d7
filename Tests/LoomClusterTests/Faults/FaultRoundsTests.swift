#if Distributed
  import Foundation
  import Testing
  import Weirloom

  /// A worker suffers one fault after another, each in the middle of a step.
  ///
  /// `WEIRLOOM_FAULT_ROUNDS` is how many; a few of each kind without it. `make faults` runs them alone, which
  /// makes the times exact.
  @Suite struct FaultRoundsTests {
    private static let rounds = ProcessInfo.processInfo.environment["WEIRLOOM_FAULT_ROUNDS"]
      .flatMap { Int($0) }
    /// How soon a step fails whose worker is lost.
    private static let limit = Duration.seconds(3)
    /// Who waits longer would wait for ever.
    private static let patience = Duration.seconds(60)

    // DST-021, DST-022, DST-023
    @Test func `faults of one worker end its steps soon, and touch nobody else`() async throws {
      let cluster = try FaultCluster()
      let faults = cluster.faults
      if let obstacle = NetworkNamespace.obstacle {
        print("Without cuts of the network: \(obstacle)")
      }
      let rounds = FaultRoundsTests.rounds ?? faults.count
      let load = try await steadyLoad(cluster)
      let graph = Graph()
      let step = try BlockedStep(graph)
      var report = FaultReport()
      var early: [Int: ProcessGauge] = [:]
      for round in 0..<rounds {
        let fault = faults[round % faults.count]
        do { try await play(fault, cluster, graph, step, load, &report) } catch {
          throw Disturbance(description: "round \(round), \(fault): \(error)")
        }
        if round == Swift.max(rounds / 5, faults.count) - 1 {
          for task in [0, FaultCluster.bystander] { early[task] = try cluster.gauge(task) }
        }
      }
      await load.stop()
      #expect(load.failure == nil)
      print(report)
      if FaultRoundsTests.rounds == nil {
        // The best of a few counts: other tests keep the machine busy.
        #expect(try #require(report.best) < FaultRoundsTests.limit)
        return
      }
      #expect(try #require(report.worst) < FaultRoundsTests.limit)
      for (task, before) in early.sorted(by: { $0.key < $1.key }) {
        var after = try cluster.gauge(task)
        // Connections that are given up are closed in their own time.
        _ = await eventually {
          guard let now = try? cluster.gauge(task) else { return true }
          after = now
          return now.descriptors <= before.descriptors && now.threads <= before.threads
        }
        print("Task \(task) after \(rounds / 5) rounds: \(before); at the end: \(after)")
        #expect(after.descriptors <= before.descriptors + 2)
        #expect(after.threads <= before.threads + 4)
        #expect(after.residentKilobytes <= before.residentKilobytes * 11 / 10)
      }
    }

    /// Runs something that never ends on the victim, lets the fault happen, and looks at what comes of it.
    private func play(
      _ fault: Fault, _ cluster: FaultCluster, _ graph: Graph, _ step: BlockedStep,
      _ load: SteadyLoad, _ report: inout FaultReport
    ) async throws {
      let session = try cluster.session(graph, with: FaultCluster.victim)
      try await session.run(step.variable.initializer)
      let run = TimedRun { _ = try session.run(step.begin, step.arrived) }
      // The victim is in the step once it has done the step's other half.
      #expect(try await session.run(step.begun).scalar == 1)
      let steps = load.steps
      let start = ContinuousClock.now
      try cluster.begin(fault)
      guard await run.hasEnded(within: FaultRoundsTests.patience) else {
        throw Disturbance(description: "the step goes on")
      }
      expectStatus(.unavailable, cluster.name(FaultCluster.victim)) { try run.wait() }
      report.add(fault, toError: try #require(run.end) - start)
      // An error that comes at once leaves others no time for a step of theirs.
      #expect(
        await eventually(within: FaultRoundsTests.limit) { load.steps > steps },
        "others wait during \(fault)")
      #expect(load.failure == nil)
      try cluster.end(fault)
      let back = ContinuousClock.now
      let fresh = try cluster.session(graph, with: FaultCluster.victim)
      if fault.losesState {
        await expectStatus(.failedPrecondition) { try await fresh.run(step.near) }
        await expectStatus(.aborted, "is not found") { try await session.run(step.near) }
        try await fresh.run(step.variable.initializer)
      } else {
        #expect(try await fresh.run(step.near).scalar == 6)
        #expect(try await session.run(step.near).scalar == 6)
      }
      #expect(try await fresh.run(step.near).scalar == 6)
      report.add(fault, toRecovery: .now - back)
      session.close()
      fresh.close()
    }

    private struct Disturbance: Error, CustomStringConvertible { let description: String }

    private func steadyLoad(_ cluster: FaultCluster) async throws -> SteadyLoad {
      let graph = Graph()
      let (counter, increment) = try graph.withDevice("/job:worker/task:\(FaultCluster.bystander)")
      {
        () throws(StatusError) in
        let counter = try graph.variable("counter", initialValue: .constant(Float(0)))
        return (counter, try counter.assignAdd(graph.constant(Float(1))))
      }
      let session = try cluster.session(graph, with: FaultCluster.bystander)
      try await session.run(counter.initializer)
      return SteadyLoad(session, increment)
    }
  }
#endif
