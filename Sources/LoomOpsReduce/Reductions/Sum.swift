public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The sum over some dimensions; zero over no elements. Integers wrap.
public enum Sum: OpDeclaration, AccumulatingKernelFamily {
  public static let signature = OpSignature(
    "Sum", inputs: ["input: T", "reduction_indices: Tidx"], outputs: ["output: T"],
    attributes: [
      "keep_dims: bool = false", "T: \(Allowed.numbers)", "Tidx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.reduction
  public static let gradient = GradientRule.dense { [try $0.sumGradient(), nil] }
  public static let kernels = KernelTable.accumulating(Sum.self)

  public static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ReduceKernel<SumBody<Scalar>>(construction))
  }
}

/// Adds up.
enum SumBody<Scalar: AccumulatingScalar>: ReductionBody {
  static var initial: Scalar.Total { .zero }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar.Total) -> Scalar.Total {
    .wrappingAdd(partial, x.total)
  }
  @inline(__always) static func combine(_ a: Scalar.Total, _ b: Scalar.Total) -> Scalar.Total {
    .wrappingAdd(a, b)
  }
  static func finish(_ partial: Scalar.Total, count: Int) -> Scalar { Scalar.narrowed(partial) }
}

/// The mean over some dimensions; NaN over no elements. Integer means truncate towards zero.
public enum Mean: OpDeclaration, AccumulatingKernelFamily {
  public static let signature = OpSignature(
    "Mean", inputs: ["input: T", "reduction_indices: Tidx"], outputs: ["output: T"],
    attributes: [
      "keep_dims: bool = false", "T: \(Allowed.numbers)", "Tidx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.reduction
  public static let gradient = GradientRule.dense { [try $0.meanGradient(), nil] }
  public static let kernels = KernelTable.accumulating(Mean.self)

  public static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ReduceKernel<MeanBody<Scalar>>(construction))
  }
}

/// Adds up and divides.
enum MeanBody<Scalar: AccumulatingScalar>: ReductionBody {
  static var initial: Scalar.Total { .zero }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar.Total) -> Scalar.Total {
    .wrappingAdd(partial, x.total)
  }
  @inline(__always) static func combine(_ a: Scalar.Total, _ b: Scalar.Total) -> Scalar.Total {
    .wrappingAdd(a, b)
  }
  static func finish(_ partial: Scalar.Total, count: Int) -> Scalar {
    Scalar.narrowed(.quotient(partial, Scalar.Total(converting: Double(count))))
  }
}

/// The square root of the sum of squares over some dimensions.
public enum EuclideanNorm: OpDeclaration, AccumulatingKernelFamily {
  public static let signature = OpSignature(
    "EuclideanNorm", inputs: ["input: T", "reduction_indices: Tidx"], outputs: ["output: T"],
    attributes: [
      "keep_dims: bool = false", "T: \(Allowed.numbers)", "Tidx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.reduction
  public static let gradient = GradientRule.dense { context in
    let kept = try context.reducedShape(context.input(0), context.input(1))
    let norm = try context.reshape(context.output(0), kept)
    let upstream = try context.reshape(context.upstream(0), kept)
    return [try context.div(context.input(0), context.div(norm, upstream)), nil]
  }
  public static let kernels = KernelTable.accumulating(EuclideanNorm.self)

  public static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ReduceKernel<NormBody<Scalar>>(construction))
  }
}

/// Adds up squares and takes the root. Complex numbers take part with their modulus.
enum NormBody<Scalar: AccumulatingScalar>: ReductionBody {
  static var initial: Scalar.Total { .zero }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar.Total) -> Scalar.Total {
    let x = x.total
    return .wrappingAdd(partial, .wrappingMultiply(x, NormBody.conjugate(x)))
  }
  @inline(__always) static func combine(_ a: Scalar.Total, _ b: Scalar.Total) -> Scalar.Total {
    .wrappingAdd(a, b)
  }
  static func finish(_ partial: Scalar.Total, count: Int) -> Scalar {
    if let partial = partial as? Float {
      return Scalar(converting: Double(partial.squareRoot()))
    }
    // The square is rounded (or wrapped) to the scalar's own type first.
    return Scalar(converting: Scalar.narrowed(partial).doubleValue.squareRoot())
  }

  @inline(__always) private static func conjugate(_ x: Scalar.Total) -> Scalar.Total {
    if let x = x as? Complex64, let result = x.conjugate as? Scalar.Total { return result }
    if let x = x as? Complex128, let result = x.conjugate as? Scalar.Total { return result }
    return x
  }
}
