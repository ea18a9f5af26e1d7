package import LoomCore
import LoomKernels
import Synchronization

/// The open sessions that run in this process.
final class LiveSessions: Sendable {
  static let shared = LiveSessions()

  private struct Entry: Sendable { weak let session: Session? }
  private let sessions = Mutex<[Entry]>([])

  /// - Throws: ``StatusError/Code/invalidArgument`` if the session's metadata is malformed or another
  ///   open session has it.
  func add(_ session: Session) throws(StatusError) {
    let metadata = session.configuration.experimental.sessionMetadata
    if let version = metadata?.version, version < 0 {
      throw .invalidArgument("Session version shouldn't be negative: \(version)")
    }
    try sessions.withLock { (sessions: inout sending [Entry]) throws(StatusError) in
      sessions.removeAll { $0.session?.engine.isClosed ?? true }
      let isTaken = sessions.contains {
        metadata != nil && $0.session?.configuration.experimental.sessionMetadata == metadata
      }
      guard !isTaken else {
        throw .invalidArgument(
          "A session with the same name and version has already been created: "
            + "\(metadata?.name ?? "") \(metadata?.version ?? 0)")
      }
      sessions.append(Entry(session: session))
    }
  }

  var directEngines: [DirectEngine] {
    sessions.withLock { $0.compactMap(\.session) }.compactMap(\.direct)
  }
}

extension Session {
  /// Clears containers of, and closes, all sessions at a target.
  ///
  /// - Throws: ``StatusError/Code/notFound`` for a target no engine serves; what the engine throws.
  package static func reset(
    target: String, containers: [String], configuration: SessionConfiguration,
    engines: SessionEngines
  ) throws(StatusError) {
    try engines.factory(for: target)
      .reset(target: target, containers: containers, configuration: configuration)
  }
}
