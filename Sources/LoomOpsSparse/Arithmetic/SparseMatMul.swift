import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The product of two matrices with many zeros, each float or bfloat16; computed as a dense one.
public enum SparseMatMul: OpDeclaration {
  public static let signature = OpSignature(
    "SparseMatMul", inputs: ["a: Ta", "b: Tb"], outputs: ["product: float"],
    attributes: [
      "transpose_a: bool = false", "transpose_b: bool = false", "a_is_sparse: bool = false",
      "b_is_sparse: bool = false", "Ta: {float, bfloat16} = float",
      "Tb: {float, bfloat16} = float",
    ])
  public static let shapes = ShapeFunction { context in
    let (a, b) = (try context.requireRank(0, 2), try context.requireRank(1, 2))
    let transposesA = try context.attributes.bool("transpose_a")
    let transposesB = try context.attributes.bool("transpose_b")
    _ = try ShapeContext.merge(a[transposesA ? 0 : 1], b[transposesB ? 1 : 0])
    context.setOutput(0, [a[transposesA ? 1 : 0], b[transposesB ? 0 : 1]])
  }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let (a, b) = (try context.input(0), try context.input(1))
    let (wideA, wideB) = (try context.cast(a, to: .float), try context.cast(b, to: .float))
    let transposesA = try context.attributes.bool("transpose_a")
    let transposesB = try context.attributes.bool("transpose_b")
    let slopeA =
      transposesA
      ? try context.matmul(wideB, upstream, transposeA: transposesB, transposeB: true)
      : try context.matmul(upstream, wideB, transposeB: !transposesB)
    let slopeB =
      transposesB
      ? try context.matmul(upstream, wideA, transposeA: true, transposeB: transposesA)
      : try context.matmul(wideA, upstream, transposeA: !transposesA)
    return [
      try context.cast(slopeA, to: a.dtype), try context.cast(slopeB, to: b.dtype),
    ]
  }
  public static let kernels = KernelTable(
    where: ["Ta": [.float, .bfloat16], "Tb": [.float, .bfloat16]]
  ) { construction in
    let transposesA = try construction.attributes.bool("transpose_a")
    let transposesB = try construction.attributes.bool("transpose_b")
    return ClosureKernel { try compute($0, transposesA, transposesB) }
  }

  private static func compute(
    _ context: borrowing KernelContext, _ transposesA: Bool, _ transposesB: Bool
  ) throws(StatusError) {
    let (a, b) = (try context.input(0), try context.input(1))
    guard a.shape.rank == 2 else { throw .invalidArgument("a is not a matrix") }
    guard b.shape.rank == 2 else { throw .invalidArgument("b is not a matrix") }
    let depth = a.shape[transposesA ? 0 : 1]
    guard depth == b.shape[transposesB ? 1 : 0] else {
      throw .invalidArgument(
        "Matrix size incompatible: a: \(a.shape), b: \(b.shape)")
    }
    let (rows, columns) = (a.shape[transposesA ? 1 : 0], b.shape[transposesB ? 0 : 1])
    let output = try context.allocate(0, dtype: .float, shape: Shape([rows, columns]))
    try MatrixProduct.multiply(
      Widening.float(a), Widening.float(b), into: output, of: Float.self,
      GemmShape(
        m: rows, n: columns, k: depth, transposesA: transposesA, transposesB: transposesB),
      context.workers)
  }
}
