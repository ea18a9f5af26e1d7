public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// What the ops that change a tensor at index tuples share.
enum TensorScatter {
  static let shapes = ShapeFunction { context in
    try context.inferScatter(indices: 1, updates: 2, into: context.input(0))
  }

  /// A kernel that copies input 0, in place where its memory is free, and then changes it.
  static func kernel(
    _ construction: KernelConstruction,
    _ change: @escaping @Sendable (Scatter, AnyTensor) throws(StatusError) -> Void
  ) throws(StatusError) -> any Kernel {
    let bad = try BadIndices(construction.attributes)
    return ClosureKernel { context in
      let shape = try context.input(0).shape
      let scatter = try Scatter(
        indices: context.input(1), updates: context.input(2), shape: shape, bad: bad)
      try change(scatter, context.owned(0, to: 0))
    }
  }

  /// Gradients of an extreme: shared evenly by all that attain it.
  static let extremeGradient = GradientRule.dense { context in
    let (x, indices, updates) = (
      try context.input(0), try context.input(1), try context.input(2)
    )
    let (output, upstream) = (try context.output(0), try context.upstream(0))
    let policy: [String: AttributeValue] = [
      "bad_indices_policy": .string(try context.attributes.bytes("bad_indices_policy"))
    ]
    let dtype = upstream.dtype
    let ofInput = try context.cast(context.equal(x, output), to: dtype)
    let chosen = try context.build("GatherNd", [output, indices], policy)
    let ofUpdates = try context.cast(context.equal(updates, chosen), to: dtype)
    let shape = try context.shape(x, as: indices.dtype.base)
    let counted = try context.build("ScatterNd", [indices, ofUpdates, shape], policy)
    let sharing = try context.add(ofInput, counted)
    let share = try context.div(upstream, sharing)
    return [
      try context.div(context.mul(upstream, ofInput), sharing), nil,
      try context.mul(context.build("GatherNd", [share, indices], policy), ofUpdates),
    ]
  }
}

/// A tensor with slices at index tuples replaced; of several for one place the last wins.
public enum TensorScatterUpdate: OpDeclaration {
  public static let signature = OpSignature(
    "TensorScatterUpdate", inputs: ["tensor: T", "indices: Tindices", "updates: T"],
    outputs: ["output: T"],
    attributes: [
      "T: type", "Tindices: {int16, int32, int64, uint16}", "bad_indices_policy: string = \"\"",
    ])
  public static let shapes = TensorScatter.shapes
  public static let gradient = GradientRule.dense { context in
    let (upstream, indices) = (try context.upstream(0), try context.input(1))
    let zeros = try context.zerosLike(context.input(2))
    return [
      try context.build("TensorScatterUpdate", [upstream, indices, zeros]), nil,
      try context.build("GatherNd", [upstream, indices]),
    ]
  }
  public static let kernels = KernelTable { construction in
    try TensorScatter.kernel(construction) { (scatter, memory) throws(StatusError) in
      try scatter.assign(to: memory)
    }
  }
}

/// A tensor with updates added at index tuples.
public enum TensorScatterAdd: OpDeclaration {
  public static let signature = OpSignature(
    "TensorScatterAdd", inputs: ["tensor: T", "indices: Tindices", "updates: T"],
    outputs: ["output: T"],
    attributes: ["T: type", "Tindices: {int32, int64}", "bad_indices_policy: string = \"\""])
  public static let shapes = TensorScatter.shapes
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    return [upstream, nil, try context.build("GatherNd", [upstream, context.input(1)])]
  }
  public static let kernels = KernelTable.numeric(Kernels.self)

  enum Kernels: NumericKernelFamily {
    static func kernel<Scalar: NumericScalar>(
      _ type: Scalar.Type, _ construction: KernelConstruction
    ) throws(StatusError) -> any Kernel {
      try TensorScatter.kernel(construction) { (scatter, memory) throws(StatusError) in
        try scatter.combine(into: memory, type) { AddUpdate.apply($0, $1) }
      }
    }
  }
}

