import LoomCore
import LoomKernels

/// A box of a tensor, put together from the parts that were stored.
struct SliceAssembly {
  private let box: [Range<Int>]
  private let mover: ByteMover
  private let shape: Shape
  /// Elements that are there; parts do not overlap.
  private var filled = 0

  init(dtype: DType, box: [Range<Int>], budget: MemoryBudget) throws(StatusError) {
    self.box = box
    shape = try Shape(box.map(\.count))
    mover = ByteMover(into: try .uninitialized(dtype: dtype, shape: shape, budget: budget))
  }

  func overlaps(_ extent: [Range<Int>]) -> Bool { zip(box, extent).allSatisfy { $0.overlaps($1) } }

  /// Copies what `part`, which covers `extent` of the tensor, has in common with the box.
  mutating func add(_ part: AnyTensor, covering extent: [Range<Int>]) throws(StatusError) {
    guard overlaps(extent) else { return }
    let common = zip(box, extent).map { $0.clamped(to: $1) }
    let targetStrides = shape.strides
    let sourceStrides = part.shape.strides
    let run = common.last?.count ?? 1
    // Where the first common element lies in both.
    var position = common.dropLast().map(\.lowerBound)
    while true {
      var source = 0
      var target = 0
      for (dimension, range) in common.enumerated() {
        let place = dimension < position.count ? position[dimension] : range.lowerBound
        source += (place - extent[dimension].lowerBound) * sourceStrides[dimension]
        target += (place - box[dimension].lowerBound) * targetStrides[dimension]
      }
      try mover.copy(part, from: source, to: target, count: run)
      filled += run
      var dimension = position.count - 1
      while dimension >= 0 {
        position[dimension] += 1
        if position[dimension] < common[dimension].upperBound { break }
        position[dimension] = common[dimension].lowerBound
        dimension -= 1
      }
      if dimension < 0 { return }
    }
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if elements are missing.
  func finish(name: String) throws(StatusError) -> AnyTensor {
    guard filled >= shape.elementCount else {
      throw .invalidArgument(
        "Does not have sufficient slices for partitioned tensor \(name) to restore in slice_spec")
    }
    return mover.target
  }

  /// The part of a whole tensor that `box` covers.
  static func cut(
    _ whole: AnyTensor, to box: [Range<Int>], budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    var assembly = try SliceAssembly(dtype: whole.dtype, box: box, budget: budget)
    try assembly.add(whole, covering: whole.shape.sizes.map { 0..<$0 })
    return assembly.mover.target
  }
}
