public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The product of a sparse and a dense matrix.
public enum SparseTensorDenseMatMul: OpDeclaration, AccumulatingKernelFamily {
  public static let signature = OpSignature(
    "SparseTensorDenseMatMul",
    inputs: ["a_indices: Tindices", "a_values: T", "a_shape: int64", "b: T"],
    outputs: ["product: T"],
    attributes: [
      "T: type", "Tindices: {int32, int64} = int64", "adjoint_a: bool = false",
      "adjoint_b: bool = false",
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, 2)
    try context.requireRank(1, 1)
    let a = try context.shapeValue(2)
    if let rank = a.rank, rank != 2 {
      throw StatusError.invalidArgument("Shape must be rank 2 but is rank \(rank)")
    }
    let b = try context.requireRank(3, 2)
    let transposesA = try context.attributes.bool("adjoint_a")
    let transposesB = try context.attributes.bool("adjoint_b")
    _ = try ShapeContext.merge(a[transposesA ? 0 : 1], b[transposesB ? 1 : 0])
    context.setOutput(0, [a[transposesA ? 1 : 0], b[transposesB ? 0 : 1]])
  }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let (indices, b) = (try context.input(0), try context.input(3))
    let transposesA = try context.attributes.bool("adjoint_a")
    let transposesB = try context.attributes.bool("adjoint_b")
    var dense = try context.build(
      "SparseTensorDenseMatMul", [indices, context.input(1), context.input(2), upstream],
      ["adjoint_a": .bool(!transposesA)])
    let swap = try context.constant([1, 0])
    if transposesB { dense = try context.conjugate(context.transpose(dense, swap)) }

    let positions = try [0, 1].map {
      try context.gather(indices, context.scalar($0), axis: context.scalar(1))
    }
    let left = try context.gather(upstream, positions[transposesA ? 1 : 0])
    let rows = transposesB ? try context.transpose(b, swap) : b
    let right = try context.gather(rows, positions[transposesA ? 0 : 1])
    // The gradient of an entry is the product of a row of each, conjugated as the factors were.
    let product = try context.mul(
      transposesA ? context.conjugate(left) : left,
      transposesA == transposesB ? context.conjugate(right) : right)
    return [nil, try context.sum(product, context.scalar(1)), nil, dense]
  }
  public static let kernels = KernelTable.accumulating(
    SparseTensorDenseMatMul.self,
    over: Set<DType>.field.union([.int32]))

  public static func kernel<Scalar: AccumulatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let transposesA = try construction.attributes.bool("adjoint_a")
    let transposesB = try construction.attributes.bool("adjoint_b")
    return ClosureKernel { try compute($0, type, transposesA, transposesB) }
  }

  private static func compute<Scalar: AccumulatingScalar>(
    _ context: borrowing KernelContext, _ type: Scalar.Type, _ transposesA: Bool,
    _ transposesB: Bool
  ) throws(StatusError) {
    let b = try context.input(3)
    guard b.shape.rank == 2 else { throw .invalidArgument("Tensor 'b' is not a matrix") }
    let a = try SparseParts(context, at: 0)
    guard a.rank == 2 else {
      throw .invalidArgument("Tensor 'a_shape' must have 2 elements, got \(a.rank)")
    }
    _ = try a.shape()
    let outer = a.sizes[transposesA ? 1 : 0]
    let inner = a.sizes[transposesA ? 0 : 1]
    let width = b.shape[transposesB ? 0 : 1]
    guard inner == b.shape[transposesB ? 1 : 0] else {
      throw .invalidArgument(
        "Cannot multiply A and B because inner dimension does not match: \(inner) vs. "
          + "\(b.shape[transposesB ? 1 : 0]). Did you forget a transpose? Dimensions of A: "
          + "\(SparseParts.list(a.sizes)). Dimensions of B: \(b.shape)")
    }
    let shape = try Shape([outer, width])
    var sums = try MutableTensor<Scalar.Total>(shape: shape, budget: context.budget)
    var total = sums.mutableSpan
    for index in total.indices { total[index] = .zero }
    let stored = a.values
    let values = try stored.span(of: type)
    let dense = try b.span(of: type)
    for entry in 0..<a.count {
      let row = a.position(entry, transposesA ? 1 : 0)
      let column = a.position(entry, transposesA ? 0 : 1)
      guard column >= 0, column < inner else {
        throw .invalidArgument(
          "k (\(column)) from index[\(entry),\(transposesA ? 0 : 1)] out of bounds (>=\(inner))")
      }
      guard row >= 0, row < outer else {
        throw .invalidArgument(
          "m (\(row)) from index[\(entry),\(transposesA ? 1 : 0)] out of bounds (>=\(outer))")
      }
      let factor = (transposesA ? Scalar.conjugated(values[entry]) : values[entry]).total
      let start = row &* width
      for position in 0..<width {
        let other =
          transposesB
          ? Scalar.conjugated(dense[position &* inner &+ column])
          : dense[column &* width &+ position]
        total[start &+ position] = .wrappingAdd(
          total[start &+ position], .wrappingMultiply(factor, other.total))
      }
    }
    try context.makeOutput(0, of: type, shape: shape) { span in
      for index in span.indices { span[index] = Scalar.narrowed(total[index]) }
    }
  }
}

/// The product of a sparse and a dense matrix.
///
/// - Parameters:
///   - a: `[n, k]`, its entries in row-major order for speed.
///   - b: `[k, m]`, floating, complex or int32.
/// - Returns: `[n, m]`.
/// - Throws: ``StatusError/Code/invalidArgument`` if inner sizes differ.
/// - SeeAlso: TensorFlow op `SparseTensorDenseMatMul`.
public func matmul<Scalar: NumericScalar>(
  _ a: SparseOutput<Scalar>, _ b: Output<Scalar>, adjointA: Bool = false, adjointB: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    b.graph.addOperation(
      "SparseTensorDenseMatMul",
      inputs: [a.indices.erased, a.values.erased, a.denseShape.erased, b.erased],
      attributes: ["adjoint_a": .bool(adjointA), "adjoint_b": .bool(adjointB)], name: name
    ).output(0))
}
