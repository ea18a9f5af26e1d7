#if Distributed
  import LoomCore
  import LoomFormats
  import LoomProto
  import LoomRuntime

  /// A signature that a server runs step by step (`RunStep`).
  final class RemoteStep: RemoteRun {
    private let engine: RemoteEngine
    private let signature: RemoteSignature
    private let extendsGraph: Bool

    /// - Parameter extendsGraph: whether the server is given the graph's new nodes before each run. It has
    ///   those of the signature otherwise.
    init(_ engine: RemoteEngine, _ signature: RemoteSignature, extendsGraph: Bool = true) {
      self.engine = engine
      self.signature = signature
      self.extendsGraph = extendsGraph
    }

    func run(
      _ feeds: [AnyTensor], _ options: RunOptions, wantsMetadata: Bool
    ) throws(StatusError) -> RemoteOutcome {
      let call = try call(feeds, options, wantsMetadata: wantsMetadata)
      let response = try TransportExecutor.shared.wait { () throws(StatusError) in
        try await call.response()
      }
      return try outcome(call, response, feeds)
    }

    func runDetached(
      _ feeds: [AnyTensor], _ options: RunOptions, wantsMetadata: Bool
    ) async throws(StatusError) -> RemoteOutcome {
      try await TransportExecutor.shared.run { [self] () throws(StatusError) in
        let call = try call(feeds, options, wantsMetadata: wantsMetadata)
        return try outcome(call, await call.response(), feeds)
      }
    }

    private func call(
      _ feeds: [AnyTensor], _ options: RunOptions, wantsMetadata: Bool
    ) throws(StatusError) -> RemoteCall {
      try RemoteCall(
        engine, signature, feeds, options, extendsGraph: extendsGraph, wantsMetadata: wantsMetadata)
    }

    private func outcome(
      _ call: RemoteCall, _ response: Tensorflow_RunStepResponse, _ feeds: [AnyTensor]
    ) throws(StatusError) -> RemoteOutcome {
      var outcome = try call.outcome(response)
      outcome.values = signature.results(outcome.values, feeds: feeds)
      return outcome
    }
  }

  /// One `RunStep`, of a whole step or of a piece of a partial run.
  struct RemoteCall: Sendable {
    private let engine: RemoteEngine
    private let request: Tensorflow_RunStepRequest
    private let timeout: Duration?
    private let extendsGraph: Bool
    private let wantsMetadata: Bool
    private let fetches: [String]

    /// Encodes the feeds.
    ///
    /// - Throws: ``StatusError/Code/invalidArgument`` for feeds that no message can hold.
    init(
      _ engine: RemoteEngine, _ signature: RemoteSignature, _ feeds: [AnyTensor],
      _ options: RunOptions, extendsGraph: Bool, wantsMetadata: Bool
    ) throws(StatusError) {
      var options = options
      if !wantsMetadata { options.trace = .none }
      if options.timeout ?? .zero <= .zero { options.timeout = engine.timeout }
      try self.init(
        engine, feeds: Array(zip(signature.feeds, feeds)), fetches: signature.fetches,
        targets: signature.targets, options: options, extendsGraph: extendsGraph,
        wantsMetadata: wantsMetadata)
    }

    /// A piece of a partial run.
    init(
      _ engine: RemoteEngine, partial handle: String, feeds: [(String, AnyTensor)],
      fetches: [String]
    ) throws(StatusError) {
      try self.init(
        engine, feeds: feeds, fetches: fetches, targets: [],
        options: RunOptions(timeout: engine.timeout), wantsMetadata: false, partialHandle: handle)
    }

    private init(
      _ engine: RemoteEngine, feeds: [(String, AnyTensor)], fetches: [String], targets: [String],
      options: RunOptions, extendsGraph: Bool = true, wantsMetadata: Bool,
      partialHandle: String = ""
    ) throws(StatusError) {
      var request = Tensorflow_RunStepRequest()
      request.feed.reserveCapacity(feeds.count)
      for (name, value) in feeds {
        var feed = Tensorflow_NamedTensorProto()
        feed.name = name
        feed.tensor = try Tensorflow_TensorProto(value)
        request.feed.append(feed)
      }
      request.fetch = fetches
      request.target = targets
      request.options = try Tensorflow_RunOptions(options)
      request.partialRunHandle = partialHandle
      request.storeErrorsInResponseBody = true
      request.requestID = RemoteCall.newRequestID()
      self.engine = engine
      self.request = request
      self.extendsGraph = extendsGraph
      self.wantsMetadata = wantsMetadata
      self.fetches = fetches
      timeout = options.timeout
    }

    /// How long a server may take to end a step whose time is over. It keeps the limit itself, and has
    /// ended the step when it answers: who gives up before that may meet the step's last effects.
    static let patience = Duration.seconds(1)

    /// Random and never 0, which would stand for none.
    static func newRequestID() -> Int64 {
      let id = Int64.random(in: .min ... .max)
      return id == 0 ? 1 : id
    }

    /// Sends the request.
    ///
    /// - Throws: What the step failed of.
    func response() async throws(StatusError) -> Tensorflow_RunStepResponse {
      var request = request
      request.sessionHandle =
        try await extendsGraph ? engine.session() : engine.knownSession()
      do throws(StatusError) {
        let response = try await engine.channel.call(
          MasterMethods.runStep, request, timeout: timeout.map { $0 + RemoteCall.patience })
        guard response.statusCode != .ok else { return response }
        let code = StatusError.Code(rawValue: Int32(response.statusCode.rawValue)) ?? .unknown
        throw StatusError(code, response.statusErrorMessage)
      } catch {
        throw engine.told(error)
      }
    }

    /// Decodes the fetches.
    ///
    /// - Throws: ``StatusError/Code/internal`` if one is missing;
    ///   ``StatusError/Code/invalidArgument`` if one is no tensor;
    ///   ``StatusError/Code/resourceExhausted`` if they exceed the session's memory.
    func outcome(_ response: Tensorflow_RunStepResponse) throws(StatusError) -> RemoteOutcome {
      var values: [AnyTensor] = []
      values.reserveCapacity(fetches.count)
      if fetches == response.tensor.map(\.name) {
        for tensor in response.tensor { values.append(try engine.tensor(tensor.tensor)) }
      } else {
        let tensors = Dictionary(
          response.tensor.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
        for name in fetches {
          guard let tensor = tensors[name] else {
            throw .internal("The server did not return \(name)")
          }
          values.append(try engine.tensor(tensor))
        }
      }
      return RemoteOutcome(
        values: values, metadata: wantsMetadata ? try RunMetadata(response.metadata) : nil)
    }
  }

  extension RemoteEngine {
    /// What a call failed of, as its session tells it.
    func told(_ error: StatusError) -> StatusError {
      // A call that arrives after the session's end finds none, or one that is closed.
      if isClosed, [.aborted, .failedPrecondition].contains(error.code) {
        return RemoteEngine.closedError
      }
      return error.locatedByText(in: graph)
    }

    /// A tensor that the server sent.
    func tensor(_ message: Tensorflow_TensorProto) throws(StatusError) -> AnyTensor {
      try AnyTensor(message, budget: budget)
    }
  }
#endif
