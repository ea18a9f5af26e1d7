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
    let fetches: [String]
    let targets: [String]
    private let connections: [CallableOptions.Connection]

    init(_ signature: RunSignature, in snapshot: GraphSnapshot) {
      func name(_ endpoint: Node.Endpoint) -> String {
        "\(snapshot.nodes[endpoint.node].name):\(endpoint.index)"
      }
      feeds = signature.feeds.map(name)
      fetches = signature.fetches.map(name)
      targets = signature.targets.map { snapshot.nodes[$0].name }
      connections = signature.connections.map { .init(from: name($0.from), to: name($0.to)) }
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
