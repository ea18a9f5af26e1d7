package import LoomCore

extension AnyTensor {
  /// Whether a condition holds: bools as they are, numbers unless zero, strings unless empty, and
  /// everything that is not a scalar unless it has no elements.
  package func isTrue() throws(StatusError) -> Bool {
    guard shape.isScalar else { return elementCount > 0 }
    switch dtype {
    case .bool: return try element(0, of: Bool.self)
    case .float: return try element(0, of: Float.self) != 0
    case .double: return try element(0, of: Double.self) != 0
    case .half: return try element(0, of: Float16.self) != 0
    case .string: return try !element(0, of: ByteString.self).isEmpty
    default:
      guard dtype.isInteger else {
        throw .invalidArgument("A value of dtype \(dtype) can't be used as a condition")
      }
      return try integers() != [0]
    }
  }
}
