import LoomCore
import LoomGraph

/// The three generations of TensorArray ops differ in their handles: a reference to a pair of strings, the
/// pair itself, or a resource.
enum HandleGeneration: Sendable {
  case first
  case second
  case third

  var suffix: String {
    switch self {
    case .first: ""
    case .second: "V2"
    case .third: "V3"
    }
  }

  /// The dtype of handles, in the notation of signatures.
  var handle: String {
    switch self {
    case .first: "Ref(string)"
    case .second: "string"
    case .third: "resource"
    }
  }

  /// The signature of an op that takes a handle.
  ///
  /// - Parameter withdrawn: The GraphDef version from which the first generation is refused; the second is
  ///   from 26 on.
  func signature(
    _ op: String, inputs: [String] = [], outputs: [String] = [], attributes: [String] = [],
    withdrawn: Int? = 16, second: Int? = 26
  ) -> OpSignature {
    let since: Int? =
      switch self {
      case .first: withdrawn
      case .second: second
      case .third: nil
      }
    return OpSignature(
      op + suffix, inputs: ["handle: \(handle)"] + inputs, outputs: outputs,
      attributes: attributes, isStateful: self == .third, deprecatedSince: since)
  }

  /// Checks of handles: nothing is known of references.
  func requireHandle(_ context: ShapeContext) throws(StatusError) {
    if self != .first { try context.requirePair(0) }
  }
}

extension Set<DType> {
  /// What TensorFlow's arrays take.
  static let arrayElements = numeric.union([.bool, .string, .resource, .variant])
  /// What can be put together from the elements of an array.
  static let joinedElements = numeric.union([.bool, .string, .quint8, .qint8, .qint32])
}
