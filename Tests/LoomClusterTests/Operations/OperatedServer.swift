#if Distributed
  import Foundation
  import Logging
  import Synchronization
  import Testing
  import Weirloom

  /// Keeps log lines, for a test to look at.
  final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    /// Those that contain a text.
    func with(_ text: String) -> [String] { all.filter { $0.contains(text) } }

    var logger: Logger {
      Logger(label: "test") { _ in Handler(lines: self) }
    }

    private struct Handler: LogHandler {
      let lines: LogLines
      var logLevel = Logger.Level.info
      var metadata = Logger.Metadata()

      subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
      }

      func log(event: LogEvent) {
        let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }
          .map { "\($0.key)=\($0.value)" }
        let line = (["\(event.level): \(event.message)"] + fields).joined(separator: " ")
        lines.lines.withLock { $0.append(line) }
      }
    }
  }

  /// A server with settings of its own, what it logs, and what it counts.
  final class OperatedServer: Sendable {
    let server: Server
    let log = LogLines()
    let metrics = PrometheusMetrics()

    init(
      host: String? = nil, security: ServerSecurity = .init(), limits: ServerLimits = .init(),
      drainTimeout: Duration = .seconds(30)
    ) throws {
      var options = ServerOptions()
      options.security = security
      options.limits = limits
      options.drainTimeout = drainTimeout
      options.logger = log.logger
      options.metrics = metrics
      server = try Server(
        cluster: ClusterSpec(["localhost": ["localhost:0"]]), host: host, options: options)
    }

    deinit { server.stop() }

    /// A session that shares its connection with nobody.
    func session(
      _ graph: Graph, _ credentials: ChannelCredentials = .init(), timeout: Duration? = nil
    ) throws -> Session {
      var configuration = SessionConfiguration()
      configuration.credentials = credentials
      configuration.rpc.disablesConnectionSharing = true
      configuration.operationTimeout = timeout
      return try Session(graph: graph, target: server.target, configuration: configuration)
    }

    /// Expects that a client with these credentials gets its work done.
    func expectService(
      _ credentials: ChannelCredentials = .init(), sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let graph = Graph()
      let six = try graph.constant(Float(2)) * graph.constant(Float(3))
      let session = try session(graph, credentials)
      defer { session.close() }
      #expect(try session.run(six).scalar == 6, sourceLocation: sourceLocation)
    }

    /// Expects that a client with these credentials is turned away.
    func expectRefusal(
      _ code: StatusError.Code, _ text: String = "", _ credentials: ChannelCredentials = .init(),
      timeout: Duration? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let graph = Graph()
      let one = try graph.constant(Float(1))
      let session = try session(graph, credentials, timeout: timeout)
      expectStatus(code, text, sourceLocation: sourceLocation) { try session.run(one) }
    }
  }

  /// Waits until `condition` holds, or has been looked at very often: other tests keep the machine busy.
  ///
  /// - Parameter limit: when to give up. By default looks are counted, not seconds: while blocking tests hold
  ///   all threads, nothing that is waited for can happen.
  /// - Returns: whether it holds.
  func eventually(within limit: Duration? = nil, _ condition: () -> Bool) async -> Bool {
    let end = limit.map { ContinuousClock.now + $0 }
    for _ in 0..<60_000 {
      if condition() { return true }
      if let end, ContinuousClock.now >= end { return false }
      // Cancelled tests end at once.
      do { try await Task.sleep(for: .milliseconds(1)) } catch { return false }
    }
    return condition()
  }
#endif
