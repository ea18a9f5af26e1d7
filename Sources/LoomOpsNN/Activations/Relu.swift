public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

private let realTypes =
  "float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64"

extension ShapeFunction {
  /// Output 0 has the shape that inputs 0 and 1 share.
  static let mergedInputs = ShapeFunction { context in
    context.setOutput(0, try context.input(0).merged(with: context.input(1)))
  }
}

/// `max(x, 0)`, element by element; NaN stays NaN and -0 stays -0.
public enum Relu: OpDeclaration, RealUnary {
  public static let signature = OpSignature(
    "Relu", inputs: ["features: T"], outputs: ["activations: T"],
    attributes: ["T: {\(realTypes), qint8}"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    [try context.build("ReluGrad", [context.upstream(0), context.output(0)])]
  }
  public static var properties: OpProperties {
    OpProperties(isElementwise: true, inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.real(Relu.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ x: Scalar) -> Scalar {
    x < .zero ? .zero : x
  }
}

extension Relu: FusibleOp {
  public static func stage(_ construction: KernelConstruction, input: Int) -> FusibleStage? {
    .activation(.relu)
  }
}

/// The gradient of ``Relu``: `gradients` where `features > 0`, else 0.
public enum ReluGrad: OpDeclaration, RealBinary {
  public static let signature = OpSignature(
    "ReluGrad", inputs: ["gradients: T", "features: T"], outputs: ["backprops: T"],
    attributes: ["T: {\(realTypes)}"])
  public static let shapes = ShapeFunction.mergedInputs
  public static let gradient = GradientRule.dense { context in
    let features = try context.input(1)
    return [
      try context.build("ReluGrad", [context.upstream(0), features]),
      try context.zerosLike(features),
    ]
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.real(ReluGrad.self)

  @inlinable public static var broadcasts: Bool { false }

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ upstream: Scalar, _ value: Scalar) -> Scalar {
    value > .zero ? upstream : .zero
  }
}

/// `min(max(x, 0), 6)`, element by element; NaN stays NaN.
public enum Relu6: OpDeclaration, RealUnary {
  public static let signature = OpSignature(
    "Relu6", inputs: ["features: T"], outputs: ["activations: T"],
    attributes: ["T: {\(realTypes)}"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    [try context.build("Relu6Grad", [context.upstream(0), context.output(0)])]
  }
  public static var properties: OpProperties {
    OpProperties(isElementwise: true, inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.real(Relu6.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ x: Scalar) -> Scalar {
    let six = Scalar(converting: 6)
    return x < .zero ? .zero : x > six ? six : x
  }
}

extension Relu6: FusibleOp {
  public static func stage(_ construction: KernelConstruction, input: Int) -> FusibleStage? {
    .activation(.relu6)
  }
}

/// The gradient of ``Relu6``: `gradients` where `0 < features < 6`, else 0.
public enum Relu6Grad: OpDeclaration, RealBinary {
  public static let signature = OpSignature(
    "Relu6Grad", inputs: ["gradients: T", "features: T"], outputs: ["backprops: T"],
    attributes: ["T: {\(realTypes)}"])
  public static let shapes = ShapeFunction.mergedInputs
  public static let gradient = GradientRule.dense { context in
    let features = try context.input(1)
    return [
      try context.build("Relu6Grad", [context.upstream(0), features]),
      try context.zerosLike(features),
    ]
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.real(Relu6Grad.self)

  @inlinable public static var broadcasts: Bool { false }

  @inlinable @inline(__always)
  public static func apply<Scalar: RealScalar>(_ upstream: Scalar, _ value: Scalar) -> Scalar {
    value > .zero && value < Scalar(converting: 6) ? upstream : .zero
  }
}

/// `max(features, 0)`, element by element; NaN stays NaN.
///
/// - SeeAlso: TensorFlow op `Relu`.
public func relu<Scalar: RealScalar>(
  _ features: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(features.graph.addOperation("Relu", inputs: [features.erased], name: name).output(0))
}

/// `min(max(features, 0), 6)`, element by element; NaN stays NaN.
///
/// - SeeAlso: TensorFlow op `Relu6`.
public func relu6<Scalar: RealScalar>(
  _ features: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(features.graph.addOperation("Relu6", inputs: [features.erased], name: name).output(0))
}
