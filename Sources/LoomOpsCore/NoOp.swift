public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Does nothing; carries control dependencies.
public enum NoOp: OpDeclaration {
  public static let signature = OpSignature("NoOp")
  public static let shapes = ShapeFunction.none
  public static let gradient = GradientRule.notDifferentiable(because: "it has no outputs")
  public static var properties: OpProperties { OpProperties(role: .noOp, isFoldable: false) }
  public static let kernels = KernelTable.closure { _ in }
}

extension Graph {
  /// An operation that runs after all of `operations`.
  public func group(_ operations: [Operation], name: String? = nil) throws(StatusError) -> Operation
  {
    try addOperation("NoOp", name: name ?? "group_deps", controlInputs: operations)
  }
}
