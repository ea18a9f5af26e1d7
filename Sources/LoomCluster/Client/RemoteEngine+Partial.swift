#if Distributed
  package import LoomCore
  package import LoomGraph
  import LoomProto
  import LoomRuntime

  // The server keeps a partial run until all is fed and fetched, it fails, or the session closes; there is
  // no call that ends one earlier.
  extension RemoteEngine {
    package func setUpPartialRun(
      feeds: [AnyOutput], fetches: [AnyOutput], targets: [Operation]
    ) throws(StatusError) -> String {
      var request = Tensorflow_PartialRunSetupRequest()
      request.feed = feeds.map(\.name)
      request.fetch = fetches.map(\.name)
      request.target = targets.map(\.name)
      request.requestID = RemoteCall.newRequestID()
      let prepared = request
      return try TransportExecutor.shared.wait { [self] () throws(StatusError) in
        var request = prepared
        request.sessionHandle = try await session()
        do throws(StatusError) {
          return try await channel.call(MasterMethods.partialRunSetup, request, timeout: timeout)
            .partialRunHandle
        } catch {
          throw told(error)
        }
      }
    }

    package func runPartial(
      _ handle: String, feeds: [(AnyOutput, AnyTensor)], fetches: [AnyOutput]
    ) throws(StatusError) -> [AnyTensor] {
      try checkOpen()
      let call = try RemoteCall(
        self, partial: handle, feeds: feeds.map { ($0.name, $1) }, fetches: fetches.map(\.name))
      let response = try TransportExecutor.shared.wait { () throws(StatusError) in
        try await call.response()
      }
      return try call.outcome(response).values
    }

    package func runPartialDetached(
      _ handle: String, feeds: [(AnyOutput, AnyTensor)], fetches: [AnyOutput]
    ) async throws(StatusError) -> [AnyTensor] {
      try checkOpen()
      return try await TransportExecutor.shared.run { [self] () throws(StatusError) in
        let call = try RemoteCall(
          self, partial: handle, feeds: feeds.map { ($0.name, $1) }, fetches: fetches.map(\.name))
        return try call.outcome(await call.response()).values
      }
    }

    package func endPartialRun(_ handle: String) {}
  }
#endif
