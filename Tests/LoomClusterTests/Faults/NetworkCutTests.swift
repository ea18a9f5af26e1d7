#if Distributed
  import LoomCluster
  import Testing
  import Weirloom

  /// Servers that vanish without a word: packets go nowhere, nobody closes the connection.
  @Suite(
    .enabled(
      if: NetworkNamespace.isAvailable, Comment(rawValue: NetworkNamespace.obstacle ?? "")))
  struct NetworkCutTests {
    /// A server of ours in a network of its own.
    private func server() throws -> (NetworkNamespace, ClusterSpec, TaskProcess) {
      let namespace = try NetworkNamespace()
      let port = try FreePorts.take(1)[0]
      let spec = try ClusterSpec(["worker": ["\(namespace.address):\(port)"]])
      let process = try TaskProcess.ours(spec, task: 0, bind: namespace.address, in: namespace)
      try process.waitUntilReady()
      return (namespace, spec, process)
    }

    @Test func `a client whose server vanishes is told, and goes on when it is back`() async throws
    {
      let (namespace, spec, process) = try server()
      defer { process.kill() }
      let address = try spec.address(of: 0, in: "worker")
      let graph = Graph()
      let never = try graph.fifoQueue(capacity: 1, of: Float.self).dequeue()
      let begun = try graph.fifoQueue(capacity: 1, of: Float.self)
      let begin = try begun.enqueue(graph.constant(Float(1)))
      let took = try begun.dequeue()
      let session = try Session(graph: graph, target: "grpc://" + address)
      let run = TimedRun { _ = try session.run(begin, never) }
      #expect(try await session.run(took).scalar == 1)
      let start = ContinuousClock.now
      try namespace.cut()
      // 20 s, and what the machine is busy with.
      #expect(await run.hasEnded(within: .seconds(60)))
      expectStatus(.unavailable, address) { try run.wait() }
      print("The client noticed after \((run.end ?? .now) - start).")
      try namespace.restore()
      // A connection is made again in the background; calls fail until then, as stock clients' do.
      let isBack = await eventually(within: .seconds(30)) {
        (try? session.run(begin)) != nil
      }
      #expect(isBack)
      #expect(try await session.run(took).scalar == 1)
    }

    @Test func `a worker that waits for a value of one that vanishes is told`() async throws {
      let (namespace, spec, process) = try server()
      defer { process.kill() }
      let peer = try PeerWorkers(spec, credentials: .init()).worker(of: "/job:worker/task:0")
      let device = try #require(try await peer.status().first)
      let key = RendezvousKey(
        source: device.name, incarnation: device.incarnation, destination: device.name, name: "edge"
      )
      let run = TimedRun {
        _ = try TransportExecutor.shared.wait { () throws(StatusError) in
          try await peer.receiveTensor(
            ReceiveTensorRequest(step: 1, key: key.description, requestID: 7))
        }
      }
      #expect(await !run.hasEnded(within: .milliseconds(500)))
      let start = ContinuousClock.now
      try namespace.cut()
      #expect(await run.hasEnded(within: .seconds(30)))
      expectStatus(.unavailable, "RecvTensor") { try run.wait() }
      print("The worker noticed after \((run.end ?? .now) - start).")
    }
  }
#endif
