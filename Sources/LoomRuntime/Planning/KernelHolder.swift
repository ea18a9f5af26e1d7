import LoomCore
import LoomKernels

/// Holds a kernel for a plan, so that instructions can refer to it without counting references: nothing is
/// retained per node.
final class KernelHolder: Sendable {
  let kernel: any Kernel

  init(_ kernel: any Kernel) { self.kernel = kernel }

  /// Stands for what the executor does itself.
  static let inert = KernelHolder(InertKernel.shared)

  var reference: Reference { unsafe Reference(holder: Unmanaged.passUnretained(self)) }

  /// Valid while the region lives that has the holder among its items, which a step's plan does.
  @safe struct Reference: @unchecked Sendable {
    fileprivate let holder: Unmanaged<KernelHolder>

    /// Runs the kernel on a frame.
    @inline(__always)
    func compute(
      _ frame: StepFrame, _ layout: StepFrame.NodeLayout, _ services: Unmanaged<StepServices>
    ) throws(StatusError) {
      // Rethrowing would lose the error's type.
      let error = unsafe holder._withUnsafeGuaranteedRef { holder -> StatusError? in
        do throws(StatusError) {
          try unsafe frame.compute(holder.kernel, layout, services)
          return nil
        } catch {
          return error
        }
      }
      if let error { throw error }
    }
  }
}
