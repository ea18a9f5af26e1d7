public import LoomCore

/// How a reduction walks over a tensor.
///
/// Neighbouring dimensions that are reduced (or kept) alike are merged and sizes of 1 dropped, so
/// that almost every reduction becomes `[outer, reduced, inner]`. What remains of other patterns is
/// walked by the odometers `keptSizes` and `reducedSizes` around that block.
public struct ReductionPlan: Sendable {
  /// The shape of the result.
  public let output: Shape
  /// Elements that go into each element of the result.
  public let reducedCount: Int
  /// The innermost block: `rows` reduced steps, each `inner` elements apart.
  @usableFromInline let rows: Int
  @usableFromInline let inner: Int
  /// Positions of everything kept outside of the block.
  @usableFromInline let outer: Int
  // Empty where `outer` blocks simply follow each other.
  @usableFromInline let keptSizes: [Int]
  @usableFromInline let keptStrides: [Int]
  // Reduced dimensions outside of the block; empty in the common case.
  @usableFromInline let reducedSizes: [Int]
  @usableFromInline let reducedStrides: [Int]

  /// - Throws: ``StatusError/Code/invalidArgument`` for an axis outside of the shape or named twice.
  public init(_ shape: Shape, axes: [Int], keepingDimensions: Bool) throws(StatusError) {
    let rank = shape.rank
    if rank <= 64 {
      var mask: UInt64 = 0
      for axis in axes {
        let bit: UInt64 = 1 << UInt64(try ReductionPlan.position(of: axis, in: shape))
        if mask & bit != 0 { throw ReductionPlan.duplicate(axis, rank) }
        mask |= bit
      }
      try self.init(shape, keepingDimensions) { mask & (1 << UInt64($0)) != 0 }
    } else {
      var flags = [Bool](repeating: false, count: rank)
      for axis in axes {
        let position = try ReductionPlan.position(of: axis, in: shape)
        if flags[position] { throw ReductionPlan.duplicate(axis, rank) }
        flags[position] = true
      }
      try self.init(shape, keepingDimensions) { flags[$0] }
    }
  }

  private init(
    _ shape: Shape, _ keepingDimensions: Bool, _ isReduced: (Int) -> Bool
  ) throws(StatusError) {
    output = try ReductionPlan.outputShape(shape, keepingDimensions, isReduced)
    // Groups from the innermost dimension outwards; an empty tensor's sizes may multiply to anything,
    // so products saturate there.
    var inner = 1
    var rows = 1
    var outer = 1
    var reducedCount = 1
    var keptSizes: [Int] = []
    var keptStrides: [Int] = []
    var reducedSizes: [Int] = []
    var reducedStrides: [Int] = []
    var stride = 1
    // 0: inside `inner`, 1: inside `rows`, 2: kept dimensions outside, 3: reduced ones further out.
    var stage = 0
    var lastWasReduced = false
    for index in (0..<shape.rank).reversed() {
      let size = shape[index]
      if size == 1 { continue }
      let reduced = isReduced(index)
      if reduced { reducedCount = ReductionPlan.saturating(reducedCount, size) }
      switch (stage, reduced) {
      case (0, false): inner = ReductionPlan.saturating(inner, size)
      case (0, true), (1, true):
        rows = ReductionPlan.saturating(rows, size)
        stage = 1
      case (1, false), (2, false), (3, false):
        if stage > 1 && !lastWasReduced, let last = keptSizes.last {
          keptSizes[keptSizes.count - 1] = ReductionPlan.saturating(last, size)
        } else {
          keptSizes.append(size)
          keptStrides.append(stride)
        }
        outer = ReductionPlan.saturating(outer, size)
        stage = Swift.max(stage, 2)
      default:
        if lastWasReduced, let last = reducedSizes.last {
          reducedSizes[reducedSizes.count - 1] = ReductionPlan.saturating(last, size)
        } else {
          reducedSizes.append(size)
          reducedStrides.append(stride)
        }
        stage = 3
      }
      lastWasReduced = reduced
      stride = ReductionPlan.saturating(stride, size)
    }
    self.inner = inner
    self.rows = rows
    self.outer = outer
    self.reducedCount = reducedCount
    if reducedSizes.isEmpty {
      keptSizes = []
      keptStrides = []
    }
    self.keptSizes = keptSizes
    self.keptStrides = keptStrides
    self.reducedSizes = reducedSizes
    self.reducedStrides = reducedStrides
  }

  private static func outputShape(
    _ shape: Shape, _ keepingDimensions: Bool, _ isReduced: (Int) -> Bool
  ) throws(StatusError) -> Shape {
    var sizes: [Int] = []
    for index in 0..<shape.rank {
      if !isReduced(index) {
        sizes.append(shape[index])
      } else if keepingDimensions {
        sizes.append(1)
      }
    }
    return sizes.isEmpty ? .scalar : try Shape(sizes)
  }

  private static func saturating(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
  }

  private static func position(of axis: Int, in shape: Shape) throws(StatusError) -> Int {
    let rank = shape.rank
    guard axis >= -rank, axis < rank else {
      throw .invalidArgument(
        "Invalid reduction dimension (\(axis) for input with \(rank) dimension(s)")
    }
    return axis < 0 ? axis + rank : axis
  }

  @inline(never) private static func duplicate(_ axis: Int, _ rank: Int) -> StatusError {
    .invalidArgument(
      "Invalid reduction arguments: Axes contains duplicate dimension: "
        + "\(axis < 0 ? axis + rank : axis)")
  }

  /// Steps of the outermost reduced loop: what a reduction is cut into for threads.
  @usableFromInline var units: Int {
    reducedSizes.isEmpty ? rows : reducedSizes.reduce(1) { $0 &* $1 }
  }

  /// Where block `index` of the kept positions starts.
  @inlinable func keptOffset(_ index: Int) -> Int {
    if keptSizes.isEmpty { return index &* rows &* inner }
    return ReductionPlan.offset(index, keptSizes, keptStrides)
  }

  /// Where step `index` of the reduced dimensions outside the block starts.
  @inlinable func reducedOffset(_ index: Int) -> Int {
    ReductionPlan.offset(index, reducedSizes, reducedStrides)
  }

  // Sizes are innermost first, and positive wherever there is something to walk over.
  @inlinable static func offset(_ index: Int, _ sizes: [Int], _ strides: [Int]) -> Int {
    var rest = index
    var offset = 0
    for dimension in 0..<sizes.count where sizes[dimension] > 0 {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: sizes[dimension])
      offset &+= remainder &* strides[dimension]
      rest = quotient
    }
    return offset
  }
}
