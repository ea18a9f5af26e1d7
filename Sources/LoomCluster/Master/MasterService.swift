#if Distributed
  import LoomCore
  import LoomFormats
  import LoomGraph
  import LoomKernels
  import LoomProto
  import LoomRuntime

  /// Answers what clients ask of a master (`tensorflow.MasterService`).
  struct MasterService {
    private let master: Master

    init(_ master: Master) { self.master = master }

    func register(with router: inout CallRouter) {
      router.answer(MasterMethods.createSession, createSession)
      router.answer(MasterMethods.extendSession, extendSession)
      router.begin(MasterMethods.runStep, failure: { $0.failure }, beginStep)
      router.answer(MasterMethods.partialRunSetup, setUpPartialRun)
      router.answer(MasterMethods.closeSession, closeSession)
      router.answer(MasterMethods.listDevices, listDevices)
      router.answer(MasterMethods.reset, reset)
      router.answer(MasterMethods.makeCallable, makeCallable)
      router.begin(MasterMethods.runCallable, beginCallable)
      router.answer(MasterMethods.releaseCallable, releaseCallable)
    }

    // MARK: Sessions

    private func createSession(
      _ request: Tensorflow_CreateSessionRequest
    ) async throws(StatusError) -> Tensorflow_CreateSessionResponse {
      let handle = try await master.createSession(
        GraphDefinition(request.graphDef), SessionConfiguration(request.config),
        target: request.target)
      var response = Tensorflow_CreateSessionResponse()
      response.sessionHandle = handle
      return response
    }

    private func extendSession(
      _ request: Tensorflow_ExtendSessionRequest
    ) async throws(StatusError) -> Tensorflow_ExtendSessionResponse {
      try await master.session(request.sessionHandle).use { session throws(StatusError) in
        let version = try await Detached.run(cancelling: CancellationState()) {
          () throws(StatusError) in
          try session.extend(
            GraphDefinition(request.graphDef), version: request.currentGraphVersion)
        }.get()
        var response = Tensorflow_ExtendSessionResponse()
        response.newGraphVersion = version
        return response
      }
    }

    private func closeSession(
      _ request: Tensorflow_CloseSessionRequest
    ) async throws(StatusError) -> Tensorflow_CloseSessionResponse {
      try await master.closeSession(request.sessionHandle)
      return Tensorflow_CloseSessionResponse()
    }

    private func reset(
      _ request: Tensorflow_ResetRequest
    ) async throws(StatusError) -> Tensorflow_ResetResponse {
      try await master.reset(containers: request.container, filters: request.deviceFilters)
      return Tensorflow_ResetResponse()
    }

    private func listDevices(
      _ request: Tensorflow_ListDevicesRequest
    ) async throws(StatusError) -> Tensorflow_ListDevicesResponse {
      var response = Tensorflow_ListDevicesResponse()
      guard !request.sessionHandle.isEmpty else {
        response.localDevice = master.devices.map { Tensorflow_DeviceAttributes($0) }
        return response
      }
      let engine = try master.session(request.sessionHandle).engine
      let remote = Set(engine.remoteDevices.map(\.name))
      for device in try engine.listDevices() {
        let message = Tensorflow_DeviceAttributes(device)
        if remote.contains(device.name) {
          response.remoteDevice.append(message)
        } else {
          response.localDevice.append(message)
        }
      }
      return response
    }

    // MARK: Steps

    private func beginStep(
      _ request: Tensorflow_RunStepRequest
    ) throws(StatusError) -> Reply<Tensorflow_RunStepResponse> {
      do throws(StatusError) {
        try master.admit(request.requestID, "RunStep (Master)")
        return try master.session(request.sessionHandle).begin { session throws(StatusError) in
          let wanted = StepRequest(
            feeds: request.feed.map(\.name), fetches: distinct(request.fetch),
            targets: request.target)
          if let response = try runBriefly(request, wanted, in: session) { return .now(response) }
          return .later { () async throws(StatusError) in
            do throws(StatusError) {
              return try await runStep(request, wanted, in: session)
            } catch {
              return try response(telling: error, request)
            }
          }
        }
      } catch {
        return .now(try response(telling: error, request))
      }
    }

    private func response(
      telling error: StatusError, _ request: Tensorflow_RunStepRequest
    ) throws(StatusError) -> Tensorflow_RunStepResponse {
      guard request.storeErrorsInResponseBody else { throw error }
      var response = Tensorflow_RunStepResponse()
      response.statusCode = Tensorflow_Error_Code(error.code)
      response.statusErrorMessage = error.message
      return response
    }

    /// Runs a step that ran before and is known to be brief; `nil` for all others.
    private func runBriefly(
      _ request: Tensorflow_RunStepRequest, _ wanted: StepRequest, in session: MasterSession
    ) throws(StatusError) -> Tensorflow_RunStepResponse? {
      guard request.partialRunHandle.isEmpty, request.options == Tensorflow_RunOptions() else {
        return nil
      }
      guard let step = session.knownStep(wanted),
        step.run.mayBeBrief(feedBytes: bytes(of: request.feed.lazy.map(\.tensor))),
        let results = try session.runBriefly(step, try values(of: request))
      else { return nil }
      return try response(wanted.fetches, results, metadata: nil)
    }

    private func runStep(
      _ request: Tensorflow_RunStepRequest, _ wanted: StepRequest, in session: MasterSession
    ) async throws(StatusError) -> Tensorflow_RunStepResponse {
      let values = try values(of: request)
      guard request.partialRunHandle.isEmpty else {
        let results = try await session.runPartial(
          request.partialRunHandle, feeds: zip(wanted.feeds, values).map { ($0, $1) },
          fetches: wanted.fetches)
        return try response(wanted.fetches, results, metadata: nil)
      }
      let step = try await session.step(wanted)
      let (results, metadata) = try await session.run(step, values, RunOptions(request.options))
      return try response(wanted.fetches, results, metadata: metadata)
    }

    private func values(
      of request: Tensorflow_RunStepRequest
    ) throws(StatusError) -> [AnyTensor] {
      var values: [AnyTensor] = []
      values.reserveCapacity(request.feed.count)
      for (index, feed) in request.feed.enumerated() {
        values.append(try decode(feed.tensor, index))
      }
      return values
    }

    /// Each name once, in the order of their first places.
    private func distinct(_ names: [String]) -> [String] {
      guard names.count > 1 else { return names }
      var seen: Set<String> = []
      return names.filter { seen.insert($0).inserted }
    }

    /// About how large tensors will be that messages stand for: an element is counted as a byte at least.
    private func bytes(of tensors: some Sequence<Tensorflow_TensorProto>) -> Int {
      var bytes = 0
      for tensor in tensors {
        var elements = 1
        for dimension in tensor.tensorShape.dim {
          let (product, overflows) = elements.multipliedReportingOverflow(by: Int(dimension.size))
          // Too large to be brief, and refused where it is read.
          guard !overflows, product >= 0 else { return .max }
          elements = product
        }
        let (sum, overflows) = bytes.addingReportingOverflow(
          max(elements, tensor.tensorContent.count))
        guard !overflows else { return .max }
        bytes = sum
      }
      return bytes
    }

    private func response(
      _ fetches: [String], _ results: [AnyTensor], metadata: RunMetadata?
    ) throws(StatusError) -> Tensorflow_RunStepResponse {
      var response = Tensorflow_RunStepResponse()
      response.tensor.reserveCapacity(results.count)
      for (name, value) in zip(fetches, results) {
        var tensor = Tensorflow_NamedTensorProto()
        tensor.name = name
        tensor.tensor = try Tensorflow_TensorProto(value)
        response.tensor.append(tensor)
      }
      response.metadata = try Tensorflow_RunMetadata(metadata ?? RunMetadata())
      return response
    }

    private func setUpPartialRun(
      _ request: Tensorflow_PartialRunSetupRequest
    ) async throws(StatusError) -> Tensorflow_PartialRunSetupResponse {
      try master.admit(request.requestID, "PartialRunSetup (Master)")
      return try await master.session(request.sessionHandle).use { session throws(StatusError) in
        var response = Tensorflow_PartialRunSetupResponse()
        response.partialRunHandle = try await session.setUpPartialRun(
          StepRequest(feeds: request.feed, fetches: request.fetch, targets: request.target))
        return response
      }
    }

    // MARK: Callables

    private func makeCallable(
      _ request: Tensorflow_MakeCallableRequest
    ) async throws(StatusError) -> Tensorflow_MakeCallableResponse {
      try master.admit(request.requestID, "MakeCallable (Master)")
      let options = try CallableOptions(request.options)
      guard options.feedDevices.isEmpty, options.fetchDevices.isEmpty else {
        throw .unimplemented(
          "CallableOptions::feed_devices and CallableOptions::fetch_devices to configure "
            + "feeding/fetching tensors to/from device memory is not yet supported when using a "
            + "remote session.")
      }
      return try await master.session(request.sessionHandle).use { session throws(StatusError) in
        let step = try await session.step(
          StepRequest(
            feeds: options.feeds, fetches: options.fetches, targets: options.targets,
            connections: options.connections))
        var response = Tensorflow_MakeCallableResponse()
        response.handle = session.add(.init(step: step, options: options.runOptions))
        return response
      }
    }

    private func beginCallable(
      _ request: Tensorflow_RunCallableRequest
    ) throws(StatusError) -> Reply<Tensorflow_RunCallableResponse> {
      try master.admit(request.requestID, "RunCallable (Master)")
      return try master.session(request.sessionHandle).begin { session throws(StatusError) in
        let callable = try session.callable(request.handle)
        if callable.options == RunOptions(),
          callable.step.run.mayBeBrief(feedBytes: bytes(of: request.feed)),
          let results = try session.runBriefly(callable.step, try values(of: request))
        {
          return .now(try response(results, metadata: nil))
        }
        return .later { () async throws(StatusError) in
          let (results, metadata) = try await session.run(
            callable.step, try values(of: request), callable.options)
          return try response(results, metadata: metadata)
        }
      }
    }

    private func values(
      of request: Tensorflow_RunCallableRequest
    ) throws(StatusError) -> [AnyTensor] {
      var values: [AnyTensor] = []
      for (index, feed) in request.feed.enumerated() { values.append(try decode(feed, index)) }
      return values
    }

    private func response(
      _ results: [AnyTensor], metadata: RunMetadata?
    ) throws(StatusError) -> Tensorflow_RunCallableResponse {
      var response = Tensorflow_RunCallableResponse()
      for result in results { response.fetch.append(try Tensorflow_TensorProto(result)) }
      response.metadata = try Tensorflow_RunMetadata(metadata ?? RunMetadata())
      return response
    }

    private func releaseCallable(
      _ request: Tensorflow_ReleaseCallableRequest
    ) async throws(StatusError) -> Tensorflow_ReleaseCallableResponse {
      try master.session(request.sessionHandle).release(request.handle)
      return Tensorflow_ReleaseCallableResponse()
    }

    private func decode(
      _ message: Tensorflow_TensorProto, _ index: Int
    ) throws(StatusError) -> AnyTensor {
      do throws(StatusError) { return try AnyTensor(message) } catch {
        throw StatusError(
          error.code, "Invalid TensorProto for feed value \(index): \(error.reason)")
      }
    }
  }
#endif
