public import LoomCore

/// Batches of matrix products for ops: operands as tensors, sizes checked here.
public enum MatrixProduct {
  /// `c[i] = a[i] · b[i]` for a batch of row-major matrices.
  ///
  /// - Parameters:
  ///   - rows, columns, depth: Sizes of each product, `[rows, depth] · [depth, columns]`.
  ///   - startsA, startsB: Where the operands of each product begin, in elements.
  ///   - c: A fresh tensor of `startsA.count · rows · columns` elements.
  /// - Throws: ``StatusError/Code/internal`` if an operand would be read past its end.
  @inlinable public static func multiply<Scalar: AccumulatingScalar>(
    _ a: AnyTensor, _ b: AnyTensor, into c: AnyTensor, of type: Scalar.Type, rows: Int,
    columns: Int, depth: Int, transposesA: Bool = false, transposesB: Bool = false,
    startsA: [Int] = [0], startsB: [Int] = [0], _ workers: WorkerPool
  ) throws(StatusError) {
    if c.elementCount == 0 { return }
    try check(a, rows, depth, startsA)
    try check(b, depth, columns, startsB)
    try check(c, startsA.count &* rows, columns, [0])
    let left = unsafe try a.pointer(of: Scalar.self)
    let right = unsafe try b.pointer(of: Scalar.self)
    let result = unsafe try c.writablePointer(of: Scalar.self)
    let size = rows &* columns
    workers.parallelFor(count: startsA.count &* rows, costPerItem: Double(columns &* depth)) {
      range in
      unsafe withUnsafeTemporaryAllocation(of: Scalar.Total.self, capacity: columns) { sums in
        for index in range {
          let (product, row) = index.quotientAndRemainder(dividingBy: rows)
          let x = unsafe left + (startsA[product] &+ (transposesA ? row : row &* depth))
          let y = unsafe right + startsB[product]
          let stepX = transposesA ? rows : 1
          for column in 0..<columns { unsafe sums[column] = .zero }
          for inner in 0..<depth {
            let factor = unsafe x[inner &* stepX].total
            let line = unsafe transposesB ? y + inner : y + inner &* columns
            let step = transposesB ? depth : 1
            for column in 0..<columns {
              unsafe sums[column] = .wrappingAdd(
                sums[column], .wrappingMultiply(factor, line[column &* step].total))
            }
          }
          let z = unsafe result + (product &* size &+ row &* columns)
          for column in 0..<columns { unsafe z[column] = Scalar(total: sums[column]) }
        }
      }
    }
  }

  /// Every matrix of `rows · columns` elements must lie inside the tensor.
  @usableFromInline static func check(
    _ tensor: AnyTensor, _ rows: Int, _ columns: Int, _ starts: [Int]
  ) throws(StatusError) {
    guard rows >= 0, columns >= 0, let size = Checked.multiply(rows, columns) else {
      throw .internal("A matrix of \(rows) rows and \(columns) columns is too large")
    }
    for start in starts {
      guard start >= 0, let end = Checked.add(start, size), end <= tensor.elementCount else {
        throw .internal("A matrix of [\(rows),\(columns)] does not lie in \(tensor.shape)")
      }
    }
  }
}
