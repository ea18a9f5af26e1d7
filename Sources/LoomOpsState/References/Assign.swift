import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Makes a tensor the value of a variable and passes the reference on.
enum Assign: OpDeclaration {
  static let signature = OpSignature(
    "Assign", inputs: ["ref: Ref(T)", "value: T"], outputs: ["output_ref: Ref(T)"],
    attributes: ["T: type", "validate_shape: bool = true", "use_locking: bool = true"],
    allowsUninitializedInput: true)
  static let shapes = ShapeFunction { context in
    let validates = try context.attributes.bool("validate_shape")
    context.setOutput(
      0, validates ? try context.input(0).merged(with: context.input(1)) : context.input(1))
  }
  static let gradient = GradientRule.notDifferentiable(because: "it changes a variable")
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { construction in
    AssignKernel(validatesShape: try construction.attributes.bool("validate_shape"))
  }
}

private final class AssignKernel: Kernel {
  let validatesShape: Bool

  init(validatesShape: Bool) { self.validatesShape = validatesShape }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = try context.reference(0)
    let value = try context.input(1)
    if validatesShape {
      let expected = cell.current.map { PartialShape($0.shape) } ?? cell.declaredShape
      guard expected.isCompatible(with: value.shape) else {
        throw .invalidArgument(
          "Assign requires shapes of both tensors to match. lhs shape= \(expected) "
            + "rhs shape= \(value.shape)")
      }
    }
    try cell.assign(value, budget: context.budget)
    try context.setReference(0, cell)
  }
}

/// Whether a variable has a value.
enum IsVariableInitialized: OpDeclaration {
  static let signature = OpSignature(
    "IsVariableInitialized", inputs: ["ref: Ref(dtype)"], outputs: ["is_initialized: bool"],
    attributes: ["dtype: type"], allowsUninitializedInput: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable.closure { context in
    try context.setScalar(0, try context.isInitialized(0))
  }
}
