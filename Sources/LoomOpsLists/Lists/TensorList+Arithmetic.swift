public import LoomCore
public import LoomKernels

extension TensorList: ArithmeticVariant {
  /// Adds the elements of another list of the same length; an unset element is zero.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if lengths, dtypes or shapes do not agree.
  public mutating func add(_ other: any VariantValue, depth: Int) throws(StatusError) {
    guard let other = other as? TensorList else {
      throw .internal("Cannot add a variant of type \(other.typeName) to a tensor list")
    }
    guard element.dtype == other.element.dtype else {
      throw .invalidArgument(
        "Trying to add two lists of tensors of different dtypes. One is \(element.dtype) and the "
          + "other is \(other.element.dtype)")
    }
    guard element.shape.isCompatible(with: other.element.shape) else {
      throw .invalidArgument(
        "Trying to add two lists of tensors with incompatible element shapes. One is "
          + "\(element.shape) and the other is \(other.element.shape)")
    }
    guard count == other.count else {
      throw .invalidArgument(
        "Trying to add two lists of tensors with different lengths. One is \(count) and the other "
          + "is \(other.count)")
    }
    if element.shape != other.element.shape || element.limit >= 0 {
      describe(as: try element.shape.merged(with: other.element.shape))
    }
    try other.forEachSet { (index, term) throws(StatusError) in
      guard var sum = take(index) else { return try set(index, to: term) }
      guard sum.shape == term.shape else {
        throw .invalidArgument(
          "Trying to add two tensors with incompatible element shapes. One is \(sum.shape) and the "
            + "other is \(term.shape)")
      }
      try sum.add(term, depth: depth)
      try set(index, to: sum)
    }
  }

  /// A list of zeros in the shapes of the elements.
  public func zeros(depth: Int) throws(StatusError) -> any VariantValue {
    var zeros = TensorList(
      ElementType(dtype: element.dtype, shape: element.shape), count: count)
    try forEachSet { (index, tensor) throws(StatusError) in
      try zeros.set(index, to: tensor.zerosLike(depth: depth))
    }
    return zeros
  }
}
