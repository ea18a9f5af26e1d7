public import LoomCore
import LoomKernels
import Synchronization

/// The open sessions of this process.
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

  var all: [Session] { sessions.withLock { $0.compactMap(\.session) } }
}

extension Session {
  /// Clears containers of, and closes, all sessions of this process.
  ///
  /// Later runs of these sessions fail with ``StatusError/Code/cancelled``.
  ///
  /// - Parameter containers: Names of the containers to clear; empty means all.
  /// - Throws: ``StatusError/Code/notFound`` for a target no engine serves.
  public static func reset(target: String = "", containers: [String] = []) throws(StatusError) {
    try checkTarget(target)
    for session in LiveSessions.shared.all {
      for container in containers { session.engine.resources.clear(container: container) }
      session.engine.close()
    }
  }
}
