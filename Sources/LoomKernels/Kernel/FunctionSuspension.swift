package import LoomCore

/// Calls a function from a kernel and waits for it without a thread.
package final class FunctionSuspension: Suspension {
  private let activation: any FunctionActivation

  private init(_ activation: any FunctionActivation) { self.activation = activation }

  /// Calls `function` on `arguments` and sets the outputs, now or when it is done.
  package static func start(
    _ function: any CompiledFunction, _ arguments: [AnyTensor], _ context: borrowing KernelContext
  ) throws(StatusError) -> (any Suspension)? {
    let activation = try function.activate(context.services, nesting: context.nesting + 1)
    var values = arguments
    try activation.setArguments(&values)
    guard try activation.run() else { return FunctionSuspension(activation) }
    try deliver(activation, context)
    return nil
  }

  package func resume(_ context: borrowing KernelContext) throws(StatusError) -> Bool {
    guard try activation.resume() else { return false }
    try FunctionSuspension.deliver(activation, context)
    return true
  }

  private static func deliver(
    _ activation: any FunctionActivation, _ context: borrowing KernelContext
  ) throws(StatusError) {
    var values: [AnyTensor] = []
    try activation.takeResults(&values)
    activation.end()
    try context.setOutputs(values)
  }

  package func cancel() { activation.cancel() }

  package var summary: String { activation.summary }
}
