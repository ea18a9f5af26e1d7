import LoomCore
import LoomGraph

extension ShapeContext {
  /// Dtype and shape of a list's elements.
  struct Elements {
    var shape = PartialShape.unknown
    /// Whether the list says what its elements are.
    var isKnown = false
  }

  /// What is known of the elements of the list in input `index`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if their dtype is known and another.
  func elements(_ index: Int, of dtype: DType) throws(StatusError) -> Elements {
    guard let components = handle(index) else { return Elements() }
    guard components.count <= 1 else {
      throw .invalidArgument("Trying to read from list with wrong variant data.")
    }
    guard let component = components.first else { return Elements() }
    guard component.dtype == dtype else {
      throw .invalidArgument(
        "Trying to read from list with wrong element dtype. List has type \(component.dtype) but "
          + "expected type \(dtype)")
    }
    return Elements(shape: component.shape, isKnown: true)
  }

  /// The value of input `index` read as the shape of elements; a scalar -1 means nothing is known.
  func elementShape(_ index: Int) throws(StatusError) -> PartialShape {
    let shape = try requireRank(index, atMost: 1)
    guard shape.rank == 0 else {
      if shape.rank == nil, partialValue(index) == nil { return .unknown }
      return try shapeValue(index)
    }
    if let value = partialValue(index)?.first, let value, value != -1 {
      throw .invalidArgument(
        "Input tensor must be rank 1, or if its rank 0 it must have value -1 (representing an "
          + "unknown shape).  Saw value: \(value)")
    }
    return .unknown
  }

  /// Makes output `index` a list.
  func setList(_ index: Int, _ dtype: DType, _ shape: PartialShape) {
    setOutput(index, .scalar)
    setHandle(index, [.init(dtype: dtype, shape: shape)])
  }

  /// The dtype of the elements of the op's list.
  func elementType() throws(StatusError) -> DType {
    try attributes.type("element_dtype").base
  }
}

extension PartialShape {
  /// This shape without its first dimension.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for a scalar.
  func withoutFirst() throws(StatusError) -> PartialShape {
    guard let rank else { return .unknown }
    guard rank > 0 else {
      throw .invalidArgument("Shape must be at least rank 1 but is rank 0")
    }
    return dimensions(in: 1..<rank)
  }
}
