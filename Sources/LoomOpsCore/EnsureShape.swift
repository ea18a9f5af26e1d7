public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Its input, whose shape is checked when it runs.
public enum EnsureShape: OpDeclaration {
  public static let signature = OpSignature(
    "EnsureShape", inputs: ["input: T"], outputs: ["output: T"],
    attributes: ["shape: shape", "T: type"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.input(0).merged(with: context.attributes.shape("shape")))
    context.setHandle(0, context.handle(0))
  }
  public static let gradient = GradientRule.dense { context in
    [try context.reshape(context.upstream(0), context.shape(context.input(0)))]
  }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    context.inputs.first ?? nil
  }
  public static let kernels = KernelTable { construction in
    let expected = try construction.attributes.shape("shape")
    return ClosureKernel { context in
      let input = try context.input(0)
      guard expected.isCompatible(with: input.shape) else {
        throw StatusError.invalidArgument(
          "Shape of tensor \(input.shape) is not compatible with expected shape \(expected).")
      }
      try context.setOutput(0, input)
    }
  }
}

/// The tensor itself, now known to be of the given shape.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if the shapes contradict each other; a run throws the
///   same if the tensor then is of another shape.
/// - SeeAlso: TensorFlow op `EnsureShape`.
public func ensureShape<Scalar: TensorScalar>(
  _ input: Output<Scalar>, _ shape: PartialShape, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "EnsureShape", inputs: [input.erased], attributes: ["shape": .shape(shape)], name: name
    ).output(0))
}
