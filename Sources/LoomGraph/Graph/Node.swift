public import LoomCore

/// One node of a graph, immutable once added: changes replace the node.
public final class Node: Sendable {
  /// Output `index` of node `node`.
  public struct Endpoint: Sendable, Hashable {
    public var node: Int
    public var index: Int

    public init(node: Int, index: Int) {
      self.node = node
      self.index = index
    }
  }

  public let id: Int
  public let name: String
  public let op: String
  /// `nil` for an op that is not in the registry: such a node loads, but can't run.
  public let definition: (any OpDefinition.Type)?
  /// The signature the node was checked against: of its op or of the function it calls.
  public let signature: OpSignature?
  public let inputs: [Endpoint]
  public let controlInputs: [Int]
  public let attributes: Attributes
  /// As requested, possibly partial or empty.
  public let device: String
  public let outputTypes: [DType]
  public let outputShapes: [PartialShape]
  /// For each resource output: dtypes and shapes behind the handle, if known.
  public let outputHandles: [[ResourceHandle.Component]?]
  /// Whether the op is the name of a function of the library.
  public let isFunctionCall: Bool
  /// What the file the node came from says of it and nothing here interprets, as the file has it.
  public let opaque: [UInt8]

  init(
    id: Int, name: String, op: String, definition: (any OpDefinition.Type)?,
    signature: OpSignature?, inputs: [Endpoint], controlInputs: [Int], attributes: Attributes,
    device: String, outputTypes: [DType], outputShapes: [PartialShape],
    outputHandles: [[ResourceHandle.Component]?], isFunctionCall: Bool, opaque: [UInt8] = []
  ) {
    self.id = id
    self.name = name
    self.op = op
    self.definition = definition
    self.signature = signature
    self.inputs = inputs
    self.controlInputs = controlInputs
    self.attributes = attributes
    self.device = device
    self.outputTypes = outputTypes
    self.outputShapes = outputShapes
    self.outputHandles = outputHandles
    self.isFunctionCall = isFunctionCall
    self.opaque = opaque
  }

  public var properties: OpProperties {
    definition?.properties
      ?? OpProperties(role: isFunctionCall ? .call : .compute, isFoldable: false)
  }

  public var isStateful: Bool { signature?.isStateful ?? true }

  /// The node an error belongs to.
  public var errorNode: StatusError.Node { .init(name: name, op: op) }

  /// Names of the nodes this one is to be placed with (`loc:@name` of the `_class` attribute).
  public var colocationGroups: [String] {
    guard case .list(let values) = attributes["_class"] else { return [] }
    return values.compactMap {
      guard case .string(let text) = $0, text.string.hasPrefix("loc:@") else { return nil }
      return String(text.string.dropFirst(5))
    }
  }

  package func replacing(
    op: String? = nil, inputs: [Endpoint]? = nil, controlInputs: [Int]? = nil,
    attributes: Attributes? = nil,
    device: String? = nil, outputTypes: [DType]? = nil, outputShapes: [PartialShape]? = nil
  ) -> Node {
    Node(
      id: id, name: name, op: op ?? self.op, definition: definition, signature: signature,
      inputs: inputs ?? self.inputs, controlInputs: controlInputs ?? self.controlInputs,
      attributes: attributes ?? self.attributes, device: device ?? self.device,
      outputTypes: outputTypes ?? self.outputTypes, outputShapes: outputShapes ?? self.outputShapes,
      outputHandles: outputHandles.count == (outputTypes ?? self.outputTypes).count
        ? outputHandles : (outputTypes ?? self.outputTypes).map { _ in nil },
      isFunctionCall: isFunctionCall, opaque: opaque)
  }
}

/// An immutable view of a graph at one version; what sessions plan from.
public struct GraphSnapshot: Sendable {
  public let nodes: [Node]
  public let library: FunctionLibrary
  public let versions: GraphDefinition.Versions
  public let registry: OpRegistry
  /// Changes whenever the graph does, also when a node is replaced.
  public let version: Int

  package init(
    nodes: [Node], library: FunctionLibrary, versions: GraphDefinition.Versions,
    registry: OpRegistry, version: Int
  ) {
    self.nodes = nodes
    self.library = library
    self.versions = versions
    self.registry = registry
    self.version = version
  }
}
