public import LoomCore

/// A graph as files carry it: nodes by name, nothing resolved (`tensorflow.GraphDef`).
public struct GraphDefinition: Sendable, Hashable {
  public var nodes: [NodeDefinition]
  public var library: FunctionLibrary
  public var versions: Versions
  /// Fields of the wire form that nothing here interprets, such as stack traces, as a file has them.
  public var opaque: [UInt8] = []

  public struct Versions: Sendable, Hashable {
    public var producer: Int
    public var minimumConsumer: Int
    public var badConsumers: [Int]

    public init(producer: Int, minimumConsumer: Int = 0, badConsumers: [Int] = []) {
      self.producer = producer
      self.minimumConsumer = minimumConsumer
      self.badConsumers = badConsumers
    }

    /// The GraphDef version this library writes: TensorFlow 2.21's.
    public static let current = Versions(producer: 2474)
  }

  public init(
    nodes: [NodeDefinition] = [], library: FunctionLibrary = FunctionLibrary(),
    versions: Versions = .current
  ) {
    self.nodes = nodes
    self.library = library
    self.versions = versions
  }
}

/// A node as files carry it (`tensorflow.NodeDef`).
public struct NodeDefinition: Sendable, Hashable {
  public var name: String
  public var op: String
  /// `node`, `node:output` or `^node`; inside functions `node:argument:index`.
  public var inputs: [String]
  public var device: String
  public var attributes: [String: AttributeValue]
  /// Fields of the wire form that nothing here interprets, as a file has them.
  public var opaque: [UInt8] = []

  public init(
    name: String, op: String, inputs: [String] = [], device: String = "",
    attributes: [String: AttributeValue] = [:]
  ) {
    self.name = name
    self.op = op
    self.inputs = inputs
    self.device = device
    self.attributes = attributes
  }
}

/// A function of a graph's library (`tensorflow.FunctionDef`).
public struct FunctionDefinition: Sendable, Hashable {
  public var name: String
  public var inputs: [OpSignature.Argument]
  public var outputs: [OpSignature.Argument]
  public var attributeDefinitions: [OpSignature.AttributeDefinition]
  public var isStateful: Bool
  public var controlOutputs: [String]
  public var attributes: [String: AttributeValue]
  public var argumentAttributes: [Int: [String: AttributeValue]]
  public var resourceArgumentIDs: [Int: Int]
  public var nodes: [NodeDefinition]
  /// Output name -> `node:argument:index` or an input's name.
  public var returns: [String: String]
  /// Control output name -> node name.
  public var controlReturns: [String: String]
  /// Text for people.
  public var summary: String
  /// Fields of the wire form that nothing here interprets, as a file has them.
  public var opaque: [UInt8] = []

  public init(
    name: String, inputs: [OpSignature.Argument] = [], outputs: [OpSignature.Argument] = [],
    attributeDefinitions: [OpSignature.AttributeDefinition] = [], isStateful: Bool = false,
    controlOutputs: [String] = [], attributes: [String: AttributeValue] = [:],
    argumentAttributes: [Int: [String: AttributeValue]] = [:],
    resourceArgumentIDs: [Int: Int] = [:], nodes: [NodeDefinition] = [],
    returns: [String: String] = [:], controlReturns: [String: String] = [:], summary: String = ""
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.attributeDefinitions = attributeDefinitions
    self.isStateful = isStateful
    self.controlOutputs = controlOutputs
    self.attributes = attributes
    self.argumentAttributes = argumentAttributes
    self.resourceArgumentIDs = resourceArgumentIDs
    self.nodes = nodes
    self.returns = returns
    self.controlReturns = controlReturns
    self.summary = summary
  }

  /// The signature of a node that calls the function by its name.
  public var signature: OpSignature {
    OpSignature(
      name: name, inputs: inputs, outputs: outputs, attributes: attributeDefinitions,
      isStateful: isStateful)
  }
}

/// The functions of a graph, and which function computes another's gradient.
public struct FunctionLibrary: Sendable, Hashable {
  public private(set) var functions: [String: FunctionDefinition] = [:]
  public private(set) var order: [String] = []
  /// Function name -> name of its gradient function.
  public var gradients: [String: String] = [:]
  /// Function name -> the op type under which its gradient is registered.
  public var registeredGradients: [String: String] = [:]

  public init() {}

  public subscript(name: String) -> FunctionDefinition? { functions[name] }

  public var isEmpty: Bool { functions.isEmpty && gradients.isEmpty && registeredGradients.isEmpty }

  /// In the order they were added.
  public var all: [FunctionDefinition] { order.compactMap { functions[$0] } }

  /// - Throws: ``StatusError/Code/invalidArgument`` if another function of that name stands already.
  public mutating func add(_ function: FunctionDefinition) throws(StatusError) {
    if let existing = functions[function.name] {
      guard existing == function else {
        throw .invalidArgument(
          "Cannot add function '\(function.name)' because a different function with the same name "
            + "already exists.")
      }
      return
    }
    functions[function.name] = function
    order.append(function.name)
  }

  /// Adds everything of another library.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if functions or gradients of one name differ.
  public mutating func merge(_ other: FunctionLibrary) throws(StatusError) {
    for function in other.all { try add(function) }
    for (function, gradient) in other.gradients {
      if let existing = gradients[function], existing != gradient {
        throw .invalidArgument(
          "Cannot assign gradient function '\(gradient)' to '\(function)' because it already has "
            + "gradient function '\(existing)'")
      }
      gradients[function] = gradient
    }
    registeredGradients.merge(other.registeredGradients) { $1 }
  }
}
