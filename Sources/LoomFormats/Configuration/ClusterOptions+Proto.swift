internal import FoundationEssentials
public import LoomCore
package import LoomProto
public import LoomRuntime
internal import SwiftProtobuf

extension RPCOptions {
  init(_ message: Tensorflow_RPCOptions) {
    self.init()
    usesRPCForLocalMaster = message.useRpcForInprocessMaster
    compressionAlgorithm = message.compressionAlgorithm
    compressionLevel = Int(message.compressionLevel)
    cachesResponses = message.cacheRpcResponse
    disablesConnectionSharing = message.disableSessionConnectionSharing
    channelsPerTarget = Int(message.numChannelsPerTarget)
  }
}

extension Tensorflow_RPCOptions {
  mutating func set(_ options: RPCOptions) {
    useRpcForInprocessMaster = options.usesRPCForLocalMaster
    compressionAlgorithm = options.compressionAlgorithm
    compressionLevel = Int32(clamping: options.compressionLevel)
    cacheRpcResponse = options.cachesResponses
    disableSessionConnectionSharing = options.disablesConnectionSharing
    numChannelsPerTarget = Int32(clamping: options.channelsPerTarget)
  }
}

extension ClusterDefinition {
  package init(_ message: Tensorflow_ClusterDef) {
    self.init(
      jobs: message.job.map { job in
        Job(
          name: job.name,
          tasks: Dictionary(
            job.tasks.map { (Int($0.key), $0.value) }, uniquingKeysWith: { $1 }))
      })
  }

  package var proto: Tensorflow_ClusterDef {
    var message = Tensorflow_ClusterDef()
    message.job = jobs.map { job in
      var definition = Tensorflow_JobDef()
      definition.name = job.name
      for (task, address) in job.tasks { definition.tasks[Int32(clamping: task)] = address }
      return definition
    }
    return message
  }
}

extension ServerDefinition {
  package init(_ message: Tensorflow_ServerDef) throws(StatusError) {
    self.init(
      cluster: ClusterDefinition(message.cluster), job: message.jobName,
      task: Int(message.taskIndex), replica: Int(message.replica),
      protocolName: message.protocol, port: Int(message.port),
      configuration: message.hasDefaultSessionConfig
        ? try SessionConfiguration(message.defaultSessionConfig) : nil)
    for job in message.clusterDeviceFilters.jobs {
      for (task, filters) in job.tasks {
        deviceFilters[job.name, default: [:]][Int(task)] = filters.deviceFilters
      }
    }
    var rest = Tensorflow_ServerDef()
    rest.unknownFields = message.unknownFields
    opaque = try Wire.opaque(rest)
  }

  /// Reads a ServerDef in wire format.
  ///
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are no such message.
  public init(serialized bytes: [UInt8]) throws(StatusError) {
    try self.init(Wire.decode(Tensorflow_ServerDef.self, Data(bytes)))
  }

  package func proto() throws(StatusError) -> Tensorflow_ServerDef {
    var message =
      opaque.isEmpty
      ? Tensorflow_ServerDef() : try Wire.decode(Tensorflow_ServerDef.self, Data(opaque))
    message.cluster = cluster.proto
    message.jobName = job
    message.taskIndex = Int32(clamping: task)
    message.replica = Int32(clamping: replica)
    message.protocol = protocolName
    message.port = Int32(clamping: port)
    if let configuration { message.defaultSessionConfig = try .init(configuration) }
    for (job, tasks) in deviceFilters.sorted(by: { $0.key < $1.key }) {
      var filters = Tensorflow_JobDeviceFilters()
      filters.name = job
      for (task, names) in tasks {
        filters.tasks[Int32(clamping: task), default: .init()].deviceFilters = names
      }
      message.clusterDeviceFilters.jobs.append(filters)
    }
    return message
  }

  /// The ServerDef in wire format.
  public func serialized() throws(StatusError) -> [UInt8] { Array(try Wire.encode(try proto())) }
}

extension DeviceAttributes {
  package init(_ message: Tensorflow_DeviceAttributes) {
    self.init(
      name: message.name, type: message.deviceType, memoryLimitBytes: message.memoryLimit,
      incarnation: message.incarnation)
  }

  package var proto: Tensorflow_DeviceAttributes {
    var message = Tensorflow_DeviceAttributes()
    message.name = name
    message.deviceType = type
    message.memoryLimit = memoryLimitBytes
    message.incarnation = incarnation
    return message
  }
}
