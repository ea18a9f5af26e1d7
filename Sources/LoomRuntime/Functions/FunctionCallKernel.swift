import LoomCore
import LoomKernels

/// Runs the function that a node's op names.
final class FunctionCallKernel: AsyncKernel {
  private let function: any CompiledFunction

  init(_ construction: KernelConstruction) throws(StatusError) {
    guard let functions = construction.functions else {
      throw .unimplemented("Function '\(construction.op)' can't be called here")
    }
    function = try functions.instantiate(
      FunctionReference(name: construction.op, attributes: construction.attributes.values))
  }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    try FunctionSuspension.start(function, context.inputs(), context)
  }
}
