public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Zeros with updates added at index tuples; strings are joined.
public enum ScatterNd: OpDeclaration {
  public static let signature = OpSignature(
    "ScatterNd", inputs: ["indices: Tindices", "updates: T", "shape: Tindices"],
    outputs: ["output: T"],
    attributes: [
      "T: type", "Tindices: {int16, int32, int64}", "bad_indices_policy: string = \"\"",
    ])
  public static let shapes = ShapeFunction { context in
    try context.inferScatter(indices: 0, updates: 1, into: context.shapeValue(2))
  }
  public static let gradient = GradientRule.dense { context in
    [nil, try context.build("GatherNd", [context.upstream(0), context.input(0)]), nil]
  }
  public static let kernels = KernelTable.numeric(Sum.self)
    .or(combining(over: [.bool], Bool.self) { $0 || $1 })
    .or(combining(over: [.string], ByteString.self) { ByteString(bytes: $0.bytes + $1.bytes) })

  private enum Sum: NumericKernelFamily {
    static func kernel<Scalar: NumericScalar>(
      _ type: Scalar.Type, _ construction: KernelConstruction
    ) throws(StatusError) -> any Kernel {
      try ScatterNd.kernel(construction, type) { Scalar.wrappingAdd($0, $1) }
    }
  }

  private static func combining<Scalar: TensorScalar>(
    over types: Set<DType>, _ type: Scalar.Type,
    _ apply: @escaping @Sendable (Scalar, Scalar) -> Scalar
  ) -> KernelTable {
    KernelTable(where: ["T": types]) { construction in
      try kernel(construction, type, apply)
    }
  }

  private static func kernel<Scalar: TensorScalar>(
    _ construction: KernelConstruction, _ type: Scalar.Type,
    _ apply: @escaping @Sendable (Scalar, Scalar) -> Scalar
  ) throws(StatusError) -> any Kernel {
    let bad = try BadIndices(construction.attributes)
    return ClosureKernel { context in
      let sizes = try context.input(2)
      guard sizes.shape.rank == 1 else {
        throw StatusError.invalidArgument("Shape must be a vector")
      }
      let shape = try Shape(sizes.integers())
      let scatter = try Scatter(
        indices: context.input(0), updates: context.input(1), shape: shape, bad: bad)
      let mover = try context.mover(0, dtype: scatter.updates.dtype, shape: shape)
      mover.zeroAll()
      try scatter.combine(into: mover.target, type, apply)
    }
  }
}

/// A tensor with updates added at index tuples.
public enum ScatterNdNonAliasingAdd: OpDeclaration {
  public static let signature = OpSignature(
    "ScatterNdNonAliasingAdd", inputs: ["input: T", "indices: Tindices", "updates: T"],
    outputs: ["output: T"],
    attributes: [
      "T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64, bool}",
      "Tindices: {int32, int64}", "bad_indices_policy: string = \"\"",
    ])
  public static let shapes = ShapeFunction { context in
    try context.inferScatter(indices: 1, updates: 2, into: context.input(0))
  }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    return [upstream, nil, try context.build("GatherNd", [upstream, context.input(1)])]
  }
  public static let kernels = KernelTable.numeric(TensorScatterAdd.Kernels.self)
    .or(
      KernelTable(where: ["T": [.bool]]) { construction in
        try TensorScatter.kernel(construction) { (scatter, memory) throws(StatusError) in
          try scatter.combine(into: memory, Bool.self) { $0 || $1 }
        }
      })
}

/// The sum of updates at index tuples in a tensor of zeros of the given sizes.
///
/// - Parameter indices: `[..., depth]`: positions in the result's first dimensions.
/// - Parameter updates: `[..., rest of the sizes]`; updates at equal tuples add up.
/// - SeeAlso: TensorFlow op `ScatterNd`.
public func scatterND<Scalar: TensorScalar>(
  _ updates: Output<Scalar>, at indices: Output<Int32>, sizes: [Int], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    updates.graph.addOperation(
      "ScatterNd", inputs: [indices.erased, updates.erased, updates.graph.indices(sizes).erased],
      name: name
    ).output(0))
}
