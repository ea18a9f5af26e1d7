/// How one run is to run (`tensorflow.RunOptions`).
public struct RunOptions: Sendable, Hashable {
  public enum TraceLevel: Int, Sendable, Hashable {
    case none = 0
    case software = 1
    case hardware = 2
    case full = 3
  }

  /// Above `none`, ``RunMetadata/stepStatistics`` is filled.
  public var trace = TraceLevel.none
  /// Overrides the session's; `nil` and anything that is not positive leave it.
  public var timeout: Duration?
  /// Which of ``SessionConfiguration/interOpThreadPools`` runs the step; -1 is the caller's thread.
  public var interOpThreadPool = 0
  /// Fills ``RunMetadata/partitionGraphs``.
  public var outputsPartitionGraphs = false
  public var debugging = DebugOptions()
  /// Lists live tensors when memory runs out.
  public var reportsAllocationsWhenOutOfMemory = false
  /// Fields that do not change anything here, in wire format.
  public var opaque: [UInt8] = []

  public init(timeout: Duration? = nil, trace: TraceLevel = .none) {
    self.timeout = timeout
    self.trace = trace
  }

  /// Whether the step collects statistics.
  public var traces: Bool {
    get { trace != .none }
    set { trace = newValue ? .full : .none }
  }
}

/// Which tensors a debugger watches (`tensorflow.DebugOptions`).
public struct DebugOptions: Sendable, Hashable {
  public struct Watch: Sendable, Hashable {
    public var node: String
    public var outputSlot: Int
    public var ops: [String]
    /// `file://` or `grpc://`.
    public var urls: [String]
    public var toleratesFailures: Bool

    public init(
      node: String, outputSlot: Int = 0, ops: [String] = [], urls: [String] = [],
      toleratesFailures: Bool = false
    ) {
      self.node = node
      self.outputSlot = outputSlot
      self.ops = ops
      self.urls = urls
      self.toleratesFailures = toleratesFailures
    }
  }

  public var watches: [Watch] = []
  public var globalStep = 0
  public var resetsDiskUsage = false

  public init() {}
}

/// What a callable feeds, fetches and runs (`tensorflow.CallableOptions`).
public struct CallableOptions: Sendable, Hashable {
  /// The value of one tensor stands in for another's.
  public struct Connection: Sendable, Hashable {
    public var from: String
    public var to: String

    public init(from: String, to: String) {
      self.from = from
      self.to = to
    }
  }

  public var feeds: [String] = []
  public var fetches: [String] = []
  public var targets: [String] = []
  public var runOptions = RunOptions()
  public var connections: [Connection] = []
  /// Tensor -> the device its value is on.
  public var feedDevices: [String: String] = [:]
  /// Tensor -> the device its value is to be on.
  public var fetchDevices: [String: String] = [:]
  /// Whether fetches may be handed over before they are computed; only other devices do that.
  public var skipsFetchSynchronisation = false
  /// Fields that do not change anything here, in wire format.
  public var opaque: [UInt8] = []

  public init() {}
}
