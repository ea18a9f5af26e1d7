/// How a session talks to its servers (`tensorflow.RPCOptions`).
public struct RPCOptions: Sendable, Hashable {
  /// Goes through a socket even to a server in this process.
  public var usesRPCForLocalMaster = false
  /// How messages to servers are compressed: `deflate`, `gzip`, or not at all.
  public var compressionAlgorithm = ""
  /// 0 to 3. For TensorFlow's clients, to which it may be handed on; this library's use zlib's usual level.
  public var compressionLevel = 0
  /// Senders keep tensors for retries until they are told of their arrival.
  public var cachesResponses = false
  /// A connection for each session.
  public var disablesConnectionSharing = false
  /// Connections to each peer; 0 and 1 mean one.
  public var channelsPerTarget = 0

  public init() {}
}

/// The jobs of a cluster and the addresses of their tasks (`tensorflow.ClusterDef`).
public struct ClusterDefinition: Sendable, Hashable {
  public struct Job: Sendable, Hashable {
    public var name: String
    /// Task -> `host:port`.
    public var tasks: [Int: String]

    public init(name: String, tasks: [Int: String] = [:]) {
      self.name = name
      self.tasks = tasks
    }
  }

  public var jobs: [Job]

  public init(jobs: [Job] = []) { self.jobs = jobs }
}

/// One server of a cluster (`tensorflow.ServerDef`).
public struct ServerDefinition: Sendable, Hashable {
  public var cluster: ClusterDefinition
  public var job: String
  public var task: Int
  public var replica: Int
  /// `grpc`, possibly with a security scheme.
  public var protocolName: String
  /// 0: the port of the task's address.
  public var port: Int
  public var configuration: SessionConfiguration?
  /// Job -> task -> devices that the task sees, by partial name.
  public var deviceFilters: [String: [Int: [String]]]
  /// Fields that do not change anything here, in wire format.
  public var opaque: [UInt8] = []

  public init(
    cluster: ClusterDefinition = ClusterDefinition(), job: String = "", task: Int = 0,
    replica: Int = 0, protocolName: String = "grpc", port: Int = 0,
    configuration: SessionConfiguration? = nil, deviceFilters: [String: [Int: [String]]] = [:]
  ) {
    self.cluster = cluster
    self.job = job
    self.task = task
    self.replica = replica
    self.protocolName = protocolName
    self.port = port
    self.configuration = configuration
    self.deviceFilters = deviceFilters
  }
}
