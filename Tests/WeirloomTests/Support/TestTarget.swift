import Foundation
import Weirloom

/// Where the sessions of this suite run, by the environment variable `WEIRLOOM_TEST_TARGET`: in this
/// process, on a server in this process (`server`), or on another one (`grpc://host:port`).
enum TestTarget {
  static let name: String = {
    let wanted = ProcessInfo.processInfo.environment["WEIRLOOM_TEST_TARGET"] ?? ""
    #if Distributed
      if wanted == "server" { return server.map(\.target) ?? "no server" }
    #endif
    return wanted
  }()

  #if Distributed
    private static let server = try? Server.createLocalServer()
  #endif

  /// Sessions of this suite expect to be alone: a server's are told to share nothing.
  static func adapted(_ configuration: SessionConfiguration, to target: String)
    -> SessionConfiguration
  {
    var result = configuration
    if !target.isEmpty { result.isolatesSessionState = true }
    return result
  }
}

// Stands in front of the library's own initialiser in this module, so that every test can run elsewhere.
extension Session {
  convenience init(
    graph: Graph, target: String = TestTarget.name, configuration: SessionConfiguration = .init()
  ) throws(StatusError) {
    try self.init(
      graph: graph, target: target,
      configuration: TestTarget.adapted(configuration, to: target), engines: .standard,
      log: .standardError)
  }
}
