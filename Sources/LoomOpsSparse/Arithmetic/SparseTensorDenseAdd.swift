public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A dense tensor with the entries of a sparse one added.
public enum SparseTensorDenseAdd: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "SparseTensorDenseAdd",
    inputs: ["a_indices: Tindices", "a_values: T", "a_shape: Tindices", "b: T"],
    outputs: ["output: T"],
    attributes: ["T: \(Allowed.numbers)", "Tindices: {int32, int64}"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, context.input(3))
  }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let values = try context.build("GatherNd", [upstream, context.input(0)])
    return [nil, values, nil, upstream]
  }
  public static let kernels = KernelTable.numeric(SparseTensorDenseAdd.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try compute($0, type) }
  }

  private static func compute<Scalar: NumericScalar>(
    _ context: borrowing KernelContext, _ type: Scalar.Type
  ) throws(StatusError) {
    let a = try SparseParts(context, at: 0)
    let b = try context.input(3)
    guard a.rank == b.shape.rank else {
      throw .invalidArgument(
        "Two operands have different ranks: a_shape \(SparseParts.list(a.sizes)) and \(b.shape)")
    }
    for dimension in 0..<a.rank where a.sizes[dimension] != b.shape[dimension] {
      throw .invalidArgument(
        "Dimension \(dimension) does not equal (no broadcasting is supported): sparse side "
          + "\(a.sizes[dimension]) vs dense side \(b.shape[dimension])")
    }
    let strides = b.shape.strides
    let stored = a.values
    let values = try stored.span(of: type)
    let dense = try b.span(of: type)
    try context.makeOutput(0, of: type, shape: b.shape) {
      (span: inout MutableSpan<Scalar>) throws(StatusError) in
      for index in span.indices { span[index] = dense[index] }
      for entry in 0..<a.count {
        var offset = 0
        for dimension in 0..<a.rank {
          let position = a.position(entry, dimension)
          guard position >= 0, position < b.shape[dimension] else {
            throw .invalidArgument(
              "Sparse tensor has some invalid index on dimension \(dimension): "
                + "\(a.text(entry)) for shape \(b.shape)")
          }
          offset &+= position &* strides[dimension]
        }
        span[offset] = .wrappingAdd(span[offset], values[entry])
      }
    }
  }
}
