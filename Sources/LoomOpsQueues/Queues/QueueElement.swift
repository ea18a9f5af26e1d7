import LoomCore

/// An element of a queue: one tensor for each component.
struct QueueElement: Sendable {
  /// The components themselves, or batches that hold them as rows.
  let tensors: [AnyTensor]
  /// Which row of the batches; `nil` if the tensors are the components.
  let row: Int?

  init(_ tensors: [AnyTensor], row: Int? = nil) {
    self.tensors = tensors
    self.row = row
  }

  /// Component `index`; it may share memory with a batch.
  func component(_ index: Int) throws(StatusError) -> AnyTensor {
    let tensor = tensors[index]
    guard let row else { return tensor }
    return try tensor.rows(row..<row + 1).reshaped(to: shape(index))
  }

  /// The shape of component `index`.
  func shape(_ index: Int) throws(StatusError) -> Shape {
    let shape = tensors[index].shape
    return row == nil ? shape : try Shape(shape.sizes.dropFirst())
  }

  /// The tensor that holds component `index`, and where its elements begin and how many they are.
  func location(_ index: Int) -> (tensor: AnyTensor, start: Int, count: Int) {
    let tensor = tensors[index]
    guard let row else { return (tensor, 0, tensor.elementCount) }
    let count = tensor.shape.count(in: 1..<tensor.shape.rank)
    return (tensor, row &* count, count)
  }
}
