import LoomCore
import LoomGraph
import LoomKernels

/// Batches of dense elements of differing shapes as sparse tensors: a vector of three variants.
enum DenseToSparseBatchDataset: DatasetOp {
  static let signature = OpSignature(
    "DenseToSparseBatchDataset",
    inputs: ["input_dataset: variant", "batch_size: int64", "row_shape: int64"],
    outputs: ["handle: variant"], attributes: DatasetAttributes.elements)
  static let scalarInputs = [1]
  static let vectorInputs = [2]

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let input = try context.dataset(0)
      guard input.elements.count == 1 else {
        throw StatusError.invalidArgument(
          "DenseToSparseDataset only supports inputs with a single component.")
      }
      let size = try context.batchSize(1)
      let row: [Int64] = try context.vectorArgument(2, "row_shape")
      guard row.count <= Shape.maximumRank, row.allSatisfy({ $0 >= -1 }) else {
        throw StatusError.invalidArgument("\(row) is no shape")
      }
      return SparseBatches(input: input, size: size, row: row)
    }
  }
}

private struct SparseBatches: DatasetValue {
  let input: any DatasetValue
  let size: Int
  /// The shape of a row; -1 is a size that each batch decides.
  let row: [Int64]

  var inputs: [any DatasetValue] { [input] }
  var elements: ElementSpecification { ElementSpecification(types: [.variant], shapes: [[3]]) }
  var cardinality: Cardinality {
    input.cardinality.map { $0 / size + ($0 % size == 0 ? 0 : 1) }
  }

  func makeIterator(_ services: StepServices) throws(StatusError) -> sending any DatasetIterator {
    let dataset = self
    return Iterator(try input.makeIterator(services), dataset)
  }

  private final class Iterator: DatasetIterator {
    var input: (any DatasetIterator)?
    let dataset: SparseBatches

    init(_ input: any DatasetIterator, _ dataset: SparseBatches) {
      self.input = input
      self.dataset = dataset
    }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard let rows = try input.nextBatch(of: dataset.size, services), !rows.isEmpty else {
        return nil
      }
      return [try batch(rows.compactMap(\.first), services.budget)]
    }

    private func batch(
      _ rows: [AnyTensor], _ budget: MemoryBudget
    ) throws(StatusError) -> AnyTensor {
      let rank = dataset.row.count
      var sizes = dataset.row.map { max($0, 0) }
      var count = 0
      for row in rows {
        guard row.shape.rank == rank else {
          throw .invalidArgument(
            "Input element had shape (\(row.shape)) that is incompatible with the row shape "
              + "(\(PartialShape(dataset.row.map { Int($0) }))).")
        }
        for axis in 0..<rank {
          if dataset.row[axis] == -1 {
            sizes[axis] = max(sizes[axis], Int64(row.shape[axis]))
          } else if Int64(row.shape[axis]) > sizes[axis] {
            throw StatusError(
              .dataLoss,
              "Input element had shape (\(row.shape)) that is incompatible with the row shape "
                + "(\(PartialShape(dataset.row.map { Int($0) }))).")
          }
        }
        guard let sum = Checked.add(count, row.elementCount) else {
          throw .resourceExhausted("A sparse batch has too many elements")
        }
        count = sum
      }
      guard let type = rows.first?.dtype, rows.allSatisfy({ $0.dtype == type }) else {
        throw .internal("Elements of a batch have different dtypes")
      }
      let values = try AnyTensor.uninitialized(
        dtype: type, shape: Shape(vector: count), budget: budget)
      let mover = ByteMover(into: values)
      var indices: [Int64] = []
      var position = 0
      for (number, row) in rows.enumerated() {
        try mover.copy(row, to: position, count: row.elementCount)
        position += row.elementCount
        var place = [Int64](repeating: 0, count: rank)
        for _ in 0..<row.elementCount {
          indices.append(Int64(number))
          indices += place
          var axis = rank - 1
          while axis >= 0 {
            place[axis] += 1
            if place[axis] < row.shape[axis] { break }
            place[axis] = 0
            axis -= 1
          }
        }
      }
      let parts = [
        try AnyTensor(indices, shape: Shape([count, rank + 1]), budget: budget), values,
        try AnyTensor([Int64(rows.count)] + sizes, shape: Shape(vector: rank + 1)),
      ]
      return try AnyTensor(parts.map { Variant(tensor: $0) }, shape: Shape(vector: 3))
    }
  }
}

extension Variant {
  /// A variant that holds a tensor.
  init(tensor: AnyTensor) {
    self.init(EncodedVariant(typeName: "tensorflow::Tensor", tensors: [tensor]))
  }
}
