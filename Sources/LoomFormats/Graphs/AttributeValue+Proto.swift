internal import FoundationEssentials
package import LoomCore
package import LoomProto

extension AttributeValue {
  /// - Throws: ``StatusError/Code/invalidArgument`` if the message holds nothing, or a dtype, shape
  ///   or tensor that is none.
  package init(
    _ message: Tensorflow_AttrValue, budget: MemoryBudget = .files
  ) throws(StatusError) {
    switch message.value {
    case .s(let bytes): self = .string(ByteString(bytes))
    case .i(let value): self = .int(value)
    case .f(let value): self = .float(value)
    case .b(let value): self = .bool(value)
    case .type(let value): self = .type(try DType(value))
    case .shape(let value): self = .shape(try PartialShape(value))
    case .tensor(let value): self = .tensor(try AnyTensor(value, budget: budget))
    case .func(let value): self = .function(try FunctionReference(value, budget: budget))
    case .placeholder(let name): self = .placeholder(name)
    case .list(let value): self = .list(try AttributeValue.elements(of: value, budget))
    case nil: throw .invalidArgument("AttrValue has no value")
    }
  }

  private static func elements(
    of list: Tensorflow_AttrValue.ListValue, _ budget: MemoryBudget
  ) throws(StatusError) -> [AttributeValue] {
    // A list holds values of one kind; the others are empty.
    var result: [AttributeValue] = []
    result += list.s.map { .string(ByteString($0)) }
    result += list.i.map { .int($0) }
    result += list.f.map { .float($0) }
    result += list.b.map { .bool($0) }
    for value in list.type { result.append(.type(try DType(value))) }
    for value in list.shape { result.append(.shape(try PartialShape(value))) }
    for value in list.tensor { result.append(.tensor(try AnyTensor(value, budget: budget))) }
    for value in list.func {
      result.append(.function(try FunctionReference(value, budget: budget)))
    }
    return result
  }
}

extension FunctionReference {
  package init(
    _ message: Tensorflow_NameAttrList, budget: MemoryBudget = .files
  ) throws(StatusError) {
    self.init(
      name: message.name, attributes: try decodeAttributes(message.attr, budget: budget))
  }
}

extension Tensorflow_AttrValue {
  /// - Throws: ``StatusError/Code/invalidArgument`` for tensors that no message can hold.
  package init(_ value: AttributeValue) throws(StatusError) {
    self.init()
    switch value {
    case .string(let text): s = Data(text.bytes)
    case .int(let number): i = number
    case .float(let number): f = number
    case .bool(let flag): b = flag
    case .type(let dtype): type = dtype.proto
    case .shape(let partial): shape = partial.proto
    case .tensor(let constant): tensor = try Tensorflow_TensorProto(constant)
    case .function(let reference): self.func = try Tensorflow_NameAttrList(reference)
    case .placeholder(let name): placeholder = name
    case .list(let elements):
      var result = ListValue()
      for element in elements { try result.append(element) }
      list = result
    }
  }
}

extension Tensorflow_AttrValue.ListValue {
  fileprivate mutating func append(_ element: AttributeValue) throws(StatusError) {
    switch element {
    case .string(let text): s.append(Data(text.bytes))
    case .int(let number): i.append(number)
    case .float(let number): f.append(number)
    case .bool(let flag): b.append(flag)
    case .type(let dtype): type.append(dtype.proto)
    case .shape(let partial): shape.append(partial.proto)
    case .tensor(let constant): tensor.append(try Tensorflow_TensorProto(constant))
    case .function(let reference): self.func.append(try Tensorflow_NameAttrList(reference))
    case .placeholder, .list:
      throw .invalidArgument("A list attribute can't hold a \(element.kind)")
    }
  }
}

extension Tensorflow_NameAttrList {
  package init(_ reference: FunctionReference) throws(StatusError) {
    self.init()
    name = reference.name
    attr = try encodeAttributes(reference.attributes)
  }
}

/// The attributes that have a value; see ``valueless`` for the others.
///
/// - Throws: what is wrong with a value, naming its attribute.
func decodeAttributes(
  _ messages: [String: Tensorflow_AttrValue], budget: MemoryBudget
) throws(StatusError) -> [String: AttributeValue] {
  var result: [String: AttributeValue] = [:]
  result.reserveCapacity(messages.count)
  for (name, message) in messages where message.value != nil {
    do throws(StatusError) { result[name] = try AttributeValue(message, budget: budget) } catch {
      throw StatusError(error.code, "\(error.reason) (attr '\(name)')", node: error.node)
    }
  }
  return result
}

extension [String: Tensorflow_AttrValue] {
  /// Attributes without any value. They say nothing, but some files have them, and keep them.
  var valueless: Self { filter { $0.value.value == nil } }
}

func encodeAttributes(
  _ values: [String: AttributeValue]
) throws(StatusError) -> [String: Tensorflow_AttrValue] {
  var result: [String: Tensorflow_AttrValue] = [:]
  result.reserveCapacity(values.count)
  for (name, value) in values { result[name] = try Tensorflow_AttrValue(value) }
  return result
}
