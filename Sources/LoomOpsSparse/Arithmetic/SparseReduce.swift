public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Sums of stored values over dimensions, as a dense tensor.
public enum SparseReduceSum: OpDeclaration, AccumulatingKernelFamily {
  public static let signature = OpSignature.sparseReduction(
    "SparseReduceSum", Allowed.numbers, ["output: T"])
  public static let shapes = ShapeFunction.sparseReduction
  public static let gradient = GradientRule.dense { context in
    let (indices, sizes) = (try context.input(0), try context.input(2))
    let kept = try context.cast(
      context.keptSizes(sizes, context.input(3)), to: .int64)
    let upstream = try context.reshape(context.upstream(0), kept)
    let scale = try context.build("FloorDiv", [sizes, kept])
    let positions = try context.build("FloorDiv", [indices, scale])
    return [nil, try context.build("GatherNd", [upstream, positions]), nil, nil]
  }
  public static let kernels = KernelTable.accumulating(SparseReduceSum.self)

  public static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try SparseReduction.kernel(construction, isSparse: false) {
      try SparseReduction.sum($0, $1, $2, type)
    }
  }
}

/// Sums of stored values over dimensions, as a sparse tensor.
public enum SparseReduceSumSparse: OpDeclaration, AccumulatingKernelFamily {
  public static let signature = OpSignature.sparseReduction(
    "SparseReduceSumSparse", Allowed.numbers,
    ["output_indices: int64", "output_values: T", "output_shape: int64"])
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.accumulating(SparseReduceSumSparse.self)

  public static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try SparseReduction.kernel(construction, isSparse: true) {
      try SparseReduction.sum($0, $1, $2, type)
    }
  }
}

/// The largest stored values over dimensions, as a dense tensor; zero where nothing is stored.
public enum SparseReduceMax: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature.sparseReduction(
    "SparseReduceMax", Allowed.real, ["output: T"])
  public static let shapes = ShapeFunction.sparseReduction
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.real(SparseReduceMax.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try SparseReduction.kernel(construction, isSparse: false) {
      try SparseReduction.max($0, $1, $2, type)
    }
  }
}

/// The largest stored values over dimensions, as a sparse tensor.
public enum SparseReduceMaxSparse: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature.sparseReduction(
    "SparseReduceMaxSparse", Allowed.real,
    ["output_indices: int64", "output_values: T", "output_shape: int64"])
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.real(SparseReduceMaxSparse.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try SparseReduction.kernel(construction, isSparse: true) {
      try SparseReduction.max($0, $1, $2, type)
    }
  }
}

extension OpSignature {
  fileprivate static func sparseReduction(
    _ name: String, _ types: String, _ outputs: [String]
  ) -> OpSignature {
    OpSignature(
      name,
      inputs: [
        "input_indices: int64", "input_values: T", "input_shape: int64", "reduction_axes: int32",
      ],
      outputs: outputs, attributes: ["keep_dims: bool = false", "T: \(types)"])
  }
}

extension ShapeFunction {
  /// Known if the sizes and the axes are.
  fileprivate static let sparseReduction = ShapeFunction { context in
    guard let sizes = try context.constant(2)?.integers(),
      let axes = try context.constant(3)?.integers()
    else { return }
    guard !sizes.isEmpty else {
      throw StatusError.invalidArgument("Number of dims in shape tensor must not be 0.")
    }
    // Axes outside of the rank wrap around here, as in TensorFlow; the kernel refuses them.
    let rank = sizes.count
    let reduced = Set(axes.map { ($0 + rank) % rank })
    let keeps = try context.attributes.bool("keep_dims")
    var result: [Int?] = []
    for (dimension, size) in sizes.enumerated() {
      if !reduced.contains(dimension) { result.append(size) } else if keeps { result.append(1) }
    }
    context.setOutput(0, PartialShape(result))
  }
}

extension GradientContext {
  /// The sizes of a sparse tensor with ones for the reduced dimensions.
  fileprivate func keptSizes(
    _ sizes: AnyOutput, _ axes: AnyOutput
  ) throws(StatusError) -> AnyOutput {
    let narrow = try cast(sizes, to: .int32)
    let rank = try size(narrow)
    let vector = try reshape(cast(axes, to: .int32), constant([-1]))
    let positive = try build("FloorMod", [add(vector, rank), rank])
    let all = try range(scalar(0), rank, scalar(1))
    let ones = try fill(shape(positive), scalar(1))
    return try build("DynamicStitch", [all, positive, narrow, ones], ["N": 2])
  }
}
