import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Makes a tensor the value of a resource variable.
enum AssignVariableOp: OpDeclaration {
  static let signature = OpSignature(
    "AssignVariableOp", inputs: ["resource: resource", "value: dtype"],
    attributes: ["dtype: type", "validate_shape: bool = false"], isStateful: true)
  static let shapes = ShapeFunction.assignsVariable
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { construction in
    AssignVariableKernel(validatesShape: try construction.attributes.bool("validate_shape"))
  }
}

private final class AssignVariableKernel: Kernel {
  let validatesShape: Bool

  init(validatesShape: Bool) { self.validatesShape = validatesShape }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = try context.variable(0)
    let value = try context.input(1)
    if validatesShape, let shape = cell.current?.shape, shape != value.shape {
      throw .invalidArgument(
        "Trying to assign to variable with tensor with wrong shape. Expected \(shape) "
          + "got \(value.shape)")
    }
    try cell.assign(value, budget: context.budget)
  }
}
