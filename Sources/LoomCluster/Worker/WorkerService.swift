#if Distributed
  import LoomCore
  import LoomFormats
  import LoomProto
  import LoomRuntime
  import SwiftProtobuf

  /// Answers what masters and other workers ask of a worker (`tensorflow.WorkerService`).
  struct WorkerService {
    private let worker: LocalWorker

    init(_ worker: LocalWorker) { self.worker = worker }

    func register(with router: inout CallRouter) {
      router.answer(WorkerMethods.getStatus, getStatus)
      router.answer(WorkerMethods.createWorkerSession, createWorkerSession)
      router.answer(WorkerMethods.deleteWorkerSession, deleteWorkerSession)
      router.answer(WorkerMethods.registerGraph, registerGraph)
      router.answer(WorkerMethods.deregisterGraph, deregisterGraph)
      router.answer(WorkerMethods.runGraph, failure: { $0.failure }, runGraph)
      router.answer(WorkerMethods.cleanupGraph, cleanupGraph)
      router.answer(WorkerMethods.cleanupAll, cleanupAll)
      router.answer(WorkerMethods.recvTensor, recvTensor)
      router.answer(WorkerMethods.markRecvFinished, markRecvFinished)
      router.answer(WorkerMethods.logging, logging)
      refuse(WorkerMethods.tracing, "Tracing", with: &router)
      // What only collective operations need, which this worker has none of.
      refuse(WorkerMethods.recvBuf, "RecvBuf", with: &router)
      refuse(WorkerMethods.completeGroup, "CompleteGroup", with: &router)
      refuse(WorkerMethods.completeInstance, "CompleteInstance", with: &router)
      refuse(WorkerMethods.getStepSequence, "GetStepSequence", with: &router)
    }

    private func refuse<Request, Response>(
      _ method: RPCMethod<Request, Response>, _ name: String,
      with router: inout CallRouter
    ) {
      router.answer(method) { _ throws(StatusError) in
        throw .unimplemented("\(name) is not implemented.")
      }
    }

    // MARK: Sessions

    private func getStatus(
      _ request: Tensorflow_GetStatusRequest
    ) async throws(StatusError) -> Tensorflow_GetStatusResponse {
      var response = Tensorflow_GetStatusResponse()
      response.deviceAttributes = try await worker.status().map { Tensorflow_DeviceAttributes($0) }
      return response
    }

    private func createWorkerSession(
      _ request: Tensorflow_CreateWorkerSessionRequest
    ) async throws(StatusError) -> Tensorflow_CreateWorkerSessionResponse {
      try await worker.createSession(WorkerSessionRequest(request))
      return Tensorflow_CreateWorkerSessionResponse()
    }

    private func deleteWorkerSession(
      _ request: Tensorflow_DeleteWorkerSessionRequest
    ) async throws(StatusError) -> Tensorflow_DeleteWorkerSessionResponse {
      try await worker.deleteSession(request.sessionHandle)
      return Tensorflow_DeleteWorkerSessionResponse()
    }

    // MARK: Graphs

    private func registerGraph(
      _ request: Tensorflow_RegisterGraphRequest
    ) async throws(StatusError) -> Tensorflow_RegisterGraphResponse {
      var response = Tensorflow_RegisterGraphResponse()
      response.graphHandle = try await worker.registerGraph(RegisterGraphRequest(request))
      return response
    }

    private func deregisterGraph(
      _ request: Tensorflow_DeregisterGraphRequest
    ) async throws(StatusError) -> Tensorflow_DeregisterGraphResponse {
      try await worker.deregisterGraph(
        GraphReference(
          session: request.sessionHandle, hasWorkerSession: request.createWorkerSessionCalled,
          handle: request.graphHandle))
      return Tensorflow_DeregisterGraphResponse()
    }

    // MARK: Steps

    private func runGraph(
      _ request: Tensorflow_RunGraphRequest
    ) async throws(StatusError) -> Tensorflow_RunGraphResponse {
      do throws(StatusError) {
        return try await worker.runGraph(RunGraphRequest(request)).message()
      } catch {
        guard request.storeErrorsInResponseBody else { throw error }
        var response = Tensorflow_RunGraphResponse()
        response.statusCode = Tensorflow_Error_Code(error.code)
        response.statusErrorMessage = error.message
        return response
      }
    }

    private func recvTensor(
      _ request: Tensorflow_RecvTensorRequest
    ) async throws(StatusError) -> Tensorflow_RecvTensorResponse {
      try await worker.receiveTensor(
        ReceiveTensorRequest(
          step: request.stepID, key: request.rendezvousKey, requestID: request.requestID)
      ).message()
    }

    /// No answer asks to be acknowledged, so there is nothing to let go of.
    private func markRecvFinished(
      _ request: Tensorflow_MarkRecvFinishedRequest
    ) async throws(StatusError) -> Tensorflow_MarkRecvFinishedResponse {
      Tensorflow_MarkRecvFinishedResponse()
    }

    private func cleanupGraph(
      _ request: Tensorflow_CleanupGraphRequest
    ) async throws(StatusError) -> Tensorflow_CleanupGraphResponse {
      try await worker.cleanUp(step: request.stepID)
      return Tensorflow_CleanupGraphResponse()
    }

    private func cleanupAll(
      _ request: Tensorflow_CleanupAllRequest
    ) async throws(StatusError) -> Tensorflow_CleanupAllResponse {
      try await worker.cleanUpAll(containers: request.container)
      return Tensorflow_CleanupAllResponse()
    }

    private func logging(
      _ request: Tensorflow_LoggingRequest
    ) async throws(StatusError) -> Tensorflow_LoggingResponse {
      var response = Tensorflow_LoggingResponse()
      let logs = try await worker.log(WorkerLogRequest(request))
      for (step, statistics) in logs.sorted(by: { $0.key < $1.key }) {
        var entry = Tensorflow_LabeledStepStats()
        entry.stepID = step
        entry.stepStats = statistics.proto
        response.step.append(entry)
      }
      return response
    }
  }
#endif
