#if Distributed
  import LoomCore
  import LoomFormats
  import LoomProto
  import LoomRuntime

  /// A signature that a server has resolved once (`MakeCallable`), until the last reference is gone.
  final class RemoteCallable: RemoteRun {
    private let engine: RemoteEngine
    private let session: String
    private let handle: Int64
    private let fetchCount: Int

    init(_ engine: RemoteEngine, session: String, handle: Int64, fetchCount: Int) {
      self.engine = engine
      self.session = session
      self.handle = handle
      self.fetchCount = fetchCount
    }

    deinit {
      // A closed session has let go of its callables.
      guard !engine.isClosed else { return }
      var request = Tensorflow_ReleaseCallableRequest()
      request.sessionHandle = session
      request.handle = handle
      _ = TransportExecutor.shared.start {
        [channel = engine.channel, request] () throws(StatusError) in
        _ = try await channel.call(MasterMethods.releaseCallable, request)
      }
    }

    /// The options are those the callable was made with.
    func run(
      _ feeds: [AnyTensor], _ options: RunOptions, wantsMetadata: Bool
    ) throws(StatusError) -> RemoteOutcome {
      let request = try request(feeds)
      let response = try TransportExecutor.shared.wait { [self] () throws(StatusError) in
        try await send(request, options)
      }
      return try outcome(response, wantsMetadata: wantsMetadata)
    }

    func runDetached(
      _ feeds: [AnyTensor], _ options: RunOptions, wantsMetadata: Bool
    ) async throws(StatusError) -> RemoteOutcome {
      try await TransportExecutor.shared.run { [self] () throws(StatusError) in
        try outcome(await send(request(feeds), options), wantsMetadata: wantsMetadata)
      }
    }

    private func request(
      _ feeds: [AnyTensor]
    ) throws(StatusError) -> Tensorflow_RunCallableRequest {
      var request = Tensorflow_RunCallableRequest()
      request.sessionHandle = session
      request.handle = handle
      request.requestID = RemoteCall.newRequestID()
      for feed in feeds { request.feed.append(try Tensorflow_TensorProto(feed)) }
      return request
    }

    private func send(
      _ request: Tensorflow_RunCallableRequest, _ options: RunOptions
    ) async throws(StatusError) -> Tensorflow_RunCallableResponse {
      try engine.checkOpen()
      let own = options.timeout ?? .zero
      let timeout = own > .zero ? own : engine.timeout
      do throws(StatusError) {
        return try await engine.channel.call(
          MasterMethods.runCallable, request, timeout: timeout.map { $0 + RemoteCall.patience })
      } catch {
        throw engine.told(error)
      }
    }

    private func outcome(
      _ response: Tensorflow_RunCallableResponse, wantsMetadata: Bool
    ) throws(StatusError) -> RemoteOutcome {
      guard response.fetch.count == fetchCount else {
        throw .internal("The server returned \(response.fetch.count) of \(fetchCount) fetches")
      }
      var values: [AnyTensor] = []
      for tensor in response.fetch { values.append(try engine.tensor(tensor)) }
      return RemoteOutcome(
        values: values, metadata: wantsMetadata ? try RunMetadata(response.metadata) : nil)
    }
  }

  extension RemoteEngine {
    /// Lets the server resolve a signature.
    func makeCallable(
      _ signature: RemoteSignature, _ options: Tensorflow_CallableOptions
    ) async throws(StatusError) -> RemoteCallable {
      var request = Tensorflow_MakeCallableRequest()
      request.sessionHandle = try await session()
      request.options = options
      request.requestID = RemoteCall.newRequestID()
      let response = try await channel.call(MasterMethods.makeCallable, request, timeout: timeout)
      return RemoteCallable(
        self, session: request.sessionHandle, handle: response.handle,
        fetchCount: signature.fetches.count)
    }
  }
#endif
