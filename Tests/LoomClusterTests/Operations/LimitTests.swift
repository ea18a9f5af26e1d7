#if Distributed
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  import LoomCluster
  import LoomCore
  import LoomProto
  import Testing
  import Weirloom

  /// What a server puts up with.
  @Suite struct LimitTests {
    /// A session's sum, whose feed decides how large its messages are.
    private struct Doubling {
      let graph = Graph()
      let x: Output<Float>
      let y: Output<Float>

      init() throws {
        x = try graph.placeholder(Float.self, shape: [nil])
        y = try x + x
      }

      func run(_ session: Session, count: Int) throws -> Int {
        try session.run(y, feeding: x.feed(Tensor(Array(repeating: 1, count: count)))).count
      }
    }

    @Test func `a message that is too large is refused, and the session goes on`() throws {
      var limits = ServerLimits()
      limits.messageBytes = 1 << 20
      let served = try OperatedServer(limits: limits)
      let doubling = try Doubling()
      let session = try served.session(doubling.graph)
      #expect(try doubling.run(session, count: 1000) == 1000)
      for _ in 0..<3 {
        expectStatus(.resourceExhausted, "larger than max") {
          try doubling.run(session, count: 1 << 20)
        }
      }
      #expect(try doubling.run(session, count: 1000) == 1000)
      #expect(served.log.with("larger than max").count == 3)
      #expect(served.metrics.text.contains("weirloom_refusals_total{reason=\"oversize\"} 3"))
    }

    @Test func `a connection that says nothing, or something else, is closed`() async throws {
      var limits = ServerLimits()
      limits.handshake = .milliseconds(50)
      let served = try OperatedServer(limits: limits)
      let silent = try RawSocket(port: served.server.port)
      _ = try silent.readToEnd()
      #expect(await eventually { served.log.with("did not begin in time").count == 1 })
      let halting = try RawSocket(port: served.server.port)
      try halting.send("PRI * HTTP/2.0\r\n")
      _ = try halting.readToEnd()
      #expect(await eventually { served.log.with("did not begin in time").count == 2 })
      #expect(served.log.all.count == 3, "\(served.log.all)")

      // With time to begin: on a busy machine 50 ms may pass before anything is read.
      let patient = try OperatedServer()
      let web = try RawSocket(port: patient.server.port)
      try web.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
      _ = try web.readToEnd()
      #expect(await eventually { patient.log.with("does not speak HTTP/2").count == 1 })
      try patient.expectService()
      #expect(patient.log.all.count == 2, "\(patient.log.all)")
    }

    @Test func `there are no more connections than allowed`() async throws {
      var limits = ServerLimits()
      limits.connections = 1
      let served = try OperatedServer(limits: limits)
      let doubling = try Doubling()
      let session = try served.session(doubling.graph)
      #expect(try doubling.run(session, count: 1) == 1)
      for _ in 0..<3 { _ = try RawSocket(port: served.server.port).readToEnd() }
      #expect(served.log.with("the limit is reached").count == 1)
      #expect(try doubling.run(session, count: 2) == 2)
    }

    @Test func `a request that does not arrive is given up`() async throws {
      var limits = ServerLimits()
      limits.stalledMessage = .seconds(1)
      let served = try OperatedServer(limits: limits)
      try await RawChannel.with(served.server) { channel in
        let failed = await status {
          // The call begins, but its message never comes. With a type, it would wait for its message.
          let method = MasterMethods.listDevices.descriptor
          try await channel.client.clientStreaming(
            request: StreamingClientRequest { (_: RPCWriter<Tensorflow_ListDevicesRequest>) in
              for await _ in AsyncStream<Void>.makeStream().stream {}
            },
            descriptor: MethodDescriptor(service: method.service, method: method.method),
            serializer: MessageCoder<Tensorflow_ListDevicesRequest>(),
            deserializer: MessageCoder<Tensorflow_ListDevicesResponse>(), options: .defaults
          ) { _ = try $0.message }
        }
        #expect(failed?.code == .deadlineExceeded, "\(failed?.message ?? "")")
        // A step that takes longer has arrived long ago.
        let session = try await channel.session()
        #expect(!session.isEmpty)
      }
      #expect(served.log.with("did not arrive in time").count == 1)
    }

    @Test func `hundreds of steps wait on one connection`() async throws {
      let served = try OperatedServer()
      let (giving, taking) = (Graph(), Graph())
      let name = uniqueName("many")
      func queue(_ graph: Graph) throws -> Queue<Int32> {
        try graph.fifoQueue(capacity: 1000, of: Int32.self, shapes: [[]], sharedName: name)
      }
      let x = try giving.placeholder(Int32.self, shape: [])
      let enqueue = try queue(giving).enqueue(x)
      let dequeue = try queue(taking).dequeue()
      let taker = try served.session(taking)
      let giver = try served.session(giving)
      let count = 400
      let sum = try await withThrowingTaskGroup(of: Int32.self) { group in
        for _ in 0..<count {
          group.addTask { try await taker.run(dequeue).scalar ?? -1 }
        }
        #expect(await eventually { served.server.runningCallCount == count })
        for value in 0..<count { try await giver.run(enqueue, feeding: x.feed(Int32(value))) }
        return try await group.reduce(0, +)
      }
      #expect(sum == Int32(count * (count - 1) / 2))
      #expect(await eventually { served.server.runningCallCount == 0 })
    }

    @Test func `messages that can't be read get one line in the log`() async throws {
      let served = try OperatedServer()
      try await RawChannel.with(served.server) { channel in
        let failed = await status {
          _ = try await channel.send([0xFF, 0xFF], to: MasterMethods.runStep.descriptor)
        }
        #expect(failed?.code == .internalError)
        #expect(failed?.message.contains("Error parsing message") == true)
        #expect(served.log.with("INTERNAL").count == 1)
        _ = try await channel.session()
      }
    }
  }
#endif
