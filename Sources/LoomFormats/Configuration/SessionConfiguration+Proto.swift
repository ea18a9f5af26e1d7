internal import FoundationEssentials
public import LoomCore
package import LoomProto
public import LoomRuntime
internal import SwiftProtobuf

extension SessionConfiguration {
  /// - Throws: ``StatusError/Code/invalidArgument`` if a message is larger than its format allows.
  package init(_ message: Tensorflow_ConfigProto) throws(StatusError) {
    self.init()
    deviceCount = message.deviceCount.mapValues { Int($0) }
    intraOpParallelismThreads = Int(message.intraOpParallelismThreads)
    interOpParallelismThreads = Int(message.interOpParallelismThreads)
    usesPerSessionThreads = message.usePerSessionThreads
    interOpThreadPools = message.sessionInterOpThreadPool.map {
      ThreadPoolOptions(threadCount: Int($0.numThreads), globalName: $0.globalName)
    }
    deviceFilters = message.deviceFilters
    allowsSoftPlacement = message.allowSoftPlacement
    logsDevicePlacement = message.logDevicePlacement
    operationTimeout = Duration(milliseconds: message.operationTimeoutInMs)
    isolatesSessionState = message.isolateSessionState
    sharesClusterDevices = message.shareClusterDevicesInSession
    graph = GraphOptions(message.graphOptions)
    rpc = RPCOptions(message.rpcOptions)
    if message.hasClusterDef { cluster = ClusterDefinition(message.clusterDef) }
    experimental = Experimental(message.experimental)
    opaque = try Wire.opaque(message.uninterpreted)
  }

  /// Reads a ConfigProto in wire format.
  ///
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are no such message.
  public init(serialized bytes: [UInt8]) throws(StatusError) {
    try self.init(Wire.decode(Tensorflow_ConfigProto.self, Data(bytes)))
  }

  /// Reads a ConfigProto in text format.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the text is no such message.
  public init(text: String) throws(StatusError) {
    try self.init(Wire.decodeText(Tensorflow_ConfigProto.self, text))
  }

  /// The ConfigProto in wire format.
  public func serialized() throws(StatusError) -> [UInt8] {
    Array(try Wire.encode(try Tensorflow_ConfigProto(self)))
  }
}

extension Tensorflow_ConfigProto {
  /// The message without what ``SessionConfiguration`` has fields for.
  fileprivate var uninterpreted: Tensorflow_ConfigProto {
    var rest = self
    rest.deviceCount = [:]
    rest.intraOpParallelismThreads = 0
    rest.interOpParallelismThreads = 0
    rest.usePerSessionThreads = false
    rest.sessionInterOpThreadPool = []
    rest.deviceFilters = []
    rest.allowSoftPlacement = false
    rest.logDevicePlacement = false
    rest.operationTimeoutInMs = 0
    rest.isolateSessionState = false
    rest.shareClusterDevicesInSession = false
    rest.update(\.graphOptions) { $0 = $0.uninterpreted }
    rest.update(\.rpcOptions) { options in
      let unknown = options.unknownFields
      options = .init()
      options.unknownFields = unknown
    }
    rest.clearClusterDef()
    rest.update(\.experimental) { $0 = $0.uninterpreted }
    return rest
  }

  package init(_ configuration: SessionConfiguration) throws(StatusError) {
    self =
      configuration.opaque.isEmpty
      ? Self() : try Wire.decode(Self.self, Data(configuration.opaque))
    deviceCount = configuration.deviceCount.mapValues { Int32(clamping: $0) }
    intraOpParallelismThreads = Int32(clamping: configuration.intraOpParallelismThreads)
    interOpParallelismThreads = Int32(clamping: configuration.interOpParallelismThreads)
    usePerSessionThreads = configuration.usesPerSessionThreads
    sessionInterOpThreadPool = configuration.interOpThreadPools.map { pool in
      var message = Tensorflow_ThreadPoolOptionProto()
      message.numThreads = Int32(clamping: pool.threadCount)
      message.globalName = pool.globalName
      return message
    }
    deviceFilters = configuration.deviceFilters
    allowSoftPlacement = configuration.allowsSoftPlacement
    logDevicePlacement = configuration.logsDevicePlacement
    operationTimeoutInMs = configuration.operationTimeout?.wholeMilliseconds ?? 0
    isolateSessionState = configuration.isolatesSessionState
    shareClusterDevicesInSession = configuration.sharesClusterDevices
    update(\.graphOptions) { $0.set(configuration.graph) }
    update(\.rpcOptions) { $0.set(configuration.rpc) }
    if let cluster = configuration.cluster { clusterDef = cluster.proto }
    update(\.experimental) { $0.set(configuration.experimental) }
  }
}

extension SessionConfiguration.Experimental {
  fileprivate init(_ message: Tensorflow_ConfigProto.Experimental) {
    self.init()
    executorType = message.executorType
    largestReceiveChunk = Int(message.recvBufMaxChunk)
    collectiveGroupLeader = message.collectiveGroupLeader
    sharesSessionStateInClusterPropagation = message.shareSessionStateInClusterspecPropagation
    disablesThreadSpinning = message.disableThreadSpinning
    sharesClusterDevices = message.shareClusterDevicesInSession
    if message.hasSessionMetadata { sessionMetadata = SessionMetadata(message.sessionMetadata) }
    optimizesForStaticGraph = message.optimizeForStaticGraph
    disablesOutputPartitionGraphs = message.disableOutputPartitionGraphs
    disablesFunctionalOpsLowering = message.disableFunctionalOpsLowering
  }
}

extension Tensorflow_ConfigProto.Experimental {
  fileprivate var uninterpreted: Self {
    var rest = self
    rest.executorType = ""
    rest.recvBufMaxChunk = 0
    rest.collectiveGroupLeader = ""
    rest.shareSessionStateInClusterspecPropagation = false
    rest.disableThreadSpinning = false
    rest.shareClusterDevicesInSession = false
    rest.clearSessionMetadata()
    rest.optimizeForStaticGraph = false
    rest.disableOutputPartitionGraphs = false
    rest.disableFunctionalOpsLowering = false
    return rest
  }

  fileprivate mutating func set(_ options: SessionConfiguration.Experimental) {
    executorType = options.executorType
    recvBufMaxChunk = Int32(clamping: options.largestReceiveChunk)
    collectiveGroupLeader = options.collectiveGroupLeader
    shareSessionStateInClusterspecPropagation = options.sharesSessionStateInClusterPropagation
    disableThreadSpinning = options.disablesThreadSpinning
    shareClusterDevicesInSession = options.sharesClusterDevices
    if let metadata = options.sessionMetadata { sessionMetadata = metadata.proto }
    optimizeForStaticGraph = options.optimizesForStaticGraph
    disableOutputPartitionGraphs = options.disablesOutputPartitionGraphs
    disableFunctionalOpsLowering = options.disablesFunctionalOpsLowering
  }
}

extension SessionMetadata {
  init(_ message: Tensorflow_SessionMetadata) {
    self.init(name: message.name, version: Int(message.version))
  }

  var proto: Tensorflow_SessionMetadata {
    var message = Tensorflow_SessionMetadata()
    message.name = name
    message.version = Int64(version)
    return message
  }
}
