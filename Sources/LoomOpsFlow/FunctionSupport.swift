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
