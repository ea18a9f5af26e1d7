#if Distributed
  import Glibc
  import NIOCore

  /// How soon a connection notices that nothing comes from the other side any more, though nobody closed it:
  /// the machine is gone, or the network in between.
  ///
  /// The systems at both ends see to it (TCP's own probes), not gRPC's pings: stock servers close
  /// connections on which they are pinged more often than every five minutes. A process that is merely
  /// stopped keeps its connections; who wants to know of that has to ask it.
  struct Liveness: Sendable, Hashable {
    /// After how long of silence the other side is probed, and how often from then on, in seconds.
    let probeInterval: Int
    /// How long what was sent, a probe too, may stay without an answer, in seconds.
    let silence: Int

    /// For clients, whose servers may be far away.
    static let client = Liveness(probeInterval: 5, silence: 20)
    /// For the tasks of a cluster, which are to hear of each other's end within three seconds.
    static let peer = Liveness(probeInterval: 1, silence: 2)

    /// Tells the system, before the connection is made: it holds for connecting too.
    func apply(to channel: any NIOCore.Channel) -> EventLoopFuture<Void> {
      channel.eventLoop.makeCompletedFuture {
        // Transports without sockets have nothing to set.
        guard let options = channel.syncOptions else { return }
        try options.setOption(.socketOption(.so_keepalive), value: 1)
        for (name, value) in [
          (TCP_KEEPIDLE, probeInterval), (TCP_KEEPINTVL, probeInterval),
          (TCP_KEEPCNT, Swift.max(1, silence / probeInterval)),
          (TCP_USER_TIMEOUT, silence * 1000),
        ] {
          try options.setOption(
            ChannelOptions.Types.SocketOption(
              level: .tcp, name: NIOBSDSocket.Option(rawValue: name)),
            value: SocketOptionValue(value))
        }
      }
    }
  }
#endif