/// A tensor with updates subtracted at index tuples.
public enum TensorScatterSub: OpDeclaration {
  public static let signature = OpSignature(
    "TensorScatterSub", inputs: ["tensor: T", "indices: Tindices", "updates: T"],
    outputs: ["output: T"],
    attributes: ["T: type", "Tindices: {int32, int64}", "bad_indices_policy: string = \"\""])
  public static let shapes = TensorScatter.shapes
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let updates = try context.build("GatherNd", [upstream, context.input(1)])
    return [upstream, nil, try context.neg(updates)]
  }
  public static let kernels = KernelTable.numeric(Kernels.self)

  private enum Kernels: NumericKernelFamily {
    static func kernel<Scalar: NumericScalar>(
      _ type: Scalar.Type, _ construction: KernelConstruction
    ) throws(StatusError) -> any Kernel {
      try TensorScatter.kernel(construction) { (scatter, memory) throws(StatusError) in
        try scatter.combine(into: memory, type) { SubtractUpdate.apply($0, $1) }
      }
    }
  }
}

/// The larger of a tensor and updates at index tuples.
public enum TensorScatterMax: OpDeclaration {
  public static let signature = OpSignature(
    "TensorScatterMax", inputs: ["tensor: T", "indices: Tindices", "updates: T"],
    outputs: ["output: T"],
    attributes: ["T: type", "Tindices: {int32, int64}", "bad_indices_policy: string = \"\""])
  public static let shapes = TensorScatter.shapes
  public static let gradient = TensorScatter.extremeGradient
  public static let kernels = KernelTable.real(Kernels.self)

  private enum Kernels: RealKernelFamily {
    static func kernel<Scalar: RealScalar>(
      _ type: Scalar.Type, _ construction: KernelConstruction
    ) throws(StatusError) -> any Kernel {
      try TensorScatter.kernel(construction) { (scatter, memory) throws(StatusError) in
        try scatter.combine(into: memory, type) { MaximumUpdate.apply($0, $1) }
      }
    }
  }
}

/// The smaller of a tensor and updates at index tuples.
public enum TensorScatterMin: OpDeclaration {
  public static let signature = OpSignature(
    "TensorScatterMin", inputs: ["tensor: T", "indices: Tindices", "updates: T"],
    outputs: ["output: T"],
    attributes: ["T: type", "Tindices: {int32, int64}", "bad_indices_policy: string = \"\""])
  public static let shapes = TensorScatter.shapes
  public static let gradient = TensorScatter.extremeGradient
  public static let kernels = KernelTable.real(Kernels.self)

  private enum Kernels: RealKernelFamily {
    static func kernel<Scalar: RealScalar>(
      _ type: Scalar.Type, _ construction: KernelConstruction
    ) throws(StatusError) -> any Kernel {
      try TensorScatter.kernel(construction) { (scatter, memory) throws(StatusError) in
        try scatter.combine(into: memory, type) { MinimumUpdate.apply($0, $1) }
      }
    }
  }
}

/// The tensor with slices at index tuples replaced by `updates`.
///
/// - Parameter indices: `[..., depth]`: positions in the tensor's first dimensions.
/// - SeeAlso: TensorFlow op `TensorScatterUpdate`.
public func tensorScatterUpdate<Scalar: TensorScalar, Index: IntegerScalar>(
  _ tensor: Output<Scalar>, at indices: Output<Index>, with updates: Output<Scalar>,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    tensor.graph.addOperation(
      "TensorScatterUpdate", inputs: [tensor.erased, indices.erased, updates.erased], name: name
    ).output(0))
}

/// The tensor with `updates` added at index tuples.
///
/// - SeeAlso: TensorFlow op `TensorScatterAdd`.
public func tensorScatterAdd<Scalar: NumericScalar, Index: IntegerScalar>(
  _ tensor: Output<Scalar>, at indices: Output<Index>, adding updates: Output<Scalar>,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    tensor.graph.addOperation(
      "TensorScatterAdd", inputs: [tensor.erased, indices.erased, updates.erased], name: name
    ).output(0))
}
