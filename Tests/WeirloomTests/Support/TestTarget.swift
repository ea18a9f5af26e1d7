import Foundation
import Synchronization
import Weirloom

/// Where the sessions of this suite run, by the environment variable `WEIRLOOM_TEST_TARGET`: in this
/// process, on servers in this process (`server`), or on another one (`grpc://host:port`).
enum TestTarget {
  static let name = ProcessInfo.processInfo.environment["WEIRLOOM_TEST_TARGET"] ?? ""

  #if Distributed
    /// Sessions expect to be alone, with devices and ops of their own: each has a server.
    private static let servers = Mutex<[Server]>([])
  #endif

  /// The target of a session that is to run where `name` says.
  static func target(
    _ name: String, _ graph: Graph, _ configuration: SessionConfiguration
  ) throws(StatusError) -> String {
    #if Distributed
      guard name == "server" else { return name }
      var server = SessionConfiguration()
      server.deviceCount = configuration.deviceCount
      let made = try Server(
        ServerRole(cluster: ClusterSpec(["localhost": ["localhost:0"]])), configuration: server,
        registry: graph.registry)
      servers.withLock { $0.append(made) }
      return made.target
    #else
      return name
    #endif
  }
}

// Stands in front of the library's own initialiser in this module, so that every test can run elsewhere.
extension Session {
  convenience init(
    graph: Graph, target: String = TestTarget.name, configuration: SessionConfiguration = .init()
  ) throws(StatusError) {
    let target = try TestTarget.target(target, graph, configuration)
    var configuration = configuration
    if !target.isEmpty { configuration.isolatesSessionState = true }
    try self.init(
      graph: graph, target: target, configuration: configuration, engines: .standard,
      log: .standardError)
  }
}
