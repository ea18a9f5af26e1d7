import LoomCore
import LoomKernels
import Testing

@Suite struct StridedCopyTests {
  private func numbers(_ count: Int) throws -> AnyTensor {
    try AnyTensor((0..<count).map { Int32($0) }, shape: Shape(vector: count))
  }

  /// What the copy is to do, one element at a time.
  private func reference(
    _ sizes: [Int], _ from: (strides: [Int], offset: Int), _ to: (strides: [Int], offset: Int),
    count: Int
  ) -> [Int32] {
    var result = [Int32](repeating: -1, count: count)
    for index in 0..<sizes.reduce(1, *) {
      var rest = index
      var (source, target) = (from.offset, to.offset)
      for dimension in sizes.indices.reversed() {
        let position = rest % sizes[dimension]
        rest /= sizes[dimension]
        source += position * from.strides[dimension]
        target += position * to.strides[dimension]
      }
      result[target] = Int32(source)
    }
    return result
  }

  private func copied(
    _ sizes: [Int], _ from: (strides: [Int], offset: Int), _ to: (strides: [Int], offset: Int),
    source: Int, count: Int, pool: WorkerPool
  ) throws -> [Int32] {
    let target = try AnyTensor([Int32](repeating: -1, count: count), shape: Shape(vector: count))
    try StridedCopy(
      sizes: sizes, sourceStrides: from.strides, targetStrides: to.strides,
      sourceOffset: from.offset, targetOffset: to.offset
    ).run(from: numbers(source), to: target, workers: pool)
    return try target.scalars(of: Int32.self)
  }

  private static let permutations = [
    [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0],
  ]

  @Test(arguments: permutations)
  func `every permutation of three dimensions moves every element`(_ order: [Int]) throws {
    let pools = [WorkerPool(threadCount: 1), WorkerPool(threadCount: 3)]
    for sizes in [[2, 3, 4], [1, 5, 1], [17, 1, 33], [20, 19, 18], [64, 40, 48]] {
      let strides = try Shape(sizes).strides
      let shape = try Shape(order.map { sizes[$0] })
      let from = (strides: order.map { strides[$0] }, offset: 0)
      let to = (strides: shape.strides, offset: 0)
      let expected = reference(shape.sizes, from, to, count: shape.elementCount)
      for pool in pools {
        let result = try copied(
          shape.sizes, from, to, source: shape.elementCount, count: shape.elementCount, pool: pool)
        #expect(result == expected)
      }
    }
  }

  @Test func `strides may repeat, skip and walk backwards`() throws {
    let pool = WorkerPool(threadCount: 1)
    let cases: [([Int], (strides: [Int], offset: Int), (strides: [Int], offset: Int))] = [
      ([3, 4], ([0, 1], 2), ([4, 1], 0)), ([3, 4], ([1, 0], 2), ([4, 1], 0)),
      ([3, 4], ([-4, -1], 11), ([4, 1], 0)), ([2, 2], ([6, 2], 1), ([5, 2], 3)),
      ([2, 3, 2], ([0, 2, 1], 0), ([6, 2, 1], 0)), ([5], ([0], 7), ([2], 1)),
      ([1, 1], ([9, 9], 3), ([9, 9], 4)), ([4, 3], ([3, -1], 2), ([1, 4], 0)),
    ]
    for (sizes, from, to) in cases {
      let result = try copied(sizes, from, to, source: 12, count: 12, pool: pool)
      #expect(result == reference(sizes, from, to, count: 12), "\(sizes) \(from) \(to)")
    }
  }

  @Test func `nothing is copied where a size is zero`() throws {
    let result = try copied(
      [3, 0, 2], ([100, 100, 100], 50), ([7, 7, 7], 9), source: 4, count: 4,
      pool: WorkerPool(threadCount: 1))
    #expect(result == [-1, -1, -1, -1])
  }

  @Test(arguments: [
    ([2, 2], [3, 1], 0), ([2, 2], [2, 1], 1), ([2], [-1], 0), ([2], [Int.max], 0),
    ([Int.max, 2], [1, 1], 0), ([1], [1], -1), ([1], [1], 4),
  ])
  func `a walk outside of a tensor is refused`(
    _ sizes: [Int], _ strides: [Int], _ offset: Int
  ) throws {
    let pool = WorkerPool(threadCount: 1)
    let inside = sizes.map { _ in 0 }
    let outOfSource = #expect(throws: StatusError.self) {
      try copied(sizes, (strides, offset), (inside, 0), source: 4, count: 4, pool: pool)
    }
    #expect(outOfSource?.code == .internal)
    let outOfTarget = #expect(throws: StatusError.self) {
      try copied(sizes, (inside, 0), (strides, offset), source: 4, count: 4, pool: pool)
    }
    #expect(outOfTarget?.code == .internal)
  }

  @Test func `strings are copied as values`() throws {
    let source = try AnyTensor(["a", "b", "c", "d"] as [ByteString], shape: Shape([2, 2]))
    let target = try AnyTensor.uninitialized(dtype: .string, shape: Shape([2, 2]))
    try StridedCopy(sizes: [2, 2], sourceStrides: [1, 2], targetStrides: [2, 1])
      .run(from: source, to: target, workers: WorkerPool(threadCount: 1))
    #expect(try target.scalars(of: ByteString.self) == ["a", "c", "b", "d"])
  }

  @Test func `runs outside of a tensor are refused`() throws {
    let mover = ByteMover(into: try numbers(4))
    let source = try numbers(6)
    for (from, position, count) in [(0, 3, 2), (5, 0, 2), (-1, 0, 1), (0, -1, 1), (0, 0, -1)] {
      #expect(throws: StatusError.self) {
        try mover.copy(source, from: from, to: position, count: count)
      }
    }
    for (rows, stride) in [(2, 4), (3, 2), (2, -1)] {
      #expect(throws: StatusError.self) {
        try mover.copyRows(
          source, from: 0, sourceStride: 1, to: 0, targetStride: stride, rows: rows, count: 1)
      }
    }
    let doubles = try AnyTensor([1.0], shape: .scalar)
    #expect(throws: StatusError.self) { try mover.copy(doubles, to: 0, count: 1) }
  }
}
