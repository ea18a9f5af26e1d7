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
  /// Where the graph runs: empty in this process, `grpc://host:port` on a server.
  public let target: String
  public let configuration: SessionConfiguration
  package let engine: any SessionEngine
  let keptTensors = KeptTensors()
  private let isClosedFlag = Atomic<Bool>(false)
  /// Whether a scope that will close the session is being run.
  private let isScoped = Atomic<Bool>(false)

  /// - Parameters:
  ///   - graph: May be empty, and may grow later.
  ///   - target: Empty for this process.
  ///   - engines: What serves targets.
  /// - Throws: ``StatusError/Code/notFound`` for a target no engine serves, or a configuration
  ///   without CPU devices; ``StatusError/Code/invalidArgument`` for session metadata that another
  ///   session of this process has.
  package init(
    graph: Graph, target: String = "", configuration: SessionConfiguration = .init(),
    engines: SessionEngines = .direct, log: PlacementLog
  ) throws(StatusError) {
    let factory = try engines.factory(for: target)
    self.graph = graph
    self.target = target
    self.configuration = configuration
    engine = try factory.makeEngine(
      graph: graph, target: target, configuration: configuration, log: log)
    if direct != nil { try LiveSessions.shared.add(self) }
  }

  deinit { engine.abandon() }

  /// The engine, if it is in this process.
  package var direct: DirectEngine? { engine as? DirectEngine }

  /// Ends running steps and releases all state. Later runs fail; closing twice is allowed.
  public func close() {
    isClosedFlag.store(true, ordering: .releasing)
    engine.close()
  }

  /// Whether ``close()`` was called, or a scope closed the session.
  public var isClosed: Bool { isClosedFlag.load(ordering: .acquiring) }

  /// The devices of this session.
  ///
  /// - Throws: ``StatusError/Code/cancelled`` after ``close()``.
  public func listDevices() throws(StatusError) -> [DeviceAttributes] {
    try engine.listDevices()
  }

  /// The graph as it is now. With ``GraphOptions/infersShapes`` nodes carry `_output_shapes`.
  public var graphDefinition: GraphDefinition {
    graph.definition(addingShapes: configuration.graph.infersShapes)
  }

  /// - Throws: ``StatusError/Code/failedPrecondition`` if the session is closed or the graph empty.
  package func checkUsable() throws(StatusError) {
    try checkNotClosed()
    guard graph.operationCount > 0 else {
      throw .failedPrecondition(
        "The Session graph is empty. Add operations to the graph before calling run().")
    }
  }

  /// - Throws: ``StatusError/Code/failedPrecondition`` after ``close()``.
  func checkNotClosed() throws(StatusError) {
    guard !isClosed else { throw .failedPrecondition("Attempted to use a closed Session.") }
  }

  /// Marks the session as being in a scope that will close it.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` if it is in one already.
  package func enterScope() throws(StatusError) {
    guard !isScoped.exchange(true, ordering: .acquiringAndReleasing) else {
      throw .failedPrecondition(
        "Session scopes are not re-entrant. Use asDefault(_:) to make the session the default "
          + "without closing it.")
    }
  }

  /// Ends the scope and closes the session.
  package func leaveScope() {
    close()
    isScoped.store(false, ordering: .releasing)
  }
}
