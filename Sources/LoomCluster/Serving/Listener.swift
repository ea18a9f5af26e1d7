#if Distributed
  import Glibc
  import LoomCore
  import Logging
  import NIOCore
  import NIOHPACK
  import NIOHTTP2
  import NIOPosix
  import Synchronization

  /// Takes a server's connections, and ends them.
  final class Listener: Sendable {
    private struct State {
      /// The socket, until it is listened to.
      var descriptor: Int?
      /// Whether the channel is about to be there.
      var isOpening = false
      var channel: (any NIOCore.Channel)?
      var connections: [ObjectIdentifier: any NIOCore.Channel] = [:]
      /// Whether connections have been refused since there was room for one.
      var isFull = false
      var isStopped = false
      /// Whether nothing is left.
      var isFinished = false
    }
    private let state: Mutex<State>
    private let limits: ServerLimits
    private let metrics: ServerMetrics
    private let logger: Logger
    private let encryption: ServerEncryption?
    private let makeConnection: @Sendable () -> ServerConnection
    private let end = TransportExecutor.shared.loops.next().makePromise(of: Void.self)

    /// How long clients may take to close their connections, once the server has told them of its end.
    private static let farewell = TimeAmount.seconds(2)
    private static let largestFrame = 1 << 20
    /// Within half a minute; beyond, a client is thought to attack.
    private static let mostPings = 10_000

    /// - Parameter makeConnection: Makes what answers the calls of a connection.
    init(
      _ socket: consuming ListeningSocket, encryption: ServerEncryption?, limits: ServerLimits,
      metrics: ServerMetrics, logger: Logger,
      makeConnection: @escaping @Sendable () -> ServerConnection
    ) {
      state = Mutex(State(descriptor: socket.take()))
      self.encryption = encryption
      self.limits = limits
      self.metrics = metrics
      self.logger = logger
      self.makeConnection = makeConnection
    }

    deinit {
      // Nobody has been told of an end that nobody asked for.
      end.succeed()
      if let descriptor = state.withLock({ $0.descriptor }) { close(Int32(descriptor)) }
    }

    // MARK: Life

    /// Begins to take connections.
    func start() {
      let taken = state.withLock { state in
        state.isOpening = state.descriptor != nil
        return state.descriptor.take()
      }
      guard let descriptor = taken else { return }
      ServerBootstrap(group: TransportExecutor.shared.loops)
        .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
        .childChannelInitializer { [self] channel in accept(channel) }
        .withBoundSocket(NIOBSDSocket.Handle(descriptor))
        .whenComplete { [self] result in
          switch result {
          case .success(let channel): opened(channel)
          case .failure(let error):
            logger.error("The server can't listen", metadata: ["error": "\(error)"])
            end.fail(StatusError(.unknown, "Could not start gRPC server: \(error)"))
          }
        }
    }

    private func opened(_ channel: any NIOCore.Channel) {
      let isStopped = state.withLock { state in
        (state.isOpening, state.channel) = (false, channel)
        return state.isStopped
      }
      channel.closeFuture.whenComplete { [self] _ in
        state.withLock { $0.channel = nil }
        finishIfDone()
      }
      if isStopped { channel.close(promise: nil) }
    }

    /// Takes no more connections, cancels all calls, and has clients close their connections; those that do
    /// not do so soon are closed.
    func stop() {
      let (descriptor, channel, connections) = state.withLock { state in
        state.isStopped = true
        return (state.descriptor.take(), state.channel, Array(state.connections.values))
      }
      if let descriptor { close(Int32(descriptor)) }
      channel?.close(promise: nil)
      for connection in connections {
        connection.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
      }
      if !connections.isEmpty {
        TransportExecutor.shared.loops.next().scheduleTask(in: Listener.farewell) { [self] in
          for connection in state.withLock({ Array($0.connections.values) }) {
            connection.close(promise: nil)
          }
        }
      }
      finishIfDone()
    }

    /// Waits until ``stop()`` has ended the last connection.
    ///
    /// - Throws: ``StatusError/Code/unknown`` if the socket could not be listened to.
    func finished() async throws(StatusError) {
      do { try await end.futureResult.get() } catch { throw StatusError.wrapping(error) }
    }

    private func finishIfDone() {
      let isDone = state.withLock { state in
        guard state.isStopped, !state.isFinished, !state.isOpening, state.channel == nil,
          state.connections.isEmpty
        else { return false }
        state.isFinished = true
        return true
      }
      if isDone { end.succeed() }
    }

    // MARK: Connections

    /// Called for each connection, in its event loop, before anything of it is read.
    private func accept(_ channel: any NIOCore.Channel) -> EventLoopFuture<Void> {
      guard admit(channel) else { return channel.close() }
      channel.closeFuture.whenComplete { [self] _ in leave(channel) }
      return channel.eventLoop.makeCompletedFuture { try configure(channel) }
    }

    private func configure(_ channel: any NIOCore.Channel) throws {
      let pipeline = channel.pipeline.syncOperations
      if let encryption { try pipeline.addHandler(try encryption.makeHandler()) }
      // Behind the encryption, if there is one: what it fails of is told there.
      try pipeline.addHandlers(
        ConnectionGuard(
          limit: TimeAmount(limits.handshake), metrics: metrics, logger: logger),
        NIOHTTP2Handler(
          mode: .server, frameDelegate: nil, connectionConfiguration: connectionConfiguration,
          streamConfiguration: streamConfiguration),
        ConnectionLife(limits), makeConnection())
    }

    private var connectionConfiguration: NIOHTTP2Handler.ConnectionConfiguration {
      var configuration = NIOHTTP2Handler.ConnectionConfiguration()
      configuration.initialSettings = [
        HTTP2Setting(parameter: .initialWindowSize, value: ServerConnection.window),
        HTTP2Setting(parameter: .maxFrameSize, value: Listener.largestFrame),
        HTTP2Setting(parameter: .maxHeaderListSize, value: HPACKDecoder.defaultMaxHeaderListSize),
        // Steps that wait for queues take a call each; the protocol's default are a hundred.
        HTTP2Setting(parameter: .maxConcurrentStreams, value: limits.callsPerConnection),
      ]
      // TensorFlow's clients measure a busy connection by pings.
      configuration.controlFrameRateLimit.maximumCount = Listener.mostPings
      return configuration
    }

    private var streamConfiguration: NIOHTTP2Handler.StreamConfiguration {
      var configuration = NIOHTTP2Handler.StreamConfiguration()
      // A client that ends cancels all that it waits for.
      configuration.streamResetFrameRateLimit.maximumCount = limits.callsPerConnection
      return configuration
    }

    private func admit(_ channel: any NIOCore.Channel) -> Bool {
      let (count, isFirstRefused) = state.withLock { state -> (Int?, Bool) in
        guard !state.isStopped else { return (nil, false) }
        if let limit = limits.connections, state.connections.count >= limit {
          defer { state.isFull = true }
          return (nil, !state.isFull)
        }
        state.connections[ObjectIdentifier(channel)] = channel
        return (state.connections.count, false)
      }
      // One line for all that come while there is no room.
      if isFirstRefused {
        logger.warning(
          "Connections are refused: the limit is reached",
          metadata: ["limit": "\(limits.connections ?? 0)"])
      }
      if let count { metrics.connections(count) } else { metrics.refused(.connections) }
      return count != nil
    }

    private func leave(_ channel: any NIOCore.Channel) {
      metrics.connections(
        state.withLock { state in
          state.connections[ObjectIdentifier(channel)] = nil
          state.isFull = false
          return state.connections.count
        })
      finishIfDone()
    }
  }
#endif
