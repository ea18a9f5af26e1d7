public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Running sums along an axis.
public enum Cumsum: OpDeclaration, AccumulatingKernelFamily {
  public static let signature = OpSignature(
    "Cumsum", inputs: ["x: T", "axis: Tidx"], outputs: ["out: T"],
    attributes: [
      "exclusive: bool = false", "reverse: bool = false", "T: \(Allowed.numbers)",
      "Tidx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    let reverse = try context.attributes.bool("reverse")
    let exclusive = try context.attributes.bool("exclusive")
    return [
      try context.build(
        "Cumsum", [context.upstream(0), context.input(1)],
        ["exclusive": .bool(exclusive), "reverse": .bool(!reverse)]), nil,
    ]
  }
  public static let kernels = KernelTable.accumulating(Cumsum.self)

  public static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ScanKernel<SumBody<Scalar>>(construction))
  }
}

/// Running products along an axis.
public enum Cumprod: OpDeclaration, AccumulatingKernelFamily {
  public static let signature = OpSignature(
    "Cumprod", inputs: ["x: T", "axis: Tidx"], outputs: ["out: T"],
    attributes: [
      "exclusive: bool = false", "reverse: bool = false", "T: \(Allowed.numbers)",
      "Tidx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    let (x, axis) = (try context.input(0), try context.input(1))
    let reverse = try context.attributes.bool("reverse")
    let exclusive = AttributeValue.bool(try context.attributes.bool("exclusive"))
    let products = try context.build(
      "Cumprod", [x, axis], ["exclusive": exclusive, "reverse": .bool(reverse)])
    let sums = try context.build(
      "Cumsum", [context.mul(products, context.upstream(0)), axis],
      ["exclusive": exclusive, "reverse": .bool(!reverse)])
    return [try context.build("DivNoNan", [sums, x]), nil]
  }
  public static let kernels = KernelTable.accumulating(Cumprod.self)

  public static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ScanKernel<ProdBody<Scalar>>(construction))
  }
}

/// Running sums of `x` along `axis`.
///
/// - Parameters:
///   - exclusive: Whether each sum leaves out its own element, so that the first is zero.
///   - reverse: Whether the sums run from the end.
/// - Throws: ``StatusError/Code/invalidArgument`` if `axis` is outside of the rank.
/// - SeeAlso: TensorFlow op `Cumsum`.
public func cumsum<Scalar: NumericScalar>(
  _ x: Output<Scalar>, along axis: Int = 0, exclusive: Bool = false, reverse: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    x.graph.addOperation(
      "Cumsum", inputs: [x.erased, x.graph.integerConstant(axis)],
      attributes: ["exclusive": .bool(exclusive), "reverse": .bool(reverse)], name: name
    ).output(0))
}

/// Running products of `x` along `axis`; see ``cumsum(_:along:exclusive:reverse:name:)``.
///
/// - SeeAlso: TensorFlow op `Cumprod`.
public func cumprod<Scalar: NumericScalar>(
  _ x: Output<Scalar>, along axis: Int = 0, exclusive: Bool = false, reverse: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    x.graph.addOperation(
      "Cumprod", inputs: [x.erased, x.graph.integerConstant(axis)],
      attributes: ["exclusive": .bool(exclusive), "reverse": .bool(reverse)], name: name
    ).output(0))
}
