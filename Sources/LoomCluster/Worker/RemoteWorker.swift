#if Distributed
  package import LoomCore
  import LoomFormats
  import LoomProto
  package import LoomRuntime
  import SwiftProtobuf

  /// A worker behind a connection.
  package final class RemoteWorker: WorkerInterface {
    package let name: String
    private let channel: Channel

    package init(name: String, channel: Channel) {
      self.name = name
      self.channel = channel
    }

    package func status() async throws(StatusError) -> [DeviceAttributes] {
      let response = try await channel.call(WorkerMethods.getStatus, .init())
      return response.deviceAttributes.map { DeviceAttributes($0) }
    }

    package func createSession(_ request: WorkerSessionRequest) async throws(StatusError) {
      _ = try await callAgain(WorkerMethods.createWorkerSession, request.message())
    }

    package func deleteSession(_ handle: String) async throws(StatusError) {
      var message = Tensorflow_DeleteWorkerSessionRequest()
      message.sessionHandle = handle
      _ = try await channel.call(WorkerMethods.deleteWorkerSession, message)
    }

    package func registerGraph(
      _ request: RegisterGraphRequest
    ) async throws(StatusError) -> String {
      try await callAgain(WorkerMethods.registerGraph, request.message()).graphHandle
    }

    /// Makes a call once more if the connection ends under it: the system may give up a connection just when
    /// the network is back, and the next one works.
    ///
    /// For calls that may arrive twice. A graph that is registered twice costs memory until its session ends.
    private func callAgain<Request, Response>(
      _ method: RPCMethod<Request, Response>, _ request: Request
    ) async throws(StatusError) -> Response {
      do throws(StatusError) { return try await channel.call(method, request) } catch {
        guard error.code == .unavailable, !Task.isCancelled else { throw error }
        return try await channel.call(method, request)
      }
    }

    package func deregisterGraph(_ graph: GraphReference) async throws(StatusError) {
      var message = Tensorflow_DeregisterGraphRequest()
      message.sessionHandle = graph.session
      message.createWorkerSessionCalled = graph.hasWorkerSession
      message.graphHandle = graph.handle
      _ = try await channel.call(WorkerMethods.deregisterGraph, message)
    }

    package func runGraph(
      _ request: RunGraphRequest
    ) async throws(StatusError) -> RunGraphResult {
      try await RunGraphResult(channel.call(WorkerMethods.runGraph, request.message()))
    }

    package func cleanUp(step: Int64) async throws(StatusError) {
      var message = Tensorflow_CleanupGraphRequest()
      message.stepID = step
      _ = try await channel.call(WorkerMethods.cleanupGraph, message)
    }

    package func cleanUpAll(containers: [String]) async throws(StatusError) {
      var message = Tensorflow_CleanupAllRequest()
      message.container = containers
      _ = try await channel.call(WorkerMethods.cleanupAll, message)
    }

    package func receiveTensor(
      _ request: ReceiveTensorRequest
    ) async throws(StatusError) -> Delivery {
      var message = Tensorflow_RecvTensorRequest()
      message.stepID = request.step
      message.rendezvousKey = request.key
      message.requestID = request.requestID
      return try await Delivery(channel.call(WorkerMethods.recvTensor, message))
    }

    package func log(
      _ request: WorkerLogRequest
    ) async throws(StatusError) -> [Int64: StepStatistics] {
      let response = try await channel.call(WorkerMethods.logging, request.message)
      var result: [Int64: StepStatistics] = [:]
      for step in response.step { result[step.stepID] = try StepStatistics(step.stepStats) }
      return result
    }
  }
#endif
