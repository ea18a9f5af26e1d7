public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `x` where it is positive, else `alpha * x`.
public enum LeakyRelu: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "LeakyRelu", inputs: ["features: T"], outputs: ["activations: T"],
    attributes: ["alpha: float = 0.2", "T: {half, bfloat16, float, double} = float"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    let alpha = AttributeValue.float(try context.attributes.float("alpha"))
    return [
      try context.build(
        "LeakyReluGrad", [context.upstream(0), context.input(0)], ["alpha": alpha])
    ]
  }
  public static var properties: OpProperties {
    OpProperties(isElementwise: true, inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.floating(LeakyRelu.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let alpha = Scalar(converting: Double(try construction.attributes.float("alpha")))
    let slope = alpha.accumulator
    return ClosureKernel { context in
      let features = try context.input(0)
      let x = try features.span(of: Scalar.self)
      try context.makeOutput(0, of: Scalar.self, shape: features.shape) { y in
        for index in x.indices {
          y[index] = x[index] > .zero ? x[index] : Scalar(x[index].accumulator * slope)
        }
      }
    }
  }
}

/// The gradient of ``LeakyRelu``: `gradients` where `features > 0`, else `alpha * gradients`.
public enum LeakyReluGrad: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "LeakyReluGrad", inputs: ["gradients: T", "features: T"], outputs: ["backprops: T"],
    attributes: ["alpha: float = 0.2", "T: {half, bfloat16, float, double} = float"])
  public static let shapes = ShapeFunction.mergedInputs
  public static let gradient = GradientRule.dense { context in
    let alpha = AttributeValue.float(try context.attributes.float("alpha"))
    let features = try context.input(1)
    return [
      try context.build("LeakyReluGrad", [context.upstream(0), features], ["alpha": alpha]),
      try context.zerosLike(features),
    ]
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.floating(LeakyReluGrad.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let alpha = Scalar(converting: Double(try construction.attributes.float("alpha")))
    let slope = alpha.accumulator
    return ClosureKernel { context in
      let (gradients, features) = (try context.input(0), try context.input(1))
      try requireSameShape(gradients, features)
      let upstream = try gradients.span(of: Scalar.self)
      let x = try features.span(of: Scalar.self)
      try context.makeOutput(0, of: Scalar.self, shape: features.shape) { y in
        for index in x.indices {
          y[index] =
            x[index] > .zero ? upstream[index] : Scalar(upstream[index].accumulator * slope)
        }
      }
    }
  }
}

/// `features` where positive, else `alpha * features`.
///
/// - SeeAlso: TensorFlow op `LeakyRelu`.
public func leakyRelu<Scalar: FloatingScalar>(
  _ features: Output<Scalar>, alpha: Float = 0.2, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    features.graph.addOperation(
      "LeakyRelu", inputs: [features.erased], attributes: ["alpha": .float(alpha)], name: name
    ).output(0))
}

private func requireSameShape(_ a: AnyTensor, _ b: AnyTensor) throws(StatusError) {
  guard a.shape == b.shape else {
    throw .invalidArgument("g and a must be the same size, got \(a.shape) and \(b.shape)")
  }
}
