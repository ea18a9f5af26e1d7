public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Running logarithms of sums of exponentials along an axis.
public enum CumulativeLogsumexp: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "CumulativeLogsumexp", inputs: ["x: T", "axis: Tidx"], outputs: ["out: T"],
    attributes: [
      "exclusive: bool = false",
      "reverse: bool = false",
      "T: {bfloat16, half, float, double}",
      "Tidx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.dense { context in
    // Positive and negative parts of the upstream gradient go through logarithms of their own.
    let (x, axis) = (try context.input(0), try context.input(1))
    let upstream = try context.upstream(0)
    let reverse = try context.attributes.bool("reverse")
    let exclusive = AttributeValue.bool(try context.attributes.bool("exclusive"))
    let zero = try context.zerosLike(upstream)
    let lowest = try context.constant(lowestFinite(upstream.dtype), upstream.dtype)
    func part(_ isSelected: AnyOutput, _ magnitude: AnyOutput) throws -> AnyOutput {
      let logarithm = try context.select(isSelected, context.log(magnitude), lowest)
      let scan = try context.build(
        "CumulativeLogsumexp", [context.sub(logarithm, context.output(0)), axis],
        ["exclusive": exclusive, "reverse": .bool(!reverse)])
      return try context.exp(context.add(scan, x))
    }
    let positive = try part(context.greater(upstream, zero), upstream)
    let negative = try part(context.less(upstream, zero), context.neg(upstream))
    return [try context.sub(positive, negative), nil]
  }
  public static let kernels = KernelTable.floating(CumulativeLogsumexp.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ScanKernel<LogSumExpBody<Scalar>>(construction))
  }

  private static func lowestFinite(_ dtype: DType) -> Double {
    switch dtype.base {
    case .double: -Double.greatestFiniteMagnitude
    case .half: -Double(Float16.greatestFiniteMagnitude)
    case .bfloat16: -3.389_531_389_251_535_5e38
    default: -Double(Float.greatestFiniteMagnitude)
    }
  }
}

/// Adds in the domain of logarithms.
enum LogSumExpBody<Scalar: FloatingScalar>: ReductionBody {
  static var initial: Scalar.Accumulator { -.infinity }
  static var cost: Double { 20 }
  static func include(_ x: Scalar, in partial: Scalar.Accumulator) -> Scalar.Accumulator {
    combine(partial, x.accumulator)
  }
  static func combine(
    _ a: Scalar.Accumulator, _ b: Scalar.Accumulator
  ) -> Scalar.Accumulator {
    if a.isNaN || b.isNaN { return .nan }
    let (low, high) = a < b ? (a, b) : (b, a)
    // Equal infinities have no difference.
    if low == high && high.isInfinite { return high }
    return high + .log1p(.exp(low - high))
  }
  static func finish(_ partial: Scalar.Accumulator, count: Int) -> Scalar { Scalar(partial) }
}

/// Running logarithms of sums of exponentials of `x` along `axis`; see
/// ``cumsum(_:along:exclusive:reverse:name:)``.
///
/// - SeeAlso: TensorFlow op `CumulativeLogsumexp`.
public func cumulativeLogsumexp<Scalar: FloatingScalar>(
  _ x: Output<Scalar>, along axis: Int = 0, exclusive: Bool = false, reverse: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    x.graph.addOperation(
      "CumulativeLogsumexp", inputs: [x.erased, x.graph.integerConstant(axis)],
      attributes: ["exclusive": .bool(exclusive), "reverse": .bool(reverse)], name: name
    ).output(0))
}
