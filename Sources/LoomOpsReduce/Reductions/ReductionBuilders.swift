public import LoomCore
public import LoomGraph

extension Graph {
  /// Adds a reduction over `axes`, by default over all dimensions.
  fileprivate func reduction(
    _ op: String, _ x: AnyOutput, _ axes: [Int]?, _ keepingDimensions: Bool, _ name: String?
  ) throws(StatusError) -> AnyOutput {
    let axisTensor: AnyOutput
    if let axes {
      axisTensor = try integerConstant(axes)
    } else if let rank = x.shape.rank {
      axisTensor = try integerConstant(Array(0..<rank))
    } else {
      let rank = try addOperation("Rank", inputs: [x]).output(0)
      axisTensor = try addOperation(
        "Range", inputs: [integerConstant(0), rank, integerConstant(1)]
      ).output(0)
    }
    return try addOperation(
      op, inputs: [x, axisTensor], attributes: ["keep_dims": .bool(keepingDimensions)], name: name
    ).output(0)
  }
}

/// The sum of `x` over `axes`, by default over all dimensions; zero over no elements.
///
/// - Parameters:
///   - axes: Dimensions to sum over; negative ones count from the last.
///   - keepingDimensions: Whether reduced dimensions stay, with size 1.
/// - Throws: ``StatusError/Code/invalidArgument`` if an axis is outside of a known rank.
/// - Note: Integers wrap. The order of summation is fixed, so results repeat bit for bit.
/// - SeeAlso: TensorFlow op `Sum`.
public func reduceSum<Scalar: NumericScalar>(
  _ x: Output<Scalar>, along axes: [Int]? = nil, keepingDimensions: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(x.graph.reduction("Sum", x.erased, axes, keepingDimensions, name))
}

/// The mean of `x` over `axes`, by default over all dimensions; NaN over no elements. Integer means
/// truncate towards zero.
///
/// - SeeAlso: TensorFlow op `Mean`.
public func reduceMean<Scalar: NumericScalar>(
  _ x: Output<Scalar>, along axes: [Int]? = nil, keepingDimensions: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(x.graph.reduction("Mean", x.erased, axes, keepingDimensions, name))
}

/// The product of `x` over `axes`, by default over all dimensions; one over no elements.
///
/// - SeeAlso: TensorFlow op `Prod`.
public func reduceProd<Scalar: NumericScalar>(
  _ x: Output<Scalar>, along axes: [Int]? = nil, keepingDimensions: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(x.graph.reduction("Prod", x.erased, axes, keepingDimensions, name))
}

/// The maximum of `x` over `axes`, by default over all dimensions; the lowest value over no elements.
/// NaN wins.
///
/// - SeeAlso: TensorFlow op `Max`.
public func reduceMax<Scalar: RealScalar>(
  _ x: Output<Scalar>, along axes: [Int]? = nil, keepingDimensions: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(x.graph.reduction("Max", x.erased, axes, keepingDimensions, name))
}

/// The minimum of `x` over `axes`, by default over all dimensions; the highest value over no elements.
/// NaN wins.
///
/// - SeeAlso: TensorFlow op `Min`.
public func reduceMin<Scalar: RealScalar>(
  _ x: Output<Scalar>, along axes: [Int]? = nil, keepingDimensions: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(x.graph.reduction("Min", x.erased, axes, keepingDimensions, name))
}

/// The square root of the sum of squares of `x` over `axes`, by default over all dimensions.
///
/// - SeeAlso: TensorFlow op `EuclideanNorm`.
public func reduceEuclideanNorm<Scalar: NumericScalar>(
  _ x: Output<Scalar>, along axes: [Int]? = nil, keepingDimensions: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(x.graph.reduction("EuclideanNorm", x.erased, axes, keepingDimensions, name))
}

/// Whether all of `x` is true over `axes`, by default over all dimensions; true over no elements.
///
/// - SeeAlso: TensorFlow op `All`.
public func reduceAll(
  _ x: Output<Bool>, along axes: [Int]? = nil, keepingDimensions: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try Output(x.graph.reduction("All", x.erased, axes, keepingDimensions, name))
}

/// Whether any of `x` is true over `axes`, by default over all dimensions; false over no elements.
///
/// - SeeAlso: TensorFlow op `Any`.
public func reduceAny(
  _ x: Output<Bool>, along axes: [Int]? = nil, keepingDimensions: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Bool> {
  try Output(x.graph.reduction("Any", x.erased, axes, keepingDimensions, name))
}
