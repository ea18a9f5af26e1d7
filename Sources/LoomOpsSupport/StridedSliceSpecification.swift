package import LoomCore
package import LoomGraph

/// What a strided slice takes from a shape: TensorFlow's `x[begin:end:stride, ..., newaxis]`, spread out
/// to one entry per dimension.
package struct StridedSliceSpecification {
  /// The masks of the op's attributes; bit `i` belongs to entry `i` of `begin`, `end` and `strides`.
  package struct Masks: Sendable {
    package var begin = 0
    package var end = 0
    package var ellipsis = 0
    package var newAxis = 0
    package var shrinkAxis = 0

    package init() {}

    package init(_ attributes: Attributes) throws(StatusError) {
      begin = try attributes.int("begin_mask")
      end = try attributes.int("end_mask")
      ellipsis = try attributes.int("ellipsis_mask")
      newAxis = try attributes.int("new_axis_mask")
      shrinkAxis = try attributes.int("shrink_axis_mask")
    }
  }

  /// Per dimension of the input; -1 where unknown. Meaningful only where ``isKnown``.
  package private(set) var begin: [Int] = []
  package private(set) var strides: [Int] = []
  /// Per dimension of the input, shrunk ones included.
  package private(set) var processed: [Int?] = []
  /// Sizes of the result.
  package private(set) var result: [Int?] = []
  /// The dimension of the input behind each dimension of the result; `nil` for a new axis.
  package private(set) var origins: [Int?] = []
  /// Whether all of the input is taken as it is, new and shrunk axes aside.
  package private(set) var isIdentity = true
  /// Whether at most the first dimension is cut, and that without steps.
  package private(set) var cutsOnlyRows = true

  /// Longest list of entries that the masks, 32-bit in TensorFlow, can describe.
  private static let longest = 32

  private struct Dimension {
    var begin: Int? = 0
    var end: Int? = 0
    var stride = 1
    var beginMasked = false
    var endMasked = false
    var shrinks = false
  }

  /// - Parameters:
  ///   - sizes: The input's sizes, `nil` for unknown ones.
  ///   - begin: The first positions; `nil` for unknown ones.
  ///   - end: The positions after the last; `nil` for unknown ones.
  /// - Throws: ``StatusError/Code/invalidArgument`` if the entries do not fit the sizes.
  package init(
    sizes: [Int?], begin: [Int?], end: [Int?], strides: [Int], masks: Masks
  ) throws(StatusError) {
    guard begin.count == strides.count, end.count == strides.count,
      strides.count < Self.longest
    else {
      throw .invalidArgument(
        "Expected begin, end, and strides to be 1D equal size tensors, but got shapes "
          + "[\(begin.count)], [\(end.count)], and [\(strides.count)] instead.")
    }
    guard masks.ellipsis & (masks.ellipsis &- 1) == 0 else {
      throw .invalidArgument("Multiple ellipses in slice spec not allowed")
    }
    let dimensions = try spread(sizes.count, begin, end, strides, masks)
    for (index, dimension) in dimensions.enumerated() {
      try resolve(index, dimension, size: sizes[index])
    }
    result = origins.map { origin in if let origin { processed[origin] } else { 1 } }
  }

  /// Gives each dimension of the input its entry, and each of the result its origin.
  private mutating func spread(
    _ rank: Int, _ begin: [Int?], _ end: [Int?], _ strides: [Int], _ masks: Masks
  ) throws(StatusError) -> [Dimension] {
    var dimensions: [Dimension] = []
    var count = strides.count
    var ellipsis = masks.ellipsis
    // Without an ellipsis there is one at the end.
    if ellipsis & ((1 << count) - 1) == 0 {
      ellipsis = 1 << count
      count += 1
    }
    let newAxesAfter = (0..<count).filter {
      ellipsis < 1 << $0 && masks.newAxis & (1 << $0) != 0
    }.count
    for entry in 0..<count {
      let bit = 1 << entry
      if ellipsis & bit != 0 {
        let next = Swift.min(rank - (count - entry) + 1 + newAxesAfter, rank)
        while dimensions.count < next {
          origins.append(dimensions.count)
          dimensions.append(Dimension(beginMasked: true, endMasked: true))
        }
      } else if masks.newAxis & bit != 0 {
        origins.append(nil)
      } else {
        guard dimensions.count < rank else {
          throw .invalidArgument(
            rank == 0
              ? "Attempting to slice scalar input."
              : "Index out of range using input dim \(dimensions.count); input has only \(rank) dims"
          )
        }
        let shrinks = masks.shrinkAxis & bit != 0
        if !shrinks { origins.append(dimensions.count) }
        dimensions.append(
          Dimension(
            begin: begin[entry], end: end[entry], stride: strides[entry],
            beginMasked: masks.begin & bit != 0, endMasked: masks.end & bit != 0,
            shrinks: shrinks))
      }
    }
    return dimensions
  }

  private mutating func resolve(
    _ index: Int, _ dimension: Dimension, size: Int?
  ) throws(StatusError) {
    let stride = dimension.stride
    guard stride != 0 else {
      throw .invalidArgument("strides[\(index)] must be non-zero")
    }
    strides.append(stride)
    guard let size else {
      begin.append(-1)
      processed.append(dimension.shrinks ? 1 : nil)
      isIdentity = false
      if index > 0 || stride != 1 { cutsOnlyRows = false }
      return
    }
    if dimension.shrinks {
      guard stride > 0 else {
        throw .invalidArgument("only stride 1 allowed on non-range indexing.")
      }
      processed.append(1)
      guard let first = dimension.begin else {
        begin.append(-1)
        (isIdentity, cutsOnlyRows) = (false, false)
        return
      }
      let position = first < 0 ? Checked.add(size, first) ?? -1 : first
      guard position >= 0, position < size else {
        throw .invalidArgument("slice index \(first) of dimension \(index) out of bounds.")
      }
      begin.append(position)
      note(index, whole: size == 1, stride: 1)
      return
    }
    // Positions that a walk in this direction may start or end at.
    let lowest = stride > 0 ? 0 : -1
    let highest = stride > 0 ? size : size - 1
    func clamped(_ position: Int?, masked: Bool, at extreme: Int) -> Int? {
      if masked { return extreme }
      guard let position else { return nil }
      let fromStart = position < 0 ? Checked.add(size, position) ?? lowest : position
      return Swift.min(Swift.max(fromStart, lowest), highest)
    }
    let first = clamped(
      dimension.begin, masked: dimension.beginMasked, at: stride > 0 ? lowest : highest)
    let last = clamped(
      dimension.end, masked: dimension.endMasked, at: stride > 0 ? highest : lowest)
    begin.append(first ?? -1)
    guard let first, let last else {
      processed.append(nil)
      (isIdentity, cutsOnlyRows) = (false, false)
      return
    }
    let length = last - first
    // Both lie within the dimension, so neither the division nor the sum overflows.
    let count =
      length == 0 || (length < 0) != (stride < 0)
      ? 0 : length / stride + (length % stride == 0 ? 0 : 1)
    processed.append(count)
    note(index, whole: stride == 1 && first == 0 && last == size, stride: stride)
  }

  private mutating func note(_ index: Int, whole: Bool, stride: Int) {
    if whole { return }
    isIdentity = false
    if index > 0 || stride != 1 { cutsOnlyRows = false }
  }
}

extension StridedSliceSpecification {
  /// What is known of a strided slice when its graph is built; `nil` if that is nothing. Inputs are the
  /// sliced shape and, from input `first` on, begin, end and strides.
  package static func inferred(
    _ context: ShapeContext, of shape: PartialShape, first: Int
  ) throws(StatusError) -> StridedSliceSpecification? {
    let lengths = try [
      context.requireRank(first, 1), context.requireRank(first + 1, 1),
      context.requireRank(first + 2, 1),
    ]
    let length = try lengths[0].merged(with: lengths[1]).merged(with: lengths[2])[0]
    guard let sizes = shape.sizes, let length,
      let steps = context.partialValue(first + 2)
    else { return nil }
    let known = steps.compactMap { $0 }
    guard known.count == length, steps.count == length else { return nil }
    let unknown = [Int?](repeating: nil, count: length)
    return try StridedSliceSpecification(
      sizes: sizes, begin: context.partialValue(first) ?? unknown,
      end: context.partialValue(first + 1) ?? unknown, strides: known,
      masks: Masks(context.attributes))
  }
}
