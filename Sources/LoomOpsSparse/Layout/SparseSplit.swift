import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A sparse tensor cut into even parts along one dimension; the first parts are larger by one where
/// the size does not come out even.
public enum SparseSplit: OpDeclaration {
  public static let signature = OpSignature(
    "SparseSplit",
    inputs: ["split_dim: int64", "indices: int64", "values: T", "shape: int64"],
    outputs: [
      "output_indices: num_split * int64", "output_values: num_split * T",
      "output_shape: num_split * int64",
    ],
    attributes: ["num_split: int >= 1", "T: type"])
  public static let shapes = ShapeFunction { context in
    let count = context.outputCount / 3
    for index in 0..<count {
      context.setOutput(index, [nil, context.input(3).elementCount])
      context.setOutput(index + count, [nil])
      context.setOutput(index + 2 * count, context.input(3))
    }
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(where: ["T": .movable]) { construction in
    let count = try construction.attributes.int("num_split")
    return ClosureKernel { try compute($0, count: count) }
  }

  private static func compute(_ context: borrowing KernelContext, count: Int) throws(StatusError) {
    let axisTensor = try context.input(0)
    guard axisTensor.elementCount == 1, let axis = try axisTensor.integers().first else {
      throw .invalidArgument("Input split_dim should be a scalar, got \(axisTensor.shape)")
    }
    let input = try SparseParts(context, at: 1)
    _ = try input.shape()
    let rank = input.rank
    guard axis >= -rank, axis < rank else {
      throw .invalidArgument(
        "Input split_dim should be between 0 and rank (\(rank)), got \(axis)")
    }
    let dimension = axis < 0 ? axis + rank : axis
    let size = input.sizes[dimension]
    guard count >= 1, count <= size else {
      throw .invalidArgument(
        "Input num_split should be between 1 and the splitting dimension size (\(size)), "
          + "got \(count)")
    }
    let (width, larger) = size.quotientAndRemainder(dividingBy: count)
    // Positions before `edge` belong to the larger parts.
    let edge = larger &* (width &+ 1)
    var entries = [[Int]](repeating: [], count: count)
    var tuples = [[Int]](repeating: [], count: count)
    for entry in 0..<input.count {
      let position = input.position(entry, dimension)
      guard position >= 0, position < size else {
        throw .invalidArgument(
          "\(input.text(entry)) is out of bounds: need 0 <= index < "
            + SparseParts.list(input.sizes))
      }
      let part = position < edge ? position / (width &+ 1) : larger &+ (position &- edge) / width
      entries[part].append(entry)
      var tuple = Array(input.tuple(entry))
      tuple[dimension] = position < edge ? position % (width &+ 1) : (position &- edge) % width
      tuples[part] += tuple
    }
    for part in 0..<count {
      try context.setIndices(part, tuples[part], rank: rank, count: entries[part].count)
      try context.setValues(part + count, input.values, at: entries[part])
      var sizes = input.sizes
      sizes[dimension] = part < larger ? width + 1 : width
      try context.setVector(part + 2 * count, sizes)
    }
  }
}
