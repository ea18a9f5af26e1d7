public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A tensor that must be fed; TensorFlow withdrew it in favour of `Placeholder`.
public enum PlaceholderV2: OpDeclaration {
  public static let signature = OpSignature(
    "PlaceholderV2", outputs: ["output: dtype"], attributes: ["dtype: type", "shape: shape"],
    deprecatedSince: 23)
  public static let shapes = Placeholder.shapes
  public static let gradient = GradientRule.notDifferentiable(because: "it has no inputs")
  public static var properties: OpProperties { Placeholder.properties }
  public static let kernels = Placeholder.kernels
}

/// A tensor that may be fed, and is its input otherwise.
public enum PlaceholderWithDefault: OpDeclaration {
  public static let signature = OpSignature(
    "PlaceholderWithDefault", inputs: ["input: dtype"], outputs: ["output: dtype"],
    attributes: ["dtype: type", "shape: shape"])
  public static let shapes = ShapeFunction { context in
    let shape = try context.attributes.shape("shape")
    // The default must fit what may be fed; the result is only as certain as the latter.
    _ = try context.input(0).merged(with: shape)
    context.setOutput(0, shape)
  }
  public static let gradient = GradientRule.rule { context in [context.upstream[0]] }
  // A feed may replace the value, so it is never known ahead of a run.
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = KernelTable.passing
}

extension Graph {
  /// A tensor that is `value` unless it is fed; `shape` says what may be fed, the shape of `value` if it
  /// is `nil`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the shape of `value` contradicts `shape`.
  /// - SeeAlso: TensorFlow op `PlaceholderWithDefault`.
  public func placeholder<Scalar: TensorScalar>(
    withDefault value: Output<Scalar>, shape: PartialShape? = nil, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try Output(placeholder(withDefault: value.erased, shape: shape, name: name))
  }

  /// A tensor that is `value` unless it is fed.
  public func placeholder(
    withDefault value: AnyOutput, shape: PartialShape? = nil, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    try addOperation(
      "PlaceholderWithDefault", inputs: [value],
      attributes: ["shape": .shape(shape ?? value.shape)], name: name
    ).output(0)
  }
}
