#if Distributed
  import ArgumentParser
  import FoundationEssentials
  import LoomCluster
  import Logging
  import Synchronization
  import Weirloom

  /// Who may use a server.
  struct ServerSecurityOptions: ParsableArguments {
    @Flag(
      name: .long,
      help: "Listen on an address that other machines can reach, though anybody may use the server."
    )
    var insecure = false

    @Option(
      name: .long,
      help: ArgumentHelp(
        "The server's certificate, and those of the authorities in between; read again when it changes.",
        valueName: "FILE.pem"))
    var tlsCert: String?

    @Option(
      name: .long, help: ArgumentHelp("The key of the certificate.", valueName: "FILE.pem"))
    var tlsKey: String?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Let in only clients with a certificate of these authorities.", valueName: "FILE.pem"))
    var tlsClientCa: String?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Let in only calls that carry one of the tokens in this file, a line each; read again when it "
          + "changes. Without it the variable WEIRLOOM_TOKEN is taken.", valueName: "FILE"))
    var tokenFile: String?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Encrypt connections to other tasks of the cluster, and trust these authorities; the server's "
          + "own certificate and first token are shown to them.", valueName: "FILE.pem"))
    var tlsPeerCa: String?

    func validate(bind: String) throws {
      guard (tlsCert == nil) == (tlsKey == nil) else {
        throw ValidationError("--tls-cert and --tls-key: expected both")
      }
      guard tlsClientCa == nil || tlsCert != nil else {
        throw ValidationError("--tls-client-ca: expected --tls-cert and --tls-key too")
      }
      guard insecure || ServerSecurity.isLoopback(bind) || tlsCert != nil || token != nil else {
        throw ValidationError(
          "--bind \(bind): other machines can reach this address, and whoever reaches the server can "
            + "run anything on it. Give --tls-cert and --tls-key, or --token-file; or add --insecure if "
            + "the network is trusted.")
      }
    }

    func settings() throws(StatusError) -> ServerSecurity {
      var security = ServerSecurity(
        clientAuthoritiesPath: tlsClientCa, token: token, allowsInsecure: insecure)
      if let tlsCert, let tlsKey {
        security.certificate = CertificateFiles(certificatePath: tlsCert, keyPath: tlsKey)
      }
      return security
    }

    private var token: BearerToken? { BearerToken(file: tokenFile) }

    /// What the server shows to the other tasks of its cluster, which are run like itself.
    func peerCredentials() -> ChannelCredentials {
      var credentials = ChannelCredentials(token: token)
      if let tlsPeerCa {
        var tls = ChannelCredentials.TLS(authoritiesPath: tlsPeerCa)
        if let tlsCert, let tlsKey {
          tls.certificate = CertificateFiles(certificatePath: tlsCert, keyPath: tlsKey)
        }
        credentials.tls = tls
      }
      return credentials
    }
  }

  /// What a server puts up with.
  struct ServerLimitOptions: ParsableArguments {
    @Option(
      name: .long, help: ArgumentHelp("The largest message.", valueName: "MiB"))
    var maxMessageMib: Int?

    @Option(
      name: .long, help: ArgumentHelp("Connections at once.", valueName: "number"))
    var maxConnections: Int?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Close connections without a call after so long.", valueName: "seconds"))
    var idleSeconds: Int?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Give up requests of which nothing more arrives for so long.", valueName: "seconds"))
    var stallSeconds: Int?

    func validate() throws {
      for (name, value) in [
        ("--max-message-mib", maxMessageMib), ("--max-connections", maxConnections),
        ("--idle-seconds", idleSeconds), ("--stall-seconds", stallSeconds),
      ] {
        guard (1...Int(Int32.max)).contains(value ?? 1) else {
          throw ValidationError("\(name) \(value ?? 0): expected 1 or more")
        }
      }
    }

    func settings() -> ServerLimits {
      var limits = ServerLimits()
      if let maxMessageMib {
        limits.messageBytes = min(maxMessageMib << 20, limits.messageBytes)
      }
      limits.connections = maxConnections
      limits.idleConnection = idleSeconds.map { .seconds($0) }
      if let stallSeconds { limits.stalledMessage = .seconds(stallSeconds) }
      return limits
    }
  }

  /// How a server tells of itself, and how it ends.
  struct OperationOptions: ParsableArguments {
    /// What swift-log calls its levels.
    enum LogLevel: String, ExpressibleByArgument, CaseIterable {
      case trace, debug, info, notice, warning, error, critical

      var level: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        case .critical: .critical
        }
      }
    }

    enum LogFormat: String, ExpressibleByArgument, CaseIterable {
      case text, json
    }

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Serve Prometheus metrics over HTTP on this port; 0 for any that is free.",
        valueName: "number"))
    var metricsPort: Int?

    @Option(
      name: .long,
      help: ArgumentHelp("The address for metrics.", valueName: "address"))
    var metricsBind = "127.0.0.1"

    @Option(
      name: .long,
      help: ArgumentHelp(
        "trace, debug, info, notice, warning, error or critical.", valueName: "name"))
    var logLevel = LogLevel.notice

    @Option(name: .long, help: "How log lines look, on the standard error stream.")
    var logFormat = LogFormat.text

    @Option(
      name: .long,
      help: ArgumentHelp(
        "How long running steps may take when the server is to end.", valueName: "seconds"))
    var drainSeconds = 30.0

    @Option(
      name: .long,
      help: ArgumentHelp(
        "How long sessions wait for tasks of the cluster that are not there.", valueName: "seconds")
    )
    var waitSeconds = 60.0

    var waitLimit: Duration { .milliseconds(Int64(waitSeconds * 1000)) }

    var drainTimeout: Duration { .milliseconds(Int64(drainSeconds * 1000)) }

    func validate() throws {
      if let metricsPort, !(0...65535).contains(metricsPort) {
        throw ValidationError("--metrics-port \(metricsPort): expected 0 to 65535")
      }
      guard (0...1e6).contains(drainSeconds) else {
        throw ValidationError("--drain-seconds \(drainSeconds): expected 0 or more")
      }
      guard (0...1e6).contains(waitSeconds) else {
        throw ValidationError("--wait-seconds \(waitSeconds): expected 0 or more")
      }
    }

    /// Decides for the whole process how log lines look. Done once.
    func startLogging() {
      LoggingSystem.bootstrap { [logLevel, logFormat] label in
        var handler: any LogHandler =
          switch logFormat {
          case .text: StreamLogHandler.standardError(label: label)
          case .json: JSONLogHandler(label: label)
          }
        handler.logLevel = logLevel.level
        return handler
      }
    }
  }

  extension BearerToken {
    /// The tokens of a file, or that of the variable `WEIRLOOM_TOKEN`. Command lines can be read by others,
    /// so none is taken from there.
    init?(file: String?) {
      if let file {
        self = .file(file)
      } else if let text = ProcessInfo.processInfo.environment["WEIRLOOM_TOKEN"], !text.isEmpty {
        self = .text(text)
      } else {
        return nil
      }
    }
  }

  /// An error that one thread leaves for another.
  final class Failure: Sendable {
    private let state = Mutex<(any Error)?>(nil)

    var error: (any Error)? { state.withLock { $0 } }

    func set(_ error: any Error) { state.withLock { $0 = error } }
  }
#endif
