import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The index tuples of a sparse tensor under another shape with as many elements.
public enum SparseReshape: OpDeclaration {
  public static let signature = OpSignature(
    "SparseReshape", inputs: ["input_indices: int64", "input_shape: int64", "new_shape: int64"],
    outputs: ["output_indices: int64", "output_shape: int64"])
  public static let shapes = ShapeFunction { context in
    let indices = try context.requireRank(0, 2)
    try context.requireRank(1, 1)
    let sizes = try context.requireRank(2, 1)
    context.setOutput(0, [indices[0], sizes[0]])
    context.setOutput(1, sizes)
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.closure { try compute($0) }

  private static func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let indices = try context.input(0)
    guard indices.shape.rank == 2 else {
      throw .invalidArgument(
        "Input indices should be a matrix but received shape \(indices.shape)")
    }
    let sizes = try context.vector(1, named: "Input shape")
    guard sizes.count == indices.shape[1] else {
      throw .invalidArgument(
        "Input tensor rank must match input shape length, got \(indices.shape[1]) and "
          + "\(sizes.count)")
    }
    let old = try Shape(sizes)
    let new = try resolved(context.vector(2, named: "Target shape"), old)
    try context.setVector(1, new.sizes)
    if new == old { return try context.forward(0, to: 0) }
    let count = indices.shape[0]
    guard count == 0 || (old.elementCount > 0 && new.elementCount > 0) else {
      throw .invalidArgument(
        "Input tensor has \(count) non zero elements but input shape (\(old)) or output shape "
          + "(\(new)) is empty")
    }
    let positions = try indices.integers()
    let (oldStrides, newStrides) = (old.strides, new.strides)
    var result: [Int] = []
    result.reserveCapacity(count &* new.rank)
    for entry in 0..<count {
      var offset = 0
      for dimension in 0..<old.rank {
        offset &+= positions[entry &* old.rank &+ dimension] &* oldStrides[dimension]
      }
      for stride in newStrides {
        // Strides are products of sizes above zero.
        let (quotient, rest) = offset.quotientAndRemainder(dividingBy: Swift.max(stride, 1))
        result.append(quotient)
        offset = rest
      }
    }
    try context.setIndices(0, result, rank: new.rank, count: count)
  }

  /// The new shape with its -1, if any, computed.
  private static func resolved(_ sizes: [Int], _ old: Shape) throws(StatusError) -> Shape {
    var product = 1
    var unknown: Int?
    for (dimension, size) in sizes.enumerated() {
      if size == -1 {
        if let unknown {
          throw .invalidArgument(
            "only one output dimension may be -1, not both \(unknown) and \(dimension)")
        }
        unknown = dimension
      } else {
        guard size >= 0 else {
          throw .invalidArgument("size \(dimension) must be non-negative, not \(size)")
        }
        guard let next = Checked.multiply(product, size) else {
          throw .invalidArgument("The product of the sizes \(sizes) overflows")
        }
        product = next
      }
    }
    var result = sizes
    if let unknown {
      guard product > 0 else {
        throw .invalidArgument(
          "reshape cannot infer the missing input size for an empty tensor unless all specified "
            + "input sizes are non-zero")
      }
      guard old.elementCount % product == 0 else {
        throw .invalidArgument(
          "Input to reshape is a SparseTensor with \(old.elementCount) dense values, but the "
            + "requested shape requires a multiple of \(product). "
            + "input_shape=\(old) output_shape=\(SparseParts.list(sizes))")
      }
      result[unknown] = old.elementCount / product
    }
    let shape = try Shape(result)
    guard shape.elementCount == old.elementCount else {
      throw .invalidArgument(
        "Input to reshape is a tensor with \(old.elementCount) dense values, but the requested "
          + "shape has \(shape.elementCount). input_shape=\(old) output_shape=\(shape)")
    }
    return shape
  }
}
