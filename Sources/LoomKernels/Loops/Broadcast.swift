public import LoomCore

/// How two shapes broadcast by numpy's rules, with neighbouring dimensions of the same pattern merged,
/// so that most cases have one or two loops. Never allocates.
public struct Broadcast: Sendable {
  /// The most dimensions that may remain after merging.
  @usableFromInline static let limit = 8
  /// Longer rows are cut into segments of this many elements when threads share them.
  static let segmentLength = 16_384

  public let result: Shape
  /// Merged dimensions, innermost first, with the strides (in elements) of both operands; a stride
  /// of 0 repeats. There is at least one.
  @usableFromInline var dimensionCount = 0
  @usableFromInline var sizes = InlineArray<8, Int>(repeating: 1)
  @usableFromInline var stridesA = InlineArray<8, Int>(repeating: 1)
  @usableFromInline var stridesB = InlineArray<8, Int>(repeating: 1)

  /// - Throws: ``StatusError/Code/invalidArgument`` if sizes differ and neither is 1,
  ///   ``StatusError/Code/unimplemented`` if more than eight changes between walking and repeating
  ///   remain.
  public init(_ a: Shape, _ b: Shape) throws(StatusError) {
    result = try Broadcast.shape(a, b)
    var strideA = 1
    var strideB = 1
    for index in (0..<result.rank).reversed() {
      let size = result[index]
      let sizeA = index < result.rank - a.rank ? 1 : a[index - (result.rank - a.rank)]
      let sizeB = index < result.rank - b.rank ? 1 : b[index - (result.rank - b.rank)]
      if size == 1 { continue }
      let stepA = sizeA == size ? strideA : 0
      let stepB = sizeB == size ? strideB : 0
      let last = dimensionCount - 1
      // An outer dimension continues the inner one if each operand walks or repeats in both.
      if last >= 0, (stepA == 0) == (stridesA[last] == 0), (stepB == 0) == (stridesB[last] == 0) {
        sizes[last] &*= size
      } else {
        guard dimensionCount < Broadcast.limit else {
          throw .unimplemented("Broadcast between \(a) and \(b) is not supported yet.")
        }
        sizes[dimensionCount] = size
        stridesA[dimensionCount] = stepA
        stridesB[dimensionCount] = stepB
        dimensionCount += 1
      }
      // Sizes multiply to the checked element counts of the operands.
      if sizeA == size { strideA &*= size }
      if sizeB == size { strideB &*= size }
    }
    dimensionCount = Swift.max(dimensionCount, 1)
  }

  /// The shape both broadcast to, or `nil`.
  public static func commonShape(_ a: Shape, _ b: Shape) -> Shape? {
    // Not fitting is the answer here, not a failure.
    try? shape(a, b)
  }

  private static func shape(_ a: Shape, _ b: Shape) throws(StatusError) -> Shape {
    let (longer, shorter) = a.rank >= b.rank ? (a, b) : (b, a)
    let offset = longer.rank - shorter.rank
    var sizes = longer.sizes
    for index in 0..<shorter.rank where sizes[index + offset] != shorter[index] {
      guard sizes[index + offset] == 1 || shorter[index] == 1 else {
        throw .invalidArgument("Incompatible shapes: \(a) vs. \(b)")
      }
      if sizes[index + offset] == 1 { sizes[index + offset] = shorter[index] }
    }
    return try Shape(sizes)
  }

  /// Length of the innermost run.
  @inlinable public var rowLength: Int { sizes[0] }
  /// Whether `a` (or `b`) advances along the innermost run.
  @inlinable public var rowWalksA: Bool { stridesA[0] != 0 }
  @inlinable public var rowWalksB: Bool { stridesB[0] != 0 }
  /// Innermost runs in the result.
  @inlinable public var rowCount: Int { rowLength == 0 ? 0 : result.elementCount / rowLength }

  /// A stretch of rows that follow each other at fixed distances, all starting at one column.
  public struct Block {
    /// Offsets of the first element in the result and in the operands.
    public var target: Int
    public var a: Int
    public var b: Int
    public var rowCount: Int
    /// Elements to take of each row.
    public var length: Int
    /// Distances between rows.
    public var pitchA: Int
    public var pitchB: Int
  }

