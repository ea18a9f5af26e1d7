internal import FoundationEssentials
public import LoomCore
internal import LoomGraph
package import LoomProto
public import LoomRuntime

extension RunMetadata {
  /// - Throws: ``StatusError/Code/invalidArgument`` if a graph or shape can't be read.
  package init(_ message: Tensorflow_RunMetadata) throws(StatusError) {
    self.init()
    stepStatistics = try StepStatistics(message.stepStats)
    costGraph = try CostGraph(message.costGraph)
    for graph in message.partitionGraphs { partitionGraphs.append(try GraphDefinition(graph)) }
    for graphs in message.functionGraphs {
      var result = FunctionGraphs()
      for graph in graphs.partitionGraphs { result.partitions.append(try GraphDefinition(graph)) }
      if graphs.hasPreOptimizationGraph {
        result.beforeOptimization = try GraphDefinition(graphs.preOptimizationGraph)
      }
      if graphs.hasPostOptimizationGraph {
        result.afterOptimization = try GraphDefinition(graphs.postOptimizationGraph)
      }
      functionGraphs.append(result)
    }
    if message.hasSessionMetadata { sessionMetadata = SessionMetadata(message.sessionMetadata) }
  }

  /// Reads a RunMetadata message in wire format.
  ///
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are no such message;
  ///   ``StatusError/Code/invalidArgument`` if something in it can't be read.
  public init(serialized bytes: [UInt8]) throws(StatusError) {
    try self.init(Wire.decode(Tensorflow_RunMetadata.self, Data(bytes)))
  }

  /// The message in wire format.
  public func serialized() throws(StatusError) -> [UInt8] {
    Array(try Wire.encode(try Tensorflow_RunMetadata(self)))
  }
}

extension Tensorflow_RunMetadata {
  package init(_ metadata: RunMetadata) throws(StatusError) {
    self.init()
    if !metadata.stepStatistics.devices.isEmpty { stepStats = metadata.stepStatistics.proto }
    if metadata.costGraph != CostGraph() { costGraph = metadata.costGraph.proto }
    for graph in metadata.partitionGraphs {
      partitionGraphs.append(try Tensorflow_GraphDef(graph))
    }
    for graphs in metadata.functionGraphs {
      var message = FunctionGraphs()
      for graph in graphs.partitions {
        message.partitionGraphs.append(try Tensorflow_GraphDef(graph))
      }
      if let graph = graphs.beforeOptimization {
        message.preOptimizationGraph = try Tensorflow_GraphDef(graph)
      }
      if let graph = graphs.afterOptimization {
        message.postOptimizationGraph = try Tensorflow_GraphDef(graph)
      }
      functionGraphs.append(message)
    }
    if let metadata = metadata.sessionMetadata { sessionMetadata = metadata.proto }
  }
}

extension CostGraph {
  fileprivate init(_ message: Tensorflow_CostGraphDef) throws(StatusError) {
    self.init(costs: message.cost.map { .init(cost: $0.cost, dimension: $0.dimension) })
    for node in message.node {
      var result = Node(name: node.name, device: node.device, id: Int(node.id))
      result.inputs = node.inputInfo.map {
        .init(node: Int($0.precedingNode), port: Int($0.precedingPort))
      }
      for output in node.outputInfo {
        result.outputs.append(
          .init(
            size: Int(output.size), aliasedInput: Int(output.aliasInputPort),
            shape: output.hasShape ? try PartialShape(output.shape) : nil,
            dtype: DType(rawValue: Int32(truncatingIfNeeded: output.dtype.rawValue))))
      }
      result.controlInputs = node.controlInput.map { Int($0) }
      result.temporaryBytes = Int(node.temporaryMemorySize)
      result.persistentBytes = Int(node.persistentMemorySize)
      result.computeCost = Int(node.computeCost)
      result.computeTime = Int(node.computeTime)
      result.memoryTime = Int(node.memoryTime)
      result.isFinal = node.isFinal
      result.isInaccurate = node.inaccurate
      nodes.append(result)
    }
  }

  fileprivate var proto: Tensorflow_CostGraphDef {
    var message = Tensorflow_CostGraphDef()
    message.cost = costs.map { cost in
      var result = Tensorflow_CostGraphDef.AggregatedCost()
      result.cost = cost.cost
      result.dimension = cost.dimension
      return result
    }
    message.node = nodes.map(\.proto)
    return message
  }
}

extension CostGraph.Node {
  fileprivate var proto: Tensorflow_CostGraphDef.Node {
    var message = Tensorflow_CostGraphDef.Node()
    message.name = name
    message.device = device
    message.id = Int32(clamping: id)
    message.inputInfo = inputs.map { input in
      var result = Tensorflow_CostGraphDef.Node.InputInfo()
      result.precedingNode = Int32(clamping: input.node)
      result.precedingPort = Int32(clamping: input.port)
      return result
    }
    message.outputInfo = outputs.map { output in
      var result = Tensorflow_CostGraphDef.Node.OutputInfo()
      result.size = Int64(output.size)
      result.aliasInputPort = Int64(output.aliasedInput)
      if let shape = output.shape { result.shape = shape.proto }
      if let dtype = output.dtype { result.dtype = dtype.proto }
      return result
    }
    message.controlInput = controlInputs.map { Int32(clamping: $0) }
    message.temporaryMemorySize = Int64(temporaryBytes)
    message.persistentMemorySize = Int64(persistentBytes)
    message.computeCost = Int64(computeCost)
    message.computeTime = Int64(computeTime)
    message.memoryTime = Int64(memoryTime)
    message.isFinal = isFinal
    message.inaccurate = isInaccurate
    return message
  }
}
