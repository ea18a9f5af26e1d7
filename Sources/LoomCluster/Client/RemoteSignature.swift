#if Distributed
  import LoomCore
  import LoomFormats
  import LoomGraph
  import LoomProto
  import LoomRuntime

  /// What a run asks for, by names.
  struct RemoteSignature: Sendable {
    /// `operation:index`
    let feeds: [String]
    /// What is computed: servers refuse to return what they are fed with.
    let fetches: [String]
    let targets: [String]
    private let connections: [CallableOptions.Connection]
    /// For each fetch of the run the feed that it is, if any; empty if none is.
    private let fedFetches: [Int?]

    init(_ signature: RunSignature, in snapshot: GraphSnapshot) {
      func name(_ endpoint: Node.Endpoint) -> String {
        "\(snapshot.nodes[endpoint.node].name):\(endpoint.index)"
      }
      feeds = signature.feeds.map(name)
      let fed = signature.fetches.map { signature.feeds.firstIndex(of: $0) }
      fedFetches = fed.contains { $0 != nil } ? fed : []
      fetches = zip(signature.fetches, fed).filter { $1 == nil }.map { name($0.0) }
      targets = signature.targets.map { snapshot.nodes[$0].name }
      connections = signature.connections.map { .init(from: name($0.from), to: name($0.to)) }
    }

    /// The results of the run: what was computed, and what was fed.
    func results(_ computed: [AnyTensor], feeds: [AnyTensor]) -> [AnyTensor] {
      guard !fedFetches.isEmpty else { return computed }
      var rest = computed[...]
      return fedFetches.compactMap { index in index.map { feeds[$0] } ?? rest.popFirst() }
    }

    /// The options of a callable of this signature.
    func callable(_ options: RunOptions) throws(StatusError) -> Tensorflow_CallableOptions {
      var result = CallableOptions()
      result.feeds = feeds
      result.fetches = fetches
      result.targets = targets
      result.connections = connections
      result.runOptions = options
      return try result.proto()
    }
  }

  extension Tensorflow_GraphDef {
    /// The nodes from an id on, with all functions.
    init(_ snapshot: GraphSnapshot, from first: Int) throws(StatusError) {
      try self.init(
        GraphDefinition(
          nodes: snapshot.nodes[first...].map { NodeDefinition($0, among: snapshot.nodes) },
          library: snapshot.library, versions: snapshot.versions))
    }
  }

  extension DeviceAttributes {
    init(_ message: Tensorflow_DeviceAttributes) {
      self.init(
        name: message.name, type: message.deviceType, memoryLimitBytes: message.memoryLimit,
        incarnation: message.incarnation)
    }
  }
#endif
