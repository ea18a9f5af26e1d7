public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// How often each of the numbers 0 ..< size occurs, or the sum of the weights of its occurrences.
public enum Bincount: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "Bincount", inputs: ["arr: int32", "size: int32", "weights: T"], outputs: ["bins: T"],
    attributes: [
      "T: {int32, int64, float, double}"
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(1, 0)
    context.setOutput(0, [try context.binCount(1)])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.numeric(Bincount.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(BincountKernel<Scalar>(.flat, isBinary: false))
  }
}

/// ``Bincount`` of a vector, or of each row of a matrix.
public enum DenseBincount: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "DenseBincount", inputs: ["input: Tidx", "size: Tidx", "weights: T"], outputs: ["output: T"],
    attributes: [
      "Tidx: {int32, int64}",
      "T: {int32, int64, float, double}",
      "binary_output: bool = false",
    ])
  public static let shapes = ShapeFunction { context in
    let input = try context.requireRank(0, atMost: 2)
    try context.requireRank(1, 0)
    let size = try context.binCount(1)
    guard let rank = input.rank else { return }
    context.setOutput(0, rank == 2 ? [input[0], size] : [size])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.numeric(DenseBincount.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      BincountKernel<Scalar>(.rows, isBinary: try construction.attributes.bool("binary_output")))
  }
}

/// ``Bincount`` of each row of a ragged matrix.
public enum RaggedBincount: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "RaggedBincount", inputs: ["splits: int64", "values: Tidx", "size: Tidx", "weights: T"],
    outputs: ["output: T"],
    attributes: [
      "Tidx: {int32, int64}",
      "T: {int32, int64, float, double}",
      "binary_output: bool = false",
    ])
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.numeric(RaggedBincount.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      BincountKernel<Scalar>(.ragged, isBinary: try construction.attributes.bool("binary_output")))
  }
}

/// ``Bincount`` of a sparse vector, or of each row of a sparse matrix.
public enum SparseBincount: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "SparseBincount",
    inputs: ["indices: int64", "values: Tidx", "dense_shape: int64", "size: Tidx", "weights: T"],
    outputs: ["output: T"],
    attributes: [
      "Tidx: {int32, int64}",
      "T: {int32, int64, float, double}",
      "binary_output: bool = false",
    ])
  public static let shapes = ShapeFunction { context in
    let shape = context.input(2)
    guard let rank = shape[0] else { return }
    guard rank <= 2 else {
      throw StatusError.invalidArgument("rank must be less than or equal to 2, got \(rank)")
    }
    let size = try context.binCount(3)
    guard rank == 2 else { return context.setOutput(0, [size]) }
    let rows = context.partialValue(2)?.first ?? nil
    context.setOutput(0, [rows, size])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.numeric(SparseBincount.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      BincountKernel<Scalar>(.sparse, isBinary: try construction.attributes.bool("binary_output")))
  }
}

extension ShapeContext {
  /// The number of bins that input `index` says, if it is known.
  fileprivate func binCount(_ index: Int) throws(StatusError) -> Int? {
    guard let size = try constant(index)?.integers().first else { return nil }
    guard size >= 0 else { throw .invalidArgument("size (\(size)) must be non-negative") }
    return size
  }
}
