public import LoomCore
public import LoomGraph

/// The value of a sparse tensor.
public struct SparseTensorValue<Scalar: TensorScalar>: Sendable {
  /// `[count, rank]`.
  public var indices: Tensor<Int64>
  /// `[count]`.
  public var values: Tensor<Scalar>
  /// `[rank]`.
  public var denseShape: Tensor<Int64>

  public init(indices: Tensor<Int64>, values: Tensor<Scalar>, denseShape: Tensor<Int64>) {
    self.indices = indices
    self.values = values
    self.denseShape = denseShape
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the positions differ in rank from the shape.
  public init(indices: [[Int]], values: [Scalar], denseShape: [Int]) throws(StatusError) {
    self.indices = try Tensor(
      indices.flatMap { $0.map(Int64.init) }, shape: [indices.count, denseShape.count])
    self.values = try Tensor(values)
    self.denseShape = try Tensor(denseShape.map(Int64.init))
  }
}

extension SparseOutput: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) {
    try list.add(indices.erased)
    try list.add(values.erased)
    try list.add(denseShape.erased)
  }

  public func rebuild(
    from values: inout FetchedValues
  ) throws(StatusError) -> SparseTensorValue<Scalar> {
    SparseTensorValue(
      indices: try values.next(of: Int64.self), values: try values.next(of: Scalar.self),
      denseShape: try values.next(of: Int64.self))
  }
}

extension SparseOutput: Feedable {
  public var feedParts: [AnyOutput] { [indices.erased, values.erased, denseShape.erased] }

  public func split(
    _ value: SparseTensorValue<Scalar>, into tensors: inout [AnyTensor]
  ) throws(StatusError) {
    tensors.append(value.indices.erased)
    tensors.append(value.values.erased)
    tensors.append(value.denseShape.erased)
  }

  /// Feeds a sparse value given as its parts.
  public func feed(
    _ value: (indices: Tensor<Int64>, values: Tensor<Scalar>, denseShape: Tensor<Int64>)
  ) throws(StatusError) -> Feed {
    try feed(
      SparseTensorValue(
        indices: value.indices, values: value.values, denseShape: value.denseShape))
  }
}

/// The value of ``IndexedSlices``.
public struct IndexedSlicesValue: Sendable {
  public var values: AnyTensor
  public var indices: AnyTensor
  public var denseShape: AnyTensor?

  public init(values: AnyTensor, indices: AnyTensor, denseShape: AnyTensor? = nil) {
    self.values = values
    self.indices = indices
    self.denseShape = denseShape
  }
}

extension IndexedSlices: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) {
    try list.add(values)
    try list.add(indices)
    if let denseShape { try list.add(denseShape) }
  }

  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> IndexedSlicesValue {
    IndexedSlicesValue(
      values: try values.next(), indices: try values.next(),
      denseShape: denseShape == nil ? nil : try values.next())
  }
}

extension IndexedSlices: Feedable {
  public var feedParts: [AnyOutput] { [values, indices] + (denseShape.map { [$0] } ?? []) }

  /// - Throws: ``StatusError/Code/invalidArgument`` if only one of key and value has a dense shape.
  public func split(
    _ value: IndexedSlicesValue, into tensors: inout [AnyTensor]
  ) throws(StatusError) {
    tensors.append(value.values)
    tensors.append(value.indices)
    if let shape = value.denseShape, denseShape != nil {
      tensors.append(shape)
    } else if value.denseShape != nil || denseShape != nil {
      throw .invalidArgument(
        "Expected a value \(denseShape == nil ? "without" : "with") a dense shape for the slices "
          + "'\(values.name)'")
    }
  }
}

/// The value of a ragged tensor.
public struct RaggedTensorValue<Scalar: TensorScalar>: Sendable {
  public var flatValues: Tensor<Scalar>
  /// Outermost first.
  public var rowSplits: [Tensor<Int64>]

  public init(flatValues: Tensor<Scalar>, rowSplits: [Tensor<Int64>]) {
    self.flatValues = flatValues
    self.rowSplits = rowSplits
  }
}

extension RaggedOutput: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) {
    try list.add(flatValues.erased)
    for splits in rowSplits { try list.add(splits.erased) }
  }

  public func rebuild(
    from values: inout FetchedValues
  ) throws(StatusError) -> RaggedTensorValue<Scalar> {
    let flatValues = try values.next(of: Scalar.self)
    var splits: [Tensor<Int64>] = []
    for _ in rowSplits { splits.append(try values.next(of: Int64.self)) }
    return RaggedTensorValue(flatValues: flatValues, rowSplits: splits)
  }
}

extension RaggedOutput: Feedable {
  public var feedParts: [AnyOutput] { [flatValues.erased] + rowSplits.map(\.erased) }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the numbers of ragged dimensions differ.
  public func split(
    _ value: RaggedTensorValue<Scalar>, into tensors: inout [AnyTensor]
  ) throws(StatusError) {
    guard value.rowSplits.count == rowSplits.count else {
      throw .invalidArgument(
        "Expected a value with \(rowSplits.count) ragged dimensions, got \(value.rowSplits.count)")
    }
    tensors.append(value.flatValues.erased)
    for splits in value.rowSplits { tensors.append(splits.erased) }
  }
}
