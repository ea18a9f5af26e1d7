#if Distributed
  import LoomCore
  import NIOCore
  import NIOHPACK
  import NIOHTTP2

  /// The calls of one connection: HTTP/2's frames to messages, and answers to frames. Used on the connection's
  /// thread.
  ///
  /// gRPC's own server makes a channel and a chain of tasks of each call, which costs several times what a
  /// short step does. Here a step that is brief is read, run and answered in one go; every other call is one
  /// task.
  final class ServerConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundIn = Never
    typealias OutboundOut = HTTP2Frame

    /// How much a client may send ahead, on a call and on the whole connection: whole tensors travel in one
    /// message, and small windows would cost a round trip for each piece.
    static let window = 8 << 20

    private let router: CallRouter
    let supervision: CallSupervision
    let limits: ServerLimits

    private(set) var calls: [HTTP2StreamID: ServerCall] = [:]
    /// How many of them wait for their message.
    private(set) var arriving = 0
    /// The next look at these.
    var look: Scheduled<Void>?
    /// Whether the server takes no more calls.
    private var isEnding = false

    private var isReading = false
    private var isFlushDue = false
    private var isReadDue = false

    init(_ router: CallRouter, _ supervision: CallSupervision, _ limits: ServerLimits) {
      self.router = router
      self.supervision = supervision
      self.limits = limits
    }

    // MARK: What the client sends

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      isReading = true
      let frame = unwrapInboundIn(data)
      switch frame.payload {
      case .headers(let head):
        // What follows a message means nothing in requests.
        if calls[frame.streamID] == nil { open(frame.streamID, head, context) }
        if head.endStream { begin(frame.streamID, context) }
      case .data(let piece):
        receive(piece, of: frame.streamID, context)
        if piece.endStream { begin(frame.streamID, context) }
      default: break
      }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
      isReading = false
      flushIfDue(context)
      if arriving > 0, look == nil { lookLater(context) }
      context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
      switch event {
      case let event as NIOHTTP2WindowUpdatedEvent:
        if let window = event.inboundWindowSize, window < ServerConnection.window / 2 {
          write(
            event.streamID, .windowUpdate(windowSizeIncrement: ServerConnection.window - window),
            context)
        }
      case let event as StreamClosedEvent: abandon(event.streamID, context)
      case is ChannelShouldQuiesceEvent:
        isEnding = true
        for (id, call) in calls {
          if call.isArriving { end(id, call, .failure(.serverIsEnding), context) }
          call.cancelWork()
        }
      default: break
      }
      context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
      look?.cancel()
      for id in Array(calls.keys) { abandon(id, context) }
      context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      // Of one stream alone, which has been closed already.
      guard !(error is NIOHTTP2Errors.StreamError) else { return }
      context.close(promise: nil)
    }

    // MARK: Beginnings

    private func open(
      _ id: HTTP2StreamID, _ head: HTTP2Frame.FramePayload.Headers, _ context: ChannelHandlerContext
    ) {
      let headers = head.headers
      guard CallHeaders.isCall(headers) else {
        write(id, .headers(.init(headers: CallHeaders.unsupported, endStream: true)), context)
        if !head.endStream { write(id, .rstStream(.noError), context) }
        return
      }
      let path = headers.first(name: ":path") ?? ""
      let route = router[path]
      let call = ServerCall(route ?? .unknown)
      calls[id] = call
      arriving += 1
      call.isComplete = head.endStream
      do throws(StatusError) {
        guard !isEnding else { throw StatusError.serverIsEnding }
        try supervision.admit(headers, to: call.route)
        guard route != nil else { throw .unimplemented("The server has no method \(path).") }
        call.encoding = headers.first(name: "grpc-encoding")
        if let timeout = try CallHeaders.timeout(headers) { limit(id, call, timeout, context) }
      } catch {
        end(id, call, .failure(error), context)
      }
    }

    private func receive(
      _ piece: HTTP2Frame.FramePayload.Data, of id: HTTP2StreamID, _ context: ChannelHandlerContext
    ) {
      // What a client sends on before it learns of a refusal belongs to no call.
      guard let call = calls[id], call.isArriving, case .byteBuffer(let bytes) = piece.data else {
        return
      }
      call.isComplete = piece.endStream
      supervision.metrics.received(bytes: bytes.readableBytes)
      do throws(StatusError) {
        try call.request.append(bytes, limit: limits.messageBytes)
      } catch {
        end(
          id, call, .failure(error), refusal: error.code == .resourceExhausted ? .oversize : nil,
          context)
      }
    }

    /// The message is there, if there is one: begins to answer it.
    private func begin(_ id: HTTP2StreamID, _ context: ChannelHandlerContext) {
      guard let call = calls[id], call.isArriving else { return }
      call.isComplete = true
      call.phase = .working(nil)
      arriving -= 1
      do throws(StatusError) {
        if call.route.asksForWork {
          try supervision.running.enter()
          call.isRunning = true
        }
        switch try beginning(of: call) {
        case .answered(let answer): end(id, call, .success(answer), context)
        case .working(let work):
          let finish = finisher(of: call, id, context)
          call.phase = .working(
            Task(executorPreference: TransportExecutor.shared) {
              do throws(StatusError) { finish(.success(try await work())) } catch {
                finish(.failure(error))
              }
            })
        case .streaming(let stream):
          let write = writer(of: call, id, context)
          let finish = finisher(of: call, id, context)
          call.phase = .working(
            Task(executorPreference: TransportExecutor.shared) {
              await stream(write)
              finish(.success(nil))
            })
        }
      } catch {
        end(id, call, .failure(error), context)
      }
    }

    private func beginning(of call: ServerCall) throws(StatusError) -> CallRoute.Beginning {
      let request = try call.request.take()
      guard request.isCompressed else { return try call.route.begin(request.bytes) }
      let name = call.encoding ?? "identity"
      guard let compression = MessageCompression(rawValue: name) else {
        throw .unimplemented("Expected messages compressed by gzip or deflate, got \(name).")
      }
      return .working { [route = call.route, limit = limits.messageBytes] () throws(StatusError) in
        let message = try await compression.decompressed(request.bytes, limit: limit)
        switch try route.begin(message) {
        case .answered(let answer): return answer
        case .working(let work): return try await work()
        case .streaming: throw .unimplemented("Expected a message that is not compressed.")
        }
      }
    }

    /// Cancels a call after a while.
    private func limit(
      _ id: HTTP2StreamID, _ call: ServerCall, _ timeout: Duration,
      _ context: ChannelHandlerContext
    ) {
      let bound = NIOLoopBound((self, call, context), eventLoop: context.eventLoop)
      call.deadline = context.eventLoop.scheduleTask(in: TimeAmount(timeout)) {
        let (connection, call, context) = bound.value
        call.isLate = true
        if call.isArriving { connection.end(id, call, .failure(.callIsLate), context) }
        call.cancelWork()
      }
    }

    // MARK: Ends

    /// - Returns: what ends a call from any thread.
    private func finisher(
      of call: ServerCall, _ id: HTTP2StreamID, _ context: ChannelHandlerContext
    ) -> @Sendable (Result<CallRoute.Answer?, StatusError>) -> Void {
      let loop = context.eventLoop
      let bound = NIOLoopBound((self, call, context), eventLoop: loop)
      return { result in
        loop.runInPlace {
          let (connection, call, context) = bound.value
          connection.end(id, call, result, context)
        }
      }
    }

    /// - Returns: what sends one of a call's messages from any thread.
    private func writer(
      of call: ServerCall, _ id: HTTP2StreamID, _ context: ChannelHandlerContext
    ) -> @Sendable (ByteBuffer) -> Void {
      let loop = context.eventLoop
      let bound = NIOLoopBound((self, call, context), eventLoop: loop)
      return { message in
        loop.runInPlace {
          let (connection, call, context) = bound.value
          guard connection.calls[id] === call else { return }
          connection.send(message, id, call, context)
        }
      }
    }

    /// Ends a call, and answers it if its client still waits.
    ///
    /// - Parameters:
    ///   - result: The last message, if there is one, or what the call failed of.
    ///   - refusal: Why the call was not let in, where that is counted.
    func end(
      _ id: HTTP2StreamID, _ call: ServerCall, _ result: Result<CallRoute.Answer?, StatusError>,
      refusal: ServerMetrics.Refusal? = nil, _ context: ChannelHandlerContext
    ) {
      // Where clients ask for errors inside of messages, the deadline is told by the status nevertheless: theirs
      // may not have passed yet.
      let result = call.isLate && result.hasFailed ? .failure(.callIsLate) : result
      let isWaitedFor = calls[id] === call
      if isWaitedFor { forget(id, call) }
      if call.isRunning { supervision.running.leave() }
      switch result {
      case .success(let answer):
        supervision.ended(call, answer?.failure, context.channel)
        guard isWaitedFor else { return }
        if let answer { send(answer.message, id, call, context) }
        if !call.hasHead { write(id, .headers(.init(headers: CallHeaders.head)), context) }
        write(id, .headers(.init(headers: CallHeaders.trailers, endStream: true)), context)
      case .failure(let error):
        supervision.ended(call, error, refusal: refusal, context.channel)
        guard isWaitedFor else { return }
        let headers = CallHeaders.failure(error, isOnly: !call.hasHead)
        write(id, .headers(.init(headers: headers, endStream: true)), context)
      }
      // The client need not send the rest (RFC 9113, 8.1).
      if !call.isComplete { write(id, .rstStream(.noError), context) }
    }

    /// The client waits for an answer no more, or has it.
    private func abandon(_ id: HTTP2StreamID, _ context: ChannelHandlerContext) {
      guard let call = calls[id] else { return }
      let isArriving = call.isArriving
      forget(id, call)
      if isArriving {
        end(id, call, .failure(.callIsAbandoned), context)
      }
      call.cancelWork()
    }

    private func forget(_ id: HTTP2StreamID, _ call: ServerCall) {
      calls[id] = nil
      call.deadline?.cancel()
      if call.isArriving { arriving -= 1 }
    }

    // MARK: What the server sends

    private func send(
      _ message: ByteBuffer, _ id: HTTP2StreamID, _ call: ServerCall,
      _ context: ChannelHandlerContext
    ) {
      if !call.hasHead {
        call.hasHead = true
        write(id, .headers(.init(headers: CallHeaders.head)), context)
      }
      supervision.metrics.sent(bytes: message.readableBytes)
      write(id, .data(.init(data: .byteBuffer(message))), context)
    }

    /// Writes a frame. All that one turn of the connection's loop brings about is sent in one piece: many
    /// short answers cost no more calls of the system, and wake the client no more often, than one.
    private func write(
      _ id: HTTP2StreamID, _ payload: HTTP2Frame.FramePayload, _ context: ChannelHandlerContext
    ) {
      context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
      guard !isFlushDue else { return }
      isFlushDue = true
      guard !isReading else { return }
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      // Runs after what waits for its turn already, and may write too.
      context.eventLoop.execute { bound.value.0.flushIfDue(bound.value.1) }
    }

    private func flushIfDue(_ context: ChannelHandlerContext) {
      guard isFlushDue else { return }
      isFlushDue = false
      context.flush()
    }

    // MARK: Backpressure

    func read(context: ChannelHandlerContext) {
      // Who does not take answers gets to ask no further questions.
      if context.channel.isWritable { context.read() } else { isReadDue = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
      if isReadDue, context.channel.isWritable {
        isReadDue = false
        context.read()
      }
      context.fireChannelWritabilityChanged()
    }
  }

  extension Result<CallRoute.Answer?, StatusError> {
    /// Whether there is an error, be it inside of a message.
    fileprivate var hasFailed: Bool {
      switch self {
      case .success(let answer): answer?.failure != nil
      case .failure: true
      }
    }
  }

  extension EventLoop {
    /// Runs something on the loop's thread: at once, if this is it.
    fileprivate func runInPlace(_ work: @escaping @Sendable () -> Void) {
      if inEventLoop { work() } else { execute(work) }
    }
  }
#endif
