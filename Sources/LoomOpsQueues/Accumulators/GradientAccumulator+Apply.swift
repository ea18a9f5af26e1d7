import LoomCore
import LoomKernels

extension GradientAccumulator {
  /// Adds a gradient of step `step`, unless it is stale.
  func apply(_ gradient: AnyTensor, step: Int64, budget: MemoryBudget) throws(StatusError) {
    try room.update { (state) throws(StatusError) in
      guard step >= state.step else { return }
      if let sum = state.sum, sum.values.shape != gradient.shape {
        throw .invalidArgument(
          "Shape mismatch: expected \(sum.values.shape), got \(gradient.shape)")
      }
      guard self.shape.isCompatible(with: gradient.shape) else {
        throw .invalidArgument("Shape mismatch: expected \(self.shape), got \(gradient.shape)")
      }
      // Taken out, so that the sum is the only reference to its memory.
      var values = state.sum.take()?.values
      defer { state.sum = values.map { AccumulatedGradients(values: $0) } }
      try GradientArithmetic.add(gradient, to: &values, budget: budget)
      state.count += 1
    }
  }

  /// Adds some rows of a gradient of step `step`, unless it is stale.
  ///
  /// - Parameter denseShape: of the whole gradient, if it is known.
  func apply(
    rows: AnyTensor, _ values: AnyTensor, denseShape: AnyTensor?, step: Int64,
    budget: MemoryBudget
  ) throws(StatusError) {
    try room.update { (state) throws(StatusError) in
      guard step >= state.step else { return }
      try self.check(rows, values)
      let indices = try rows.scalars(of: Int64.self)
      if let denseShape { try self.check(denseShape: denseShape.integers()) }
      try self.check(indices)
      try self.check(values, against: state.sum)
      if let sum = state.sum {
        let sources = GradientArithmetic.merge(sum.rows, indices)
        state.sum = AccumulatedGradients(
          values: try GradientArithmetic.join(sum.values, values, sources, budget: budget),
          rows: sources.map { source in
            switch source {
            case .sum(let a), .both(let a, _): sum.rows[a]
            case .gradient(let b): indices[b]
            }
          },
          counts: sources.map { source in
            switch source {
            case .sum(let a): sum.counts[a]
            case .gradient: 1
            case .both(let a, _): sum.counts[a] + 1
            }
          })
      } else {
        state.sum = AccumulatedGradients(
          values: try values.kept(budget: budget), rows: indices,
          counts: Array(repeating: 1, count: indices.count))
      }
      state.count += 1
    }
  }

  private func check(_ rows: AnyTensor, _ values: AnyTensor) throws(StatusError) {
    guard rows.shape.rank == 1 else {
      throw .invalidArgument(
        "Input indices should be vector but received shape: \(rows.shape)")
    }
    guard values.shape.rank > 0 else {
      throw .invalidArgument("Values cannot be 0-dimensional.")
    }
    guard rows.shape[0] == values.shape[0] else {
      throw .invalidArgument(
        "Expected \(rows.shape[0]) non-empty input values, got \(values.shape[0])")
    }
  }

  private func check(denseShape: [Int]) throws(StatusError) {
    guard let rank = shape.rank else { return }
    guard denseShape.count >= rank else {
      throw .invalidArgument(
        "Shape mismatch: expected shape rank at least \(rank), got \(denseShape.count)")
    }
    for index in 0..<rank {
      guard let size = shape[index], size != denseShape[index] else { continue }
      throw .invalidArgument(
        "Shape mismatch: expected shape dim \(index) to be \(size), got \(denseShape[index])")
    }
  }

  private func check(_ rows: [Int64]) throws(StatusError) {
    guard let limit = shape[0] else { return }
    for (index, row) in rows.enumerated() where row >= limit {
      throw .invalidArgument(
        "Shape mismatch: index of slice \(index) exceeded limits of shape; index is \(row) "
          + "exceeded \(limit)")
    }
  }

  private func check(
    _ values: AnyTensor, against sum: AccumulatedGradients?
  ) throws(StatusError) {
    if let sum, sum.values.shape.rank != values.shape.rank {
      throw .invalidArgument(
        "Shape mismatch: expected values rank \(sum.values.shape.rank), got \(values.shape.rank)")
    }
    let expected = sum.map { PartialShape($0.values.shape) } ?? shape
    guard let rank = expected.rank else { return }
    guard rank <= values.shape.rank else {
      throw .invalidArgument(
        "Shape mismatch: expected values rank at least \(rank), got \(values.shape.rank)")
    }
    for index in 1..<Swift.max(rank, 1) {
      guard let size = expected[index], size != values.shape[index] else { continue }
      throw .invalidArgument(
        "Shape mismatch: expected values dim \(index) to be \(size), got \(values.shape[index])")
    }
  }
}
