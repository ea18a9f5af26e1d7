public import LoomCore
public import LoomGraph
import LoomKernels
public import LoomRuntime
import Synchronization

/// A session that is its thread's default until it is closed, for scripts and prompts.
///
/// Only what a run needs is placed, so that unfinished parts of a graph do no harm.
public final class InteractiveSession: Sendable {
  public let session: Session
  private let isOpen = Atomic<Bool>(true)
  /// What TensorFlow's interactive sessions ask for: `gpu_options { allow_growth: true }`.
  private static var standardConfiguration: SessionConfiguration {
    var configuration = SessionConfiguration()
    configuration.opaque = [0x32, 0x02, 0x20, 0x01]
    return configuration
  }
  /// How many there are, to warn of a second one.
  private static let count = Atomic<Int>(0)

  /// - Parameters:
  ///   - graph: By default ``Graph/default``.
  ///   - target: As for a ``Session``.
  ///   - configuration: As for a ``Session``; without one, memory of other devices than CPUs may grow.
  /// - Throws: What making a session throws; the thread's default stays as it was then.
  public init(
    graph: Graph? = nil, target: String = "", configuration: SessionConfiguration? = nil
  ) throws(StatusError) {
    var configuration = configuration ?? InteractiveSession.standardConfiguration
    configuration.placesPrunedGraph = true
    session = try Session(
      graph: graph ?? Graph.default, target: target, configuration: configuration)
    ThreadDefaults.shared.push(session)
    if InteractiveSession.count.wrappingAdd(1, ordering: .relaxed).oldValue > 0 {
      StandardStream.error.write(
        "An interactive session is already active. This can hold its memory for longer than meant: "
          + "close the first one.\n")
    }
  }

  deinit {
    if isOpen.load(ordering: .acquiring) {
      InteractiveSession.count.subtract(1, ordering: .relaxed)
    }
  }

  public var graph: Graph { session.graph }

  /// Closes the session and takes it off the thread's stack of defaults. Closing twice is allowed.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` if another session was made the default after this
  ///   one and is so still, or if this is not the thread that made it; it is closed nevertheless.
  public func close() throws(StatusError) {
    guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
    InteractiveSession.count.subtract(1, ordering: .relaxed)
    session.close()
    guard ThreadDefaults.shared.remove(session) else {
      throw .failedPrecondition(
        "Nesting violated for default stack of Session objects: close the newest session first.")
    }
  }
}
