public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The product of two matrices, each possibly transposed.
public enum MatMul: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "MatMul", inputs: ["a: T", "b: T"], outputs: ["product: T"],
    attributes: [
      "transpose_a: bool = false", "transpose_b: bool = false",
      "T: {bfloat16, half, float, double, int32, int64, uint8, uint16, uint32, uint64, complex64, complex128}",
      "grad_a: bool = false", "grad_b: bool = false",
    ])
  public static let shapes = ShapeFunction { context in
    let a = try context.requireRank(0, 2)
    let b = try context.requireRank(1, 2)
    let transposesA = try context.attributes.bool("transpose_a")
    let transposesB = try context.attributes.bool("transpose_b")
    _ = try ShapeContext.merge(a[transposesA ? 0 : 1], b[transposesB ? 1 : 0])
    context.setOutput(0, [a[transposesA ? 1 : 0], b[transposesB ? 0 : 1]])
  }
  public static let gradient = GradientRule.dense { context in
    let gradient = try context.upstream(0)
    let a = try context.conjugate(context.input(0))
    let b = try context.conjugate(context.input(1))
    let transposesA = try context.attributes.bool("transpose_a")
    let transposesB = try context.attributes.bool("transpose_b")
    func product(
      _ x: AnyOutput, _ y: AnyOutput, _ transposesX: Bool, _ transposesY: Bool, _ marker: String
    ) throws -> AnyOutput {
      try context.build(
        "MatMul", [x, y],
        [
          "transpose_a": .bool(transposesX), "transpose_b": .bool(transposesY), marker: true,
        ])
    }
    let gradientA =
      transposesA
      ? try product(b, gradient, transposesB, true, "grad_a")
      : try product(gradient, b, false, !transposesB, "grad_a")
    let gradientB =
      transposesB
      ? try product(gradient, a, true, transposesA, "grad_b")
      : try product(a, gradient, !transposesA, false, "grad_b")
    return [gradientA, gradientB]
  }
  public static let kernels = KernelTable.numeric(
    MatMul.self,
    over: Set<DType>.floating.union(Set<DType>.complex).union([.int32, .int64, .int16]))

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    try specialized(MatMulKernel<Scalar>(construction))
  }
}

extension MatMul: FusingOp {
  public static func kernel(
    _ construction: KernelConstruction, followedBy epilogue: FusedEpilogue
  ) throws(StatusError) -> (any Kernel)? {
    let transposesB = try construction.attributes.bool("transpose_b")
    guard let b = construction.constantInputs[1], b.shape.rank == 2,
      epilogue.fits(channels: b.shape[transposesB ? 0 : 1]), epilogue.factor == nil,
      !epilogue.addsOperand
    else { return nil }
    return specialized(try MatMulKernel<Float>(construction, epilogue))
  }
}

private final class MatMulKernel<Scalar: NumericScalar>: Kernel {
  let transposesA: Bool
  let transposesB: Bool
  let epilogue: FusedEpilogue?

  init(
    _ construction: KernelConstruction, _ epilogue: FusedEpilogue? = nil
  ) throws(StatusError) {
    transposesA = try construction.attributes.bool("transpose_a")
    transposesB = try construction.attributes.bool("transpose_b")
    self.epilogue = epilogue
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let a = try context.input(0)
    let b = try context.input(1)
    guard a.shape.rank == 2, b.shape.rank == 2 else {
      throw .invalidArgument(
        a.shape.rank < 2
          ? "In[0] ndims must be >= 2"
          : b.shape.rank < 2
            ? "In[1] ndims must be >= 2"
            : "In[0] and In[1] must be matrices, got \(a.shape) and \(b.shape)")
    }
    let depth = a.shape[transposesA ? 0 : 1]
    guard depth == b.shape[transposesB ? 1 : 0] else {
      throw .invalidArgument("Matrix size-incompatible: In[0]: \(a.shape), In[1]: \(b.shape)")
    }
    let rows = a.shape[transposesA ? 1 : 0]
    let columns = b.shape[transposesB ? 0 : 1]
    let output = try context.allocate(0, dtype: Scalar.dtype, shape: Shape([rows, columns]))
    let sizes = GemmShape(
      m: rows, n: columns, k: depth, transposesA: transposesA, transposesB: transposesB)
    try MatrixProduct.multiply(a, b, into: output, of: Scalar.self, sizes, context.workers)
    if let epilogue { try EpilogueLoops.finish(output, epilogue, workers: context.workers) }
  }
}

/// The product of two matrices, `a · b`.
///
/// - Parameters:
///   - a: `[n, k]`, or `[k, n]` if transposed; floating, integer or complex.
///   - b: `[k, m]`, or `[m, k]` if transposed; same dtype.
/// - Returns: `[n, m]`; zeros where `k == 0`.
/// - Throws: ``StatusError/Code/invalidArgument`` if the inner dimensions are known and differ.
/// - Note: Sums in Float32 for half inputs.
/// - SeeAlso: TensorFlow op `MatMul`; ``batchMatmul(_:_:adjointA:adjointB:name:)`` for batches.
public func matmul<Scalar: NumericScalar>(
  _ a: Output<Scalar>, _ b: Output<Scalar>, transposeA: Bool = false, transposeB: Bool = false,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    a.graph.addOperation(
      "MatMul", inputs: [a.erased, b.erased],
      attributes: ["transpose_a": .bool(transposeA), "transpose_b": .bool(transposeB)], name: name
    ).output(0))
}
