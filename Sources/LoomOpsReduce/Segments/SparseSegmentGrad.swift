public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The gradient of ``SparseSegmentSum`` with respect to its data, as a dense tensor.
public enum SparseSegmentSumGrad: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "SparseSegmentSumGrad",
    inputs: ["grad: T", "indices: Tidx", "segment_ids: Tsegmentids", "output_dim0: int32"],
    outputs: ["output: T"],
    attributes: [
      "T: {bfloat16, half, float, double}",
      "Tidx: {int32, int64} = int32",
      "Tsegmentids: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.sparseSegmentGradient
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(SparseSegmentSumGrad.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(SparseSegmentGradKernel<Scalar>(construction, .sum, isSparse: false))
  }
}

/// The gradient of ``SparseSegmentSum`` with respect to its data, as rows with their sorted indices.
public enum SparseSegmentSumGradV2: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "SparseSegmentSumGradV2",
    inputs: ["grad: T", "indices: Tidx", "segment_ids: Tsegmentids", "dense_output_dim0: int32"],
    outputs: ["output: T", "sorted_unique_indices: Tidx"],
    attributes: [
      "T: {bfloat16, half, float, double}",
      "Tidx: {int32, int64} = int32",
      "Tsegmentids: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.sparseSegmentRows
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(SparseSegmentSumGradV2.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(SparseSegmentGradKernel<Scalar>(construction, .sum, isSparse: true))
  }
}

/// The gradient of ``SparseSegmentMean`` with respect to its data, as a dense tensor.
public enum SparseSegmentMeanGrad: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "SparseSegmentMeanGrad",
    inputs: ["grad: T", "indices: Tidx", "segment_ids: Tsegmentids", "output_dim0: int32"],
    outputs: ["output: T"],
    attributes: [
      "T: {bfloat16, half, float, double}",
      "Tidx: {int32, int64} = int32",
      "Tsegmentids: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.sparseSegmentGradient
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(SparseSegmentMeanGrad.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(SparseSegmentGradKernel<Scalar>(construction, .mean, isSparse: false))
  }
}

/// The gradient of ``SparseSegmentMean`` with respect to its data, as rows with their sorted indices.
public enum SparseSegmentMeanGradV2: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "SparseSegmentMeanGradV2",
    inputs: ["grad: T", "indices: Tidx", "segment_ids: Tsegmentids", "dense_output_dim0: int32"],
    outputs: ["output: T", "sorted_unique_indices: Tidx"],
    attributes: [
      "T: {bfloat16, half, float, double}",
      "Tidx: {int32, int64} = int32",
      "Tsegmentids: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.sparseSegmentRows
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(SparseSegmentMeanGradV2.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(SparseSegmentGradKernel<Scalar>(construction, .mean, isSparse: true))
  }
}

/// The gradient of ``SparseSegmentSqrtN`` with respect to its data, as a dense tensor.
public enum SparseSegmentSqrtNGrad: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "SparseSegmentSqrtNGrad",
    inputs: ["grad: T", "indices: Tidx", "segment_ids: Tsegmentids", "output_dim0: int32"],
    outputs: ["output: T"],
    attributes: [
      "T: {bfloat16, half, float, double}",
      "Tidx: {int32, int64} = int32",
      "Tsegmentids: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.sparseSegmentGradient
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(SparseSegmentSqrtNGrad.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(SparseSegmentGradKernel<Scalar>(construction, .squareRoot, isSparse: false))
  }
}

/// The gradient of ``SparseSegmentSqrtN`` with respect to its data, as rows with their sorted indices.
public enum SparseSegmentSqrtNGradV2: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "SparseSegmentSqrtNGradV2",
    inputs: ["grad: T", "indices: Tidx", "segment_ids: Tsegmentids", "dense_output_dim0: int32"],
    outputs: ["output: T", "sorted_unique_indices: Tidx"],
    attributes: [
      "T: {bfloat16, half, float, double}",
      "Tidx: {int32, int64} = int32",
      "Tsegmentids: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.sparseSegmentRows
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.floating(SparseSegmentSqrtNGradV2.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(SparseSegmentGradKernel<Scalar>(construction, .squareRoot, isSparse: true))
  }
}
