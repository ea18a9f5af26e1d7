package import LoomCore
package import LoomGraph
package import LoomKernels

extension KernelConstruction {
  /// The function that an attribute names, ready to be called.
  package func function(_ attribute: String) throws(StatusError) -> any CompiledFunction {
    try instantiate(attributes.function(attribute))
  }

  package func instantiate(_ reference: FunctionReference) throws(StatusError)
    -> any CompiledFunction
  {
    guard let functions else {
      throw .unimplemented("Function '\(reference.name)' can't be called here")
    }
    return try functions.instantiate(reference)
  }
}

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

extension ShapeFunction {
  /// Output shapes as a list attribute gives them; unknown where it is missing or too short.
  package static func outputShapesAttribute(_ name: String) -> ShapeFunction {
    ShapeFunction { context in
      guard case .list(let shapes) = context.attributes[name] else { return }
      for (index, shape) in shapes.enumerated() {
        if case .shape(let shape) = shape { context.setOutput(index, shape) }
      }
    }
  }
}
