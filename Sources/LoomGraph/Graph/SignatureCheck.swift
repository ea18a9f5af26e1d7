import LoomCore

/// Fits attributes and inputs of a new node to its op's signature.
struct SignatureCheck {
  let signature: OpSignature
  let nodeName: String

  /// The attributes of the node: those given, those that follow from input dtypes, and defaults.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if one is missing, of the wrong kind or not
  ///   allowed, or if inputs contradict each other.
  func complete(
    _ given: [String: AttributeValue], inputTypes: [DType], inferring: Bool
  ) throws(StatusError) -> Attributes {
    var attributes = given
    if inferring { try inferAttributes(&attributes, inputTypes: inputTypes) }
    for definition in signature.attributes {
      if attributes[definition.name] == nil, let value = definition.defaultValue {
        attributes[definition.name] = value
      }
      guard let value = attributes[definition.name] else {
        throw .invalidArgument("NodeDef missing attr '\(definition.name)' from \(summary)")
      }
      try check(value, definition)
    }
    return Attributes(attributes)
  }

  /// `Op<name=Neg; …>`, as TensorFlow's texts name a signature.
  private var summary: String {
    func list(_ arguments: [OpSignature.Argument]) -> String {
      arguments.map { "\($0.name):\($0.typeText)" }.joined(separator: ", ")
    }
    return
      "Op<name=\(signature.name); signature=\(list(signature.inputs)) -> \(list(signature.outputs))>"
  }

  /// Gives `type`, `list(type)` and number attributes the values that the inputs imply. Python's
  /// client does the same, so builders need not spell them out.
  private func inferAttributes(
    _ attributes: inout [String: AttributeValue], inputTypes: [DType]
  ) throws(StatusError) {
    var position = 0
    let single = signature.inputs.count == 1
    for argument in signature.inputs {
      let remaining = inputTypes.count - position
      var count = 1
      if let number = argument.numberAttribute {
        if case .int(let value) = attributes[number] {
          count = Int(value)
        } else if single {
          count = remaining
          attributes[number] = .int(Int64(remaining))
        } else {
          continue
        }
      }
      switch argument.type {
      case .attribute(let name):
        if attributes[name] == nil, position < inputTypes.count, count > 0 {
          attributes[name] = .type(inputTypes[position].base)
        }
      case .listAttribute(let name):
        if case .list(let values) = attributes[name] {
          count = values.count
        } else if single {
          count = remaining
          attributes[name] = .types(inputTypes.map(\.base))
        }
      case .fixed: break
      }
      position += Swift.max(count, 0)
    }
  }

  private func check(
    _ value: AttributeValue, _ definition: OpSignature.AttributeDefinition
  ) throws(StatusError) {
    if case .placeholder = value { return }
    if definition.kind.isList {
      guard case .list(let elements) = value else { throw wrongKind(value, definition) }
      if let minimum = definition.minimum, elements.count < minimum {
        throw .invalidArgument(
          "Length for attr '\(definition.name)' of \(elements.count) must be at least minimum \(minimum)"
        )
      }
      for element in elements {
        guard definition.kind.rawValue == "list(\(element.kind))" else {
          throw wrongKind(value, definition)
        }
        try checkAllowed(element, definition)
      }
      return
    }
    guard definition.kind.rawValue == value.kind else { throw wrongKind(value, definition) }
    if case .int(let number) = value, let minimum = definition.minimum, number < minimum {
      throw .invalidArgument(
        "Value for attr '\(definition.name)' of \(number) must be at least minimum \(minimum)")
    }
    if case .tensor(let tensor) = value { try SignatureCheck.checkSize(tensor) }
    try checkAllowed(value, definition)
  }

  /// A graph is one message, and messages end at 2 GiB.
  private static func checkSize(_ tensor: AnyTensor) throws(StatusError) {
    let limit = Int(Int32.max) / (tensor.dtype.byteSize ?? 1)
    guard tensor.elementCount <= limit else {
      throw .invalidArgument(
        "Cannot create a tensor proto whose content is larger than 2GB: \(tensor.dtype) of shape "
          + "\(tensor.shape). Feed it, or read it from a file.")
    }
  }

  private func checkAllowed(
    _ value: AttributeValue, _ definition: OpSignature.AttributeDefinition
  ) throws(StatusError) {
    switch value {
    case .type(let type):
      guard let allowed = definition.allowedTypes, !allowed.contains(type) else { return }
      throw .invalidArgument(
        "Value for attr '\(definition.name)' of \(type) is not in the list of allowed values: "
          + allowed.map(\.name).joined(separator: ", "))
    case .string(let text):
      guard let allowed = definition.allowedStrings, !allowed.contains(text.string) else { return }
      throw .invalidArgument(
        "Value for attr '\(definition.name)' of \"\(text)\" is not in the list of allowed values: "
          + allowed.map { "\"\($0)\"" }.joined(separator: ", "))
    default: return
    }
  }

  private func wrongKind(
    _ value: AttributeValue, _ definition: OpSignature.AttributeDefinition
  ) -> StatusError {
    .invalidArgument(
      "AttrValue of '\(definition.name)' had value with type '\(value.kind)' when "
        + "'\(definition.kind.rawValue)' expected")
  }

  /// The dtypes of the arguments, lists expanded.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if a number attribute is negative or too large.
  func types(
    of arguments: [OpSignature.Argument], _ attributes: Attributes
  ) throws(StatusError) -> [DType] {
    var result: [DType] = []
    for argument in arguments {
      let types: [DType]
      switch argument.type {
      case .fixed(let type): types = [type]
      case .attribute(let name): types = [try attributes.type(name)]
      case .listAttribute(let name): types = try attributes.types(name)
      }
      let adjusted = argument.isReference ? types.map(\.reference) : types
      guard let number = argument.numberAttribute else {
        result += adjusted
        continue
      }
      let count = try attributes.int(number)
      guard count >= 0, count <= 1 << 24 else {
        throw .invalidArgument("Value for attr '\(number)' of \(count) is out of range")
      }
      for _ in 0..<count { result += adjusted }
    }
    return result
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if number or dtypes of the inputs do not fit.
  func checkInputs(
    _ actual: [DType], expected: [DType], sources: (Int) -> String
  ) throws(StatusError) {
    guard actual.count == expected.count else {
      throw .invalidArgument(
        "NodeDef expected inputs '\(expected.map(\.name).joined(separator: ", "))' do not match "
          + "\(actual.count) inputs specified; \(summary); NodeDef: {{node \(nodeName)}}")
    }
    for (index, pair) in zip(actual, expected).enumerated() {
      // A reference may stand where a value is asked for, not the other way round.
      let fits = pair.0 == pair.1 || (pair.0.isReference && pair.0.base == pair.1)
      guard fits else {
        throw .invalidArgument(
          "Input \(index) of node \(nodeName) was passed \(pair.0) from \(sources(index)) "
            + "incompatible with expected \(pair.1).")
      }
    }
  }
}

extension OpSignature.Argument {
  /// The type as signatures write it.
  package var typeText: String {
    let base =
      switch type {
      case .fixed(let type): type.name
      case .attribute(let name), .listAttribute(let name): name
      }
    let full = isReference ? "Ref(\(base))" : base
    return numberAttribute.map { "\($0) * \(full)" } ?? full
  }
}
