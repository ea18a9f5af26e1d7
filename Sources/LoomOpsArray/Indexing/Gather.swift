public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Rows of a tensor by index.
public enum Gather: OpDeclaration {
  public static let signature = OpSignature(
    "Gather", inputs: ["params: Tparams", "indices: Tindices"], outputs: ["output: Tparams"],
    attributes: [
      "validate_indices: bool = true", "Tparams: type", "Tindices: {int32, int64}",
    ])
  public static let shapes = ShapeFunction { context in
    let params = try context.requireRank(0, atLeast: 1)
    let rows = params.rank.map { params.dimensions(in: 1..<$0) } ?? .unknown
    context.setOutput(0, context.input(1).concatenated(with: rows))
  }
  public static let gradient = GradientRule.rule { context in
    [.slices(try GatherV2.rowGradient(context)), nil]
  }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    GatherV2.partialValue(context)
  }
  public static let kernels = KernelTable.closure { context in
    try GatherV2.gather(context, axis: 0, batchDimensions: 0)
  }
}

/// Slices of a tensor along an axis by index.
public enum GatherV2: OpDeclaration {
  public static let signature = OpSignature(
    "GatherV2", inputs: ["params: Tparams", "indices: Tindices", "axis: Taxis"],
    outputs: ["output: Tparams"],
    attributes: [
      "batch_dims: int = 0", "Tparams: type", "Tindices: {int16, int32, int64}",
      "Taxis: {int32, int64}",
    ])
  public static let shapes = ShapeFunction { context in try infer(context) }
  public static let gradient = GradientRule.rule { context in try gradients(context) }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    guard context.inputs[2] == [0], try context.attributes.int("batch_dims") == 0 else {
      return nil
    }
    return GatherV2.partialValue(context)
  }
  public static let kernels = KernelTable { construction in
    let batchDimensions = try construction.attributes.int("batch_dims")
    return ClosureKernel { context in
      let axis = try context.input(2)
      guard axis.shape.isScalar else {
        throw StatusError.invalidArgument("axis must be scalar")
      }
      try gather(context, axis: axis.integer(at: 0), batchDimensions: batchDimensions)
    }
  }

  private static func infer(_ context: ShapeContext) throws(StatusError) {
    let params = try context.requireRank(0, atLeast: 1)
    let indices = context.input(1)
    var batch = try context.attributes.int("batch_dims")
    guard let axis = try context.scalarValue(2) else {
      // TensorFlow adds negative batch dimensions to the rank here; we say nothing instead.
      if batch >= 0, let a = params.rank, let b = indices.rank, a + b - 1 - batch >= 0 {
        context.setOutput(0, .unknown(rank: a + b - 1 - batch))
      }
      return
    }
    try context.requireRank(0, atLeast: axis < 0 ? -axis : axis + 1)
    if batch < 0 {
      guard let rank = indices.rank else { return }
      batch += rank
    }
    if let rank = indices.rank, batch < 0 || batch > rank {
      throw .invalidArgument("Expected batch_dims in the range [\(-rank), \(rank)], got \(batch)")
    }
    guard let rank = params.rank, let indexRank = indices.rank else { return }
    let place = axis < 0 ? axis + rank : axis
    context.setOutput(
      0,
      params.dimensions(in: 0..<place)
        .concatenated(with: indices.dimensions(in: batch..<indexRank))
        .concatenated(with: params.dimensions(in: place + 1..<rank)))
  }

  fileprivate static func partialValue(_ context: PartialValueContext) -> [Int?]? {
    guard context.inputShapes[0].rank == 1, let values = context.inputs[0],
      let indices = context.inputs[1]
    else { return nil }
    return indices.map { $0.flatMap { values.indices.contains($0) ? values[$0] : nil } }
  }

  fileprivate static func gather(
    _ context: borrowing KernelContext, axis: Int, batchDimensions: Int
  ) throws(StatusError) {
    let (params, indices) = (try context.input(0), try context.input(1))
    let rank = params.shape.rank
    guard rank >= 1 else { throw .invalidArgument("params must be at least 1 dimensional") }
    guard let place = Axis.resolved(axis, rank: rank) else {
      throw .invalidArgument(
        "Shape must be at least rank \(axis < 0 ? -axis : axis + 1) but is rank \(rank)")
    }
    let batch = try checkedBatch(batchDimensions, place, params.shape, indices.shape)
    let kept = Array(indices.shape.sizes[batch...])
    let sizes = params.shape.sizes
    let shape = try Shape(sizes[..<place] + kept + sizes[(place + 1)...])
    let output = try context.allocate(0, dtype: params.dtype, shape: shape)
    guard shape.elementCount > 0 else { return }
    let bad = try RowMover.gather(
      params, at: indices, into: output, batches: params.shape.count(in: 0..<batch),
      outer: params.shape.count(in: batch..<place), limit: params.shape[place],
      inner: params.shape.count(in: place + 1..<rank), workers: context.workers)
    if let bad {
      throw .invalidArgument(
        "indices\(indices.place(of: bad)) = \(try indices.integer(at: bad)) is not in "
          + "[0, \(params.shape[place]))")
    }
  }

  private static func checkedBatch(
    _ given: Int, _ axis: Int, _ params: Shape, _ indices: Shape
  ) throws(StatusError) -> Int {
    guard given != 0 else { return 0 }
    guard given >= -indices.rank, given <= indices.rank else {
      throw .invalidArgument(
        "Expected batch_dims in the range [\(-indices.rank), \(indices.rank)], but got \(given)")
    }
    let batch = given < 0 ? given + indices.rank : given
    guard batch < params.rank else {
      throw .invalidArgument(
        "batch_dims (\(batch)) must be less than rank(params) (\(params.rank)).")
    }
    guard axis >= batch else {
      throw .invalidArgument(
        "batch_dims (\(batch)) must be less than or equal to axis (\(axis)).")
    }
    for index in 0..<batch where params[index] != indices[index] {
      throw .invalidArgument(
        "params.shape[\(index)]: \(params[index]) should be equal to indices.shape[\(index)]: "
          + "\(indices[index])")
    }
    return batch
  }
}

/// The tensor's slices along dimension `axis` at `indices`.
///
/// - Parameter batchDimensions: Leading dimensions that the tensor and the indices share.
/// - Returns: The tensor's shape with dimension `axis` replaced by the indices' (unshared) dimensions. A
///   run throws ``StatusError/Code/invalidArgument`` for an index that is outside.
/// - SeeAlso: TensorFlow op `GatherV2`.
public func gather<Scalar: TensorScalar, Index: IntegerScalar>(
  _ params: Output<Scalar>, at indices: Output<Index>, axis: Int = 0, batchDimensions: Int = 0,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    params.graph.addOperation(
      "GatherV2", inputs: [params.erased, indices.erased, params.graph.index(axis).erased],
      attributes: ["batch_dims": .int(Int64(batchDimensions))], name: name
    ).output(0))
}
