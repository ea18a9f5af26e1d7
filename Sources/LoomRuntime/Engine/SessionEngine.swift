package import LoomCore
package import LoomGraph
package import LoomKernels

/// What a ``Session`` needs of whatever runs its graph: this process, or a server.
package protocol SessionEngine: AnyObject, Sendable {
  var isClosed: Bool { get }

  /// - Throws: ``StatusError/Code/cancelled`` after ``close()``.
  func checkOpen() throws(StatusError)

  /// Ends running steps and lets go of what the session holds. The second call does nothing.
  func close()

  /// As ``close()``, without waiting for anybody: nobody is there who could be told.
  func abandon()

  /// - Throws: ``StatusError/Code/cancelled`` after ``close()``; what keeps the devices from being asked.
  func listDevices() throws(StatusError) -> [DeviceAttributes]

  /// Takes notice of nodes that were added to the graph.
  ///
  /// - Throws: What is wrong with them.
  func extendIfNeeded() throws(StatusError)

  /// Makes ready what runs a signature, with the graph as it is now.
  ///
  /// - Throws: ``StatusError/Code/cancelled`` after ``close()``; what planning throws.
  func ready(_ signature: RunSignature) throws(StatusError) -> ReadyRun

  /// Makes ready what runs a signature often, whatever the graph takes in meanwhile.
  ///
  /// - Parameter options: Options that stay; `nil` if each run brings its own.
  /// - Throws: As ``ready(_:)``.
  func ready(
    _ signature: RunSignature, callable options: RunOptions?
  ) throws(StatusError) -> ReadyRun

  /// Tensors that the session keeps between runs.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` if the engine keeps none.
  func tensorHandles() throws(StatusError) -> TensorHandleStore

  /// An error with what the engine can add to it at the wish of `options`.
  func explaining(_ error: StatusError, _ options: RunOptions) -> StatusError

  // MARK: Partial runs

  /// Starts a step that is fed and fetched piece by piece.
  ///
  /// - Returns: the step's handle.
  func setUpPartialRun(
    feeds: [AnyOutput], fetches: [AnyOutput], targets: [Operation]
  ) throws(StatusError) -> String

  /// Feeds and fetches a piece of a partial run.
  func runPartial(
    _ handle: String, feeds: [(AnyOutput, AnyTensor)], fetches: [AnyOutput]
  ) throws(StatusError) -> [AnyTensor]

  /// Feeds and fetches a piece of a partial run beside the cooperative threads; cancelling the task ends
  /// the partial run.
  func runPartialDetached(
    _ handle: String, feeds: [(AnyOutput, AnyTensor)], fetches: [AnyOutput]
  ) async throws(StatusError) -> [AnyTensor]

  /// Forgets a partial run; an unknown handle is forgotten already.
  func endPartialRun(_ handle: String)
}

/// Makes engines for the targets of one form.
package protocol SessionEngineFactory: Sendable {
  /// The name in messages, such as `DIRECT_SESSION`.
  var name: String { get }

  func accepts(target: String) -> Bool

  func makeEngine(
    graph: Graph, target: String, configuration: SessionConfiguration, log: PlacementLog
  ) throws(StatusError) -> any SessionEngine

  /// Clears containers of, and closes, all sessions there are at the target; no containers mean all.
  func reset(
    target: String, containers: [String], configuration: SessionConfiguration
  ) throws(StatusError)
}

/// The engines that sessions can have, chosen by the target's form.
package struct SessionEngines: Sendable {
  private let factories: [any SessionEngineFactory]

  package init(_ factories: [any SessionEngineFactory]) { self.factories = factories }

  /// This process only.
  package static let direct = SessionEngines([DirectEngineFactory()])

  /// These engines and one more.
  package func adding(_ factory: any SessionEngineFactory) -> SessionEngines {
    SessionEngines(factories + [factory])
  }

  /// - Throws: ``StatusError/Code/notFound`` for a target no engine serves.
  func factory(for target: String) throws(StatusError) -> any SessionEngineFactory {
    guard let factory = factories.first(where: { $0.accepts(target: target) }) else {
      throw .notFound(
        "No session factory registered for the given session options: {target: \"\(target)\"} "
          + "Registered factories are {\(factories.map(\.name).joined(separator: ", "))}.")
    }
    return factory
  }
}
