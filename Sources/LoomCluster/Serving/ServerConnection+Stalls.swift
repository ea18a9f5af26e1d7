#if Distributed
  import LoomCore
  import NIOCore

  extension ServerConnection {
    /// What has to arrive of an unfinished message between two looks at it.
    private static let leastProgress = 1024

    /// Looks after a while whether messages that have begun have come on, and gives up those that have not.
    func lookLater(_ context: ChannelHandlerContext) {
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      look = context.eventLoop.scheduleTask(in: TimeAmount(limits.stalledMessage)) {
        let (connection, context) = bound.value
        connection.look = nil
        connection.giveUpStalled(context)
        if connection.arriving > 0 { connection.lookLater(context) }
      }
    }

    private func giveUpStalled(_ context: ChannelHandlerContext) {
      for (id, call) in calls where call.isArriving {
        let received = call.request.received
        defer { call.lastProgress = received }
        // What began after the last look has had less than the time.
        guard let last = call.lastProgress,
          received - last < ServerConnection.leastProgress
        else { continue }
        end(
          id, call,
          .failure(
            StatusError(.deadlineExceeded, "The rest of the request did not arrive in time.")),
          refusal: .stalled, context)
      }
    }
  }
#endif
