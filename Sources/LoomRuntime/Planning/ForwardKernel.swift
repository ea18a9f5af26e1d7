import LoomCore
import LoomKernels

/// Passes its input on: what nodes that steer loops do where there is no loop.
final class ForwardKernel: Kernel {
  static let shared = ForwardKernel()

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    try context.setOutput(0, context.input(0))
  }
}
