#if Distributed
  import NIOCore
  import NIOHTTP2

  /// Ends a server's connection: at once if the client does not answer any more, in good order if the server
  /// stops or nobody calls for long.
  ///
  /// In good order means that no call gets lost: the client is told that the end is near, and where the last
  /// call stands once it must have heard of that (RFC 9113, 6.8); the connection is closed after the last
  /// answer.
  final class ConnectionLife: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias InboundOut = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private enum Phase {
      case open
      /// The client has been told that the end is near.
      case announced
      /// It has heard of it: what calls there are, are the last.
      case ending
    }
    private static let alivePing = HTTP2PingData(withInteger: 1)
    private static let endPing = HTTP2PingData(withInteger: 2)

    /// After how long of silence the client is asked whether it is there.
    private let keepalive: TimeAmount
    /// How long it has to answer.
    private let timeout: TimeAmount
    /// How long a connection may stand without a call; `nil` for ever.
    private let idle: TimeAmount?

    private var phase = Phase.open
    private var streams: Set<HTTP2StreamID> = []
    private var lastStream = HTTP2StreamID.rootStream
    private var lastSign = NIODeadline.now()
    private var idleSince = NIODeadline.now()
    private var silenceTimer: Scheduled<Void>?
    private var idleTimer: Scheduled<Void>?

    init(_ limits: ServerLimits) {
      keepalive = TimeAmount(limits.keepalive)
      timeout = TimeAmount(limits.keepaliveTimeout)
      idle = limits.idleConnection.map { TimeAmount($0) }
    }

    // MARK: What happens on the connection

    func channelActive(context: ChannelHandlerContext) {
      silenceTimer = schedule(keepalive, context) { $0.ask($1) }
      if let idle { idleTimer = schedule(idle, context) { $0.endIfIdle(after: idle, $1) } }
      context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      if phase == .announced,
        case .ping(ConnectionLife.endPing, ack: true) = unwrapInboundIn(data).payload
      {
        phase = .ending
        tellEnd(after: lastStream, context)
        context.flush()
        if streams.isEmpty { close(context) }
      }
      context.fireChannelRead(data)
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

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      switch event {
      case let event as NIOHTTP2StreamCreatedEvent:
        streams.insert(event.streamID)
        lastStream = max(lastStream, event.streamID)
      case let event as StreamClosedEvent:
        streams.remove(event.streamID)
        if streams.isEmpty {
          idleSince = .now()
          if phase == .ending { close(context) }
        }
      case is ChannelShouldQuiesceEvent: announceEnd(context)
      default: break
      }
      context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      // A client that has not heard of the end yet makes another call.
      if phase == .ending, error is NIOHTTP2Errors.NoSuchStream { return }
      context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
      silenceTimer?.cancel()
      idleTimer?.cancel()
      context.fireChannelInactive()
    }

    // MARK: Timers

    private func schedule(
      _ time: TimeAmount, _ context: ChannelHandlerContext,
      _ next: @escaping @Sendable (ConnectionLife, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      return context.eventLoop.scheduleTask(in: time) { next(bound.value.0, bound.value.1) }
    }

    private func ask(_ context: ChannelHandlerContext) {
      let now = NIODeadline.now()
      guard now - lastSign >= keepalive else {
        silenceTimer = schedule(lastSign + keepalive - now, context) { $0.ask($1) }
        return
      }
      write(.ping(ConnectionLife.alivePing, ack: false), context)
      context.flush()
      silenceTimer = schedule(timeout, context) { life, context in
        if life.lastSign < now { context.close(promise: nil) } else { life.ask(context) }
      }
    }

    private func endIfIdle(after idle: TimeAmount, _ context: ChannelHandlerContext) {
      let rest = idleSince + idle - .now()
      guard streams.isEmpty, rest <= .zero else {
        idleTimer = schedule(streams.isEmpty ? rest : idle, context) {
          $0.endIfIdle(after: idle, $1)
        }
        return
      }
      announceEnd(context)
    }

    // MARK: The end

    private func announceEnd(_ context: ChannelHandlerContext) {
      guard phase == .open else { return }
      phase = .announced
      // Calls that are on their way are taken still.
      tellEnd(after: .maxID, context)
      write(.ping(ConnectionLife.endPing, ack: false), context)
      context.flush()
    }

    private func close(_ context: ChannelHandlerContext) {
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      // The last answer may be about to be written just now.
      context.eventLoop.execute {
        let (life, context) = bound.value
        // Goes out behind everything else; closing before would drop what has not.
        let isSent = context.eventLoop.makePromise(of: Void.self)
        isSent.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        life.tellEnd(after: life.lastStream, context, isSent)
        context.flush()
      }
    }

    private func tellEnd(
      after stream: HTTP2StreamID, _ context: ChannelHandlerContext,
      _ promise: EventLoopPromise<Void>? = nil
    ) {
      write(
        .goAway(lastStreamID: stream, errorCode: .noError, opaqueData: nil), context, promise)
    }

    private func write(
      _ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext,
      _ promise: EventLoopPromise<Void>? = nil
    ) {
      context.write(
        wrapOutboundOut(HTTP2Frame(streamID: .rootStream, payload: payload)), promise: promise)
    }
  }
#endif
