package import LoomCore
package import LoomProto

/// A box inside a tensor: what one part of a partitioned variable covers.
package struct TensorSlice: Hashable, Sendable {
  /// Start and length of each dimension; `nil` is all of it.
  package var extents: [Range<Int>?]

  package init(extents: [Range<Int>?]) { self.extents = extents }

  /// All of a tensor.
  package init(fullRank rank: Int) { extents = Array(repeating: nil, count: rank) }

  package var isFull: Bool { extents.allSatisfy { $0 == nil } }

  /// The text form, such as `0,2:-`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if it is none.
  package init(text: String) throws(StatusError) {
    extents = []
    guard !text.isEmpty else { return }
    for part in text.split(separator: ":", omittingEmptySubsequences: false) {
      if part == "-" {
        extents.append(nil)
        continue
      }
      let numbers = part.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard numbers.count == 2, let start = numbers[0], let length = numbers[1] else {
        throw .invalidArgument(
          "Expected a pair of numbers or '-' but got '\(part)': string = \(text)")
      }
      guard start >= 0, length > 0, let end = Checked.add(start, length) else {
        throw .invalidArgument(
          "Expected non-negative start and positive length but got start = \(start), "
            + "length = \(length): string = \(text)")
      }
      extents.append(start..<end)
    }
  }

  package init(_ message: Tensorflow_TensorSliceProto) throws(StatusError) {
    extents = []
    for extent in message.extent {
      guard extent.hasLengthHack_p != nil else {
        extents.append(nil)
        continue
      }
      let start = Int(extent.start)
      guard start >= 0, extent.length >= 0, let end = Checked.add(start, Int(extent.length)) else {
        throw StatusError(.dataLoss, "A slice has the extent \(start),\(extent.length)")
      }
      extents.append(start..<end)
    }
  }

  package var proto: Tensorflow_TensorSliceProto {
    var message = Tensorflow_TensorSliceProto()
    message.extent = extents.map { extent in
      var result = Tensorflow_TensorSliceProto.Extent()
      if let extent {
        result.start = Int64(extent.lowerBound)
        result.length = Int64(extent.count)
      }
      return result
    }
    return message
  }

  package var text: String {
    extents.map { $0.map { "\($0.lowerBound),\($0.count)" } ?? "-" }.joined(separator: ":")
  }

  /// The box with every extent known.
  ///
  /// - Throws: ``StatusError/Code/internal`` if it leaves a tensor of `shape`.
  package func resolved(in shape: Shape) throws(StatusError) -> [Range<Int>] {
    guard extents.count == shape.rank else {
      throw .internal(
        "Mismatching ranks: shape = \(shape), slice = \(text)")
    }
    var result: [Range<Int>] = []
    for (dimension, extent) in extents.enumerated() {
      guard let extent else {
        result.append(0..<shape[dimension])
        continue
      }
      guard extent.upperBound <= shape[dimension] else {
        throw .internal(
          "Extent in dimension \(dimension) out of bounds: shape = \(shape), slice = \(text)")
      }
      result.append(extent)
    }
    return result
  }

  /// The shape of the part of a tensor of `shape` that the box covers.
  package func shape(in shape: Shape) throws(StatusError) -> Shape {
    try Shape(resolved(in: shape).map(\.count))
  }
}

/// Which part of which tensor an op saves or restores: the text `4 4 0,2:-`.
package struct ShapeAndSlice: Sendable {
  package var shape: Shape
  package var slice: TensorSlice

  /// - Throws: ``StatusError/Code/invalidArgument`` if the text is none, ``StatusError/Code/internal``
  ///   if the slice leaves the shape.
  package init(text: String) throws(StatusError) {
    var parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2, let last = parts.popLast() else {
      throw .invalidArgument(
        "Need least two elements in shape_and_slice specification: \(text)")
    }
    slice = try TensorSlice(text: last)
    var sizes: [Int] = []
    for part in parts {
      guard let size = Int(part), size >= 0 else {
        throw .invalidArgument(
          "Non numerical dimension in shape_and_slice: \(text)")
      }
      sizes.append(size)
    }
    shape = try Shape(sizes)
    // A slice without extents, behind a lone space, is the scalar itself.
    _ = try slice.resolved(in: shape)
  }

  package var sliceShape: Shape {
    get throws(StatusError) { try slice.shape(in: shape) }
  }
}

extension ShapeAndSlice {
  /// All of a tensor.
  package init(whole shape: Shape) {
    self.shape = shape
    slice = TensorSlice(fullRank: shape.rank)
  }
}
