public import LoomCore

/// The signature of an op: names, dtypes and attributes as they stand on the wire.
///
/// Arguments and attributes are written in TensorFlow's own notation (`REGISTER_OP`):
/// `"x: T"`, `"values: N * T"`, `"ref: Ref(T)"`, `"T: {float, double} = float"`, `"N: int >= 1"`.
/// A slip in the notation is kept in ``problems`` and refused by ``OpRegistry``.
public struct OpSignature: Sendable {
  public let name: String
  public let inputs: [Argument]
  public let outputs: [Argument]
  public let attributes: [AttributeDefinition]
  /// Whether two runs on equal inputs may differ, or a run has effects.
  public let isStateful: Bool
  public let isCommutative: Bool
  public let isAggregate: Bool
  public let allowsUninitializedInput: Bool
  /// The GraphDef producer version from which the op is refused, if it was withdrawn.
  public let deprecatedSince: Int?
  /// What is wrong with the notation; empty for a usable signature.
  public let problems: [String]

  /// One input or output, or a list of them.
  public struct Argument: Sendable, Hashable {
    public let name: String
    public let type: ArgumentType
    /// The attribute that holds the number of tensors, for `N * T`.
    public let numberAttribute: String?
    public let isReference: Bool
  }

  public enum ArgumentType: Sendable, Hashable {
    case fixed(DType)
    /// The dtype is the value of a `type` attribute.
    case attribute(String)
    /// One tensor for each element of a `list(type)` attribute.
    case listAttribute(String)
  }

  public struct AttributeDefinition: Sendable, Hashable {
    public let name: String
    public let kind: Kind
    public let defaultValue: AttributeValue?
    /// The least value of an `int`, or the least length of a list.
    public let minimum: Int?
    public let allowedTypes: [DType]?
    public let allowedStrings: [String]?

    public enum Kind: String, Sendable {
      case string, int, float, bool, type, shape, tensor
      case function = "func"
      case strings = "list(string)"
      case ints = "list(int)"
      case floats = "list(float)"
      case bools = "list(bool)"
      case types = "list(type)"
      case shapes = "list(shape)"
      case tensors = "list(tensor)"
      case functions = "list(func)"

      public var isList: Bool { rawValue.hasPrefix("list(") }
    }
  }

  public init(
    _ name: String, inputs: [String] = [], outputs: [String] = [], attributes: [String] = [],
    isStateful: Bool = false, isCommutative: Bool = false, isAggregate: Bool = false,
    allowsUninitializedInput: Bool = false, deprecatedSince: Int? = nil
  ) {
    var parser = SignatureParser(op: name)
    let definitions = attributes.compactMap { parser.attribute($0) }
    let kinds = Dictionary(definitions.map { ($0.name, $0.kind) }, uniquingKeysWith: { $1 })
    self.name = name
    self.attributes = definitions
    self.inputs = inputs.compactMap { parser.argument($0, attributes: kinds) }
    self.outputs = outputs.compactMap { parser.argument($0, attributes: kinds) }
    self.isStateful = isStateful
    self.isCommutative = isCommutative
    self.isAggregate = isAggregate
    self.allowsUninitializedInput = allowsUninitializedInput
    self.deprecatedSince = deprecatedSince
    problems = parser.problems
  }

  /// A signature from parts, for functions and op lists, which come from files.
  public init(
    name: String, inputs: [Argument], outputs: [Argument], attributes: [AttributeDefinition],
    isStateful: Bool, isCommutative: Bool = false, isAggregate: Bool = false,
    allowsUninitializedInput: Bool = false, deprecatedSince: Int? = nil
  ) {
    self.name = name
    self.inputs = inputs
    self.outputs = outputs
    self.attributes = attributes
    self.isStateful = isStateful
    self.isCommutative = isCommutative
    self.isAggregate = isAggregate
    self.allowsUninitializedInput = allowsUninitializedInput
    self.deprecatedSince = deprecatedSince
    problems = []
  }

  public func attribute(named name: String) -> AttributeDefinition? {
    attributes.first { $0.name == name }
  }

  /// - Throws: ``StatusError/Code/unimplemented`` if the op was withdrawn in or before the GraphDef
  ///   version `producer`.
  func checkAvailable(producer: Int) throws(StatusError) {
    guard let withdrawn = deprecatedSince, producer >= withdrawn else { return }
    throw .unimplemented(
      "Op \(name) is not available in GraphDef version \(producer). "
        + "It has been removed in version \(withdrawn).")
  }
}

extension OpSignature.Argument {
  public init(
    name: String, type: OpSignature.ArgumentType, numberAttribute: String?, reference: Bool
  ) {
    self.name = name
    self.type = type
    self.numberAttribute = numberAttribute
    isReference = reference
  }
}

extension OpSignature.AttributeDefinition {
  public init(
    name: String, kind: Kind, defaultValue: AttributeValue? = nil, minimum: Int? = nil,
    allowedTypes: [DType]? = nil, allowedStrings: [String]? = nil, function: Void = ()
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.minimum = minimum
    self.allowedTypes = allowedTypes
    self.allowedStrings = allowedStrings
  }
}
