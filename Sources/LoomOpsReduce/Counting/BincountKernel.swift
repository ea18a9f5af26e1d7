import LoomCore
import LoomGraph
import LoomKernels

/// Counts numbers, or adds up their weights, row by row.
final class BincountKernel<Scalar: NumericScalar>: Kernel {
  /// Where values, rows and weights come from.
  enum Form { case flat, rows, ragged, sparse }

  /// What there is to count.
  private struct Count {
    var values: [Int]
    /// The row of each value; `nil` for one row.
    var rows: [Int]?
    /// `nil` for a vector.
    var rowCount: Int?
    var size: Int
    var weights: AnyTensor
  }

  let form: Form
  let isBinary: Bool

  init(_ form: Form, isBinary: Bool) {
    self.form = form
    self.isBinary = isBinary
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let count: Count
    switch form {
    case .flat, .rows: count = try dense(context)
    case .ragged: count = try ragged(context)
    case .sparse: count = try sparse(context)
    }
    let size = count.size
    let values = count.values
    let rows = count.rows
    let weightTensor = count.weights
    let isWeighted = weightTensor.elementCount > 0
    let weights = try weightTensor.span(of: Scalar.self)
    let shape = try count.rowCount.map { rows throws(StatusError) in try Shape([rows, size]) }
    try context.makeOutput(0, of: Scalar.self, shape: shape ?? Shape(vector: size)) {
      output throws(StatusError) in
      for index in 0..<output.count { output[index] = .zero }
      for (index, value) in values.enumerated() where value >= 0 && value < size {
        let place = (rows.map { $0[index] } ?? 0) &* size &+ value
        if isBinary {
          output[place] = .one
        } else {
          output[place] = .wrappingAdd(output[place], isWeighted ? weights[index] : .one)
        }
      }
    }
  }

  private func size(_ tensor: AnyTensor) throws(StatusError) -> Int {
    guard tensor.shape.isScalar || form == .flat, let size = try tensor.integers().first else {
      throw .invalidArgument("Shape must be rank 0 but is rank \(tensor.shape.rank)")
    }
    guard size >= 0 else { throw .invalidArgument("size (\(size)) must be non-negative") }
    return size
  }

  private func dense(_ context: borrowing KernelContext) throws(StatusError) -> Count {
    let input = try context.input(0)
    let size = try size(context.input(1))
    let weights = try context.input(2)
    let values = try input.integers()
    if form == .flat {
      guard weights.elementCount == 0 || weights.elementCount == values.count else {
        throw .invalidArgument("Input indices and weights must have the same size.")
      }
    } else {
      guard input.shape.rank <= 2 else {
        throw .invalidArgument("Shape must be at most rank 2 but is rank \(input.shape.rank)")
      }
      guard weights.elementCount == 0 || weights.shape == input.shape else {
        throw .invalidArgument(
          "`weights` must be the same shape as `arr` or a length-0 `Tensor`, in which case it acts "
            + "as all weights equal to 1. Received \(weights.shape)")
      }
    }
    for value in values where value < 0 {
      throw .invalidArgument("Input arr must be non-negative!")
    }
    var count = Count(values: values, size: size, weights: weights)
    if form == .rows, input.shape.rank == 2 {
      count.rowCount = input.shape[0]
      let width = Swift.max(input.shape[1], 1)
      count.rows = values.indices.map { $0 / width }
    }
    return count
  }

  private func ragged(_ context: borrowing KernelContext) throws(StatusError) -> Count {
    let splits = try context.input(0).integers()
    let values = try context.input(1).integers()
    let size = try size(context.input(2))
    let weights = try context.input(3)
    guard let first = splits.first, let last = splits.last else {
      throw .invalidArgument("Splits must be non-empty")
    }
    guard first == 0 else { throw .invalidArgument("Splits must start with 0, not with \(first)") }
    guard last == values.count else {
      throw .invalidArgument(
        "Splits must end with the number of values, got \(last) instead of \(values.count)")
    }
    guard weights.elementCount == 0 || weights.elementCount == values.count else {
      throw .invalidArgument("Input indices and weights must have the same size.")
    }
    var rows: [Int] = []
    var row = 0
    for (index, value) in values.enumerated() {
      guard value >= 0 else { throw .invalidArgument("Input must be non-negative") }
      while row + 1 < splits.count, index >= splits[row + 1] { row += 1 }
      // The last split equals the number of values, so `row` names a row.
      rows.append(Swift.min(row, Swift.max(splits.count - 2, 0)))
    }
    return Count(
      values: values, rows: rows, rowCount: splits.count - 1, size: size, weights: weights)
  }

  private func sparse(_ context: borrowing KernelContext) throws(StatusError) -> Count {
    let indices = try context.input(0)
    let values = try context.input(1).integers()
    let shape = try context.input(2).integers()
    let size = try size(context.input(3))
    let weights = try context.input(4)
    guard indices.shape.rank == 2 || shape.count <= 1, indices.shape.rank > 0,
      indices.shape[0] == values.count
    else {
      throw .invalidArgument(
        "Number of elements in indices (\(indices.shape.rank > 0 ? indices.shape[0] : 0)) and "
          + "values (\(values.count)) do not match")
    }
    guard weights.elementCount == 0 || weights.elementCount == values.count else {
      throw .invalidArgument(
        "Number of elements in weights (\(weights.elementCount)) and values (\(values.count)) do "
          + "not match")
    }
    guard !shape.isEmpty, shape.count <= 2 else {
      throw .invalidArgument("Sparse shape must have rank 1 or 2, got \(shape.count)")
    }
    let tuples = try indices.integers()
    let width = indices.shape.rank == 2 ? indices.shape[1] : 1
    guard width == shape.count else {
      throw .invalidArgument(
        "Index rank \(width) and shape rank \(shape.count) do not match")
    }
    var rows: [Int] = []
    for index in values.indices {
      let tuple = Array(tuples[(index &* width)..<(index &* width &+ width)])
      for (position, limit) in zip(tuple, shape) where position < 0 || position >= limit {
        throw .invalidArgument(
          "Sparse index tuple indices[\(index), :] = "
            + "[\(tuple.map(String.init).joined(separator: ", "))] is out of bounds")
      }
      rows.append(tuple[0])
    }
    guard shape.count == 2 else {
      for value in values where value < 0 {
        throw .invalidArgument("Input must be non-negative")
      }
      return Count(values: values, size: size, weights: weights)
    }
    return Count(values: values, rows: rows, rowCount: shape[0], size: size, weights: weights)
  }
}
