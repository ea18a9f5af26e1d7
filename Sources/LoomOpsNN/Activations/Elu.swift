public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

// Klambauer et al., "Self-Normalizing Neural Networks" (2017).
@usableFromInline let seluScale = 1.0507009873554804934193349852946
@usableFromInline let seluScaleAlpha = 1.7580993408473768599402175208123

/// `x` where it is positive, else `exp(x) - 1`.
public enum Elu: OpDeclaration {
  public static let signature = OpSignature(
    "Elu", inputs: ["features: T"], outputs: ["activations: T"],
    attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    [try context.build("EluGrad", [context.upstream(0), context.output(0)])]
  }
  public static var properties: OpProperties {
    OpProperties(isElementwise: true, inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.elementary(.elu)
}

/// The gradient of ``Elu``, from its *output*: `gradients * (outputs + 1)` below zero, else
/// `gradients`.
public enum EluGrad: OpDeclaration, FloatingBinary {
  public static let signature = OpSignature(
    "EluGrad", inputs: ["gradients: T", "outputs: T"], outputs: ["backprops: T"],
    attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction.mergedInputs
  public static let gradient = GradientRule.dense { context in
    try secondDerivative(context, "EluGrad")
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.floating(EluGrad.self)

  @inlinable public static var broadcasts: Bool { false }

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ upstream: Scalar, _ output: Scalar) -> Scalar {
    let (upstream, value) = (upstream.accumulator, output.accumulator)
    return Scalar(value < 0 ? (value + 1) * upstream : upstream)
  }
}

/// `scale * x` where `x` is positive, else `scale * alpha * (exp(x) - 1)`.
public enum Selu: OpDeclaration {
  public static let signature = OpSignature(
    "Selu", inputs: ["features: T"], outputs: ["activations: T"],
    attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    [try context.build("SeluGrad", [context.upstream(0), context.output(0)])]
  }
  public static var properties: OpProperties {
    OpProperties(isElementwise: true, inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.elementary(.selu)
}

/// The gradient of ``Selu``, from its *output*.
public enum SeluGrad: OpDeclaration, FloatingBinary {
  public static let signature = OpSignature(
    "SeluGrad", inputs: ["gradients: T", "outputs: T"], outputs: ["backprops: T"],
    attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction.mergedInputs
  public static let gradient = GradientRule.dense { context in
    try secondDerivative(context, "SeluGrad")
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.floating(SeluGrad.self)

  @inlinable public static var broadcasts: Bool { false }

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ upstream: Scalar, _ output: Scalar) -> Scalar {
    let (upstream, value) = (upstream.accumulator, output.accumulator)
    return Scalar(
      value < 0
        ? upstream * (value + Scalar.Accumulator(converting: seluScaleAlpha))
        : upstream * Scalar.Accumulator(converting: seluScale))
  }
}

/// Both gradient ops are linear in their first input, and their second input is the activation.
private func secondDerivative(
  _ context: GradientContext, _ op: String
) throws -> [AnyOutput?] {
  let (first, activation) = (try context.input(0), try context.input(1))
  let upstream = try context.upstream(0)
  let zeros = try context.zerosLike(activation)
  let isNegative = try context.less(activation, context.constant(0, activation.dtype))
  return [
    try context.build(op, [upstream, activation]),
    try context.select(isNegative, context.mul(upstream, first), zeros),
  ]
}

/// `features` where positive, else `exp(features) - 1`.
///
/// - SeeAlso: TensorFlow op `Elu`.
public func elu<Scalar: FloatingScalar>(
  _ features: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(features.graph.addOperation("Elu", inputs: [features.erased], name: name).output(0))
}

/// The scaled exponential linear unit.
///
/// - SeeAlso: TensorFlow op `Selu`.
public func selu<Scalar: FloatingScalar>(
  _ features: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(features.graph.addOperation("Selu", inputs: [features.erased], name: name).output(0))
}
