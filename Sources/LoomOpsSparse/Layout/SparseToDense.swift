public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A dense tensor of a default value with values put at index tuples.
public enum SparseToDense: OpDeclaration {
  public static let signature = OpSignature(
    "SparseToDense",
    inputs: [
      "sparse_indices: Tindices", "output_shape: Tindices", "sparse_values: T", "default_value: T",
    ],
    outputs: ["dense: T"],
    attributes: ["validate_indices: bool = true", "T: type", "Tindices: {int32, int64}"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.shapeValue(1))
  }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let values = try context.build("GatherNd", [upstream, context.input(0)])
    let all = try context.total(upstream)
    return [nil, nil, values, try context.sub(all, context.total(values))]
  }
  public static let kernels = KernelTable(
    where: ["T": Set.plain.subtracting([.qint32]).union([.string])]
  ) { construction in
    let validates = try construction.attributes.bool("validate_indices")
    return ClosureKernel { try compute($0, validates: validates) }
  }

  private static func compute(
    _ context: borrowing KernelContext, validates: Bool
  ) throws(StatusError) {
    let (indices, sizes) = (try context.input(0), try context.input(1))
    let (values, fallback) = (try context.input(2), try context.input(3))
    guard indices.shape.rank <= 2 else {
      throw .invalidArgument(
        "sparse_indices should be a scalar, vector, or matrix, got shape \(indices.shape)")
    }
    let count = indices.shape.rank > 0 ? indices.shape[0] : 1
    let depth = indices.shape.rank > 1 ? indices.shape[1] : 1
    guard sizes.shape.rank == 1 else {
      throw .invalidArgument("output_shape must be rank 1, got shape \(sizes.shape)")
    }
    guard sizes.elementCount == depth else {
      throw .invalidArgument(
        "output_shape has incorrect number of elements: \(sizes.elementCount) should be: \(depth)")
    }
    guard values.shape.rank == 0 || (values.shape.rank == 1 && values.elementCount == count)
    else {
      throw .invalidArgument(
        "sparse_values has incorrect shape \(values.shape), should be [] or [\(count)]")
    }
    guard fallback.shape.rank == 0 else {
      throw .invalidArgument("default_value should be a scalar.")
    }
    let shape = try Shape(sizes.integers())
    let positions = try indices.integers()
    if validates {
      let entries = try AnyTensor.uninitialized(dtype: .uint8, shape: Shape(vector: count))
      try SparseParts(indices: positions, values: entries, sizes: shape.sizes).validate()
    }
    let mover = ByteMover(into: try context.allocate(0, dtype: values.dtype, shape: shape))
    try mover.fillAll(fallback)
    let strides = shape.strides
    for entry in 0..<count {
      var offset = 0
      for dimension in 0..<depth {
        let position = positions[entry &* depth &+ dimension]
        guard position >= 0, position < shape[dimension] else {
          let tuple = positions[entry &* depth..<(entry &* depth &+ depth)]
          throw .invalidArgument(
            "Indices are not valid (out of bounds): index \(SparseParts.list(tuple)) "
              + "for shape \(shape)")
        }
        offset &+= position &* strides[dimension]
      }
      try mover.copy(values, from: values.shape.rank == 0 ? 0 : entry, to: offset, count: 1)
    }
  }
}

extension GradientContext {
  /// The sum of all elements.
  func total(_ x: AnyOutput) throws(StatusError) -> AnyOutput {
    try sum(x, range(scalar(0), rank(x), scalar(1)))
  }
}

/// A dense tensor with `values` at the given index tuples and a default elsewhere.
///
/// - Parameters:
///   - values: The stored values.
///   - fallback: The value everywhere else; zero, false or the empty string by default.
/// - Throws: ``StatusError/Code/invalidArgument`` in the run if indices are out of bounds, out of
///   order or repeated.
/// - SeeAlso: TensorFlow op `SparseToDense`.
public func dense<Scalar: TensorScalar>(
  _ values: SparseOutput<Scalar>, default fallback: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    values.values.graph.addOperation(
      "SparseToDense",
      inputs: [
        values.indices.erased, values.denseShape.erased, values.values.erased, fallback.erased,
      ], name: name
    ).output(0))
}
