import FoundationEssentials
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Seconds since 1970, at the moment of the run.
enum Timestamp: OpDeclaration {
  static let signature = OpSignature("Timestamp", outputs: ["ts: double"], isStateful: true)
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "it has no inputs")
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.setScalar(0, Date().timeIntervalSince1970)
  }
}
