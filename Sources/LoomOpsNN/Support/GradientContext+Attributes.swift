import LoomCore
import LoomGraph

extension GradientContext {
  /// Those attributes of the forward operation, for an operation that takes them over.
  func keeping(_ names: String...) -> [String: AttributeValue] {
    var result: [String: AttributeValue] = [:]
    for name in names { result[name] = attributes[name] }
    return result
  }
}
