#if Distributed
  import Logging
  import NIOCore
  import NIOTLS

  /// Closes a connection that does not begin with HTTP/2, or does not begin at all.
  final class ConnectionGuard: ChannelInboundHandler {
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

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      // gRPC asks both sides to agree on HTTP/2 while they agree on the encryption.
      if !isDone, case TLSUserEvent.handshakeCompleted(nil)? = event as? TLSUserEvent {
        refuse(context, .notHTTP2, "A connection was closed: it does not speak HTTP/2")
        context.close(promise: nil)
      }
      context.fireUserInboundEventTriggered(event)
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
        "peer": "\(CallSupervision.name(of: context.remoteAddress))"
      ]
      if let error { metadata["error"] = "\(CallSupervision.line("\(error)"))" }
      logger.warning(text, metadata: metadata)
    }
  }
#endif
