#if Distributed
  import GRPCCore
  import LoomCore
  import NIOCore
  import SwiftProtobuf

  /// What a server does with the calls of one method: messages in and out, as bytes.
  struct CallRoute: Sendable {
    /// What a call is answered with.
    struct Answer: Sendable {
      /// The message behind its head.
      var message: ByteBuffer
      /// The error that the message tells of, if it does.
      var failure: StatusError?
    }

    /// How a call goes on once its message is there.
    enum Beginning: Sendable {
      case answered(Answer)
      /// The work is cancelled when the client gives up or goes away, or its deadline passes.
      case working(@Sendable () async throws(StatusError) -> Answer)
      /// Writes any number of messages. Ends with the client, or when there is nothing more to say.
      case streaming(@Sendable (_ write: @escaping @Sendable (ByteBuffer) -> Void) async -> Void)
    }

    /// `package.Service/Method`
    let name: String
    /// Whether the call asks for work that did not begin before. All others end or answer what is under way,
    /// and go on while the server drains.
    let asksForWork: Bool
    /// Whether everybody may call, and nobody is told of it: probes carry no secrets.
    let isProbe: Bool
    /// Begins a call on the connection's thread, which nothing may keep busy for long.
    let begin: @Sendable (ByteBuffer) throws(StatusError) -> Beginning
  }

  /// How a service answers a message.
  enum Reply<Response: Sendable>: Sendable {
    case now(Response)
    case later(@Sendable () async throws(StatusError) -> Response)
  }

  /// The methods that a server answers, by their paths.
  struct CallRouter: Sendable {
    private var routes: [String: CallRoute] = [:]
    /// The services that the methods are of.
    private(set) var services: Set<String> = []

    subscript(path: String) -> CallRoute? { routes[path] }

    private static let work: Set<String> = [
      "CreateSession", "ExtendSession", "PartialRunSetup", "RunStep", "MakeCallable", "RunCallable",
      "CreateWorkerSession", "RegisterGraph", "RunGraph",
    ]

    /// Answers a unary call.
    ///
    /// - Parameters:
    ///   - failure: The error that a response carries instead of the status of its call.
    ///   - handler: Is cancelled when the client gives up or goes away, or its deadline passes.
    mutating func answer<Request, Response>(
      _ method: RPCMethod<Request, Response>,
      failure: @escaping @Sendable (Response) -> StatusError? = { _ in nil },
      _ handler: @escaping @Sendable (Request) async throws(StatusError) -> Response
    ) {
      begin(method, failure: failure) { request in
        .later { () async throws(StatusError) in try await handler(request) }
      }
    }

    /// Answers a unary call whose answer may be at hand.
    ///
    /// - Parameter handler: Begins on the connection's thread: only what is brief may be done at once.
    mutating func begin<Request, Response>(
      _ method: RPCMethod<Request, Response>,
      failure: @escaping @Sendable (Response) -> StatusError? = { _ in nil },
      _ handler: @escaping @Sendable (Request) throws(StatusError) -> Reply<Response>
    ) {
      add(method.descriptor) { bytes throws(StatusError) in
        switch try handler(WireMessage.parse(bytes)) {
        case .now(let response):
          return .answered(
            .init(message: try WireMessage.framed(response), failure: failure(response)))
        case .later(let work):
          return .working { () async throws(StatusError) in
            let response = try await work()
            return .init(message: try WireMessage.framed(response), failure: failure(response))
          }
        }
      }
    }

    /// Answers calls of a method.
    mutating func add(
      _ method: MethodDescriptor, isProbe: Bool = false,
      _ begin: @escaping @Sendable (ByteBuffer) throws(StatusError) -> CallRoute.Beginning
    ) {
      let service = method.service.fullyQualifiedService
      services.insert(service)
      let name = "\(service)/\(method.method)"
      routes["/" + name] = CallRoute(
        name: name, asksForWork: CallRouter.work.contains(method.method), isProbe: isProbe,
        begin: begin)
    }
  }
#endif
