public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Its input, unchanged; no copy.
public enum Identity: OpDeclaration {
  public static let signature = OpSignature(
    "Identity", inputs: ["input: T"], outputs: ["output: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, context.input(0))
    context.setHandle(0, context.handle(0))
  }
  public static let gradient = GradientRule.rule { context in [context.upstream[0]] }
  public static var properties: OpProperties { OpProperties(isIdentityLike: true) }
  public static let kernels = KernelTable { construction in
    guard construction.inputTypes.first?.isReference ?? false else {
      return ClosureKernel { context in try context.setOutput(0, context.input(0)) }
    }
    // In TensorFlow the value of a read shares the variable's memory, and graphs count on it: who
    // waits for an update and uses a read made before it sees the update.
    return ClosureKernel { context in
      _ = try context.input(0)
      try context.forward(0, to: 0)
    }
  }
}

/// The same tensor, as a node of its own.
public func identity<Scalar: TensorScalar>(
  _ input: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(input.graph.addOperation("Identity", inputs: [input.erased], name: name).output(0))
}
