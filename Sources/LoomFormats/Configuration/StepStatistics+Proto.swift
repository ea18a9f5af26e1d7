package import LoomCore
package import LoomProto
package import LoomRuntime

extension StepStatistics {
  /// - Throws: ``StatusError/Code/invalidArgument`` if a shape can't be read.
  package init(_ message: Tensorflow_StepStats) throws(StatusError) {
    self.init()
    for device in message.devStats {
      var nodes: [Node] = []
      nodes.reserveCapacity(device.nodeStats.count)
      for node in device.nodeStats { nodes.append(try Node(node)) }
      devices.append(
        Device(
          name: device.device, nodes: nodes,
          threadNames: Dictionary(
            device.threadNames.map { (Int($0.key), $0.value) }, uniquingKeysWith: { $1 })))
    }
  }

  package var proto: Tensorflow_StepStats {
    var message = Tensorflow_StepStats()
    message.devStats = devices.map { device in
      var result = Tensorflow_DeviceStepStats()
      result.device = device.name
      result.nodeStats = device.nodes.map(\.proto)
      for (id, name) in device.threadNames { result.threadNames[UInt32(clamping: id)] = name }
      return result
    }
    return message
  }
}

extension StepStatistics.Node {
  fileprivate init(_ message: Tensorflow_NodeExecStats) throws(StatusError) {
    self.init(name: message.nodeName, label: message.timelineLabel)
    scheduled = .init(
      microseconds: message.scheduledMicros, nanoseconds: message.scheduledNanos)
    start = .init(microseconds: message.allStartMicros, nanoseconds: message.allStartNanos)
    operationStart = .init(
      microseconds: message.opStartRelMicros, nanoseconds: message.opStartRelNanos)
    operationEnd = .init(microseconds: message.opEndRelMicros, nanoseconds: message.opEndRelNanos)
    end = .init(microseconds: message.allEndRelMicros, nanoseconds: message.allEndRelNanos)
    threadID = Int(message.threadID)
    for output in message.output {
      let tensor = output.tensorDescription
      outputs.append(
        .init(
          slot: Int(output.slot),
          dtype: DType(rawValue: Int32(truncatingIfNeeded: tensor.dtype.rawValue)),
          shape: tensor.hasShape ? try PartialShape(tensor.shape) : nil,
          allocation: tensor.hasAllocationDescription
            ? .init(tensor.allocationDescription) : nil))
    }
    memory = message.memory.map(StepStatistics.AllocatorUse.init)
    referencedTensors = message.referencedTensor.map(StepStatistics.Allocation.init)
    if message.hasMemoryStats {
      var statistics = StepStatistics.MemoryStatistics()
      statistics.temporaryBytes = Int(message.memoryStats.tempMemorySize)
      statistics.persistentBytes = Int(message.memoryStats.persistentMemorySize)
      statistics.persistentAllocations = message.memoryStats.persistentTensorAllocIds.map {
        Int($0)
      }
      memoryStatistics = statistics
    }
  }

  fileprivate var proto: Tensorflow_NodeExecStats {
    var message = Tensorflow_NodeExecStats()
    message.nodeName = name
    message.timelineLabel = label
    message.scheduledMicros = scheduled.microseconds
    message.scheduledNanos = scheduled.nanoseconds
    message.allStartMicros = start.microseconds
    message.allStartNanos = start.nanoseconds
    message.opStartRelMicros = operationStart.microseconds
    message.opStartRelNanos = operationStart.nanoseconds
    message.opEndRelMicros = operationEnd.microseconds
    message.opEndRelNanos = operationEnd.nanoseconds
    message.allEndRelMicros = end.microseconds
    message.allEndRelNanos = end.nanoseconds
    message.threadID = UInt32(clamping: threadID)
    message.output = outputs.map { output in
      var result = Tensorflow_NodeOutput()
      result.slot = Int32(clamping: output.slot)
      if let dtype = output.dtype { result.tensorDescription.dtype = dtype.proto }
      if let shape = output.shape { result.tensorDescription.shape = shape.proto }
      if let allocation = output.allocation {
        result.tensorDescription.allocationDescription = allocation.proto
      }
      return result
    }
    message.memory = memory.map(\.proto)
    message.referencedTensor = referencedTensors.map(\.proto)
    if let statistics = memoryStatistics {
      message.memoryStats.tempMemorySize = Int64(statistics.temporaryBytes)
      message.memoryStats.persistentMemorySize = Int64(statistics.persistentBytes)
      message.memoryStats.persistentTensorAllocIds = statistics.persistentAllocations.map {
        Int64($0)
      }
    }
    return message
  }
}

extension StepStatistics.Allocation {
  fileprivate init(_ message: Tensorflow_AllocationDescription) {
    self.init()
    requestedBytes = Int(message.requestedBytes)
    allocatedBytes = Int(message.allocatedBytes)
    allocator = message.allocatorName
    id = Int(message.allocationID)
    hasSingleReference = message.hasSingleReference_p
    address = message.ptr
  }

  fileprivate var proto: Tensorflow_AllocationDescription {
    var message = Tensorflow_AllocationDescription()
    message.requestedBytes = Int64(requestedBytes)
    message.allocatedBytes = Int64(allocatedBytes)
    message.allocatorName = allocator
    message.allocationID = Int64(id)
    message.hasSingleReference_p = hasSingleReference
    message.ptr = address
    return message
  }
}

extension StepStatistics.AllocatorUse {
  fileprivate init(_ message: Tensorflow_AllocatorMemoryUsed) {
    self.init(allocator: message.allocatorName)
    totalBytes = Int(message.totalBytes)
    peakBytes = Int(message.peakBytes)
    liveBytes = Int(message.liveBytes)
    records = message.allocationRecords.map {
      Record(microseconds: $0.allocMicros, bytes: $0.allocBytes)
    }
    bytesInUse = Int(message.allocatorBytesInUse)
  }

  fileprivate var proto: Tensorflow_AllocatorMemoryUsed {
    var message = Tensorflow_AllocatorMemoryUsed()
    message.allocatorName = allocator
    message.totalBytes = Int64(totalBytes)
    message.peakBytes = Int64(peakBytes)
    message.liveBytes = Int64(liveBytes)
    message.allocationRecords = records.map { record in
      var result = Tensorflow_AllocationRecord()
      result.allocMicros = record.microseconds
      result.allocBytes = record.bytes
      return result
    }
    message.allocatorBytesInUse = Int64(bytesInUse)
    return message
  }
}
