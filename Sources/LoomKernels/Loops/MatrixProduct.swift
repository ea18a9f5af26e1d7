public import LoomCore

/// Batches of matrix products for ops: operands as tensors, sizes checked here.
public enum MatrixProduct {
  /// `c[i] = a[i] · b[i]` for a batch of row-major matrices.
  ///
  /// - Parameters:
  ///   - shape: Sizes and places of the matrices.
  ///   - c: A fresh tensor of `count · m · n` elements.
  /// - Throws: ``StatusError/Code/internal`` if a matrix would lie outside of its tensor; what
  ///   ``Gemm`` throws.
  public static func multiply<Scalar: NumericScalar>(
    _ a: AnyTensor, _ b: AnyTensor, into c: AnyTensor, of type: Scalar.Type, _ shape: GemmShape,
    _ workers: WorkerPool
  ) throws(StatusError) {
    if c.elementCount == 0 { return }
    guard let sizeA = Checked.multiply(shape.m, shape.k),
      let sizeB = Checked.multiply(shape.k, shape.n),
      Checked.product([shape.count, shape.m, shape.n]) == c.elementCount
    else {
      throw .internal("Products of [\(shape.m),\(shape.k)] and [\(shape.k),\(shape.n)] do not fit")
    }
    switch shape.layout {
    case .strided(let strideA, let strideB):
      let last = shape.count - 1
      try check(a, sizeA, [0, Checked.multiply(last, strideA) ?? -1])
      try check(b, sizeB, [0, Checked.multiply(last, strideB) ?? -1])
    case .scattered(let startsA, let startsB):
      guard startsA.count == shape.count, startsB.count == shape.count else {
        throw .internal("Expected \(shape.count) pairs of matrices")
      }
      try check(a, sizeA, startsA)
      try check(b, sizeB, startsB)
    }
    // Every matrix was found to lie inside its tensor, and the result is this kernel's alone.
    try unsafe Gemm.multiply(
      a.pointer(of: Scalar.self), b.pointer(of: Scalar.self),
      into: c.writablePointer(of: Scalar.self), shape, pool: workers)
  }

  private static func check(
    _ tensor: AnyTensor, _ size: Int, _ starts: [Int]
  ) throws(StatusError) {
    for start in starts {
      guard start >= 0, let end = Checked.add(start, size), end <= tensor.elementCount else {
        throw .internal("A matrix of \(size) elements at \(start) is outside of \(tensor.shape)")
      }
    }
  }
}