  /// Calls `body` for blocks that cover rows `rows` of the result.
  @usableFromInline @inline(never)
  func forEachBlock(_ rows: Range<Int>, _ body: (Block) -> Void) {
    guard !rows.isEmpty else { return }
    var position = InlineArray<8, Int>(repeating: 0)
    var block = Block(
      target: rows.lowerBound &* rowLength, a: 0, b: 0, rowCount: 0, length: rowLength,
      pitchA: dimensionCount > 1 ? stridesA[1] : 0, pitchB: dimensionCount > 1 ? stridesB[1] : 0)
    var rest = rows.lowerBound
    for dimension in 1..<Swift.max(dimensionCount, 1) {
      position[dimension] = rest % sizes[dimension]
      rest /= sizes[dimension]
      block.a &+= position[dimension] &* stridesA[dimension]
      block.b &+= position[dimension] &* stridesB[dimension]
    }
    var remaining = rows.count
    let second = dimensionCount > 1 ? sizes[1] : 1
    while remaining > 0 {
      block.rowCount = Swift.min(remaining, second &- position[1])
      body(block)
      remaining &-= block.rowCount
      block.target &+= block.rowCount &* rowLength
      // On to the next row of rows.
      block.a &-= position[1] &* block.pitchA
      block.b &-= position[1] &* block.pitchB
      position[1] = 0
      var dimension = 2
      while dimension < dimensionCount {
        position[dimension] &+= 1
        block.a &+= stridesA[dimension]
        block.b &+= stridesB[dimension]
        if position[dimension] < sizes[dimension] { break }
        block.a &-= stridesA[dimension] &* sizes[dimension]
        block.b &-= stridesB[dimension] &* sizes[dimension]
        position[dimension] = 0
        dimension += 1
      }
    }
  }

  /// Calls `body` for blocks that cover the result, on several threads if it is worth it.
  @usableFromInline @inline(never)
  func share(_ workers: WorkerPool, costPerElement: Double, _ body: (Block) -> Void) {
    let length = rowLength
    let segments =
      length > 2 * Broadcast.segmentLength
      ? (length &+ Broadcast.segmentLength &- 1) / Broadcast.segmentLength : 1
    if segments == 1 {
      workers.parallelFor(count: rowCount, costPerItem: costPerElement * Double(length)) { rows in
        forEachBlock(rows, body)
      }
      return
    }
    workers.parallelFor(
      count: rowCount &* segments, costPerItem: costPerElement * Double(Broadcast.segmentLength)
    ) { pieces in
      for piece in pieces {
        let row = piece / segments
        let start = piece % segments &* Broadcast.segmentLength
        forEachBlock(row..<row + 1) { block in
          var part = block
          part.target &+= start
          if rowWalksA { part.a &+= start }
          if rowWalksB { part.b &+= start }
          part.length = Swift.min(Broadcast.segmentLength, length &- start)
          body(part)
        }
      }
    }
  }

  /// Where row `index` of the result starts, in it and in both operands.
  func row(_ index: Int) -> (target: Int, a: Int, b: Int) {
    var (rest, a, b) = (index, 0, 0)
    for dimension in 1..<Swift.max(dimensionCount, 1) {
      a &+= rest % sizes[dimension] &* stridesA[dimension]
      b &+= rest % sizes[dimension] &* stridesB[dimension]
      rest /= sizes[dimension]
    }
    return (index &* rowLength, a, b)
  }

  /// Calls `row` for each innermost run: offsets of result, `a` and `b`.
  public func forEachRow(_ row: (_ out: Int, _ a: Int, _ b: Int) -> Void) {
    forEachBlock(0..<rowCount) { block in
      for index in 0..<block.rowCount {
        row(
          block.target &+ index &* block.length, block.a &+ index &* block.pitchA,
          block.b &+ index &* block.pitchB)
      }
    }
  }
}
