import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Ends the step with an error. TensorFlow's op ends the process; no graph may do that here.
public enum Abort: OpDeclaration {
  public static let signature = OpSignature(
    "Abort", attributes: ["error_msg: string = \"\"", "exit_without_error: bool = false"])
  public static let shapes = ShapeFunction.none
  public static let gradient = GradientRule.notDifferentiable(because: "it has no outputs")
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = KernelTable { construction in
    AbortKernel(message: try construction.attributes.string("error_msg"))
  }
}

final class AbortKernel: Kernel {
  private let message: String

  init(message: String) { self.message = message }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    throw StatusError(.aborted, message.isEmpty ? "Abort_op intentional failure" : message)
  }
}
