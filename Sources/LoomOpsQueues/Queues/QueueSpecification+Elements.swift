import LoomCore

extension QueueSpecification {
  /// Refuses tensors that are not one element.
  func checkElement(_ tensors: [AnyTensor]) throws(StatusError) {
    try checkTypes(tensors)
    guard !shapes.isEmpty else { return }
    for (index, tensor) in tensors.enumerated()
    where !shapes[index].isCompatible(with: tensor.shape) {
      throw .invalidArgument(
        "Shape mismatch in tuple component \(index). Expected \(shapes[index]), got "
          + "\(tensor.shape)")
    }
  }

  /// Refuses tensors that are not batches of elements.
  ///
  /// - Returns: the number of elements.
  func checkBatch(_ tensors: [AnyTensor]) throws(StatusError) -> Int {
    try checkTypes(tensors)
    for (index, tensor) in tensors.enumerated() where tensor.shape.rank == 0 {
      // TensorFlow dies of these.
      throw .invalidArgument(
        "Shape mismatch in tuple component \(index). Expected a batch of elements, got []")
    }
    let count = tensors.first?.shape[0] ?? 0
    for (index, tensor) in tensors.enumerated() {
      if shapes.isEmpty {
        guard tensor.shape[0] != count else { continue }
        throw .invalidArgument(
          "All input tensors must have the same size in the 0th dimension. Component \(index) has "
            + "\(tensor.shape[0]), and should have \(count)")
      }
      let expected = PartialShape([count]).concatenated(with: shapes[index])
      guard !expected.isCompatible(with: tensor.shape) else { continue }
      throw .invalidArgument(
        "Shape mismatch in tuple component \(index). Expected \(expected), got \(tensor.shape)")
    }
    return count
  }

  private func checkTypes(_ tensors: [AnyTensor]) throws(StatusError) {
    guard tensors.count == types.count else {
      throw .invalidArgument(
        "Wrong number of components in tuple. Expected \(types.count), got \(tensors.count)")
    }
    for (index, tensor) in tensors.enumerated() where tensor.dtype != types[index] {
      throw .invalidArgument(
        "Type mismatch in tuple component \(index). Expected \(types[index]), got \(tensor.dtype)")
    }
  }
}
