#if Distributed
  import GRPCCore
  import LoomCluster
  import LoomProto
  import Testing
  import Weirloom

  /// What is left on workers when masters and clients go.
  @Suite struct ClusterLifeTests {
    /// A step that waits on the second task for ever, and how to see that it is under way there.
    private struct Waiting {
      let graph = Graph()
      let begin: Weirloom.Operation
      let begun: Output<Float>
      let never: Output<Float>

      init() throws {
        (begin, begun, never) = try graph.withDevice("/job:worker/task:1") {
          [graph] () throws(StatusError) in
          let begun = try graph.fifoQueue(capacity: 1, of: Float.self, sharedName: "begun")
          let never = try graph.fifoQueue(capacity: 1, of: Float.self, sharedName: "never")
          return (
            try begun.enqueue(try graph.constant(Float(1))), try begun.dequeue(),
            try never.dequeue()
          )
        }
      }
    }

    @Test func `idle sessions are closed on all tasks`() async throws {
      let cluster = try TestCluster([.ours, .ours])
      let waiting = try Waiting()
      let session = try cluster.session(waiting.graph)
      try await session.run(waiting.begin)
      #expect(try cluster.server(1).worker.sessionCount == 1)
      try await cluster.server(0).closeIdleSessions(for: .zero)
      #expect(try cluster.server(1).worker.sessionCount == 0)
      #expect(try cluster.server(1).worker.graphCount == 0)
      await expectStatus(.aborted, "is not found") { try await session.run(waiting.begin) }
    }

    @Test func `a client that goes away leaves no step on any task`() async throws {
      let cluster = try TestCluster([.ours, .ours])
      let waiting = try Waiting()
      let session = try cluster.session(waiting.graph)
      let step = Task { try await session.run(waiting.begin, waiting.never) }
      #expect(try await session.run(waiting.begun).scalar == 1)
      step.cancel()
      await expectStatus(.cancelled) { try await step.value }
      for task in 0..<2 {
        let worker = try cluster.server(task).worker
        #expect(await eventually { worker.stepCount == 0 })
      }
      // The session goes on.
      try await session.run(waiting.begin)
      #expect(try await session.run(waiting.begun).scalar == 1)
    }

    @Test func `a master that dies leaves no step on its workers`() async throws {
      let cluster = try TestCluster([.process, .ours])
      let waiting = try Waiting()
      let session = try cluster.session(waiting.graph)
      let step = TimedRun { _ = try session.run(waiting.begin, waiting.never) }
      #expect(try await session.run(waiting.begun).scalar == 1)
      let worker = try cluster.server(1).worker
      // The step that has ended is cleaned up by its master, as long as that lives.
      #expect(await eventually { worker.stepCount == 1 })
      cluster.kill(0)
      #expect(await step.hasEnded(within: .seconds(30)))
      expectStatus(.unavailable) { try step.wait() }
      #expect(await eventually { worker.stepCount == 0 })
      // What sessions have there goes when the master is back as another.
      try cluster.start(0)
      await expectStatus(.aborted, "is not found") {
        // The connection may not be there again yet.
        for _ in 0..<1000 {
          do { return try await session.run(waiting.begin) } catch let error as StatusError
            where error.code == .unavailable
          {
            try await Task.sleep(for: .milliseconds(10))
          }
        }
      }
      let fresh = try cluster.session(waiting.graph)
      try await fresh.run(waiting.begin)
      #expect(worker.sessionCount == 1)
      #expect(worker.graphCount == 1)
    }

    @Test func `a master that is drained leaves no session on its workers`() async throws {
      let cluster = try TestCluster([.ours, .ours])
      let waiting = try Waiting()
      let session = try cluster.session(waiting.graph)
      try await session.run(waiting.begin)
      #expect(try cluster.server(1).worker.sessionCount == 1)
      try await cluster.server(0).drain(within: .seconds(5))
      #expect(try cluster.server(1).worker.sessionCount == 0)
    }

    @Test func `a client that does not wait for its session leaves none behind`() async throws {
      let cluster = try TestCluster([.ours, .process], missing: 1)
      let server = try cluster.server(0)
      let channel = try Channel(to: ServerAddress("127.0.0.1:\(server.port)"))
      for _ in 0..<3 {
        await expectStatus(.deadlineExceeded) {
          try await channel.call(
            MasterMethods.createSession, Tensorflow_CreateSessionRequest(),
            timeout: .milliseconds(200))
        }
      }
      #expect(await eventually { server.runningCallCount == 0 })
      try cluster.start(1)
      let session = try cluster.session(Graph())
      #expect(try session.listDevices().count == 2)
      #expect(server.sessionCount == 1)
      #expect(server.worker.sessionCount == 1)
    }
  }
#endif
