public import LoomCore
public import LoomGraph
import LoomKernels
import Synchronization

/// Runs operations of a graph and owns the state they keep: variables, queues, readers.
///
/// Thread-safe: any number of threads and tasks may run steps at once; each is a step of its own.
/// A session sees operations added to its graph after it was made.
public final class Session: Sendable {
  /// The graph whose operations this session runs.
  public let graph: Graph
  /// Where the graph runs: empty in this process.
  public let target: String
  package let engine: DirectEngine
  private let isClosedFlag = Atomic<Bool>(false)

  /// - Parameters:
  ///   - graph: May be empty, and may grow later.
  ///   - target: Empty for this process.
  /// - Throws: ``StatusError/Code/notFound`` for a target no engine serves, or a configuration
  ///   without CPU devices.
  public init(
    graph: Graph, target: String = "", configuration: SessionConfiguration = .init()
  ) throws(StatusError) {
    guard target.isEmpty else {
      throw .notFound(
        "No session factory registered for the given session options: {target: \"\(target)\"} "
          + "Registered factories are {DIRECT_SESSION}.")
    }
    var options = Planner.Options()
    options.allowsSoftPlacement = configuration.allowsSoftPlacement
    self.graph = graph
    self.target = target
    engine = try DirectEngine(
      graph: graph, cpuCount: configuration.deviceCount["CPU"] ?? 1,
      threads: configuration.intraOpParallelismThreads,
      placesPrunedGraph: configuration.placesPrunedGraph, plannerOptions: options,
      budget: MemoryBudget(limit: configuration.memoryLimitBytes))
    LiveSessions.shared.add(self)
  }

  deinit { engine.close() }

  /// Ends running steps and releases all state. Later runs fail; closing twice is allowed.
  public func close() {
    isClosedFlag.store(true, ordering: .releasing)
    engine.close()
  }

  public var isClosed: Bool { isClosedFlag.load(ordering: .acquiring) }

  /// The devices of this session.
  ///
  /// - Throws: ``StatusError/Code/cancelled`` after ``close()``.
  public func listDevices() throws(StatusError) -> [DeviceAttributes] {
    try engine.checkOpen()
    return engine.devices.all
  }

  /// - Throws: ``StatusError/Code/failedPrecondition`` if the session is closed or the graph empty.
  package func checkUsable() throws(StatusError) {
    guard !isClosed else { throw .failedPrecondition("Attempted to use a closed Session.") }
    guard graph.operationCount > 0 else {
      throw .failedPrecondition(
        "The Session graph is empty. Add operations to the graph before calling run().")
    }
  }
}

/// The open sessions of this process, for `Session.reset`.
final class LiveSessions: Sendable {
  static let shared = LiveSessions()

  private struct Entry: Sendable { weak let session: Session? }
  private let sessions = Mutex<[Entry]>([])

  func add(_ session: Session) {
    sessions.withLock { sessions in
      sessions.removeAll { $0.session == nil }
      sessions.append(Entry(session: session))
    }
  }

  var all: [Session] { sessions.withLock { $0.compactMap(\.session) } }
}

extension Session {
  /// Clears containers of, and closes, all sessions of this process.
  ///
  /// - Parameter containers: Names of the containers to clear; empty means all.
  /// - Throws: ``StatusError/Code/notFound`` for a target no engine serves.
  public static func reset(target: String = "", containers: [String] = []) throws(StatusError) {
    guard target.isEmpty else {
      throw .notFound("No session factory registered for the given session options: \"\(target)\"")
    }
    for session in LiveSessions.shared.all {
      for container in containers { session.engine.resources.clear(container: container) }
      session.engine.close()
    }
  }
}
