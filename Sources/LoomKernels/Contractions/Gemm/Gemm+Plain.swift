internal import LoomCore

extension Gemm {
  /// half and bfloat16: widened, multiplied as Float, rounded once.
  @unsafe static func multiplyThroughFloat<Scalar: SixteenBitScalar>(
    _ operands: Operands<Scalar>
  ) throws(StatusError) {
    let shape = unsafe operands.shape
    let (sizeA, sizeB, sizeC) = (shape.m * shape.k, shape.k * shape.n, shape.m * shape.n)
    let one = GemmShape(
      m: shape.m, n: shape.n, k: shape.k, transposesA: shape.transposesA,
      transposesB: shape.transposesB)
    let cost = Double(shape.m) * Double(shape.n) * Double(shape.k) / Float.productRate
    try unsafe operands.pool.parallelFor(
      count: shape.count, costPerItem: shape.count > 1 ? cost : 0
    ) {
      (range) throws(StatusError) in
      try unsafe ThreadScratch.with(sizeA, of: Float.self, for: .left) {
        (wideA) throws(StatusError) in
        try unsafe ThreadScratch.with(sizeB, of: Float.self, for: .right) {
          (wideB) throws(StatusError) in
          try unsafe ThreadScratch.with(sizeC, of: Float.self, for: .result) {
            (wideC) throws(StatusError) in
            for index in range {
              let (a, b, c) = unsafe operands.product(index)
              unsafe Scalar.widen(a, wideA, sizeA)
              unsafe Scalar.widen(b, wideB, sizeB)
              try unsafe multiplyBlocked(
                Operands(a: wideA, b: wideB, c: wideC, shape: one, pool: operands.pool))
              unsafe Scalar.narrow(wideC, c, sizeC)
            }
          }
        }
      }
    }
  }

  /// Integers and complex numbers: plain loops, a row of the result at a time.
  @unsafe static func multiplyPlainly<Scalar: NumericScalar>(
    _ operands: Operands<Scalar>
  ) throws(StatusError) {
    let shape = unsafe operands.shape
    let (m, n, k) = (shape.m, shape.n, shape.k)
    // About one multiply-add a nanosecond: compiled for the baseline, partly vectorised.
    let costPerRow = Double(n) * Double(Swift.max(k, 1))
    unsafe operands.pool.parallelFor(count: shape.count * m, costPerItem: costPerRow) { range in
      for row in range {
        let (index, i) = row.quotientAndRemainder(dividingBy: m)
        let (a, b, c) = unsafe operands.product(index)
        let (startA, stepA) = shape.transposesA ? (i, m) : (i &* k, 1)
        let to = unsafe c + i &* n
        if shape.transposesB {
          for j in 0..<n {
            let right = unsafe b + j &* k
            var sum = Scalar.zero
            for p in 0..<k {
              sum = unsafe Scalar.wrappingAdd(
                sum, Scalar.wrappingMultiply(a[startA &+ p &* stepA], right[p]))
            }
            unsafe to[j] = sum
          }
        } else {
          unsafe to.update(repeating: .zero, count: n)
          for p in 0..<k {
            let left = unsafe a[startA &+ p &* stepA]
            let right = unsafe b + p &* n
            for j in 0..<n {
              unsafe to[j] = Scalar.wrappingAdd(to[j], Scalar.wrappingMultiply(left, right[j]))
            }
          }
        }
      }
    }
  }
}
