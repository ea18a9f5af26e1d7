import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A variable of the first generation: a reference to memory that other operations change.
enum VariableV2: OpDeclaration {
  static let signature = OpSignature(
    "VariableV2", outputs: ["ref: Ref(dtype)"],
    attributes: [
      "shape: shape", "dtype: type", "container: string = \"\"", "shared_name: string = \"\"",
    ], isStateful: true)
  static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.attributes.shape("shape"))
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties {
    OpProperties(isFoldable: false, isPrompt: true, makesResource: true)
  }
  static let kernels = KernelTable { construction in
    ReferenceVariableKernel(try VariableSource(construction, isReference: true))
  }
}

/// ``VariableV2`` as graphs before TensorFlow 0.12 spell it: a scalar shape means an unknown one.
enum Variable: OpDeclaration {
  static let signature = OpSignature(
    "Variable", outputs: ["ref: Ref(dtype)"],
    attributes: [
      "shape: shape", "dtype: type", "container: string = \"\"", "shared_name: string = \"\"",
    ], isStateful: true)
  static let shapes = ShapeFunction { context in
    let shape = try context.attributes.shape("shape")
    // Scalars were written for unknown shapes then.
    context.setOutput(0, shape.rank == 0 ? .unknown : shape)
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties {
    OpProperties(isFoldable: false, isPrompt: true, makesResource: true)
  }
  static let kernels = VariableV2.kernels
}

private final class ReferenceVariableKernel: StandingKernel {
  let source: VariableSource

  init(_ source: VariableSource) { self.source = source }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    try context.setReference(0, source.cell(in: context.resources))
  }
}
