public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The product over some dimensions; one over no elements. Integers wrap.
public enum Prod: OpDeclaration, AccumulatingKernelFamily {
  public static let signature = OpSignature(
    "Prod", inputs: ["input: T", "reduction_indices: Tidx"], outputs: ["output: T"],
    attributes: [
      "keep_dims: bool = false", "T: \(Allowed.numbers)", "Tidx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.reduction
  public static let gradient = GradientRule.dense { [try $0.productGradient(), nil] }
  public static let kernels = KernelTable.accumulating(Prod.self)

  public static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ReduceKernel<ProdBody<Scalar>>(construction))
  }
}

/// Multiplies.
enum ProdBody<Scalar: AccumulatingScalar>: ReductionBody {
  static var initial: Scalar.Total { .one }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar.Total) -> Scalar.Total {
    .wrappingMultiply(partial, x.total)
  }
  @inline(__always) static func combine(_ a: Scalar.Total, _ b: Scalar.Total) -> Scalar.Total {
    .wrappingMultiply(a, b)
  }
  static func finish(_ partial: Scalar.Total, count: Int) -> Scalar { Scalar.narrowed(partial) }
}

/// The maximum over some dimensions: the lowest value over no elements. NaN wins.
public enum Max: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "Max", inputs: ["input: T", "reduction_indices: Tidx"], outputs: ["output: T"],
    attributes: [
      "keep_dims: bool = false", "T: \(Allowed.realAndQuantized)", "Tidx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.reduction
  public static let gradient = GradientRule.dense { [try $0.extremumGradient(), nil] }
  public static let kernels = KernelTable.real(Max.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ReduceKernel<MaxBody<Scalar>>(construction))
  }
}

/// Keeps the larger; of equal values the first.
enum MaxBody<Scalar: RealScalar>: ReductionBody {
  static var initial: Scalar { .lowest }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar) -> Scalar {
    // Only NaN differs from itself.
    partial < x || x != x ? x : partial
  }
  @inline(__always) static func combine(_ a: Scalar, _ b: Scalar) -> Scalar { include(b, in: a) }
  static func finish(_ partial: Scalar, count: Int) -> Scalar { partial }
}

/// The minimum over some dimensions: the highest value over no elements. NaN wins.
public enum Min: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "Min", inputs: ["input: T", "reduction_indices: Tidx"], outputs: ["output: T"],
    attributes: [
      "keep_dims: bool = false", "T: \(Allowed.realAndQuantized)", "Tidx: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.reduction
  public static let gradient = GradientRule.dense { [try $0.extremumGradient(), nil] }
  public static let kernels = KernelTable.real(Min.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(ReduceKernel<MinBody<Scalar>>(construction))
  }
}

/// Keeps the smaller; of equal values the first.
enum MinBody<Scalar: RealScalar>: ReductionBody {
  static var initial: Scalar { .highest }
  @inline(__always) static func include(_ x: Scalar, in partial: Scalar) -> Scalar {
    // Only NaN differs from itself.
    x < partial || x != x ? x : partial
  }
  @inline(__always) static func combine(_ a: Scalar, _ b: Scalar) -> Scalar { include(b, in: a) }
  static func finish(_ partial: Scalar, count: Int) -> Scalar { partial }
}
