import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The values of a ragged tensor with the index tuple of each.
public enum RaggedTensorToSparse: OpDeclaration {
  public static let signature = OpSignature(
    "RaggedTensorToSparse",
    inputs: ["rt_nested_splits: RAGGED_RANK * Tsplits", "rt_dense_values: T"],
    outputs: ["sparse_indices: int64", "sparse_values: T", "sparse_dense_shape: int64"],
    attributes: ["RAGGED_RANK: int >= 1", "T: type", "Tsplits: {int32, int64} = int64"])

  public static let shapes = ShapeFunction { context in
    let depth = try context.attributes.int("RAGGED_RANK")
    for index in 0..<depth { try context.requireRank(index, 1) }
    let values = try context.requireRank(depth, atLeast: 1)
    let rank = values.rank.flatMap { Checked.add($0, depth) }
    context.setOutput(0, [values.elementCount, rank])
    context.setOutput(1, [values.elementCount])
    context.setOutput(2, [rank])
  }

  public static let gradient = GradientRule.dense { context in
    let values = context.inputs.count - 1
    let flat = try context.reshape(
      context.upstream(1), context.shape(context.input(values)))
    return [AnyOutput?](repeating: nil, count: values) + [flat]
  }

  public static let kernels = KernelTable { construction in
    let depth = try construction.attributes.int("RAGGED_RANK")
    return ClosureKernel { try compute($0, depth: depth) }
  }

  private static func compute(
    _ context: borrowing KernelContext, depth: Int
  ) throws(StatusError) {
    var levels: [RowSplits] = []
    for index in 0..<depth { levels.append(try RowSplits(context.input(index))) }
    let values = try context.input(depth)
    guard let first = levels.first, values.shape.rank > 0 else {
      throw .invalidArgument(
        "Final value of ragged splits must match the length the corresponding ragged values.")
    }
    for (outer, inner) in zip(levels, levels.dropFirst()) {
      try outer.check(valueCount: inner.rowCount)
    }
    try levels[depth - 1].check(valueCount: values.shape[0])
    // The tuples of the rows of each level in turn, then of the values.
    var tuples = (0..<first.rowCount).map { [$0] }
    for level in levels {
      var next: [[Int]] = []
      next.reserveCapacity(level.valueCount)
      for row in 0..<level.rowCount {
        for position in level.starts[row]..<level.starts[row + 1] {
          next.append(tuples[row] + [position - level.starts[row]])
        }
      }
      tuples = next
    }
    let inner = Array(values.shape.sizes.dropFirst())
    let strides = SparseParts.strides(inner)
    let length = inner.reduce(1, &*)
    let rank = depth + 1 + inner.count
    var indices: [Int] = []
    indices.reserveCapacity(values.elementCount &* rank)
    for tuple in tuples {
      for offset in 0..<length {
        indices += tuple
        for axis in inner.indices { indices.append(offset / strides[axis] % inner[axis]) }
      }
    }
    try context.setIndices(0, indices, rank: rank, count: values.elementCount)
    try context.setOutput(1, values.reshaped(to: Shape(vector: values.elementCount)))
    try context.setVector(2, [first.rowCount] + levels.map(\.longest) + inner)
  }
}
