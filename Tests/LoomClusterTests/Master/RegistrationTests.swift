#if Distributed
  import Testing
  import Weirloom

  /// Parts of graphs that masters give to workers.
  @Suite struct RegistrationTests {
    @Test func `parts are taken back when one worker refuses its own`() async throws {
      let ports = try FreePorts.take(3)
      let spec = try ClusterSpec(["worker": ports.map { "localhost:\($0)" }])
      // The last knows no ops.
      let servers = try (0..<3).map { task in
        try Server(
          ServerRole(cluster: spec, job: "worker", task: task),
          registry: task == 2 ? OpRegistry() : .standard)
      }
      defer { for server in servers { server.stop() } }
      let graph = Graph()
      let x = try graph.placeholder(Float.self, shape: [])
      var sum = x
      var ends: [Output<Float>] = []
      for task in [0, 1, 2] {
        sum = try graph.withDevice("/job:worker/task:\(task)") { () throws(StatusError) in
          try sum + sum
        }
        ends.append(sum)
      }
      let session = try Session(graph: graph, target: servers[0].target)
      for _ in 0..<3 {
        await expectStatus(.notFound, "/job:worker/replica:0/task:2") {
          try await session.run(ends[2], feeding: x.feed(1))
        }
        #expect(await eventually { servers.allSatisfy { $0.worker.graphCount == 0 } })
      }
      // The others go on.
      for _ in 0..<2 { #expect(try await session.run(ends[1], feeding: x.feed(1)).scalar == 4) }
      #expect(servers.map { $0.worker.graphCount } == [1, 1, 0])
      session.close()
      #expect(await eventually { servers.allSatisfy { $0.worker.graphCount == 0 } })
    }
  }
#endif
