public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Slices of a tensor by index tuples.
public enum GatherNd: OpDeclaration {
  public static let signature = OpSignature(
    "GatherNd", inputs: ["params: Tparams", "indices: Tindices"], outputs: ["output: Tparams"],
    attributes: [
      "Tparams: type", "Tindices: {int16, int32, int64}", "bad_indices_policy: string = \"\"",
    ])
  public static let shapes = ShapeFunction { context in
    let params = context.input(0)
    let indices = try context.requireRank(1, atLeast: 1)
    guard let rank = params.rank, let indexRank = indices.rank,
      let depth = indices[indexRank - 1]
    else { return }
    guard depth <= rank else {
      throw StatusError.invalidArgument(
        "indices.shape[-1] must be <= params.rank, but saw indices shape: \(indices) and params "
          + "shape: \(params)")
    }
    context.setOutput(
      0,
      indices.dimensions(in: 0..<indexRank - 1)
        .concatenated(with: params.dimensions(in: depth..<rank)))
  }
  public static let gradient = GradientRule.rule { context in
    let (params, indices) = (try context.input(0), try context.input(1))
    let shape = try context.shape(params, as: indices.dtype == .int64 ? .int64 : .int32)
    let upstream = try context.upstream(0)
    if indices.shape.rank == 2, indices.shape[1] == 1 {
      let rows = try context.build("Squeeze", [indices], ["squeeze_dims": .ints([-1])])
      return [.slices(IndexedSlices(values: upstream, indices: rows, denseShape: shape)), nil]
    }
    let policy = try context.attributes.bytes("bad_indices_policy")
    let sum = try context.build(
      "ScatterNd", [indices, upstream, context.cast(shape, to: indices.dtype)],
      ["bad_indices_policy": .string(policy)])
    return [.dense(sum), nil]
  }
  public static let kernels = KernelTable { construction in
    let bad = try BadIndices(construction.attributes)
    let name = construction.nodeName
    return ClosureKernel { context in try gather(context, bad, name) }
  }

  private static func gather(
    _ context: borrowing KernelContext, _ bad: BadIndices, _ name: String
  ) throws(StatusError) {
    let (params, indices) = (try context.input(0), try context.input(1))
    let rank = params.shape.rank
    guard rank >= 1 else { throw .invalidArgument("params must be at least a vector") }
    guard indices.shape.rank >= 1 else {
      throw .invalidArgument("indices must be at least a vector")
    }
    let depth = indices.shape[indices.shape.rank - 1]
    guard depth <= rank else {
      throw .invalidArgument(
        "index innermost dimension length must be <= params rank; saw: \(depth) vs. \(rank)")
    }
    let shape = try Shape(indices.shape.sizes.dropLast() + params.shape.sizes[depth...])
    let mover = try context.mover(0, dtype: params.dtype, shape: shape)
    guard shape.elementCount > 0 else { return }
    guard params.elementCount > 0 else {
      throw .invalidArgument(
        "Requested more than 0 entries, but params is empty.  Params shape: \(params.shape)")
    }
    let tuples = try IndexTuples(indices, into: params.shape, bad: bad) { place, tuple in
      "indices\(place) = \(tuple) does not index into param shape \(params.shape), node name: "
        + name
    }
    let present = tuples.rows.indices.filter { tuples.rows[$0] != nil }
    if present.count < tuples.rows.count { mover.zeroAll() }
    try RowMover.copy(
      params, rows: present.compactMap { tuples.rows[$0] }, into: mover.target, rows: present,
      length: tuples.length, count: present.count)
  }
}

/// The tensor's slices at index tuples: the last dimension of `indices` holds positions in the tensor's
/// first dimensions.
///
/// - Returns: `indices.shape[..<-1] + params.shape[indices.shape[-1]...]`. A run throws
///   ``StatusError/Code/invalidArgument`` for a tuple that is outside.
/// - SeeAlso: TensorFlow op `GatherNd`.
public func gatherND<Scalar: TensorScalar, Index: IntegerScalar>(
  _ params: Output<Scalar>, at indices: Output<Index>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    params.graph.addOperation("GatherNd", inputs: [params.erased, indices.erased], name: name)
      .output(0))
}
