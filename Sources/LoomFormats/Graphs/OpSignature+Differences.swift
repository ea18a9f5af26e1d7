internal import LoomCore
public import LoomGraph

extension OpSignature {
  /// What differs from `other` on the wire, one line each; empty for signatures that agree.
  ///
  /// Order counts for arguments and attributes, not for lists of allowed values.
  public func differences(from other: OpSignature) -> [String] {
    var result: [String] = []
    func compare<Value: Equatable>(_ what: String, _ a: Value, _ b: Value) {
      if a != b { result.append("\(name): \(what) is \(a), expected \(b)") }
    }
    compare("name", name, other.name)
    compare("inputs", inputs.map(\.text), other.inputs.map(\.text))
    compare("outputs", outputs.map(\.text), other.outputs.map(\.text))
    compare("attributes", attributes.map(\.name), other.attributes.map(\.name))
    for attribute in attributes {
      guard let expected = other.attribute(named: attribute.name) else { continue }
      let label = "attr \(attribute.name)"
      compare("\(label): kind", attribute.kind.rawValue, expected.kind.rawValue)
      compare("\(label): minimum", attribute.minimum, expected.minimum)
      compare(
        "\(label): allowed types", attribute.allowedTypes.map { $0.map(\.name).sorted() },
        expected.allowedTypes.map { $0.map(\.name).sorted() })
      compare(
        "\(label): allowed strings", attribute.allowedStrings?.sorted(),
        expected.allowedStrings?.sorted())
      if attribute.defaultValue != expected.defaultValue {
        result.append(
          "\(name): \(label): default is \(describe(attribute)), expected \(describe(expected))")
      }
    }
    compare("isStateful", isStateful, other.isStateful)
    compare("isCommutative", isCommutative, other.isCommutative)
    compare("isAggregate", isAggregate, other.isAggregate)
    compare(
      "allowsUninitializedInput", allowsUninitializedInput, other.allowsUninitializedInput)
    compare("deprecatedSince", deprecatedSince, other.deprecatedSince)
    return result
  }

  private func describe(_ attribute: AttributeDefinition) -> String {
    attribute.defaultValue.map { "\($0)" } ?? "none"
  }
}

extension OpSignature.Argument {
  fileprivate var text: String { "\(name): \(typeText)" }
}
