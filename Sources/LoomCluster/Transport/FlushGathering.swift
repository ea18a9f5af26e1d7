#if Distributed
  import NIOCore

  /// Sends what a busy connection is written in one turn of its loop in one piece: many short answers cost no
  /// more calls of the system, and wake the other side no more often, than one.
  ///
  /// A connection is busy if there was more than one flush in its last turn. On others every flush goes out
  /// at once.
  final class FlushGathering: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var isBusy = false
    private var isDue = false
    /// How many flushes there were in this turn.
    private var count = 0

    func flush(context: ChannelHandlerContext) {
      count += 1
      if count == 1 {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        // Runs after what waits for its turn already, and may write too.
        context.eventLoop.execute {
          let (gathering, context) = bound.value
          gathering.endTurn(context)
        }
      }
      if isBusy { isDue = true } else { context.flush() }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
      flushDue(context)
      context.close(mode: mode, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) { isDue = false }

    private func endTurn(_ context: ChannelHandlerContext) {
      // First: what is written because of this flush begins a turn of its own.
      isBusy = count > 1
      count = 0
      flushDue(context)
    }

    private func flushDue(_ context: ChannelHandlerContext) {
      guard isDue else { return }
      isDue = false
      context.flush()
    }
  }
#endif
