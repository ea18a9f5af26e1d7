public import LoomCore
public import LoomGraph
public import LoomRuntime

#if Distributed
  import LoomCluster
#endif

extension SessionEngines {
  /// Every engine of this library; without the trait `Distributed` only this process.
  package static let standard: SessionEngines = {
    #if Distributed
      SessionEngines.direct.adding(RemoteEngineFactory())
    #else
      SessionEngines.direct
    #endif
  }()
}

extension Session {
  /// - Parameters:
  ///   - graph: May be empty, and may grow later.
  ///   - target: Empty for this process, `grpc://host:port` for a server of TensorFlow's or of this
  ///     library. Without the trait `Distributed` there is only this process.
  ///   - configuration: How the session runs steps, and what it may use.
  /// - Throws: ``StatusError/Code/notFound`` for a target no engine serves, or a configuration
  ///   without CPU devices; ``StatusError/Code/invalidArgument`` for session metadata that another
  ///   session of this process has.
  public convenience init(
    graph: Graph, target: String = "", configuration: SessionConfiguration = .init()
  ) throws(StatusError) {
    try self.init(
      graph: graph, target: target, configuration: configuration, engines: .standard,
      log: .standardError)
  }

  /// Clears containers of, and closes, all sessions at a target: of this process, or of a server.
  ///
  /// Later runs of these sessions fail: here with ``StatusError/Code/cancelled``, at a server with
  /// ``StatusError/Code/aborted``.
  ///
  /// - Parameters:
  ///   - target: As for a session.
  ///   - containers: Names of the containers to clear; empty means all.
  ///   - configuration: How to talk to a server.
  /// - Throws: ``StatusError/Code/notFound`` for a target no engine serves.
  public static func reset(
    target: String = "", containers: [String] = [], configuration: SessionConfiguration = .init()
  ) throws(StatusError) {
    try reset(
      target: target, containers: containers, configuration: configuration, engines: .standard)
  }
}
