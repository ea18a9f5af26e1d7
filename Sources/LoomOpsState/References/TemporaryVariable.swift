import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A variable that lives for one step; its value starts as zeros.
enum TemporaryVariable: OpDeclaration {
  static let signature = OpSignature(
    "TemporaryVariable", outputs: ["ref: Ref(dtype)"],
    attributes: ["shape: shape", "dtype: type", "var_name: string = \"\""], isStateful: true)
  static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.attributes.shape("shape"))
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { construction in
    guard let shape = try construction.attributes.shape("shape").fullyDefined else {
      throw StatusError.invalidArgument("TemporaryVariable needs a fully defined shape")
    }
    let name = try construction.attributes.string("var_name")
    return TemporaryVariableKernel(
      name: name.isEmpty ? construction.nodeName : name,
      dtype: try construction.attributes.type("dtype").base, shape: shape)
  }
}

/// Each run makes a variable of its own, which lives as long as its references.
private final class TemporaryVariableKernel: Kernel {
  let name: String
  let dtype: DType
  let shape: Shape

  init(name: String, dtype: DType, shape: Shape) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let zeros = try AnyTensor.zeros(dtype: dtype, shape: shape, budget: context.budget)
    try context.setReference(0, VariableCell(name: name, dtype: dtype, value: zeros))
  }
}

/// The final value of a ``TemporaryVariable``.
enum DestroyTemporaryVariable: OpDeclaration {
  static let signature = OpSignature(
    "DestroyTemporaryVariable", inputs: ["ref: Ref(T)"], outputs: ["value: T"],
    attributes: ["T: type", "var_name: string"])
  static let shapes = ShapeFunction.unchanged
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { construction in
    DestroyTemporaryVariableKernel(name: try construction.attributes.string("var_name"))
  }
}

private final class DestroyTemporaryVariableKernel: Kernel {
  let name: String

  init(name: String) { self.name = name }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = try context.reference(0)
    guard cell.name == name else {
      throw .notFound("Resource \(name) does not exist: the temporary variable is \(cell.name)")
    }
    let value = try cell.read()
    cell.clear()
    try context.setOutput(0, value)
  }
}
