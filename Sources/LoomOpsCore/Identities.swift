public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

// Ops that pass their input on; no copy.

extension ShapeFunction {
  /// Output `i` is what input `i` is, handles included.
  static let passing = ShapeFunction { context in
    for index in 0..<context.outputCount {
      context.setOutput(index, context.input(index))
      context.setHandle(index, context.handle(index))
    }
  }
}

extension KernelTable {
  /// Output 0 is input 0.
  static let passing = KernelTable.closure { context in
    try context.setOutput(0, context.input(0))
  }
}

/// Its input; gradients stop here.
public enum StopGradient: OpDeclaration {
  public static let signature = OpSignature(
    "StopGradient", inputs: ["input: T"], outputs: ["output: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.notDifferentiable(because: "it stops gradients")
  public static var properties: OpProperties { OpProperties(isIdentityLike: true) }
  public static let kernels = KernelTable.passing
}

/// Its input; asking for a gradient through it is an error.
public enum PreventGradient: OpDeclaration {
  public static let signature = OpSignature(
    "PreventGradient", inputs: ["input: T"], outputs: ["output: T"],
    attributes: ["T: type", "message: string = \"\""])
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.rule { context in
    throw StatusError.notFound(
      "Gradient explicitly disabled. Reason: \(try context.attributes.string("message"))")
  }
  public static var properties: OpProperties { OpProperties(isIdentityLike: true) }
  public static let kernels = KernelTable.passing
}

/// Its input as it is now.
public enum Snapshot: OpDeclaration {
  public static let signature = OpSignature(
    "Snapshot", inputs: ["input: T"], outputs: ["output: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(isIdentityLike: true) }
  public static let kernels = KernelTable.passing
}

/// Its input; marks a tensor for debuggers.
public enum Copy: OpDeclaration {
  public static let signature = OpSignature(
    "Copy", inputs: ["input: T"], outputs: ["output: T"],
    attributes: [
      "T: type", "tensor_name: string = \"\"", "debug_ops_spec: list(string) = []",
    ], allowsUninitializedInput: true)
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(isIdentityLike: true) }
  public static let kernels = KernelTable.passing
}

/// Its input, in host memory; marks a tensor for debuggers.
public enum CopyHost: OpDeclaration {
  public static let signature = OpSignature(
    "CopyHost", inputs: ["input: T"], outputs: ["output: T"],
    attributes: [
      "T: type", "tensor_name: string = \"\"", "debug_ops_spec: list(string) = []",
    ], allowsUninitializedInput: true)
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(isIdentityLike: true) }
  public static let kernels = KernelTable.passing
}

/// A copy of its input in memory of its own.
public enum DeepCopy: OpDeclaration {
  public static let signature = OpSignature(
    "DeepCopy", inputs: ["x: T"], outputs: ["y: T"], attributes: ["T: type"], isStateful: true)
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    let output = try context.allocate(0, dtype: input.dtype, shape: input.shape)
    try ByteMover(into: output).copyAll(input)
  }
}

/// Its input, promised never to change.
public enum GuaranteeConst: OpDeclaration {
  public static let signature = OpSignature(
    "GuaranteeConst", inputs: ["input: T"], outputs: ["output: T"], attributes: ["T: type"],
    isStateful: true)
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    // A resource may change behind its handle, so nothing can be promised.
    guard try construction.inputType(0) != .resource else {
      throw StatusError.invalidArgument("Input must be a constant, not a resource")
    }
    return ClosureKernel { context in try context.setOutput(0, context.input(0)) }
  }
}

/// Its inputs.
public enum IdentityN: OpDeclaration {
  public static let signature = OpSignature(
    "IdentityN", inputs: ["input: T"], outputs: ["output: T"],
    attributes: ["T: list(type) >= 1"])
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.rule { context in context.upstream }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    context.inputs.indices.contains(context.output) ? context.inputs[context.output] : nil
  }
  public static let kernels = KernelTable.closure { context in
    for index in 0..<context.inputCount {
      try context.setOutput(index, context.input(index))
    }
  }
}

/// Its input; marks a place in a gradient for debuggers.
public enum DebugGradientIdentity: OpDeclaration {
  public static let signature = OpSignature(
    "DebugGradientIdentity", inputs: ["input: T"], outputs: ["output: T"],
    attributes: ["T: type"], allowsUninitializedInput: true)
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.rule { context in [context.upstream[0]] }
  public static var properties: OpProperties { OpProperties(isIdentityLike: true) }
  public static let kernels = KernelTable.passing
}

/// Its input, a reference; marks a place in a gradient for debuggers.
public enum DebugGradientRefIdentity: OpDeclaration {
  public static let signature = OpSignature(
    "DebugGradientRefIdentity", inputs: ["input: Ref(T)"], outputs: ["output: Ref(T)"],
    attributes: ["T: type"], allowsUninitializedInput: true)
  public static let shapes = ShapeFunction.passing
  public static let gradient = GradientRule.rule { context in [context.upstream[0]] }
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = KernelTable.closure { context in try context.forward(0, to: 0) }
}

/// The tensor itself; gradients do not flow through it.
///
/// - SeeAlso: TensorFlow op `StopGradient`.
public func stopGradient<Scalar: TensorScalar>(
  _ input: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation("StopGradient", inputs: [input.erased], name: name).output(0))
}

/// The tensor itself; asking for a gradient through it throws ``StatusError/Code/notFound`` with
/// `message`.
///
/// - SeeAlso: TensorFlow op `PreventGradient`.
public func preventGradient<Scalar: TensorScalar>(
  _ input: Output<Scalar>, message: String = "", name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "PreventGradient", inputs: [input.erased],
      attributes: ["message": .string(ByteString(message))], name: name
    ).output(0))
}

/// The tensors themselves, none of which is passed on before all are there.
///
/// - SeeAlso: TensorFlow op `IdentityN`.
public func identityN(
  _ inputs: [AnyOutput], name: String? = nil
) throws(StatusError) -> [AnyOutput] {
  guard let graph = inputs.first?.graph else {
    throw .invalidArgument("identityN expected at least one tensor")
  }
  return try graph.addOperation("IdentityN", inputs: inputs, name: name).outputs
}
