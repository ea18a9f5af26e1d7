internal import FoundationEssentials
public import LoomCore
public import LoomGraph
package import LoomProto

extension OpSignature.Argument {
  /// - Throws: ``StatusError/Code/invalidArgument`` if the argument has no type.
  package init(_ message: Tensorflow_OpDef.ArgDef) throws(StatusError) {
    let type: OpSignature.ArgumentType
    if !message.typeListAttr.isEmpty {
      type = .listAttribute(message.typeListAttr)
    } else if !message.typeAttr.isEmpty {
      type = .attribute(message.typeAttr)
    } else {
      guard let fixed = DType(rawValue: Int32(truncatingIfNeeded: message.type.rawValue)) else {
        throw .invalidArgument("Argument '\(message.name)' has no type")
      }
      type = .fixed(fixed)
    }
    self.init(
      name: message.name, type: type,
      numberAttribute: message.numberAttr.isEmpty ? nil : message.numberAttr,
      reference: message.isRef)
  }
}

extension Tensorflow_OpDef.ArgDef {
  mutating func set(_ argument: OpSignature.Argument) {
    name = argument.name
    switch argument.type {
    case .fixed(let dtype): type = dtype.proto
    case .attribute(let attribute): typeAttr = attribute
    case .listAttribute(let attribute): typeListAttr = attribute
    }
    numberAttr = argument.numberAttribute ?? ""
    isRef = argument.isReference
  }
}

extension OpSignature.AttributeDefinition {
  /// - Throws: ``StatusError/Code/invalidArgument`` if kind, default or allowed values can't be read.
  package init(_ message: Tensorflow_OpDef.AttrDef) throws(StatusError) {
    guard let kind = Kind(rawValue: message.type) else {
      throw .invalidArgument("Attr '\(message.name)' is of unknown type '\(message.type)'")
    }
    var types: [DType]?
    var strings: [String]?
    if message.hasAllowedValues {
      if kind == .type || kind == .types {
        types = []
        for value in message.allowedValues.list.type { types?.append(try DType(value)) }
      } else {
        strings = message.allowedValues.list.s.map { String(decoding: $0, as: UTF8.self) }
      }
    }
    let hasDefault = message.hasDefaultValue && message.defaultValue.value != nil
    self.init(
      name: message.name, kind: kind,
      defaultValue: hasDefault ? try AttributeValue(message.defaultValue) : nil,
      minimum: message.hasMinimum_p ? Int(message.minimum) : nil, allowedTypes: types,
      allowedStrings: strings)
  }
}

extension Tensorflow_OpDef.AttrDef {
  mutating func set(_ definition: OpSignature.AttributeDefinition) throws(StatusError) {
    name = definition.name
    type = definition.kind.rawValue
    if let value = definition.defaultValue { defaultValue = try Tensorflow_AttrValue(value) }
    if let least = definition.minimum {
      hasMinimum_p = true
      minimum = Int64(least)
    }
    if let types = definition.allowedTypes { allowedValues.list.type = types.map(\.proto) }
    if let strings = definition.allowedStrings {
      allowedValues.list.s = strings.map { Data($0.utf8) }
    }
  }
}

extension OpSignature {
  /// - Throws: ``StatusError/Code/invalidArgument`` if an argument or attribute can't be read.
  package init(_ message: Tensorflow_OpDef) throws(StatusError) {
    var inputs: [Argument] = []
    for argument in message.inputArg { inputs.append(try Argument(argument)) }
    var outputs: [Argument] = []
    for argument in message.outputArg { outputs.append(try Argument(argument)) }
    var attributes: [AttributeDefinition] = []
    for attribute in message.attr { attributes.append(try AttributeDefinition(attribute)) }
    self.init(
      name: message.name, inputs: inputs, outputs: outputs, attributes: attributes,
      isStateful: message.isStateful, isCommutative: message.isCommutative,
      isAggregate: message.isAggregate,
      allowsUninitializedInput: message.allowsUninitializedInput,
      deprecatedSince: message.hasDeprecation ? Int(message.deprecation.version) : nil)
  }

  /// The ops of an OpList message in wire format.
  public static func list(serialized bytes: [UInt8]) throws(StatusError) -> [OpSignature] {
    var result: [OpSignature] = []
    for op in try Wire.decode(Tensorflow_OpList.self, Data(bytes)).op {
      result.append(try OpSignature(op))
    }
    return result
  }
}

extension Tensorflow_OpDef {
  package init(_ signature: OpSignature) throws(StatusError) {
    self.init()
    name = signature.name
    inputArg = signature.inputs.map { argument in
      var message = ArgDef()
      message.set(argument)
      return message
    }
    outputArg = signature.outputs.map { argument in
      var message = ArgDef()
      message.set(argument)
      return message
    }
    for definition in signature.attributes {
      var message = AttrDef()
      try message.set(definition)
      attr.append(message)
    }
    isStateful = signature.isStateful
    isCommutative = signature.isCommutative
    isAggregate = signature.isAggregate
    allowsUninitializedInput = signature.allowsUninitializedInput
    if let version = signature.deprecatedSince {
      deprecation.version = Int32(clamping: version)
    }
  }
}

extension Tensorflow_OpList {
  /// The ops of a registry, sorted by name.
  package init(_ registry: OpRegistry) throws(StatusError) {
    self.init()
    for definition in registry.all { op.append(try Tensorflow_OpDef(definition.signature)) }
  }
}
