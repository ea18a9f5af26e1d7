import Foundation
import Weirloom

/// Where the sessions of this suite run: in this process, or on the server that the environment variable
/// `WEIRLOOM_TEST_TARGET` names, `grpc://host:port`.
enum TestTarget {
  static let name = ProcessInfo.processInfo.environment["WEIRLOOM_TEST_TARGET"] ?? ""

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
