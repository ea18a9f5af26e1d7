public import LoomCore

/// How two shapes broadcast by numpy's rules, with neighbouring dimensions of the same pattern merged,
/// so that most cases have one or two loops.
public struct Broadcast: Sendable {
  public let result: Shape
  /// Merged dimensions, outermost first, with the strides (in elements) of both operands; a stride
  /// of 0 repeats.
  @usableFromInline var sizes: [Int] = []
  @usableFromInline var stridesA: [Int] = []
  @usableFromInline var stridesB: [Int] = []

  /// - Throws: ``StatusError/Code/invalidArgument`` if sizes differ and neither is 1.
  public init(_ a: Shape, _ b: Shape) throws(StatusError) {
    let rank = Swift.max(a.rank, b.rank)
    var resultSizes = [Int](repeating: 1, count: rank)
    // 0: both walk, 1: `a` repeats, 2: `b` repeats.
    var patterns = [Int](repeating: 0, count: rank)
    for index in 0..<rank {
      let sizeA = index < rank - a.rank ? 1 : a[index - (rank - a.rank)]
      let sizeB = index < rank - b.rank ? 1 : b[index - (rank - b.rank)]
      guard sizeA == sizeB || sizeA == 1 || sizeB == 1 else {
        throw .invalidArgument("Incompatible shapes: \(a) vs. \(b)")
      }
      resultSizes[index] = sizeA == 1 ? sizeB : sizeA
      patterns[index] = sizeA == sizeB ? 0 : sizeA == 1 ? 1 : 2
    }
    result = try Shape(resultSizes)
    var strideA = 1
    var strideB = 1
    for index in (0..<rank).reversed() {
      let size = resultSizes[index]
      if size == 1 { continue }
      let stepA = patterns[index] == 1 ? 0 : strideA
      let stepB = patterns[index] == 2 ? 0 : strideB
      // The outer dimension continues the inner one if both operands walk or repeat alike.
      if let last = sizes.last, let lastA = stridesA.last, let lastB = stridesB.last,
        stepA == (lastA == 0 ? 0 : lastA &* last), stepB == (lastB == 0 ? 0 : lastB &* last),
        (stepA == 0) == (lastA == 0), (stepB == 0) == (lastB == 0)
      {
        sizes[sizes.count - 1] = last &* size
      } else {
        sizes.append(size)
        stridesA.append(stepA)
        stridesB.append(stepB)
      }
      // Sizes multiply to the checked element counts of the operands.
      if patterns[index] != 1 { strideA &*= size }
      if patterns[index] != 2 { strideB &*= size }
    }
    sizes.reverse()
    stridesA.reverse()
    stridesB.reverse()
    if sizes.isEmpty {
      sizes = [1]
      stridesA = [1]
      stridesB = [1]
    }
  }

  /// Calls `row` for each innermost run: offsets of result, `a` and `b`, its length, and the inner
  /// strides.
  @inlinable public func forEachRow(_ row: (_ out: Int, _ a: Int, _ b: Int) -> Void) {
    let outer = sizes.count - 1
    let length = sizes[outer]
    let count = result.elementCount == 0 ? 0 : result.elementCount / length
    var position = [Int](repeating: 0, count: outer)
    var a = 0
    var b = 0
    for index in 0..<count {
      row(index &* length, a, b)
      var dimension = outer - 1
      while dimension >= 0 {
        position[dimension] &+= 1
        a &+= stridesA[dimension]
        b &+= stridesB[dimension]
        if position[dimension] < sizes[dimension] { break }
        a &-= stridesA[dimension] &* sizes[dimension]
        b &-= stridesB[dimension] &* sizes[dimension]
        position[dimension] = 0
        dimension -= 1
      }
    }
  }

  /// Length of the innermost run.
  @inlinable public var rowLength: Int { sizes[sizes.count - 1] }
  /// Whether `a` (or `b`) advances along the innermost run.
  @inlinable public var rowWalksA: Bool { stridesA[stridesA.count - 1] != 0 }
  @inlinable public var rowWalksB: Bool { stridesB[stridesB.count - 1] != 0 }
}
