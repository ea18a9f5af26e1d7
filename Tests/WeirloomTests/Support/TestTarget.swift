import Foundation
import Synchronization
import Testing
import Weirloom

/// Where the sessions of this suite run, by the environment variable `WEIRLOOM_TEST_TARGET`: in this
/// process, on servers in this process (`server`), or on another one (`grpc://host:port`).
enum TestTarget {
  static let name = ProcessInfo.processInfo.environment["WEIRLOOM_TEST_TARGET"] ?? ""

  static var isRemote: Bool { !name.isEmpty }

  /// What goes before the text of an error of a kernel.
  static let origin = isRemote ? "From /job:localhost/replica:0/task:0:\n" : ""

  /// What a run says whose time is over.
  static let timeoutText = isRemote ? "Operation timed out." : "Timed out waiting for notification"

  #if Distributed
    private struct Entry: Sendable {
      let server: Server
      weak let session: Session?
    }
    /// Sessions expect to be alone, with devices and ops of their own: each has a server.
    private static let servers = Mutex<[Entry]>([])

    fileprivate static func makeServer(
      for graph: Graph, _ configuration: SessionConfiguration
    ) throws(StatusError) -> Server {
      var server = SessionConfiguration()
      server.deviceCount = configuration.deviceCount
      server.memoryLimitBytes = configuration.memoryLimitBytes
      return try Server(
        ServerRole(cluster: ClusterSpec(["localhost": ["localhost:0"]])), configuration: server,
        registry: graph.registry)
    }

    /// Keeps a server for as long as its session is there, or a little longer.
    fileprivate static func keep(_ server: Server, for session: Session) {
      let ended = servers.withLock { entries in
        let ended = entries.filter { $0.session == nil }
        entries.removeAll { $0.session == nil }
        entries.append(Entry(server: server, session: session))
        return ended
      }
      for entry in ended { entry.server.stop() }
    }
  #endif
}

// Stands in front of the library's own initialiser in this module, so that every test can run elsewhere.
extension Session {
  convenience init(
    graph: Graph, target: String = TestTarget.name, configuration: SessionConfiguration = .init()
  ) throws(StatusError) {
    var configuration = configuration
    if !target.isEmpty { configuration.isolatesSessionState = true }
    #if Distributed
      if target == "server" {
        let server = try TestTarget.makeServer(for: graph, configuration)
        try self.init(
          graph: graph, target: server.target, configuration: configuration, engines: .standard,
          log: .standardError)
        TestTarget.keep(server, for: self)
        return
      }
    #endif
    try self.init(
      graph: graph, target: target, configuration: configuration, engines: .standard,
      log: .standardError)
  }
}

extension Trait where Self == ConditionTrait {
  /// For what only sessions of this process have, with TensorFlow as here.
  ///
  /// - Parameter reason: why it is otherwise on a server.
  static func inThisProcess(_ reason: Comment) -> Self {
    .enabled(if: !TestTarget.isRemote, reason)
  }
}
