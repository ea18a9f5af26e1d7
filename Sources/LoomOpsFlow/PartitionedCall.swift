package import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Calls a function without effects.
public enum PartitionedCall: OpDeclaration {
  public static let signature = OpSignature(
    "PartitionedCall", inputs: ["args: Tin"], outputs: ["output: Tout"], attributes: callAttributes)
  public static let shapes = ShapeFunction.outputShapesAttribute("_output_shapes")
  public static let gradient = GradientRule.call
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = callKernels
}

/// Calls a function that may have effects.
public enum StatefulPartitionedCall: OpDeclaration {
  public static let signature = OpSignature(
    "StatefulPartitionedCall", inputs: ["args: Tin"], outputs: ["output: Tout"],
    attributes: callAttributes, isStateful: true)
  public static let shapes = ShapeFunction.outputShapesAttribute("_output_shapes")
  public static let gradient = GradientRule.call
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = callKernels
}

/// Calls a function on a device of this process.
public enum RemoteCall: OpDeclaration {
  public static let signature = OpSignature(
    "RemoteCall", inputs: ["target: string", "args: Tin"], outputs: ["output: Tout"],
    attributes: ["Tin: list(type) >= 1", "Tout: list(type) >= 1", "f: func"], isStateful: true)
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = KernelTable { construction in
    CallKernel(try construction.function("f"), firstArgument: 1)
  }
}

private let callAttributes = [
  "Tin: list(type) >= 0", "Tout: list(type) >= 0", "f: func", "config: string = \"\"",
  "config_proto: string = \"\"", "executor_type: string = \"\"",
]

private let callKernels = KernelTable { construction in
  CallKernel(try construction.function("f"), firstArgument: 0)
}

package final class CallKernel: AsyncKernel {
  private let function: any CompiledFunction
  private let firstArgument: Int

  /// - Parameter firstArgument: the first input that is one of the function.
  package init(_ function: any CompiledFunction, firstArgument: Int) {
    self.function = function
    self.firstArgument = firstArgument
  }

  package func start(
    _ context: borrowing KernelContext
  ) throws(StatusError) -> (any Suspension)? {
    try FunctionSuspension.start(
      function, context.inputs(firstArgument..<context.inputCount), context)
  }
}
