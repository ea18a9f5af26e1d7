import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Whether a tensor counts as true: a scalar unless it is zero or an empty string, anything else unless
/// it has no elements.
public enum ToBool: OpDeclaration {
  public static let signature = OpSignature(
    "ToBool", inputs: ["input: T"], outputs: ["output: bool"], attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in context.setOutput(0, .scalar) }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.closure { context in
    try context.setOutput(0, AnyTensor(scalar: context.input(0).isTrue()))
  }
}
