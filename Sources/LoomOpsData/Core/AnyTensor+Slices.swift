import LoomCore

extension AnyTensor {
  /// Element `index` of the first dimension, sharing memory.
  ///
  /// - Throws: ``StatusError/Code/outOfRange`` outside of the first dimension.
  func slice(_ index: Int) throws(StatusError) -> AnyTensor {
    try rows(index..<index + 1).reshaped(to: Shape(Array(shape.sizes.dropFirst())))
  }
}

extension PartialShape {
  /// This shape without its first dimension.
  var droppingFirst: PartialShape {
    guard let sizes else { return .unknown }
    return PartialShape(Array(sizes.dropFirst()))
  }

  /// This shape behind a new first dimension.
  func prepending(_ size: Int?) -> PartialShape {
    guard let sizes else { return .unknown }
    return PartialShape([size] + sizes)
  }
}
