/// The value of an op's attribute (`tensorflow.AttrValue`).
public indirect enum AttributeValue: Sendable, Hashable {
  case string(ByteString)
  case int(Int64)
  case float(Float)
  case bool(Bool)
  case type(DType)
  case shape(PartialShape)
  case tensor(AnyTensor)
  case function(FunctionReference)
  /// Inside a function body: the name of an attribute of the function.
  case placeholder(String)
  case list([AttributeValue])

  /// The word signatures use for this kind of value.
  public var kind: String {
    switch self {
    case .string: "string"
    case .int: "int"
    case .float: "float"
    case .bool: "bool"
    case .type: "type"
    case .shape: "shape"
    case .tensor: "tensor"
    case .function: "func"
    case .placeholder: "placeholder"
    case .list(let elements): "list(\(elements.first?.kind ?? ""))"
    }
  }
}

/// A function by name, with the attributes it is to be instantiated with.
public struct FunctionReference: Sendable, Hashable {
  public var name: String
  public var attributes: [String: AttributeValue]

  public init(name: String, attributes: [String: AttributeValue] = [:]) {
    self.name = name
    self.attributes = attributes
  }
}

extension AttributeValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral
{
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .int(value) }
  public init(stringLiteral value: String) { self = .string(ByteString(value)) }
}

extension AttributeValue {
  public static func ints(_ values: some Sequence<some BinaryInteger>) -> AttributeValue {
    .list(values.map { .int(Int64(clamping: $0)) })
  }
  public static func types(_ values: some Sequence<DType>) -> AttributeValue {
    .list(values.map { .type($0) })
  }
  public static func shapes(_ values: some Sequence<PartialShape>) -> AttributeValue {
    .list(values.map { .shape($0) })
  }
}

/// The attributes of one node, decoded where a kernel or shape function is made.
public struct Attributes: Sendable, Hashable {
  public var values: [String: AttributeValue]

  public init(_ values: [String: AttributeValue] = [:]) { self.values = values }

  public subscript(name: String) -> AttributeValue? { values[name] }

  private func value(_ name: String) throws(StatusError) -> AttributeValue {
    guard let value = values[name] else { throw .invalidArgument("No attr named '\(name)'") }
    return value
  }

  @inline(never)
  private func wrongKind(_ name: String, _ expected: String) -> StatusError {
    .invalidArgument(
      "AttrValue of '\(name)' had value with type '\(values[name]?.kind ?? "none")' "
        + "when '\(expected)' expected")
  }

  public func int(_ name: String) throws(StatusError) -> Int {
    guard case .int(let value) = try value(name) else { throw wrongKind(name, "int") }
    return Int(value)
  }

  public func float(_ name: String) throws(StatusError) -> Float {
    guard case .float(let value) = try value(name) else { throw wrongKind(name, "float") }
    return value
  }

  public func bool(_ name: String) throws(StatusError) -> Bool {
    guard case .bool(let value) = try value(name) else { throw wrongKind(name, "bool") }
    return value
  }

  public func type(_ name: String) throws(StatusError) -> DType {
    guard case .type(let value) = try value(name) else { throw wrongKind(name, "type") }
    return value
  }

  public func shape(_ name: String) throws(StatusError) -> PartialShape {
    guard case .shape(let value) = try value(name) else { throw wrongKind(name, "shape") }
    return value
  }

  public func bytes(_ name: String) throws(StatusError) -> ByteString {
    guard case .string(let value) = try value(name) else { throw wrongKind(name, "string") }
    return value
  }

  /// A string attribute read as UTF-8.
  public func string(_ name: String) throws(StatusError) -> String { try bytes(name).string }

  public func tensor(_ name: String) throws(StatusError) -> AnyTensor {
    guard case .tensor(let value) = try value(name) else { throw wrongKind(name, "tensor") }
    return value
  }

  public func function(_ name: String) throws(StatusError) -> FunctionReference {
    guard case .function(let value) = try value(name) else { throw wrongKind(name, "func") }
    return value
  }

  public func list(_ name: String) throws(StatusError) -> [AttributeValue] {
    guard case .list(let values) = try value(name) else { throw wrongKind(name, "list") }
    return values
  }

  public func ints(_ name: String) throws(StatusError) -> [Int] {
    var result: [Int] = []
    for element in try list(name) {
      guard case .int(let value) = element else { throw wrongKind(name, "list(int)") }
      result.append(Int(value))
    }
    return result
  }

  public func floats(_ name: String) throws(StatusError) -> [Float] {
    var result: [Float] = []
    for element in try list(name) {
      guard case .float(let value) = element else { throw wrongKind(name, "list(float)") }
      result.append(value)
    }
    return result
  }

  public func strings(_ name: String) throws(StatusError) -> [ByteString] {
    var result: [ByteString] = []
    for element in try list(name) {
      guard case .string(let value) = element else { throw wrongKind(name, "list(string)") }
      result.append(value)
    }
    return result
  }

  public func types(_ name: String) throws(StatusError) -> [DType] {
    var result: [DType] = []
    for element in try list(name) {
      guard case .type(let value) = element else { throw wrongKind(name, "list(type)") }
      result.append(value)
    }
    return result
  }

  public func shapes(_ name: String) throws(StatusError) -> [PartialShape] {
    var result: [PartialShape] = []
    for element in try list(name) {
      guard case .shape(let value) = element else { throw wrongKind(name, "list(shape)") }
      result.append(value)
    }
    return result
  }

  public func functions(_ name: String) throws(StatusError) -> [FunctionReference] {
    var result: [FunctionReference] = []
    for element in try list(name) {
      guard case .function(let value) = element else { throw wrongKind(name, "list(func)") }
      result.append(value)
    }
    return result
  }
}

extension Attributes: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, AttributeValue)...) {
    values = Dictionary(elements, uniquingKeysWith: { $1 })
  }
}
