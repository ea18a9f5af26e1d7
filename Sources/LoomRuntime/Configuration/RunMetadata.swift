public import LoomCore
public import LoomGraph

/// What a run tells of itself (`tensorflow.RunMetadata`).
public struct RunMetadata: Sendable, Hashable {
  /// With a trace level above none.
  public var stepStatistics = StepStatistics()
  /// With ``GraphOptions/costModelInterval``.
  public var costGraph = CostGraph()
  /// With ``RunOptions/outputsPartitionGraphs``: one for each device, as it was run.
  public var partitionGraphs: [GraphDefinition] = []
  /// Functions that ran as functions.
  public var functionGraphs: [FunctionGraphs] = []
  public var sessionMetadata: SessionMetadata?

  public struct FunctionGraphs: Sendable, Hashable {
    public var partitions: [GraphDefinition]
    public var beforeOptimization: GraphDefinition?
    public var afterOptimization: GraphDefinition?

    public init(
      partitions: [GraphDefinition] = [], beforeOptimization: GraphDefinition? = nil,
      afterOptimization: GraphDefinition? = nil
    ) {
      self.partitions = partitions
      self.beforeOptimization = beforeOptimization
      self.afterOptimization = afterOptimization
    }
  }

  public init() {}
}

/// Times and memory of the nodes of one step (`tensorflow.StepStats`).
public struct StepStatistics: Sendable, Hashable {
  public var devices: [Device] = []

  public init(devices: [Device] = []) { self.devices = devices }

  public struct Device: Sendable, Hashable {
    public var name: String
    public var nodes: [Node]
    public var threadNames: [Int: String]

    public init(name: String, nodes: [Node] = [], threadNames: [Int: String] = [:]) {
      self.name = name
      self.nodes = nodes
      self.threadNames = threadNames
    }
  }

  /// One execution of one node. Starts are nanoseconds since 1970, the rest are relative to the start.
  public struct Node: Sendable, Hashable {
    public var name: String
    /// `name = Op(inputs)`.
    public var label: String
    public var scheduled: Instant = .init()
    public var start: Instant = .init()
    public var operationStart: Instant = .init()
    public var operationEnd: Instant = .init()
    public var end: Instant = .init()
    public var threadID: Int = 0
    public var outputs: [Output] = []
    public var memory: [AllocatorUse] = []
    public var referencedTensors: [Allocation] = []
    public var memoryStatistics: MemoryStatistics?

    public init(name: String, label: String = "") {
      self.name = name
      self.label = label
    }
  }

  /// A time in microseconds and nanoseconds, which the message carries side by side.
  public struct Instant: Sendable, Hashable {
    public var microseconds: Int64
    public var nanoseconds: Int64

    public init(microseconds: Int64 = 0, nanoseconds: Int64 = 0) {
      self.microseconds = microseconds
      self.nanoseconds = nanoseconds
    }

    /// Both from nanoseconds.
    public init(nanoseconds: Int64) {
      self.init(microseconds: nanoseconds / 1000, nanoseconds: nanoseconds)
    }
  }

  public struct Output: Sendable, Hashable {
    public var slot: Int
    public var dtype: DType?
    public var shape: PartialShape?
    public var allocation: Allocation?

    public init(
      slot: Int, dtype: DType? = nil, shape: PartialShape? = nil, allocation: Allocation? = nil
    ) {
      self.slot = slot
      self.dtype = dtype
      self.shape = shape
      self.allocation = allocation
    }
  }

  /// A piece of memory (`tensorflow.AllocationDescription`), sizes in bytes.
  public struct Allocation: Sendable, Hashable {
    public var requestedBytes = 0
    public var allocatedBytes = 0
    public var allocator = ""
    public var id = 0
    public var hasSingleReference = false
    public var address: UInt64 = 0

    public init() {}
  }

  /// What a node took from one allocator (`tensorflow.AllocatorMemoryUsed`), in bytes.
  public struct AllocatorUse: Sendable, Hashable {
    /// A change: negative for memory given back.
    public struct Record: Sendable, Hashable {
      public var microseconds: Int64
      public var bytes: Int64

      public init(microseconds: Int64, bytes: Int64) {
        self.microseconds = microseconds
        self.bytes = bytes
      }
    }

    public var allocator: String
    public var totalBytes = 0
    public var peakBytes = 0
    public var liveBytes = 0
    public var records: [Record] = []
    public var bytesInUse = 0

    public init(allocator: String) { self.allocator = allocator }
  }

  /// `tensorflow.MemoryStats`, in bytes.
  public struct MemoryStatistics: Sendable, Hashable {
    public var temporaryBytes = 0
    public var persistentBytes = 0
    public var persistentAllocations: [Int] = []

    public init() {}
  }
}

/// The measured cost of nodes (`tensorflow.CostGraphDef`).
public struct CostGraph: Sendable, Hashable {
  public struct Node: Sendable, Hashable {
    public struct Input: Sendable, Hashable {
      public var node: Int
      public var port: Int

      public init(node: Int, port: Int) {
        self.node = node
        self.port = port
      }
    }

    public struct Output: Sendable, Hashable {
      public var size: Int
      /// The input whose memory the output is; -1 for memory of its own.
      public var aliasedInput: Int
      public var shape: PartialShape?
      public var dtype: DType?

      public init(
        size: Int, aliasedInput: Int = -1, shape: PartialShape? = nil, dtype: DType? = nil
      ) {
        self.size = size
        self.aliasedInput = aliasedInput
        self.shape = shape
        self.dtype = dtype
      }
    }

    public var name: String
    public var device: String
    public var id: Int
    public var inputs: [Input] = []
    public var outputs: [Output] = []
    public var controlInputs: [Int] = []
    public var temporaryBytes = 0
    public var persistentBytes = 0
    /// Microseconds.
    public var computeCost = 0
    /// Nanoseconds without memory access.
    public var computeTime = 0
    /// Nanoseconds of memory access.
    public var memoryTime = 0
    /// Whether the outputs leave the graph.
    public var isFinal = false
    public var isInaccurate = false

    public init(name: String, device: String = "", id: Int = 0) {
      self.name = name
      self.device = device
      self.id = id
    }
  }

  public struct AggregatedCost: Sendable, Hashable {
    public var cost: Float
    public var dimension: String

    public init(cost: Float, dimension: String) {
      self.cost = cost
      self.dimension = dimension
    }
  }

  public var nodes: [Node]
  public var costs: [AggregatedCost]

  public init(nodes: [Node] = [], costs: [AggregatedCost] = []) {
    self.nodes = nodes
    self.costs = costs
  }
}
