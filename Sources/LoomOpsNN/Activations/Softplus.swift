public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `log(1 + exp(x))`, element by element.
public enum Softplus: OpDeclaration {
  public static let signature = OpSignature(
    "Softplus", inputs: ["features: T"], outputs: ["activations: T"],
    attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    let slope = try context.build("Sigmoid", [context.input(0)])
    return [try context.mul(context.upstream(0), slope)]
  }
  public static var properties: OpProperties {
    OpProperties(isElementwise: true, inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.elementary(.softplus)
}

/// The gradient of ``Softplus``: `gradients / (1 + exp(-features))`.
public enum SoftplusGrad: OpDeclaration, FloatingBinary {
  public static let signature = OpSignature(
    "SoftplusGrad", inputs: ["gradients: T", "features: T"], outputs: ["backprops: T"],
    attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction.mergedInputs
  public static let gradient = GradientRule.dense { context in
    let (first, x) = (try context.input(0), try context.input(1))
    let upstream = try context.upstream(0)
    let two = try context.constant(2, x.dtype)
    let divisor = try context.add(
      context.add(context.exp(context.neg(x)), two), context.exp(x))
    return [
      try context.build("SoftplusGrad", [upstream, x]),
      try context.div(context.mul(upstream, first), divisor),
    ]
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.floating(SoftplusGrad.self)

  @inlinable public static var broadcasts: Bool { false }

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ upstream: Scalar, _ feature: Scalar) -> Scalar
  {
    let (upstream, value) = (upstream.accumulator, feature.accumulator)
    return Scalar(upstream / (Scalar.Accumulator.exp(-value) + 1))
  }
}

/// `x / (1 + |x|)`, element by element.
public enum Softsign: OpDeclaration, FloatingUnary {
  public static let signature = OpSignature(
    "Softsign", inputs: ["features: T"], outputs: ["activations: T"],
    attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    [try context.build("SoftsignGrad", [context.upstream(0), context.input(0)])]
  }
  public static var properties: OpProperties {
    OpProperties(isElementwise: true, inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.floating(Softsign.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ x: Scalar) -> Scalar {
    let value = x.accumulator
    return Scalar(value / (value.magnitude + 1))
  }
}

/// The gradient of ``Softsign``: `gradients / (1 + |features|)²`.
public enum SoftsignGrad: OpDeclaration, FloatingBinary {
  public static let signature = OpSignature(
    "SoftsignGrad", inputs: ["gradients: T", "features: T"], outputs: ["backprops: T"],
    attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction.mergedInputs
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.floating(SoftsignGrad.self)

  @inlinable public static var broadcasts: Bool { false }

  @inlinable @inline(__always)
  public static func apply<Scalar: FloatingScalar>(_ upstream: Scalar, _ feature: Scalar) -> Scalar
  {
    let (upstream, value) = (upstream.accumulator, feature.accumulator)
    let divisor = value.magnitude + 1
    return Scalar(upstream / (divisor * divisor))
  }
}

/// `log(1 + exp(features))`, element by element.
///
/// - SeeAlso: TensorFlow op `Softplus`.
public func softplus<Scalar: FloatingScalar>(
  _ features: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    features.graph.addOperation("Softplus", inputs: [features.erased], name: name).output(0))
}

/// `features / (1 + |features|)`, element by element.
///
/// - SeeAlso: TensorFlow op `Softsign`.
public func softsign<Scalar: FloatingScalar>(
  _ features: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    features.graph.addOperation("Softsign", inputs: [features.erased], name: name).output(0))
}
