public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Blocks of two spatial dimensions moved into the batch; the images are padded with zeros.
public enum SpaceToBatch: OpDeclaration {
  public static let signature = OpSignature(
    "SpaceToBatch", inputs: ["input: T", "paddings: Tpaddings"], outputs: ["output: T"],
    attributes: [
      "T: type", "Tpaddings: {int32, int64} = int32", "block_size: int >= 2",
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, 4)
    let size = try context.attributes.int("block_size")
    try context.inferSpaceToBatch(
      context.knownBlocks(block: nil, size: size, borders: 1, named: "paddings"))
  }
  public static let gradient = GradientRule.dense { context in
    let size = Int64(try context.attributes.int("block_size"))
    let inputs = [try context.upstream(0), try context.input(1)]
    return [try context.build("BatchToSpace", inputs, ["block_size": .int(size)]), nil]
  }
  public static let kernels = KernelTable { construction in
    let size = try construction.attributes.int("block_size")
    return ClosureKernel { context in
      let shape = try context.input(0).shape
      guard shape.rank == 4 else {
        throw StatusError.invalidArgument("Input rank should be: 4 instead of: \(shape.rank)")
      }
      try context.spaceToBatch(block: [size, size], paddings: 1)
    }
  }
}

/// Blocks of spatial dimensions moved into the batch; the images are padded with zeros.
public enum SpaceToBatchND: OpDeclaration {
  public static let signature = OpSignature(
    "SpaceToBatchND",
    inputs: ["input: T", "block_shape: Tblock_shape", "paddings: Tpaddings"],
    outputs: ["output: T"],
    attributes: [
      "T: type", "Tblock_shape: {int32, int64} = int32", "Tpaddings: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction { context in
    try context.inferSpaceToBatch(
      context.knownBlocks(block: 1, size: nil, borders: 2, named: "paddings"))
  }
  public static let gradient = GradientRule.dense { context in
    let inputs = [try context.upstream(0), try context.input(1), try context.input(2)]
    return [try context.build("BatchToSpaceND", inputs), nil, nil]
  }
  public static let kernels = KernelTable.closure { context in
    try context.spaceToBatch(block: blockShape(context), paddings: 2)
  }

  fileprivate static func blockShape(
    _ context: borrowing KernelContext
  ) throws(StatusError) -> [Int] {
    let block = try context.input(1)
    guard block.shape.rank == 1 else {
      throw .invalidArgument("block_shape rank should be 1 instead of \(block.shape.rank)")
    }
    return try block.integers()
  }
}

/// The inverse of `SpaceToBatch`; borders are cropped.
public enum BatchToSpace: OpDeclaration {
  public static let signature = OpSignature(
    "BatchToSpace", inputs: ["input: T", "crops: Tidx"], outputs: ["output: T"],
    attributes: ["T: type", "block_size: int >= 2", "Tidx: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, 4)
    let size = try context.attributes.int("block_size")
    try context.inferBatchToSpace(
      context.knownBlocks(block: nil, size: size, borders: 1, named: "crops"))
  }
  public static let gradient = GradientRule.dense { context in
    let size = Int64(try context.attributes.int("block_size"))
    let inputs = [try context.upstream(0), try context.input(1)]
    return [try context.build("SpaceToBatch", inputs, ["block_size": .int(size)]), nil]
  }
  public static let kernels = KernelTable { construction in
    let size = try construction.attributes.int("block_size")
    return ClosureKernel { context in
      let shape = try context.input(0).shape
      guard shape.rank == 4 else {
        throw StatusError.invalidArgument("Input rank should be: 4 instead of: \(shape.rank)")
      }
      try context.batchToSpace(block: [size, size], crops: 1)
    }
  }
}

/// The inverse of `SpaceToBatchND`; borders are cropped.
public enum BatchToSpaceND: OpDeclaration {
  public static let signature = OpSignature(
    "BatchToSpaceND", inputs: ["input: T", "block_shape: Tblock_shape", "crops: Tcrops"],
    outputs: ["output: T"],
    attributes: [
      "T: type", "Tblock_shape: {int32, int64} = int32", "Tcrops: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction { context in
    try context.inferBatchToSpace(
      context.knownBlocks(block: 1, size: nil, borders: 2, named: "crops"))
  }
  public static let gradient = GradientRule.dense { context in
    let inputs = [try context.upstream(0), try context.input(1), try context.input(2)]
    return [try context.build("SpaceToBatchND", inputs), nil, nil]
  }
  public static let kernels = KernelTable.closure { context in
    try context.batchToSpace(block: SpaceToBatchND.blockShape(context), crops: 2)
  }
}

/// Blocks of spatial dimensions moved into the batch.
///
/// - Parameters:
///   - input: `[batch, spatial..., rest...]`.
///   - block: Sizes of a block, one per spatial dimension.
///   - paddings: Zeros before and after each spatial dimension.
/// - Returns: `[batch * product of block, padded / block..., rest...]`.
/// - SeeAlso: TensorFlow op `SpaceToBatchND`.
public func spaceToBatchND<Scalar: TensorScalar>(
  _ input: Output<Scalar>, block: [Int], paddings: [(before: Int, after: Int)],
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  let graph = input.graph
  return try Output(
    graph.addOperation(
      "SpaceToBatchND",
      inputs: [input.erased, graph.indices(block).erased, graph.matrix(paddings)], name: name
    ).output(0))
}

/// The inverse of ``spaceToBatchND(_:block:paddings:name:)``; `crops` are cut off.
///
/// - SeeAlso: TensorFlow op `BatchToSpaceND`.
public func batchToSpaceND<Scalar: TensorScalar>(
  _ input: Output<Scalar>, block: [Int], crops: [(before: Int, after: Int)], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  let graph = input.graph
  return try Output(
    graph.addOperation(
      "BatchToSpaceND",
      inputs: [input.erased, graph.indices(block).erased, graph.matrix(crops)], name: name
    ).output(0))
}
