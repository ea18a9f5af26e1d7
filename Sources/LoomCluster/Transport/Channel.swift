#if Distributed
  import GRPCCore
  import GRPCNIOTransportHTTP2Posix
  package import LoomCore
  import LoomFormats
  package import LoomRuntime
  import SwiftProtobuf

  /// A connection to one server, made when it is first used and made again when it is lost.
  ///
  /// Calls of any number of threads and tasks share it. It ends with its last reference, after the calls
  /// that are under way.
  package final class Channel: Sendable {
    package let address: ServerAddress
    private let client: GRPCClient<HTTP2ClientTransport.Posix>
    private let secret: SecretSource?

    /// - Throws: ``StatusError/Code/invalidArgument`` if the address, a certificate or a token is of no use;
    ///   ``StatusError/Code/notFound`` if the file of the token can't be read.
    package convenience init(
      to address: ServerAddress, credentials: ChannelCredentials = .init()
    ) throws(StatusError) {
      try self.init(to: address, credentials: credentials, liveness: .client, compression: nil)
    }

    /// - Parameters:
    ///   - liveness: how soon the connection notices that the server has vanished.
    ///   - compression: how messages to the server are compressed; `nil` for not at all.
    init(
      to address: ServerAddress, credentials: ChannelCredentials, liveness: Liveness,
      compression: MessageCompression?
    ) throws(StatusError) {
      self.address = address
      if let token = credentials.token {
        secret = try SecretSource(token, logger: nil)
      } else {
        secret = nil
      }
      let security = try credentials.transportSecurity()
      let transport: HTTP2ClientTransport.Posix
      do {
        transport = try HTTP2ClientTransport.Posix(
          target: address.target, transportSecurity: security,
          config: .defaults { config in
            config.http2.authority = credentials.tls?.serverName
            config.connection.flushCoalescing = nil
            if let compression {
              config.compression.algorithm = compression == .gzip ? .gzip : .deflate
              config.compression.enabledAlgorithms = .all
            }
            config.http2.targetWindowSize = Channel.windowSize
            config.http2.maxFrameSize = Channel.frameSize
            // A server that comes back is found again soon.
            config.backoff = .init(
              initial: .milliseconds(100), max: .seconds(1), multiplier: 1.6, jitter: 0.2)
            config.channelDebuggingCallbacks.onCreateTCPConnection = { liveness.apply(to: $0) }
          },
          serviceConfig: ServiceConfig(methodConfig: [Channel.methods]),
          eventLoopGroup: TransportExecutor.shared.loops)
      } catch {
        throw .invalidArgument("Cannot connect to \(address): \(error)")
      }
      let client = GRPCClient(transport: transport)
      self.client = client
      // Holds the client, not the channel, so that dropping the channel ends it. What goes wrong with
      // connections is told to the calls that need them.
      _ = Task(executorPreference: TransportExecutor.shared) { try? await client.runConnections() }
    }

    deinit { client.beginGracefulShutdown() }

    private static let windowSize = 8 << 20
    private static let frameSize = 1 << 20
    private static let methods = MethodConfig(
      names: [.init(service: "")], maxRequestMessageBytes: MessageLimits.bytes,
      maxResponseMessageBytes: MessageLimits.bytes)

    /// Makes one call.
    ///
    /// Cancelling the task cancels the call, at the server too.
    ///
    /// - Parameters:
    ///   - timeout: How long the answer may take; `nil` for ever.
    ///   - waitsForServer: Whether to wait for a server that can't be reached.
    /// - Throws: What the server answers with; ``StatusError/Code/unavailable`` if it can't be reached or
    ///   goes away; ``StatusError/Code/deadlineExceeded`` after the timeout;
    ///   ``StatusError/Code/cancelled`` if the task is cancelled.
    package func call<Request, Response>(
      _ method: RPCMethod<Request, Response>, _ request: Request, timeout: Duration? = nil,
      waitsForServer: Bool = false
    ) async throws(StatusError) -> Response {
      var options = CallOptions.defaults
      options.timeout = timeout
      options.waitForReady = waitsForServer
      let begin = ContinuousClock.now
      do {
        return try await client.unary(
          request: ClientRequest(message: request, metadata: metadata),
          descriptor: method.descriptor, serializer: MessageCoder<Request>(),
          deserializer: MessageCoder<Response>(), options: options
        ) { response in try response.message }
      } catch {
        let isLate = timeout.map { begin.duration(to: .now) >= $0 } ?? false
        throw failure(error, of: method.descriptor, hasTimeout: timeout != nil, isLate: isLate)
      }
    }

    /// What goes along with every call. A renewed token is sent from the next call on.
    private var metadata: Metadata {
      guard let secret else { return [:] }
      return ["authorization": .string(secret.authorization)]
    }

    @inline(never)
    private func failure(
      _ error: any Error, of method: MethodDescriptor, hasTimeout: Bool, isLate: Bool
    ) -> StatusError {
      if Task.isCancelled { return StatusError(.cancelled, "The task of the call was cancelled.") }
      guard let error = error as? RPCError else { return StatusError.wrapping(error) }
      switch error.code {
      // Without a limit of the call's own, it is the server's that has passed.
      case .deadlineExceeded where hasTimeout,
        // The server counts too, and may close the call before it is given up here.
        .unavailable where isLate, .cancelled where isLate:
        return StatusError(.deadlineExceeded, "Operation timed out.")
      case .unavailable:
        if let refusal = TLSRefusal(error) {
          return StatusError(
            .unauthenticated, "\(refusal.text) (\(address), while calling /\(method))")
        }
        return StatusError(
          .unavailable, "\(error.message) (\(address), while calling /\(method))")
      default: return StatusError(error)
      }
    }
  }
#endif
