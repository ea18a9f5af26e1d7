#if Distributed
  import NIOCore
  import NIOHTTP2

  /// Asks a silent client whether it is still there, and closes the connection of one that does not answer.
  final class Keepalive: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    /// After how long of silence the client is asked.
    private let interval: TimeAmount
    /// How long it has to answer.
    private let timeout: TimeAmount
    private var lastSign = NIODeadline.now()
    private var timer: Scheduled<Void>?

    init(interval: TimeAmount, timeout: TimeAmount) {
      self.interval = interval
      self.timeout = timeout
    }

    func channelActive(context: ChannelHandlerContext) {
      wait(interval, context) { $0.ask($1) }
      context.fireChannelActive()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
      lastSign = .now()
      context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
      // While much is sent, nothing is read: what the client has taken is a sign of life too.
      lastSign = .now()
      context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
      timer?.cancel()
      context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    private func wait(
      _ time: TimeAmount, _ context: ChannelHandlerContext,
      _ next: @escaping @Sendable (Keepalive, ChannelHandlerContext) -> Void
    ) {
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      timer = context.eventLoop.scheduleTask(in: time) { next(bound.value.0, bound.value.1) }
    }

    private func ask(_ context: ChannelHandlerContext) {
      let silence = NIODeadline.now() - lastSign
      guard silence >= interval else { return wait(interval - silence, context) { $0.ask($1) } }
      let asked = NIODeadline.now()
      context.writeAndFlush(
        wrapOutboundOut(
          HTTP2Frame(
            streamID: .rootStream, payload: .ping(HTTP2PingData(withInteger: 0), ack: false))),
        promise: nil)
      wait(timeout, context) { keepalive, context in
        guard keepalive.lastSign < asked else { return keepalive.ask(context) }
        context.close(promise: nil)
      }
    }
  }
#endif
