#if Distributed
  import NIOCore
  import NIOHPACK
  import NIOHTTP2
  import NIOPosix
  import Synchronization
  import Testing

  /// A connection of HTTP/2 frames, for what no client of gRPC's would send.
  final class FrameClient: Sendable {
    /// What came back of one call.
    struct Answer: Sendable {
      var headers: [HPACKHeaders] = []
      var message: [UInt8] = []
      var isReset = false
      var hasEnded = false

      func first(_ name: String) -> String? {
        headers.lazy.compactMap { $0.first(name: name) }.first
      }
      var status: String? { first("grpc-status") }
    }
    private struct State {
      var answers: [HTTP2StreamID: Answer] = [:]
      var hasSettings = false
      var hasGoAway = false
      var pings = 0
      var isClosed = false
    }
    private let state = Mutex(State())
    private let channel: Mutex<(any NIOCore.Channel)?> = Mutex(nil)

    /// - Parameter answersPings: `false` for a client that seems to be gone.
    static func connect(port: Int, answersPings: Bool = true) async throws -> FrameClient {
      let client = FrameClient()
      let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            let pipeline = channel.pipeline.syncOperations
            if !answersPings { try pipeline.addHandler(Deafness()) }
            try pipeline.addHandlers(NIOHTTP2Handler(mode: .client), Collector(client))
          }
        }
        .connect(host: "127.0.0.1", port: port).get()
      client.channel.withLock { $0 = channel }
      _ = await eventually { client.state.withLock { $0.hasSettings || $0.isClosed } }
      return client
    }

    deinit { channel.withLock { $0 }?.close(promise: nil) }

    func close() { channel.withLock { $0 }?.close(promise: nil) }

    // MARK: Frames

    static func headers(_ path: String, _ more: HPACKHeaders = [:]) -> HPACKHeaders {
      var headers: HPACKHeaders = [
        ":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost",
        "content-type": "application/grpc", "te": "trailers",
      ]
      for (name, value, _) in more { headers.replaceOrAdd(name: name, value: value) }
      return headers
    }

    func send(_ id: Int, _ payload: HTTP2Frame.FramePayload) {
      channel.withLock { $0 }?.writeAndFlush(
        HTTP2Frame(streamID: HTTP2StreamID(id), payload: payload), promise: nil)
    }

    func open(_ id: Int, _ headers: HPACKHeaders, endStream: Bool = false) {
      send(id, .headers(.init(headers: headers, endStream: endStream)))
    }

    func send(_ id: Int, _ bytes: [UInt8], endStream: Bool = false) {
      send(id, .data(.init(data: .byteBuffer(ByteBuffer(bytes: bytes)), endStream: endStream)))
    }

    func reset(_ id: Int) { send(id, .rstStream(.cancel)) }

    /// A message behind its head.
    static func framed(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
      let size = UInt32(message.count)
      return [flag] + (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } + message
    }

    // MARK: Answers

    func answer(_ id: Int) -> Answer? { state.withLock { $0.answers[HTTP2StreamID(id)] } }

    /// The answer to a call, once it has ended; `nil` if it does not.
    func whole(_ id: Int) async -> Answer? {
      _ = await eventually { answer(id)?.hasEnded ?? false || isClosed }
      return answer(id).flatMap { $0.hasEnded ? $0 : nil }
    }

    var isClosed: Bool { state.withLock { $0.isClosed } }
    var hasGoAway: Bool { state.withLock { $0.hasGoAway } }
    /// How often the server asked whether the client is there.
    var pings: Int { state.withLock { $0.pings } }

    private final class Collector: ChannelInboundHandler {
      typealias InboundIn = HTTP2Frame
      private let client: FrameClient

      init(_ client: FrameClient) { self.client = client }

      func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        client.state.withLock { state in
          switch frame.payload {
          case .headers(let head):
            state.answers[frame.streamID, default: .init()].headers.append(head.headers)
            if head.endStream { state.answers[frame.streamID]?.hasEnded = true }
          case .data(let piece):
            if case .byteBuffer(let bytes) = piece.data {
              state.answers[frame.streamID, default: .init()].message += bytes.readableBytesView
            }
          case .rstStream: state.answers[frame.streamID, default: .init()].isReset = true
          case .settings(.settings): state.hasSettings = true
          case .goAway: state.hasGoAway = true
          case .ping(_, ack: false): state.pings += 1
          default: break
          }
        }
      }

      func channelInactive(context: ChannelHandlerContext) {
        client.state.withLock { $0.isClosed = true }
      }

      func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }

    /// Takes what comes and lets nothing out once the connection has begun.
    private final class Deafness: ChannelOutboundHandler {
      typealias OutboundIn = IOData
      private var count = 0

      func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
      ) {
        count += 1
        if count <= 2 { context.write(data, promise: promise) } else { promise?.succeed() }
      }
    }
  }
#endif
