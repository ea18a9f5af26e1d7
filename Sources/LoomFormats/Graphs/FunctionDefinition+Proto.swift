internal import FoundationEssentials
package import LoomCore
package import LoomGraph
package import LoomProto

extension FunctionDefinition {
  /// - Throws: ``StatusError/Code/invalidArgument`` if signature, nodes or attributes can't be read.
  package init(
    _ message: Tensorflow_FunctionDef, budget: MemoryBudget = .files
  ) throws(StatusError) {
    let signature = try OpSignature(message.signature)
    var argumentAttributes: [Int: [String: AttributeValue]] = [:]
    for (index, attributes) in message.argAttr {
      argumentAttributes[Int(index)] = try decodeAttributes(attributes.attr, budget: budget)
    }
    var nodes: [NodeDefinition] = []
    nodes.reserveCapacity(message.nodeDef.count)
    for node in message.nodeDef { nodes.append(try NodeDefinition(node, budget: budget)) }
    self.init(
      name: signature.name, inputs: signature.inputs, outputs: signature.outputs,
      attributeDefinitions: signature.attributes, isStateful: signature.isStateful,
      controlOutputs: message.signature.controlOutput,
      attributes: try decodeAttributes(message.attr, budget: budget),
      argumentAttributes: argumentAttributes,
      resourceArgumentIDs: Dictionary(
        message.resourceArgUniqueID.map { (Int($0.key), Int($0.value)) },
        uniquingKeysWith: { $1 }),
      nodes: nodes, returns: message.ret, controlReturns: message.controlRet,
      summary: message.signature.summary)
    opaque = try Wire.opaque(message.uninterpreted)
  }
}

extension Tensorflow_FunctionDef {
  /// The message without what ``FunctionDefinition`` has fields for.
  fileprivate var uninterpreted: Tensorflow_FunctionDef {
    var rest = self
    rest.attr = rest.attr.valueless
    rest.argAttr = rest.argAttr.compactMapValues { attributes in
      var rest = attributes
      rest.attr = rest.attr.valueless
      return rest == ArgAttrs() ? nil : rest
    }
    rest.resourceArgUniqueID = [:]
    rest.nodeDef = []
    rest.ret = [:]
    rest.controlRet = [:]
    rest.clearSignature()
    var signature = self.signature
    signature.name = ""
    signature.summary = ""
    signature.isStateful = false
    signature.controlOutput = []
    signature.inputArg = signature.inputArg.uninterpreted
    signature.outputArg = signature.outputArg.uninterpreted
    signature.attr = signature.attr.map { definition in
      var rest = Tensorflow_OpDef.AttrDef()
      rest.description_p = definition.description_p
      rest.unknownFields = definition.unknownFields
      return rest
    }
    if signature.attr.allSatisfy({ $0 == Tensorflow_OpDef.AttrDef() }) { signature.attr = [] }
    if signature != Tensorflow_OpDef() { rest.signature = signature }
    return rest
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` for tensors that no message can hold.
  package init(_ function: FunctionDefinition) throws(StatusError) {
    self = function.opaque.isEmpty ? Self() : try Wire.decode(Self.self, Data(function.opaque))
    signature.name = function.name
    signature.summary = function.summary
    signature.isStateful = function.isStateful
    signature.controlOutput = function.controlOutputs
    signature.inputArg = signature.inputArg.filled(with: function.inputs)
    signature.outputArg = signature.outputArg.filled(with: function.outputs)
    var definitions: [Tensorflow_OpDef.AttrDef] = []
    for (index, definition) in function.attributeDefinitions.enumerated() {
      var message = index < signature.attr.count ? signature.attr[index] : .init()
      try message.set(definition)
      definitions.append(message)
    }
    signature.attr = definitions
    attr.merge(try encodeAttributes(function.attributes)) { $1 }
    for (index, attributes) in function.argumentAttributes {
      let encoded = try encodeAttributes(attributes)
      argAttr[UInt32(clamping: index), default: .init()].attr.merge(encoded) { $1 }
    }
    for (index, id) in function.resourceArgumentIDs {
      resourceArgUniqueID[UInt32(clamping: index)] = UInt32(clamping: id)
    }
    for node in function.nodes { nodeDef.append(try Tensorflow_NodeDef(node)) }
    ret = function.returns
    controlRet = function.controlReturns
  }
}

extension [Tensorflow_OpDef.ArgDef] {
  fileprivate var uninterpreted: [Tensorflow_OpDef.ArgDef] {
    let rests = map { argument in
      var rest = argument
      rest.name = ""
      rest.type = .dtInvalid
      rest.typeAttr = ""
      rest.numberAttr = ""
      rest.typeListAttr = ""
      rest.isRef = false
      return rest
    }
    return rests.allSatisfy { $0 == Tensorflow_OpDef.ArgDef() } ? [] : rests
  }

  fileprivate func filled(with arguments: [OpSignature.Argument]) -> [Tensorflow_OpDef.ArgDef] {
    arguments.enumerated().map { index, argument in
      var message = index < count ? self[index] : .init()
      message.set(argument)
      return message
    }
  }
}

extension FunctionLibrary {
  /// - Throws: ``StatusError/Code/invalidArgument`` if two functions share a name, or one can't be
  ///   read.
  package init(
    _ message: Tensorflow_FunctionDefLibrary, budget: MemoryBudget = .files
  ) throws(StatusError) {
    self.init()
    for function in message.function { try add(FunctionDefinition(function, budget: budget)) }
    for gradient in message.gradient { gradients[gradient.functionName] = gradient.gradientFunc }
    for gradient in message.registeredGradients {
      registeredGradients[gradient.gradientFunc] = gradient.registeredOpType
    }
  }
}

extension Tensorflow_FunctionDefLibrary {
  package init(_ library: FunctionLibrary) throws(StatusError) {
    self.init()
    for definition in library.all { function.append(try Tensorflow_FunctionDef(definition)) }
    gradient = library.gradients.sorted { $0.key < $1.key }.map { name, gradientFunction in
      var message = Tensorflow_GradientDef()
      message.functionName = name
      message.gradientFunc = gradientFunction
      return message
    }
    registeredGradients = library.registeredGradients.sorted { $0.key < $1.key }
      .map { name, type in
        var message = Tensorflow_RegisteredGradient()
        message.gradientFunc = name
        message.registeredOpType = type
        return message
      }
  }
}
