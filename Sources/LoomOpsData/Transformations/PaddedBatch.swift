import LoomCore
import LoomGraph
import LoomKernels

/// Elements padded to equal shapes and stacked along a new first dimension.
enum PaddedBatchDatasetV2: DatasetOp {
  static let signature = OpSignature(
    "PaddedBatchDatasetV2",
    inputs: [
      "input_dataset: variant", "batch_size: int64", "padded_shapes: N * int64",
      "padding_values: Toutput_types", "drop_remainder: bool",
    ], outputs: ["handle: variant"],
    attributes: [
      "parallel_copy: bool = false", "Toutput_types: list(type) >= 1",
      "output_shapes: list(shape) >= 1", "N: int >= 1", "metadata: string = \"\"",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try paddedBatches(node, hasDropInput: true)
  }
}

/// Elements padded to equal shapes and stacked; the last batch may be smaller.
enum PaddedBatchDataset: DatasetOp {
  static let signature = OpSignature(
    "PaddedBatchDataset",
    inputs: [
      "input_dataset: variant", "batch_size: int64", "padded_shapes: N * int64",
      "padding_values: Toutput_types",
    ], outputs: ["handle: variant"],
    attributes: [
      "Toutput_types: list(type) >= 1", "output_shapes: list(shape) >= 1", "N: int >= 1",
      "metadata: string = \"\"",
    ])

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    try paddedBatches(node, hasDropInput: false)
  }
}

private func paddedBatches(
  _ node: KernelConstruction, hasDropInput: Bool
) throws(StatusError) -> DatasetMaker {
  let count = try node.attributes.int("N")
  let types = try node.attributes.types("Toutput_types")
  guard types.count == count else {
    throw .invalidArgument(
      "The number of padded shapes (\(count)) and of padding values (\(types.count)) differ")
  }
  return DatasetMaker { context in
    let input = try context.dataset(0)
    let size = try context.batchSize(1)
    guard input.elements.count == count else {
      throw StatusError.invalidArgument(
        "Number of padded shapes (\(count)) must match the number of components in the input "
          + "dataset's elements (\(input.elements.count))")
    }
    var shapes: [PartialShape] = []
    var values: [AnyTensor] = []
    for index in 0..<count {
      let shape: [Int64] = try context.vectorArgument(2 + index, "All padded shapes")
      guard shape.count <= Shape.maximumRank, shape.allSatisfy({ $0 >= -1 }) else {
        throw StatusError.invalidArgument("\(shape) is no shape")
      }
      shapes.append(PartialShape(shape.map { Int($0) }))
      let value = try context.input(2 + count + index)
      guard value.shape.isScalar else {
        throw StatusError.invalidArgument("All padding values must be scalars")
      }
      guard value.dtype == input.elements.types[index].base else {
        throw StatusError.invalidArgument(
          "Mismatched type between padding value \(index) and input dataset's component \(index): "
            + "\(value.dtype.name) vs. \(input.elements.types[index].name)")
      }
      values.append(value)
    }
    var dropsRemainder = false
    if hasDropInput { dropsRemainder = try context.argument(2 + 2 * count, "drop_remainder") }
    return PaddedBatches(
      input: input, size: size, dropsRemainder: dropsRemainder, shapes: shapes, values: values)
  }
}

private struct PaddedBatches: DatasetValue {
  let input: any DatasetValue
  let size: Int
  let dropsRemainder: Bool
  let shapes: [PartialShape]
  let values: [AnyTensor]

  var inputs: [any DatasetValue] { [input] }

  var elements: ElementSpecification {
    let batch = dropsRemainder || input.cardinality == .infinite ? size : nil
    return ElementSpecification(
      types: input.elements.types, shapes: shapes.map { $0.prepending(batch) })
  }

  var cardinality: Cardinality {
    input.cardinality.map { $0 / size + ($0 % size == 0 || dropsRemainder ? 0 : 1) }
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let dataset = self
    return Iterator(try input.makeIterator(services), dataset)
  }

  private final class Iterator: DatasetIterator {
    var input: (any DatasetIterator)?
    let dataset: PaddedBatches

    init(_ input: any DatasetIterator, _ dataset: PaddedBatches) {
      self.input = input
      self.dataset = dataset
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard let rows = try input.nextBatch(of: dataset.size, services) else { return nil }
      if rows.isEmpty || (dataset.dropsRemainder && rows.count < dataset.size) { return nil }
      var batch: [AnyTensor] = []
      for component in dataset.shapes.indices {
        var parts: [AnyTensor] = []
        for row in rows {
          guard row.indices.contains(component) else {
            throw .internal("Elements of a batch have different components")
          }
          parts.append(row[component])
        }
        batch.append(
          try pad(
            parts, to: dataset.shapes[component], with: dataset.values[component],
            component: component, budget: services.budget))
      }
      return batch
    }
  }
}

/// Stacks tensors, each padded to `shape`, whose unknown sizes become the largest there is.
private func pad(
  _ rows: [AnyTensor], to shape: PartialShape, with value: AnyTensor, component: Int,
  budget: MemoryBudget
) throws(StatusError) -> AnyTensor {
  guard let wanted = shape.sizes else { throw .internal("A padded shape has no rank") }
  var sizes = wanted.map { $0 ?? 0 }
  for row in rows {
    guard row.shape.rank == wanted.count else {
      throw .invalidArgument(
        "All elements in a batch must have the same rank as the padded shape for component"
          + "\(component): expected rank \(wanted.count) got element with rank \(row.shape.rank)")
    }
    for axis in wanted.indices {
      if wanted[axis] == nil {
        sizes[axis] = max(sizes[axis], row.shape[axis])
      } else if row.shape[axis] > sizes[axis] {
        throw StatusError(
          .dataLoss,
          "Attempted to pad to a smaller size than the input element: component \(component) has "
            + "size \(row.shape[axis]) in dimension \(axis), the padded shape \(sizes[axis]).")
      }
    }
  }
  let batchShape = try Shape([rows.count] + sizes)
  let batch = try AnyTensor.uninitialized(dtype: value.dtype, shape: batchShape, budget: budget)
  let mover = ByteMover(into: batch)
  try mover.fill(value, to: 0, count: batch.elementCount)
  let length = batchShape.count(in: 1..<batchShape.rank)
  let strides = batchShape.strides.dropFirst()
  for (index, row) in rows.enumerated() where row.elementCount > 0 {
    try mover.copyBlock(row, to: index * length, strides: Array(strides))
  }
  return batch
}

extension ByteMover {
  /// Copies a tensor into the corner of a larger block that begins at `position`.
  ///
  /// - Parameter strides: distances in the block between neighbours along each axis of `source`.
  fileprivate func copyBlock(
    _ source: AnyTensor, to position: Int, strides: [Int]
  ) throws(StatusError) {
    let rank = source.shape.rank
    let run = rank == 0 ? 1 : source.shape[rank - 1]
    var index = [Int](repeating: 0, count: max(rank - 1, 0))
    var from = 0
    while from < source.elementCount {
      var offset = position
      for axis in index.indices { offset += index[axis] * strides[axis] }
      try copy(source, from: from, to: offset, count: run)
      from += run
      var axis = index.count - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < source.shape[axis] { break }
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
