import LoomCore
import LoomGraph
import LoomKernels

/// The boxes of a crop: `[y1, x1, y2, x2]` each, and the image each is cut from.
struct CropBoxes {
  /// A position between two pixels.
  struct Sample {
    let lower: Int
    let upper: Int
    /// How far it is from the lower to the upper.
    let share: Float
    let nearest: Int
  }

  enum Direction { case row, column }

  let count: Int
  let coordinates: [Float]
  let indices: [Int]

  /// Reads inputs `boxes` and `boxes + 1`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if shapes do not fit,
  ///   ``StatusError/Code/outOfRange`` for an image outside of the batch.
  init(_ context: borrowing KernelContext, boxes: Int, batch: Int) throws(StatusError) {
    let (coordinates, indices) = (try context.input(boxes), try context.input(boxes + 1))
    if coordinates.elementCount == 0, indices.elementCount == 0 {
      count = 0
      self.coordinates = []
      self.indices = []
      return
    }
    guard coordinates.shape.rank == 2 else {
      throw .invalidArgument("boxes must be 2-D, got \(coordinates.shape)")
    }
    guard coordinates.shape[1] == 4 else {
      throw .invalidArgument("boxes must have 4 columns, got \(coordinates.shape)")
    }
    guard indices.shape.rank == 1 else {
      throw .invalidArgument("box_index must be 1-D, got \(indices.shape)")
    }
    guard indices.elementCount == coordinates.shape[0] else {
      throw .invalidArgument("box_index has incompatible shape")
    }
    count = indices.elementCount
    self.coordinates = try coordinates.scalars(of: Float.self)
    self.indices = try indices.integers()
    guard self.coordinates.allSatisfy(\.isFinite) else {
      throw .invalidArgument("Boxes contains at least one element that is not finite")
    }
    for index in self.indices where index < 0 || index >= batch {
      throw .outOfRange("box_index has values outside [0, batch_size)")
    }
  }

  /// Where the rows or columns of a crop lie in the image; `nil` outside.
  func samples(_ box: Int, _ direction: Direction, image: Int, crop: Int) -> [Sample?] {
    let offset = direction == .row ? 0 : 1
    let (first, last) = (coordinates[box * 4 + offset], coordinates[box * 4 + offset + 2])
    let extent = Float(image - 1)
    let scale = crop > 1 ? (last - first) * extent / Float(crop - 1) : 0
    return (0..<crop).map { index in
      let position =
        crop > 1 ? first * extent + Float(index) * scale : 0.5 * (first + last) * extent
      // NaN is outside too.
      guard position >= 0, position <= extent else { return nil }
      let floor = position.rounded(.down)
      return Sample(
        lower: Int(floor), upper: Int(position.rounded(.up)), share: position - floor,
        nearest: Int(position.rounded(.toNearestOrAwayFromZero)))
    }
  }

  /// The derivatives of a sample's position by the first and the last edge of its box.
  static func slopes(_ index: Int, image: Int, crop: Int) -> (first: Float, last: Float) {
    let extent = Float(image - 1)
    guard crop > 1 else { return (0.5 * extent, 0.5 * extent) }
    let share = Float(index) * (extent / Float(crop - 1))
    return (extent - share, share)
  }
}

/// The number of boxes in inputs `boxes` and `boxes + 1`.
func inferBoxes(_ context: ShapeContext, boxes: Int) throws(StatusError) -> Int? {
  let coordinates = try context.requireRank(boxes, 2)
  let indices = try context.requireRank(boxes + 1, 1)
  if let columns = coordinates[1], columns != 4 {
    throw .invalidArgument("Dimension must be 4 but is \(columns)")
  }
  return try ShapeContext.merge(coordinates[0], indices[0])
}
