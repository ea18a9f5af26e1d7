package import LoomCore
package import LoomGraph
package import LoomKernels

extension DirectEngine: SessionEngine {
  package func abandon() { close() }

  package func listDevices() throws(StatusError) -> [DeviceAttributes] {
    try checkOpen()
    return devices.all
  }

  package func ready(_ signature: RunSignature) throws(StatusError) -> ReadyRun {
    try extendIfNeeded()
    if let run = try partitionedRun(signature) { return .remote(run) }
    return .direct(self, try plan(signature))
  }

  /// The options come with every call.
  package func ready(
    _ signature: RunSignature, callable options: RunOptions?
  ) throws(StatusError) -> ReadyRun { try ready(signature) }

  package func tensorHandles() throws(StatusError) -> TensorHandleStore { handles }

  package func explaining(_ error: StatusError, _ options: RunOptions) -> StatusError {
    reportingAllocations(error, options)
  }

  package func runPartialDetached(
    _ handle: String, feeds: [(AnyOutput, AnyTensor)], fetches: [AnyOutput]
  ) async throws(StatusError) -> [AnyTensor] {
    let cancellation = cancellation(ofPartialRun: handle) ?? CancellationState()
    return try await Detached.run(cancelling: cancellation) { [self] () throws(StatusError) in
      try runPartial(handle, feeds: feeds, fetches: fetches)
    }.get()
  }
}

/// Sessions of this process: the empty target.
struct DirectEngineFactory: SessionEngineFactory {
  var name: String { "DIRECT_SESSION" }

  func accepts(target: String) -> Bool { target.isEmpty }

  func makeEngine(
    graph: Graph, target: String, configuration: SessionConfiguration, log: PlacementLog
  ) throws(StatusError) -> any SessionEngine {
    try DirectEngine(graph: graph, configuration: configuration, log: log)
  }

  func reset(
    target: String, containers: [String], configuration: SessionConfiguration
  ) throws(StatusError) {
    for engine in LiveSessions.shared.directEngines {
      for container in containers { engine.resources.clear(container: container) }
      engine.close()
    }
  }
}
