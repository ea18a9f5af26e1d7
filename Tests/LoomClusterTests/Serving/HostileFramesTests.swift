#if Distributed
  import LoomCluster
  import LoomProto
  import LoomTestSupport
  import SwiftProtobuf
  import Testing
  import Weirloom

  /// Bytes that look like calls at first: whatever comes of them, the server goes on.
  @Suite struct HostileFramesTests {
    private static let methods = [
      "/tensorflow.MasterService/CreateSession", "/tensorflow.MasterService/ExtendSession",
      "/tensorflow.MasterService/RunStep", "/tensorflow.MasterService/MakeCallable",
      "/tensorflow.MasterService/Reset", "/tensorflow.WorkerService/RegisterGraph",
      "/tensorflow.WorkerService/RunGraph", "/tensorflow.WorkerService/RecvTensor",
      "/tensorflow.WorkerService/CreateWorkerSession", "/grpc.health.v1.Health/Watch", "/",
    ]

    @Test func `random damage ends no more than its connection`() async throws {
      let served = try OperatedServer()
      let seed = UInt64.random(in: 0...UInt64.max)
      var chance = Scrambler(state: seed)
      for _ in 0..<400 {
        // A connection that was closed meanwhile takes no more bytes.
        try? RawSocket(port: served.server.port).send(HostileFramesTests.connection(&chance))
      }
      try served.expectService()
      #expect(await eventually { served.server.runningCallCount == 0 }, "seed \(seed)")
    }

    @Test func `who does not take answers is not read from`() async throws {
      let served = try OperatedServer()
      let graph = Graph()
      let large = try graph.constant(Tensor(Array(repeating: Float(1), count: 1 << 18)))
      try await RawChannel.with(served.server) { channel in
        var request = Tensorflow_RunStepRequest()
        request.sessionHandle = try await channel.session(graph)
        request.fetch = ["\(large.erased.operation.name):0"]
        let message = FrameClient.framed(try request.serializedBytes())
        // Windows as large as there can be: only the system's buffers hold answers back.
        var bytes = HostileFramesTests.preface
        bytes += HostileFramesTests.frame(4, stream: 0, [0, 4, 0x7F, 0xFF, 0xFF, 0xFF])
        bytes += HostileFramesTests.frame(8, stream: 0, [0x7F, 0xFF, 0, 0])
        for call in 0..<60 {
          let stream = UInt32(1 + 2 * call)
          let headers = HostileFramesTests.headers("/tensorflow.MasterService/RunStep")
          bytes += HostileFramesTests.frame(
            1, flags: 4, stream: stream, headers.flatMap(HostileFramesTests.literal))
          bytes += HostileFramesTests.frame(0, flags: 1, stream: stream, message)
        }
        let socket = try RawSocket(port: served.server.port)
        try socket.send(bytes)
        let runs = "weirloom_requests_total{rpc=\"tensorflow.MasterService/RunStep\",code=\"OK\"} "
        #expect(await eventually { served.metrics.text.contains(runs) })
        #expect(await eventually { served.server.runningCallCount == 0 })
        // Frames of a kind that nobody knows, which cost nothing to read.
        let frames = Array(
          repeating: HostileFramesTests.frame(
            0x99, stream: 0, [UInt8](repeating: 0, count: 1 << 14)), count: 4096
        ).flatMap(\.self)
        #expect(socket.offer(frames) < frames.count)
        _ = try await channel.session()
      }
    }

    // MARK: Bytes

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private static func headers(_ path: String) -> [(String, String)] {
      [
        (":method", "POST"), (":scheme", "http"), (":path", path),
        ("content-type", "application/grpc"),
      ]
    }

    private static func connection(_ chance: inout Scrambler) -> [UInt8] {
      var bytes = preface + frame(4, stream: 0, [])
      var stream: UInt32 = 1
      for _ in 0..<Int.random(in: 1...6, using: &chance) {
        bytes += call(stream, &chance)
        stream += pick([2, 2, 2, 0, 1], &chance)
      }
      guard Bool.random(using: &chance) else { return bytes }
      for _ in 0..<Int.random(in: 1...6, using: &chance) {
        let index = Int.random(in: 24..<bytes.count, using: &chance)
        switch Int.random(in: 0..<3, using: &chance) {
        case 0: bytes[index] = .random(in: 0...255, using: &chance)
        case 1: bytes.removeSubrange(index..<min(index + 5, bytes.count - 1))
        default: bytes.insert(.random(in: 0...255, using: &chance), at: index)
        }
      }
      return bytes
    }

    private static func call(_ stream: UInt32, _ chance: inout Scrambler) -> [UInt8] {
      var headers = headers(pick(methods, &chance))
      if Bool.random(using: &chance) {
        headers.append(("grpc-timeout", pick(["1m", "0S", "99999999H", "x"], &chance)))
      }
      if Bool.random(using: &chance) {
        headers.append(("grpc-encoding", pick(["gzip", "deflate", "br"], &chance)))
      }
      let body = (0..<Int.random(in: 0...60, using: &chance)).map { _ in
        UInt8.random(in: 0...255, using: &chance)
      }
      var message = FrameClient.framed(body, flag: Bool.random(using: &chance) ? 1 : 0)
      if Int.random(in: 0..<8, using: &chance) == 0 { message[1] = 0xFF }
      let endsStream: UInt8 = Bool.random(using: &chance) ? 1 : 0
      var bytes = frame(1, flags: 4, stream: stream, headers.flatMap(literal))
      bytes += frame(0, flags: endsStream, stream: stream, message)
      switch Int.random(in: 0..<6, using: &chance) {
      case 0: bytes += frame(3, stream: stream, [0, 0, 0, 8])
      case 1: bytes += frame(6, stream: 0, [UInt8](repeating: 7, count: 8))
      case 2: bytes += frame(8, stream: stream, [0x7F, 0xFF, 0xFF, 0xFF])
      default: break
      }
      return bytes
    }

    private static func pick<Element>(_ some: [Element], _ chance: inout Scrambler) -> Element {
      some[Int.random(in: 0..<some.count, using: &chance)]
    }

    /// A header without any table of HPACK's.
    private static func literal(_ name: String, _ value: String) -> [UInt8] {
      [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)]
        + Array(value.utf8)
    }

    private static func frame(
      _ type: UInt8, flags: UInt8 = 0, stream: UInt32, _ payload: [UInt8]
    ) -> [UInt8] {
      [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags]
        + (0..<4).map { UInt8(truncatingIfNeeded: stream >> (24 - 8 * $0)) } + payload
    }
  }
#endif
