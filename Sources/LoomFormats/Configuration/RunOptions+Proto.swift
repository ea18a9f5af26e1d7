internal import FoundationEssentials
public import LoomCore
package import LoomProto
public import LoomRuntime
internal import SwiftProtobuf

extension RunOptions {
  /// - Throws: ``StatusError/Code/invalidArgument`` if a message is larger than its format allows.
  package init(_ message: Tensorflow_RunOptions) throws(StatusError) {
    self.init(
      timeout: Duration(milliseconds: message.timeoutInMs),
      trace: TraceLevel(rawValue: message.traceLevel.rawValue) ?? .none)
    interOpThreadPool = Int(message.interOpThreadPool)
    outputsPartitionGraphs = message.outputPartitionGraphs
    debugging = DebugOptions(message.debugOptions)
    reportsAllocationsWhenOutOfMemory = message.reportTensorAllocationsUponOom
    var rest = message
    rest.traceLevel.clear(TraceLevel(rawValue: message.traceLevel.rawValue) != nil)
    rest.timeoutInMs = 0
    rest.interOpThreadPool = 0
    rest.outputPartitionGraphs = false
    rest.update(\.debugOptions) { options in
      let unknown = options.unknownFields
      options = .init()
      options.unknownFields = unknown
    }
    rest.reportTensorAllocationsUponOom = false
    opaque = try Wire.opaque(rest)
  }

  /// Reads a RunOptions message in wire format.
  ///
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are no such message.
  public init(serialized bytes: [UInt8]) throws(StatusError) {
    try self.init(Wire.decode(Tensorflow_RunOptions.self, Data(bytes)))
  }

  /// The message in wire format.
  public func serialized() throws(StatusError) -> [UInt8] {
    Array(try Wire.encode(try Tensorflow_RunOptions(self)))
  }
}

extension Tensorflow_RunOptions {
  package init(_ options: RunOptions) throws(StatusError) {
    self = options.opaque.isEmpty ? Self() : try Wire.decode(Self.self, Data(options.opaque))
    traceLevel.set(options.trace.rawValue)
    timeoutInMs = options.timeout?.wholeMilliseconds ?? 0
    interOpThreadPool = Int32(clamping: options.interOpThreadPool)
    outputPartitionGraphs = options.outputsPartitionGraphs
    update(\.debugOptions) { message in
      message.debugTensorWatchOpts = options.debugging.watches.map { watch in
        var result = Tensorflow_DebugTensorWatch()
        result.nodeName = watch.node
        result.outputSlot = Int32(clamping: watch.outputSlot)
        result.debugOps = watch.ops
        result.debugUrls = watch.urls
        result.tolerateDebugOpCreationFailures = watch.toleratesFailures
        return result
      }
      message.globalStep = Int64(options.debugging.globalStep)
      message.resetDiskByteUsage = options.debugging.resetsDiskUsage
    }
    reportTensorAllocationsUponOom = options.reportsAllocationsWhenOutOfMemory
  }
}

extension DebugOptions {
  fileprivate init(_ message: Tensorflow_DebugOptions) {
    self.init()
    watches = message.debugTensorWatchOpts.map {
      Watch(
        node: $0.nodeName, outputSlot: Int($0.outputSlot), ops: $0.debugOps, urls: $0.debugUrls,
        toleratesFailures: $0.tolerateDebugOpCreationFailures)
    }
    globalStep = Int(message.globalStep)
    resetsDiskUsage = message.resetDiskByteUsage
  }
}

extension CallableOptions {
  /// - Throws: ``StatusError/Code/invalidArgument`` if a message is larger than its format allows.
  package init(_ message: Tensorflow_CallableOptions) throws(StatusError) {
    self.init()
    feeds = message.feed
    fetches = message.fetch
    targets = message.target
    runOptions = try RunOptions(message.runOptions)
    connections = message.tensorConnection.map { .init(from: $0.fromTensor, to: $0.toTensor) }
    feedDevices = message.feedDevices
    fetchDevices = message.fetchDevices
    skipsFetchSynchronisation = message.fetchSkipSync
    var rest = Tensorflow_CallableOptions()
    rest.unknownFields = message.unknownFields
    opaque = try Wire.opaque(rest)
  }

  package func proto() throws(StatusError) -> Tensorflow_CallableOptions {
    var message =
      opaque.isEmpty
      ? Tensorflow_CallableOptions()
      : try Wire.decode(Tensorflow_CallableOptions.self, Data(opaque))
    message.feed = feeds
    message.fetch = fetches
    message.target = targets
    if runOptions != RunOptions() { message.runOptions = try Tensorflow_RunOptions(runOptions) }
    message.tensorConnection = connections.map { connection in
      var result = Tensorflow_TensorConnection()
      result.fromTensor = connection.from
      result.toTensor = connection.to
      return result
    }
    message.feedDevices = feedDevices
    message.fetchDevices = fetchDevices
    message.fetchSkipSync = skipsFetchSynchronisation
    return message
  }
}
