public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Where batch, height, width and depth stand in a data format.
private struct ImageLayout {
  let rank: Int
  let height: Int
  let width: Int
  let depth: Int
  let name: String

  init(_ attributes: Attributes) throws(StatusError) {
    name = try attributes.string("data_format")
    switch name {
    case "NHWC": (rank, height, width, depth) = (4, 1, 2, 3)
    case "NCHW": (rank, height, width, depth) = (4, 2, 3, 1)
    default: (rank, height, width, depth) = (5, 2, 3, 1)
    }
  }

  func requireSupport() throws(StatusError) {
    guard name == "NHWC" else {
      throw .invalidArgument("Only NHWC data_format supported on CPU. Got \(name)")
    }
  }
}

extension GradientRule {
  /// Both ops move elements, so each undoes the other.
  fileprivate static func inverse(_ op: String) -> GradientRule {
    .dense { context in
      let attributes = context.attributes.values.filter {
        $0.key == "block_size" || $0.key == "data_format"
      }
      return [try context.build(op, [context.upstream(0)], attributes)]
    }
  }
}

/// Blocks of an image moved into its depth.
public enum SpaceToDepth: OpDeclaration {
  public static let signature = OpSignature(
    "SpaceToDepth", inputs: ["input: T"], outputs: ["output: T"],
    attributes: [
      "T: type", "block_size: int >= 2",
      "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = \"NHWC\"",
    ])
  public static let shapes = ShapeFunction { context in
    let layout = try ImageLayout(context.attributes)
    let block = try context.attributes.int("block_size")
    var sizes = try context.requireRank(0, layout.rank).sizes(rank: layout.rank)
    sizes[layout.height] = try ShapeContext.divide(sizes[layout.height], by: block)
    sizes[layout.width] = try ShapeContext.divide(sizes[layout.width], by: block)
    sizes[layout.depth] = try ShapeContext.multiply(
      ShapeContext.multiply(sizes[layout.depth], block), block)
    context.setOutput(0, PartialShape(sizes))
  }
  public static let gradient = GradientRule.inverse("DepthToSpace")
  public static let kernels = KernelTable { construction in
    try ImageLayout(construction.attributes).requireSupport()
    let block = try construction.attributes.int("block_size")
    return ClosureKernel { context in
      let input = try context.input(0)
      guard input.shape.rank == 4 else {
        throw StatusError.invalidArgument(
          "Input rank should be: 4 instead of: \(input.shape.rank)")
      }
      let sizes = input.shape.sizes
      guard sizes[1] % block == 0, sizes[2] % block == 0 else {
        throw StatusError.invalidArgument(
          "Image width \(sizes[2]) and height \(sizes[1]) should be divisible by block_size: "
            + "\(block)")
      }
      let (height, width) = (sizes[1] / block, sizes[2] / block)
      let depth = try product(sizes[3], block)
      let output = try context.allocate(
        0, dtype: input.dtype, shape: Shape([sizes[0], height, width, depth]))
      let strides = input.shape.strides
      let walk = [sizes[0], height, width, block, block, sizes[3]]
      // Strides are at most the element count unless there are no elements.
      try StridedCopy(
        sizes: walk,
        sourceStrides: [
          strides[0], strides[1] &* block, strides[2] &* block, strides[1], strides[2], 1,
        ], targetStrides: Shape(walk).strides
      ).run(from: input, to: output, workers: context.workers)
    }
  }

  private static func product(_ depth: Int, _ block: Int) throws(StatusError) -> Int {
    guard let result = Checked.product([depth, block, block]) else {
      throw .invalidArgument("The depth of the output overflows")
    }
    return result
  }
}

/// Parts of an image's depth moved into blocks of its space.
public enum DepthToSpace: OpDeclaration {
  public static let signature = OpSignature(
    "DepthToSpace", inputs: ["input: T"], outputs: ["output: T"],
    attributes: [
      "T: type", "block_size: int >= 2",
      "data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = \"NHWC\"",
    ])
  public static let shapes = ShapeFunction { context in
    let layout = try ImageLayout(context.attributes)
    let block = try context.attributes.int("block_size")
    var sizes = try context.requireRank(0, layout.rank).sizes(rank: layout.rank)
    sizes[layout.height] = try ShapeContext.multiply(sizes[layout.height], block)
    sizes[layout.width] = try ShapeContext.multiply(sizes[layout.width], block)
    sizes[layout.depth] = try ShapeContext.divide(
      ShapeContext.divide(sizes[layout.depth], by: block), by: block)
    context.setOutput(0, PartialShape(sizes))
  }
  public static let gradient = GradientRule.inverse("SpaceToDepth")
  public static let kernels = KernelTable { construction in
    try ImageLayout(construction.attributes).requireSupport()
    let block = try construction.attributes.int("block_size")
    return ClosureKernel { context in
      let input = try context.input(0)
      guard input.shape.rank == 4 else {
        throw StatusError.invalidArgument(
          "Input rank should be: 4 instead of: \(input.shape.rank)")
      }
      let sizes = input.shape.sizes
      guard let area = Checked.multiply(block, block), sizes[3] % area == 0 else {
        throw StatusError.invalidArgument(
          "Input depth dimension \(sizes[3]) should be divisible by: \(block) squared")
      }
      guard let height = Checked.multiply(sizes[1], block),
        let width = Checked.multiply(sizes[2], block)
      else { throw StatusError.invalidArgument("The size of the output overflows") }
      let shape = try Shape([sizes[0], height, width, sizes[3] / area])
      let output = try context.allocate(0, dtype: input.dtype, shape: shape)
      let strides = shape.strides
      let walk = [sizes[0], sizes[1], sizes[2], block, block, sizes[3] / area]
      // Strides are at most the element count unless there are no elements.
      try StridedCopy(
        sizes: walk, sourceStrides: Shape(walk).strides,
        targetStrides: [
          strides[0], strides[1] &* block, strides[2] &* block, strides[1], strides[2], 1,
        ]
      ).run(from: input, to: output, workers: context.workers)
    }
  }
}

/// Blocks of `block` by `block` elements of each image moved into its depth.
///
/// - Parameter input: `[batch, height, width, depth]`.
/// - Returns: `[batch, height / block, width / block, depth * block * block]`.
/// - Throws: ``StatusError/Code/invalidArgument`` if a known size cannot be divided evenly.
/// - SeeAlso: TensorFlow op `SpaceToDepth`.
public func spaceToDepth<Scalar: TensorScalar>(
  _ input: Output<Scalar>, block: Int, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "SpaceToDepth", inputs: [input.erased], attributes: ["block_size": .int(Int64(block))],
      name: name
    ).output(0))
}

/// The inverse of ``spaceToDepth(_:block:name:)``.
///
/// - SeeAlso: TensorFlow op `DepthToSpace`.
public func depthToSpace<Scalar: TensorScalar>(
  _ input: Output<Scalar>, block: Int, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "DepthToSpace", inputs: [input.erased], attributes: ["block_size": .int(Int64(block))],
      name: name
    ).output(0))
}
