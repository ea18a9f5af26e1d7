#if Distributed
  import LoomCluster
  import LoomCore
  import LoomFormats
  import LoomProto
  import NIOHPACK
  import SwiftProtobuf
  import Testing
  import Weirloom

  /// What a server makes of frames, those of no well-behaved client among them.
  @Suite struct ServerConnectionTests {
    private static let devices = "/tensorflow.MasterService/ListDevices"
    private static let watch = "/grpc.health.v1.Health/Watch"
    private static let nothing = FrameClient.framed([])

    private static func with(
      _ limits: ServerLimits = .init(), answersPings: Bool = true,
      _ body: (OperatedServer, FrameClient) async throws -> Void
    ) async throws {
      let served = try OperatedServer(limits: limits)
      let client = try await FrameClient.connect(
        port: served.server.port, answersPings: answersPings)
      try await body(served, client)
      client.close()
    }

    /// Expects that the connection does its work still.
    private static func expectService(_ client: FrameClient, _ id: Int) async {
      client.open(id, FrameClient.headers(devices))
      client.send(id, nothing, endStream: true)
      let answer = await client.whole(id)
      #expect(answer?.status == "0")
      #expect((answer?.message.count ?? 0) > 5)
    }

    @Test func `a message may come in any pieces`() async throws {
      try await ServerConnectionTests.with { _, client in
        // An unknown field of four bytes, byte by byte.
        client.open(1, FrameClient.headers(ServerConnectionTests.devices))
        let message = FrameClient.framed([0xFA, 0x01, 0x01, 0x00])
        for byte in message { client.send(1, [byte]) }
        client.send(1, [], endStream: true)
        #expect(await client.whole(1)?.status == "0")
        // In the end, trailers, which requests have no use for.
        client.open(3, FrameClient.headers(ServerConnectionTests.devices))
        client.send(3, ServerConnectionTests.nothing)
        client.open(3, ["trailer": "x"], endStream: true)
        #expect(await client.whole(3)?.status == "0")
      }
    }

    @Test(
      arguments: [
        ([], "13", "got none"), ([0, 0, 0], "13", "got none"),
        ([0, 0, 0, 0, 9, 1], "13", "a part"),
        (FrameClient.framed([]) + FrameClient.framed([]), "12", "got more"),
        (FrameClient.framed([1], flag: 1), "12", "got identity"),
        (FrameClient.framed([0xFF]), "13", "Error parsing"),
      ] as [([UInt8], String, String)])
    func `what is not one message is refused, and others are not concerned`(
      _ bytes: [UInt8], _ status: String, _ text: String
    ) async throws {
      try await ServerConnectionTests.with { _, client in
        client.open(1, FrameClient.headers(ServerConnectionTests.devices))
        client.send(1, bytes, endStream: true)
        let answer = await client.whole(1)
        #expect(answer?.status == status)
        #expect(answer?.first("grpc-message")?.contains(text) == true, "\(answer as Any)")
        await ServerConnectionTests.expectService(client, 3)
      }
    }

    @Test func `what is no call of a method is refused before its message is there`() async throws {
      try await ServerConnectionTests.with { served, client in
        client.open(1, FrameClient.headers("/tensorflow.MasterService/Nothing%"))
        let unknown = await client.whole(1)
        #expect(unknown?.status == "12")
        // As gRPC has it in headers.
        #expect(unknown?.first("grpc-message")?.contains("Nothing%25") == true, "\(unknown as Any)")
        // Clients refuse headers that are too long.
        client.open(201, FrameClient.headers("/" + String(repeating: "%", count: 8000)))
        let long = await client.whole(201)?.first("grpc-message") ?? ""
        #expect(long.hasSuffix("%25 ... [truncated]") && long.utf8.count < 12_000)
        client.open(
          203, FrameClient.headers(ServerConnectionTests.devices, ["content-type": "text/html"]))
        #expect(await client.whole(203)?.first(":status") == "415")
        for (index, timeout) in ["", "S", "1", "1x", "123456789S", "-1S", "1.5S"].enumerated() {
          let id = 205 + 2 * index
          client.open(
            id, FrameClient.headers(ServerConnectionTests.devices, ["grpc-timeout": timeout]))
          #expect(await client.whole(id)?.status == "3", "\(timeout)")
        }
        await ServerConnectionTests.expectService(client, 301)
        #expect(served.metrics.text.contains("{rpc=\"unknown\",code=\"UNIMPLEMENTED\"} 2"))
      }
    }

    @Test func `a call without its token is refused before its message is there`() async throws {
      let served = try OperatedServer(security: .init(token: .text("secret")))
      let client = try await FrameClient.connect(port: served.server.port)
      client.open(1, FrameClient.headers(ServerConnectionTests.devices))
      let answer = await client.whole(1)
      #expect(answer?.status == "16")
      client.open(
        3, FrameClient.headers(ServerConnectionTests.devices, ["authorization": "bearer secret"]))
      client.send(3, ServerConnectionTests.nothing, endStream: true)
      #expect(await client.whole(3)?.status == "0")
      client.close()
    }

    @Test func `large refused messages do not use up the connection`() async throws {
      var limits = ServerLimits()
      limits.messageBytes = 1 << 10
      try await ServerConnectionTests.with(limits) { served, client in
        // Together several times what may be sent ahead.
        let piece = [UInt8](repeating: 0, count: 1 << 14)
        for call in 0..<40 {
          let id = 1 + 2 * call
          client.open(id, FrameClient.headers(ServerConnectionTests.devices))
          client.send(id, [0, 0, 0x10, 0, 0])
          for _ in 0..<32 { client.send(id, piece) }
          let answer = await client.whole(id)
          #expect(answer?.status == "8")
        }
        await ServerConnectionTests.expectService(client, 1001)
        #expect(served.log.with("larger than max").count == 40)
      }
    }

    @Test func `a deadline ends a call that goes on, and one that does not arrive`() async throws {
      try await ServerConnectionTests.with { _, client in
        let deadline: HPACKHeaders = ["grpc-timeout": "1S"]
        client.open(1, FrameClient.headers(ServerConnectionTests.watch, deadline))
        client.send(1, ServerConnectionTests.nothing, endStream: true)
        client.open(3, FrameClient.headers(ServerConnectionTests.devices, deadline))
        let watching = await client.whole(1)
        #expect(watching?.message == [0, 0, 0, 0, 2, 8, 1])
        #expect(await client.whole(3)?.status == "4")
        // Centuries are no deadline at all.
        client.open(
          5, FrameClient.headers(ServerConnectionTests.devices, ["grpc-timeout": "99999999H"]))
        client.send(5, ServerConnectionTests.nothing, endStream: true)
        #expect(await client.whole(5)?.status == "0")
      }
    }

    @Test func `a step whose call is late says so, wherever errors belong`() async throws {
      let served = try OperatedServer()
      let graph = Graph()
      let item = try graph.fifoQueue(capacity: 1, of: Float.self, shapes: [[]]).dequeue()
      try await RawChannel.with(served.server) { channel in
        let client = try await FrameClient.connect(port: served.server.port)
        var request = Tensorflow_RunStepRequest()
        request.sessionHandle = try await channel.session(graph)
        request.fetch = ["\(item.erased.operation.name):0"]
        for (index, inBody) in [true, false].enumerated() {
          request.storeErrorsInResponseBody = inBody
          let id = 1 + 2 * index
          client.open(
            id, FrameClient.headers("/tensorflow.MasterService/RunStep", ["grpc-timeout": "100m"]))
          client.send(id, FrameClient.framed(try request.serializedBytes()), endStream: true)
          #expect(await client.whole(id)?.status == "4")
        }
        client.close()
      }
    }

    @Test func `hundreds of calls may be given up at once`() async throws {
      try await ServerConnectionTests.with { served, client in
        for call in 0..<600 {
          let id = 1 + 2 * call
          client.open(id, FrameClient.headers(ServerConnectionTests.watch))
          client.send(id, ServerConnectionTests.nothing, endStream: call % 2 == 0)
        }
        #expect(await eventually { client.answer(1 + 2 * 598)?.message.isEmpty == false })
        for call in 0..<600 { client.reset(1 + 2 * call) }
        await ServerConnectionTests.expectService(client, 2001)
        #expect(!client.isClosed)
      }
    }

    @Test func `a client that does not answer is gone`() async throws {
      var limits = ServerLimits()
      limits.keepalive = .milliseconds(100)
      limits.keepaliveTimeout = .milliseconds(100)
      try await ServerConnectionTests.with(limits, answersPings: false) { _, client in
        #expect(await eventually { client.isClosed })
      }
      limits.keepaliveTimeout = .seconds(10)
      try await ServerConnectionTests.with(limits) { _, client in
        // Silent, but there: it answers.
        #expect(await eventually { client.pings >= 3 })
        #expect(!client.isClosed)
        await ServerConnectionTests.expectService(client, 1)
      }
    }

    @Test func `an idle connection ends, one with a call does not`() async throws {
      var limits = ServerLimits()
      limits.idleConnection = .seconds(2)
      try await ServerConnectionTests.with(limits) { _, client in
        client.open(1, FrameClient.headers(ServerConnectionTests.watch))
        client.send(1, ServerConnectionTests.nothing, endStream: true)
        #expect(await eventually { client.answer(1)?.message.isEmpty == false })
        #expect(!client.hasGoAway)
        client.reset(1)
        #expect(await eventually { client.isClosed })
        #expect(client.hasGoAway)
      }
    }

    @Test func `a server that stops ends its calls and its connections`() async throws {
      try await ServerConnectionTests.with { served, client in
        client.open(1, FrameClient.headers(ServerConnectionTests.watch))
        client.send(1, ServerConnectionTests.nothing, endStream: true)
        client.open(3, FrameClient.headers(ServerConnectionTests.devices))
        #expect(await eventually { client.answer(1)?.message.isEmpty == false })
        served.server.stop()
        #expect(await client.whole(3)?.status == "14")
        #expect(await client.whole(1)?.status == "0")
        #expect(await eventually { client.isClosed })
        #expect(client.hasGoAway)
        try await served.server.join()
      }
    }

    @Test func `a client that does not take the end keeps no server`() async throws {
      try await ServerConnectionTests.with(answersPings: false) { served, client in
        client.open(1, FrameClient.headers(ServerConnectionTests.devices))
        served.server.stop()
        try await served.server.join()
        #expect(await eventually { client.isClosed })
      }
    }

    @Test(arguments: ["gzip", "deflate"])
    func `messages may be compressed`(_ algorithm: String) throws {
      let served = try OperatedServer()
      let graph = Graph()
      let x = try graph.placeholder(Float.self, shape: [nil])
      let y = try x + x
      var configuration = SessionConfiguration()
      configuration.rpc.compressionAlgorithm = algorithm
      configuration.rpc.disablesConnectionSharing = true
      let session = try Session(
        graph: graph, target: served.server.target, configuration: configuration)
      for _ in 0..<3 {
        let result = try session.run(y, feeding: x.feed(Tensor(Array(repeating: 1, count: 10_000))))
        #expect(result.scalars == Array(repeating: 2, count: 10_000))
      }
      served.server.updateMetrics()
      let received = served.metrics.text.split(separator: "\n").first {
        $0.hasPrefix("weirloom_received_bytes_total ")
      }
      // Three feeds of 40,000 bytes each.
      #expect(received.flatMap { Int($0.dropFirst(30)) ?? 0 } ?? 0 < 20_000, "\(received as Any)")
    }

    @Test func `a small message that stands for a large one is refused`() async throws {
      var limits = ServerLimits()
      limits.messageBytes = 1 << 16
      try await ServerConnectionTests.with(limits) { _, client in
        let bomb = try Deflater(isGzip: true)
          .deflate([UInt8](repeating: 0, count: 1 << 20), isLast: true)
        #expect(bomb.count < 1 << 12)
        client.open(
          1, FrameClient.headers(ServerConnectionTests.devices, ["grpc-encoding": "gzip"]))
        client.send(1, FrameClient.framed(bomb, flag: 1), endStream: true)
        let answer = await client.whole(1)
        #expect(answer?.status == "8", "\(answer as Any)")
        client.open(
          3, FrameClient.headers(ServerConnectionTests.devices, ["grpc-encoding": "gzip"]))
        client.send(3, FrameClient.framed([1, 2, 3], flag: 1), endStream: true)
        #expect(await client.whole(3)?.status == "13")
        await ServerConnectionTests.expectService(client, 5)
      }
    }
  }
#endif
