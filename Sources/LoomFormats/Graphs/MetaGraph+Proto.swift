internal import FoundationEssentials
public import LoomCore
public import LoomGraph
package import LoomProto
internal import SwiftProtobuf

extension MetaGraph {
  /// - Throws: ``StatusError/Code/invalidArgument`` if graph, signatures or tensors can't be read.
  package init(
    _ message: Tensorflow_MetaGraphDef, budget: MemoryBudget = .files
  ) throws(StatusError) {
    self.init(graph: try GraphDefinition(message.graphDef, budget: budget))
    collections = message.collectionDef.mapValues(Collection.init)
    for (name, signature) in message.signatureDef {
      signatures[name] = try Signature(signature, budget: budget)
    }
    if message.hasSaverDef { saver = SaverDefinition(message.saverDef) }
    tags = message.metaInfoDef.tags
    for asset in message.assetFileDef {
      assets.append(Asset(tensor: try TensorInfo(asset.tensorInfo), filename: asset.filename))
    }
    producerVersion = message.metaInfoDef.tensorflowVersion
    hasDefaultsRemoved = message.metaInfoDef.strippedDefaultAttrs
    functionAliases = message.metaInfoDef.functionAliases
    opaque = try Wire.opaque(message.uninterpreted)
  }

  /// Reads a MetaGraphDef in wire format.
  ///
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are no MetaGraphDef;
  ///   ``StatusError/Code/invalidArgument`` if something in it can't be read.
  public init(serialized bytes: [UInt8], budget: MemoryBudget = .files) throws(StatusError) {
    try self.init(Wire.decode(Tensorflow_MetaGraphDef.self, Data(bytes)), budget: budget)
  }

  /// Reads a MetaGraphDef from a file: text format where the name ends in "txt", wire format
  /// otherwise.
  public init(contentsOf path: String, budget: MemoryBudget = .files) throws(StatusError) {
    let bytes = try readFile(path)
    let message =
      path.hasSuffix("txt")
      ? try Wire.decodeText(Tensorflow_MetaGraphDef.self, String(decoding: bytes, as: UTF8.self))
      : try Wire.decode(Tensorflow_MetaGraphDef.self, bytes)
    try self.init(message, budget: budget)
  }

  /// The MetaGraphDef in wire format.
  public func serialized() throws(StatusError) -> [UInt8] {
    Array(try Wire.encode(try Tensorflow_MetaGraphDef(self)))
  }

  /// The ops as the writer knew them, for ``ImportOptions/producerOps``; empty if the file does not
  /// say.
  public func producerOps() throws(StatusError) -> [OpSignature] {
    let rest = try Wire.decode(Tensorflow_MetaGraphDef.self, Data(opaque))
    var result: [OpSignature] = []
    for op in rest.metaInfoDef.strippedOpList.op { result.append(try OpSignature(op)) }
    return result
  }
}

extension Tensorflow_MetaGraphDef {
  /// The message without what ``MetaGraph`` has fields for.
  fileprivate var uninterpreted: Tensorflow_MetaGraphDef {
    var rest = self
    rest.clearGraphDef()
    rest.clearSaverDef()
    rest.collectionDef = [:]
    rest.signatureDef = [:]
    rest.assetFileDef = []
    guard hasMetaInfoDef else { return rest }
    rest.metaInfoDef.tags = []
    rest.metaInfoDef.tensorflowVersion = ""
    rest.metaInfoDef.strippedDefaultAttrs = false
    rest.metaInfoDef.functionAliases = [:]
    if rest.metaInfoDef == MetaInfoDef() { rest.clearMetaInfoDef() }
    return rest
  }

  package init(_ graph: MetaGraph) throws(StatusError) {
    self = graph.opaque.isEmpty ? Self() : try Wire.decode(Self.self, Data(graph.opaque))
    graphDef = try Tensorflow_GraphDef(graph.graph)
    collectionDef = graph.collections.mapValues(\.proto)
    for (name, signature) in graph.signatures { signatureDef[name] = try signature.proto() }
    if let saver = graph.saver { saverDef = saver.proto }
    metaInfoDef.tags = graph.tags
    metaInfoDef.tensorflowVersion = graph.producerVersion
    metaInfoDef.strippedDefaultAttrs = graph.hasDefaultsRemoved
    metaInfoDef.functionAliases = graph.functionAliases
    assetFileDef = graph.assets.map { asset in
      var message = Tensorflow_AssetFileDef()
      message.tensorInfo = asset.tensor.proto
      message.filename = asset.filename
      return message
    }
  }
}

extension MetaGraph.Collection {
  fileprivate init(_ message: Tensorflow_CollectionDef) {
    switch message.kind {
    case .nodeList(let list): self = .nodes(list.value)
    case .bytesList(let list): self = .bytes(list.value.map { ByteString($0) })
    case .int64List(let list): self = .ints(list.value)
    case .floatList(let list): self = .floats(list.value)
    case .anyList(let list):
      self = .any(list.value.map { .init(typeURL: $0.typeURL, value: ByteString($0.value)) })
    case nil: self = .empty
    }
  }

  fileprivate var proto: Tensorflow_CollectionDef {
    var message = Tensorflow_CollectionDef()
    switch self {
    case .nodes(let names): message.nodeList.value = names
    case .bytes(let items): message.bytesList.value = items.map { Data($0.bytes) }
    case .ints(let values): message.int64List.value = values
    case .floats(let values): message.floatList.value = values
    case .any(let items):
      message.anyList.value = items.map { item in
        var any = Google_Protobuf_Any()
        any.typeURL = item.typeURL
        any.value = Data(item.value.bytes)
        return any
      }
    case .empty: break
    }
    return message
  }
}

extension SaverDefinition {
  package init(_ message: Tensorflow_SaverDef) {
    self.init(
      filenameTensor: message.filenameTensorName, saveTensor: message.saveTensorName,
      restoreOperation: message.restoreOpName, checkpointsToKeep: Int(message.maxToKeep),
      isSharded: message.sharded, hoursBetweenKeptCheckpoints: message.keepCheckpointEveryNHours,
      version: Version(rawValue: message.version.rawValue) ?? .v2)
  }

  package var proto: Tensorflow_SaverDef {
    var message = Tensorflow_SaverDef()
    message.filenameTensorName = filenameTensor
    message.saveTensorName = saveTensor
    message.restoreOpName = restoreOperation
    message.maxToKeep = Int32(clamping: checkpointsToKeep)
    message.sharded = isSharded
    message.keepCheckpointEveryNHours = hoursBetweenKeptCheckpoints
    message.version = .init(rawValue: version.rawValue) ?? .v2
    return message
  }
}
