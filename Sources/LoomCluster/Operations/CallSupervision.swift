#if Distributed
  import LoomCore
  import Logging
  import NIOCore
  import NIOHPACK

  /// Lets calls in, counts them, and tells of those that fail.
  struct CallSupervision: Sendable {
    let metrics: ServerMetrics
    let running: RunningCalls
    /// `nil` where everybody may call.
    let tokens: TokenVerifier?
    let logger: Logger

    /// - Throws: ``StatusError/Code/unauthenticated`` for a call without a token that is the server's.
    func admit(_ headers: HPACKHeaders, to route: CallRoute) throws(StatusError) {
      guard let tokens, !route.isProbe else { return }
      let values = headers[canonicalForm: "authorization"]
      guard tokens.admits(values.lazy.map { String($0) }) else {
        throw StatusError(
          .unauthenticated,
          values.isEmpty
            ? "Expected a bearer token." : "The token of the call is not one of the server's.")
      }
    }

    /// A call has ended.
    ///
    /// - Parameters:
    ///   - failure: What it failed of, also if the client was told inside of a message.
    ///   - refusal: Why it was not let in, where that is counted.
    func ended(
      _ call: ServerCall, _ failure: StatusError?, refusal: ServerMetrics.Refusal? = nil,
      _ channel: any NIOCore.Channel
    ) {
      guard !call.route.isProbe else { return }
      metrics.ended(call.route.name, failure?.code, after: ContinuousClock.now - call.start)
      if let refusal { metrics.refused(refusal) }
      guard let failure else { return }
      logger.log(
        level: refusal == nil ? CallSupervision.level(of: failure.code) : .warning, "A call failed",
        metadata: [
          "rpc": "\(call.route.name)", "code": "\(failure.code.name)",
          "peer": "\(CallSupervision.name(of: channel.remoteAddress))",
          "error": "\(CallSupervision.line(failure.message))",
        ])
    }

    /// What steps end with in the course of things is worth less attention than what clients do wrong.
    static func level(of code: StatusError.Code) -> Logger.Level {
      switch code {
      case .cancelled, .deadlineExceeded, .outOfRange, .unavailable: .debug
      case .unauthenticated, .permissionDenied, .resourceExhausted, .internal, .dataLoss, .unknown:
        .warning
      default: .info
      }
    }

    /// Where a connection comes from: `127.0.0.1:34567`.
    static func name(of peer: SocketAddress?) -> String {
      guard let host = peer?.ipAddress, let port = peer?.port else { return "unknown" }
      return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// The start of a message as one line without control characters: clients have a part in its text.
    static func line(_ text: String) -> String {
      var result = ""
      for scalar in text.unicodeScalars.prefix(longestLine) {
        result.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
      }
      return result
    }

    private static let longestLine = 300
  }

  extension StatusError {
    /// What calls end with whose client waits no more.
    static let callIsAbandoned = StatusError(.cancelled, "The call was cancelled.")
    /// What calls end with whose deadline has passed.
    static let callIsLate = StatusError(.deadlineExceeded, "The deadline of the call has passed.")
  }

  extension CallRoute {
    /// What calls of methods are counted as that the server does not have.
    static let unknown = CallRoute(name: "unknown", asksForWork: false, isProbe: false) {
      _ throws(StatusError) in
      throw .unimplemented("The server has no such method.")
    }
  }
#endif
