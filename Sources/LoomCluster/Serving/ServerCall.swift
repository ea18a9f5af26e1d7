#if Distributed
  import LoomCore
  import NIOCore

  /// A call on a server's connection. Used on the connection's thread.
  final class ServerCall {
    enum Phase {
      /// Its message is not there yet.
      case arriving
      /// It is answered, by a task if it takes its time.
      case working(Task<Void, Never>?)
    }

    let route: CallRoute
    let start = ContinuousClock.now
    var phase = Phase.arriving
    var request = RequestReader()
    /// What the client calls its way of compressing messages.
    var encoding: String?
    /// Whether the client has sent all it wants to.
    var isComplete = false
    var deadline: Scheduled<Void>?
    /// Whether the deadline has passed.
    var isLate = false
    /// Whether the call counts as running work.
    var isRunning = false
    /// Whether the answer has begun.
    var hasHead = false
    /// How much of the message had arrived at the last look; `nil` before the first.
    var lastProgress: Int?

    init(_ route: CallRoute) { self.route = route }

    var isArriving: Bool { if case .arriving = phase { true } else { false } }

    /// Cancels what answers the call; it ends when that has ended.
    func cancelWork() {
      if case .working(let task) = phase { task?.cancel() }
    }
  }
#endif
