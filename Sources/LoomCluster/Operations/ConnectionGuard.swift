#if Distributed
  import Logging
  import NIOCore
  import NIOHTTP2
  import NIOSSL
  import Synchronization

  /// Watches a server's connections: how many there are, and whether each begins as it has to.
  final class ConnectionWatch: Sendable {
    private struct State {
      var count = 0
      var isFull = false
    }
    private let limits: ServerLimits
    private let metrics: ServerMetrics
    private let logger: Logger
    private let state = Mutex(State())

    init(_ limits: ServerLimits, _ metrics: ServerMetrics, _ logger: Logger) {
      self.limits = limits
      self.metrics = metrics
      self.logger = logger
    }

    /// Called for each connection, in its event loop, before anything of it is read.
    func accept(_ channel: any NIOCore.Channel) -> EventLoopFuture<Void> {
      guard admit() else {
        metrics.refused(.connections)
        return channel.close()
      }
      channel.closeFuture.whenComplete { [self] _ in leave() }
      return channel.eventLoop.makeCompletedFuture {
        let pipeline = channel.pipeline.syncOperations
        let guardian = ConnectionGuard(
          limit: TimeAmount(limits.handshake), metrics: metrics, logger: logger)
        // Behind the encryption, if there is one: what it fails of is told there.
        if let encryption = try? pipeline.handler(type: NIOSSLServerHandler.self) {
          try pipeline.addHandler(guardian, position: .after(encryption))
        } else {
          try pipeline.addHandler(guardian, position: .first)
        }
        try pipeline.addHandler(FlushGathering(), position: .first)
      }
    }

    private func admit() -> Bool {
      let (count, isFirstRefused) = state.withLock { state -> (Int?, Bool) in
        if let limit = limits.connections, state.count >= limit {
          defer { state.isFull = true }
          return (nil, !state.isFull)
        }
        state.count += 1
        return (state.count, false)
      }
      // One line for all that come while there is no room.
      if isFirstRefused {
        logger.warning(
          "Connections are refused: the limit is reached",
          metadata: ["limit": "\(limits.connections ?? 0)"])
      }
      if let count { metrics.connections(count) }
      return count != nil
    }

    private func leave() {
      metrics.connections(
        state.withLock { state in
          state.count -= 1
          state.isFull = false
          return state.count
        })
    }
  }

  /// Closes a connection that does not begin with HTTP/2, or does not begin at all.
  private final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What every HTTP/2 connection begins with (RFC 9113, 3.4).
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// The head of the frame of settings that has to follow.
    private static let settingsHead = 9

    private let limit: TimeAmount
    private let metrics: ServerMetrics
    private let logger: Logger
    private var timeout: Scheduled<Void>?
    private var received = 0
    private var isDone = false

    init(limit: TimeAmount, metrics: ServerMetrics, logger: Logger) {
      self.limit = limit
      self.metrics = metrics
      self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      timeout = context.eventLoop.scheduleTask(in: limit) {
        let (guardian, context) = bound.value
        guardian.refuse(context, .handshake, "A connection was closed: it did not begin in time")
        context.close(promise: nil)
      }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timeout?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
      timeout?.cancel()
      isDone = true
      context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard !isDone else { return context.fireChannelRead(data) }
      let bytes = unwrapInboundIn(data).readableBytesView
      for byte in bytes {
        if received < ConnectionGuard.preface.count, byte != ConnectionGuard.preface[received] {
          refuse(context, .notHTTP2, "A connection was closed: it does not speak HTTP/2")
          context.close(promise: nil)
          return
        }
        received += 1
        guard received < ConnectionGuard.preface.count + ConnectionGuard.settingsHead else { break }
      }
      if received >= ConnectionGuard.preface.count + ConnectionGuard.settingsHead {
        isDone = true
        timeout?.cancel()
      }
      context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      refuse(context, .handshake, "A connection was refused", because: error)
      context.fireErrorCaught(error)
    }

    /// Tells of the first reason why a connection did not come about.
    private func refuse(
      _ context: ChannelHandlerContext, _ refusal: ServerMetrics.Refusal, _ text: Logger.Message,
      because error: (any Error)? = nil
    ) {
      guard !isDone else { return }
      isDone = true
      timeout?.cancel()
      metrics.refused(refusal)
      var metadata: Logger.Metadata = [
        "peer": "\(context.remoteAddress.map { "\($0)" } ?? "unknown")"
      ]
      if let error { metadata["error"] = "\(CallSupervision.line("\(error)"))" }
      logger.warning(text, metadata: metadata)
    }
  }
#endif
