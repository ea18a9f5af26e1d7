public import LoomCore
public import LoomGraph
import Synchronization

/// The default graph: a stack for each task and thread over one graph of the process.
extension Graph {
  @TaskLocal private static var active: Graph?
  private static let root = Mutex<Graph?>(nil)

  /// The innermost graph whose `asDefault(_:)-body` the task is inside of, otherwise one graph that
  /// all of the process shares.
  public static var `default`: Graph {
    if let active { return active }
    return root.withLock { stored in
      if let stored { return stored }
      let graph = Graph()
      stored = graph
      return graph
    }
  }

  /// Runs `body` with this graph as ``default``, for the current task and its children.
  public func asDefault<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    // `withValue` rethrows untyped; a Result carries the typed error across.
    try Graph.$active.withValue(self) { () -> Result<R, E> in
      do throws(E) { return .success(try body()) } catch { return .failure(error) }
    }.get()
  }

  /// Runs `body` with this graph as ``default``, for the current task and its children.
  public func asDefault<R>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
  ) async rethrows -> R {
    try await Graph.$active.withValue(self, operation: body, isolation: isolation)
  }

  /// Forgets the graph that all of the process shares; the next use makes a new one.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` inside of `asDefault(_:)-body`.
  public static func resetDefault() throws(StatusError) {
    guard active == nil else {
      throw .failedPrecondition(
        "Do not reset the default graph inside of another graph's asDefault: "
          + "leave the nested graphs first.")
    }
    root.withLock { $0 = nil }
  }
}
