import LoomCore
import LoomGraph
import LoomKernels

/// The slices of a sparse tensor along its first dimension: indices, values and dense shape of each.
enum SparseTensorSliceDataset: DatasetOp {
  static let signature = OpSignature(
    "SparseTensorSliceDataset",
    inputs: ["indices: int64", "values: Tvalues", "dense_shape: int64"],
    outputs: ["handle: variant"], attributes: ["Tvalues: type"], isStateful: true)
  static var shapes: ShapeFunction {
    ShapeFunction { context in
      try context.requireRank(0, 2)
      try context.requireRank(1, 1)
      try context.requireRank(2, 1)
      context.setOutput(0, .scalar)
    }
  }

  static func make(_ node: KernelConstruction) throws(StatusError) -> DatasetMaker {
    DatasetMaker { context in
      let indices = try context.input(0)
      let values = try context.input(1)
      let denseShape = try context.input(2)
      guard indices.shape.rank == 2 else {
        throw StatusError.invalidArgument(
          "Input indices must be a matrix. Got: \(indices.shape)")
      }
      guard values.shape.rank == 1 else {
        throw StatusError.invalidArgument("Input values must be a vector. Got: \(values.shape)")
      }
      guard denseShape.shape.rank == 1 else {
        throw StatusError.invalidArgument("Input shape must be a vector. Got: \(denseShape.shape)")
      }
      let rank = denseShape.elementCount
      guard values.shape[0] == indices.shape[0] else {
        throw StatusError.invalidArgument(
          "Number of values must match first dimension of indices. Got \(values.shape[0]) values, "
            + "indices shape: \(indices.shape)")
      }
      guard rank > 0, indices.shape[1] == rank else {
        throw StatusError.invalidArgument(
          "Number of dimensions must match second dimension of indices. Got \(rank) dimensions, "
            + "indices shape: \(indices.shape)")
      }
      let sizes = try denseShape.integers()
      let rows = try indices.scalars(of: Int64.self)
      var row = 0
      var before: Int64 = 0
      while row < indices.shape[0] {
        let first = rows[row * rank]
        guard first >= before else {
          throw StatusError.unimplemented(
            "The SparseTensor must be ordered in the batch dimension; handling arbitrarily ordered "
              + "input is not currently supported.")
        }
        guard first < sizes[0] else {
          throw StatusError.invalidArgument(
            "Got index \(first) in a batch dimension of size \(sizes[0])")
        }
        before = first
        row += 1
      }
      return SparseSlices(indices: indices, values: values, sizes: sizes)
    }
  }
}

private struct SparseSlices: DatasetValue {
  let indices: AnyTensor
  let values: AnyTensor
  /// Sizes of the dense tensor.
  let sizes: [Int]

  var elements: ElementSpecification {
    ElementSpecification(
      types: [.int64, values.dtype, .int64],
      shapes: [[nil, sizes.count - 1], [nil], [sizes.count - 1]])
  }
  var cardinality: Cardinality { .finite(max(sizes[0], 0)) }

  func makeIterator(_ services: StepServices) -> sending any DatasetIterator { Iterator(self) }

  private final class Iterator: DatasetIterator {
    let dataset: SparseSlices
    var slice = 0
    var row = 0

    init(_ dataset: SparseSlices) { self.dataset = dataset }

    func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
      guard slice < dataset.sizes[0] else { return nil }
      let rank = dataset.sizes.count
      let start = row
      let tensor = dataset.indices
      let indices = try tensor.span(of: Int64.self)
      var rest: [Int64] = []
      while row < dataset.values.elementCount {
        if indices[row * rank] != Int64(slice) { break }
        for axis in 1..<rank { rest.append(indices[row * rank + axis]) }
        row += 1
      }
      slice += 1
      return [
        try AnyTensor(rest, shape: Shape([row - start, rank - 1])),
        try dataset.values.rows(start..<row),
        try AnyTensor(
          dataset.sizes.dropFirst().map { Int64($0) }, shape: Shape(vector: rank - 1)),
      ]
    }
  }
}
