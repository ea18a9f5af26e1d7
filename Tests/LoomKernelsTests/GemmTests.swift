import LoomCore
import LoomKernels
import Testing

@Suite struct GemmTests {
  /// Small integers as `Scalar`, so that every sum is exact in every type.
  private func matrix<Scalar: NumericScalar>(
    _ count: Int, of type: Scalar.Type, using random: inout SeededGenerator
  ) -> [Scalar] {
    (0..<count).map { _ in Scalar(converting: Double(Int.random(in: 0...3, using: &random))) }
  }

  private func product<Scalar: NumericScalar>(
    _ a: [Scalar], _ b: [Scalar], _ shape: GemmShape, pool: WorkerPool
  ) throws -> [Scalar] {
    let count = shape.count * shape.m * shape.n
    // One element more than needed, to see that nothing is written behind the result.
    var c = [Scalar](repeating: Scalar(converting: 77), count: count + 1)
    try unsafe Gemm.multiply(a, b, into: &c, shape, pool: pool)
    #expect(c[count] == Scalar(converting: 77))
    return Array(c.prefix(count))
  }

  private func reference<Scalar: NumericScalar>(
    _ a: ArraySlice<Scalar>, _ b: ArraySlice<Scalar>, _ shape: GemmShape
  ) -> [Scalar] {
    let (m, n, k) = (shape.m, shape.n, shape.k)
    var c = [Scalar](repeating: .zero, count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        for p in 0..<k {
          let left = a[a.startIndex + (shape.transposesA ? p * m + i : i * k + p)]
          let right = b[b.startIndex + (shape.transposesB ? j * k + p : p * n + j)]
          c[i * n + j] = .wrappingAdd(c[i * n + j], .wrappingMultiply(left, right))
        }
      }
    }
    return c
  }

  private func checkSmallShapes<Scalar: NumericScalar>(_ type: Scalar.Type, sizes: [Int]) throws {
    var random = SeededGenerator(seed: 8)
    for m in sizes {
      for n in sizes {
        for k in sizes {
          let a = matrix(m * k, of: type, using: &random)
          let b = matrix(k * n, of: type, using: &random)
          for transposes in 0..<4 {
            let shape = GemmShape(
              m: m, n: n, k: k, transposesA: transposes & 1 != 0, transposesB: transposes & 2 != 0)
            let c = try product(a, b, shape, pool: pools[0])
            #expect(c == reference(a[...], b[...], shape), "\(type) \(shape)")
          }
        }
      }
    }
  }

  @Test func `float products are right for all small shapes`() throws {
    try checkSmallShapes(Float.self, sizes: [0, 1, 2, 3, 4, 5, 8, 17, 33])
  }

  @Test func `double products are right for all small shapes`() throws {
    try checkSmallShapes(Double.self, sizes: [0, 1, 2, 3, 4, 5, 8, 13, 25])
  }

  @Test func `products of the other types are right`() throws {
    let sizes = [0, 1, 3, 5]
    try checkSmallShapes(Float16.self, sizes: sizes)
    try checkSmallShapes(BFloat16.self, sizes: sizes)
    try checkSmallShapes(Int8.self, sizes: sizes)
    try checkSmallShapes(Int32.self, sizes: sizes)
    try checkSmallShapes(Int64.self, sizes: sizes)
    try checkSmallShapes(UInt8.self, sizes: sizes)
    try checkSmallShapes(UInt16.self, sizes: sizes)
    try checkSmallShapes(Complex64.self, sizes: sizes)
    try checkSmallShapes(Complex128.self, sizes: sizes)
  }

  @Test(arguments: [(65, 70, 300), (130, 50, 64), (7, 600, 40), (1, 900, 300), (700, 1, 300)])
  func `larger products are right at any number of threads`(_ m: Int, _ n: Int, _ k: Int) throws {
    var random = SeededGenerator(seed: 9)
    let a = matrix(m * k, of: Float.self, using: &random)
    let b = matrix(k * n, of: Float.self, using: &random)
    for transposes in 0..<4 {
      let shape = GemmShape(
        m: m, n: n, k: k, transposesA: transposes & 1 != 0, transposesB: transposes & 2 != 0)
      let expected = reference(a[...], b[...], shape)
      for pool in pools {
        #expect(try product(a, b, shape, pool: pool) == expected, "\(shape)")
        #expect(
          try product(a.map(Double.init), b.map(Double.init), shape, pool: pool)
            == expected.map(Double.init), "\(shape)")
      }
    }
  }

  @Test func `sharing work between threads does not change a bit`() throws {
    var random = SeededGenerator(seed: 10)
    for (m, n, k) in [(200, 150, 500), (3, 1_000, 257), (64, 1_000, 100)] {
      let a = random.floats(m * k)
      let b = random.floats(k * n)
      let shape = GemmShape(m: m, n: n, k: k)
      let alone = try product(a, b, shape, pool: pools[0])
      #expect(try product(a, b, shape, pool: pools[1]) == alone)
    }
  }

  @Test(arguments: [
    GemmShape.Layout.strided(a: 12, b: 0), .scattered(a: [12, 0, 12], b: [0, 20, 20]),
  ])
  func `batches use the matrices their layout names`(_ layout: GemmShape.Layout) throws {
    var random = SeededGenerator(seed: 11)
    let a = matrix(36, of: Float.self, using: &random)
    let b = matrix(40, of: Float.self, using: &random)
    let one = GemmShape(m: 3, n: 5, k: 4)
    var shape = one
    shape.count = 3
    shape.layout = layout
    var expected: [Float] = []
    for index in 0..<3 {
      switch layout {
      case .strided(let strideA, let strideB):
        expected += reference(a[(index * strideA)...], b[(index * strideB)...], one)
      case .scattered(let offsetsA, let offsetsB):
        expected += reference(a[offsetsA[index]...], b[offsetsB[index]...], one)
      }
    }
    for pool in pools { #expect(try product(a, b, shape, pool: pool) == expected) }
    let halfA = a.map { Float16($0) }
    let halfB = b.map { Float16($0) }
    let halves = try product(halfA, halfB, shape, pool: pools[1])
    #expect(halves.map { Float($0) } == expected)
    let integerA = a.map { Int32($0) }
    let integerB = b.map { Int32($0) }
    let integers = try product(integerA, integerB, shape, pool: pools[1])
    #expect(integers.map { Float($0) } == expected)
  }

  @Test func `zero times NaN is NaN in every path`() throws {
    for (m, n, k) in [(1, 5, 3), (5, 1, 3), (3, 5, 7), (6, 7, 8), (40, 40, 40)] {
      var a = [Float](repeating: 0, count: m * k)
      let b = [Float](repeating: 0, count: k * n)
      a[k - 1] = .nan
      let c = try product(a, b, GemmShape(m: m, n: n, k: k), pool: pools[0])
      #expect(c.prefix(n).allSatisfy { $0.isNaN })
      #expect(c.dropFirst(n).allSatisfy { $0 == 0 })
    }
  }

  @Test func `integer products wrap`() throws {
    let c = try product([100, 100] as [Int8], [2, 1], GemmShape(m: 1, n: 1, k: 2), pool: pools[0])
    #expect(c == [Int8(truncatingIfNeeded: 300)])
  }
}
