import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Sparse tensors joined along one dimension, in row-major order.
public enum SparseConcat: OpDeclaration {
  public static let signature = OpSignature(
    "SparseConcat", inputs: ["indices: N * int64", "values: N * T", "shapes: N * int64"],
    outputs: ["output_indices: int64", "output_values: T", "output_shape: int64"],
    attributes: ["concat_dim: int", "N: int >= 2", "T: type"])
  public static let shapes = ShapeFunction { context in
    var rows: Int? = 0
    var rank: Int?
    var sizes = PartialShape.unknown(rank: 1)
    let count = context.inputCount / 3
    for index in 0..<count {
      let indices = try context.requireRank(index, 2)
      let values = try context.requireRank(index + count, 1)
      let entries = try ShapeContext.merge(indices[0], values[0])
      if let sum = rows, let entries { rows = Checked.add(sum, entries) } else { rows = nil }
      rank = try ShapeContext.merge(rank, indices[1])
      sizes = try sizes.merged(with: context.requireRank(index + 2 * count, 1))
    }
    context.setOutput(0, [rows, rank])
    context.setOutput(1, [rows])
    context.setOutput(2, sizes)
  }
  public static let gradient = GradientRule.notDifferentiable(
    because: "TensorFlow passes no gradient through SparseConcat")
  public static let kernels = KernelTable(where: ["T": .movable]) { construction in
    let axis = try construction.attributes.int("concat_dim")
    return ClosureKernel { try compute($0, axis: axis) }
  }

  private static func compute(_ context: borrowing KernelContext, axis: Int) throws(StatusError) {
    let count = context.inputCount / 3
    var parts: [SparseParts] = []
    for index in 0..<count {
      let part = try SparseParts(
        indices: context.input(index), values: context.input(index + count),
        sizes: context.input(index + 2 * count))
      _ = try part.shape()
      parts.append(part)
    }
    guard let first = parts.first else { throw .invalidArgument("Expected inputs to join") }
    let rank = first.rank
    guard axis >= -rank, axis < rank else {
      throw .invalidArgument(
        "Concat dimension must be in range [\(-rank), \(rank)), got \(axis)")
    }
    let dimension = axis < 0 ? axis + rank : axis
    var sizes = first.sizes
    var indices: [Int] = []
    var total = 0
    var offset = 0
    for (index, part) in parts.enumerated() {
      guard part.rank == rank else {
        throw .invalidArgument(
          "Ranks of all input tensors must match: expected \(rank) but got \(part.rank) at "
            + "position \(index)")
      }
      for other in 0..<rank where other != dimension && part.sizes[other] != sizes[other] {
        throw .invalidArgument(
          "Input shapes must match: expected \(sizes[other]) for dimension \(other) but got "
            + "\(part.sizes[other]) at position \(index)")
      }
      var tuples = part.indices
      for entry in 0..<part.count { tuples[entry &* rank &+ dimension] &+= offset }
      indices += tuples
      total += part.count
      guard let next = Checked.add(offset, part.sizes[dimension]) else {
        throw .invalidArgument("The joined size overflows")
      }
      offset = next
    }
    sizes[dimension] = offset
    let values = try AnyTensor.uninitialized(
      dtype: first.values.dtype, shape: Shape(vector: total), budget: context.budget)
    let mover = ByteMover(into: values)
    var place = 0
    for part in parts {
      try mover.copy(part.values, to: place, count: part.count)
      place += part.count
    }
    let joined = SparseParts(indices: indices, values: values, sizes: sizes)
    _ = try joined.shape()
    try context.setVector(2, sizes)
    if joined.isOrdered {
      try context.setIndices(0, indices, rank: rank, count: total)
      return try context.setOutput(1, values)
    }
    let order = joined.order(by: Array(0..<rank))
    try context.setIndices(0, order.flatMap { joined.tuple($0) }, rank: rank, count: total)
    try context.setValues(1, values, at: order)
  }
}
