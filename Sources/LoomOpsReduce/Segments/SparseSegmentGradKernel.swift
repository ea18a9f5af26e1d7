import LoomCore
import LoomGraph
import LoomKernels

extension ShapeFunction {
  /// Input 0 with as many rows as input 3 says.
  static let sparseSegmentGradient = ShapeFunction { context in
    let gradient = try context.requireSparseSegmentGradient()
    let rows = try context.constant(3)?.integers().first
    if let rows, rows < 0 {
      throw StatusError.invalidArgument("Cannot specify a negative value for output_dim0")
    }
    guard let rank = gradient.rank else { return }
    context.setOutput(
      0, PartialShape([rows]).concatenated(with: gradient.dimensions(in: 1..<rank)))
  }

  /// An unknown number of rows of input 0, and their indices.
  static let sparseSegmentRows = ShapeFunction { context in
    let gradient = try context.requireSparseSegmentGradient()
    context.setOutput(1, [nil])
    guard let rank = gradient.rank else { return }
    context.setOutput(
      0, PartialShape([nil]).concatenated(with: gradient.dimensions(in: 1..<rank)))
  }
}

extension ShapeContext {
  fileprivate func requireSparseSegmentGradient() throws(StatusError) -> PartialShape {
    let gradient = try requireRank(0, atLeast: 1)
    let indices = try requireRank(1, 1)
    _ = try input(2).merged(with: indices)
    try requireRank(3, 0)
    return gradient
  }
}

/// Adds the gradient of each segment to the rows that took part in it.
final class SparseSegmentGradKernel<Scalar: FloatingScalar>: Kernel {
  enum Scale { case sum, mean, squareRoot }

  let scale: Scale
  let isSparse: Bool
  let indexType: DType

  init(_ construction: KernelConstruction, _ scale: Scale, isSparse: Bool) throws(StatusError) {
    self.scale = scale
    self.isSparse = isSparse
    indexType = try construction.inputType(1)
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let gradient = try context.input(0)
    let indexTensor = try context.input(1)
    let idTensor = try context.input(2)
    let rowTensor = try context.input(3)
    guard gradient.shape.rank >= 1 else {
      throw .invalidArgument("Shape must be at least rank 1 but is rank 0")
    }
    guard indexTensor.shape.rank == 1 else { throw .invalidArgument("indices should be a vector.") }
    guard idTensor.shape.rank == 1 else {
      throw .invalidArgument("segment_ids should be a vector.")
    }
    guard indexTensor.elementCount == idTensor.elementCount else {
      throw .invalidArgument("segment_ids and indices should have same size.")
    }
    guard rowTensor.shape.isScalar, let rows = try rowTensor.integers().first else {
      throw .invalidArgument("output_dim0 should be a scalar.")
    }
    guard rows >= 0 else { throw .invalidArgument("Expected a non-negative size, got \(rows)") }
    let indices = try indexTensor.integers()
    let ids = try idTensor.integers()
    let segments = gradient.shape[0]
    if let last = ids.last, last >= segments {
      throw .invalidArgument("Invalid number of segments")
    }
    for (index, id) in zip(indices, ids) {
      guard index >= 0, index < rows else {
        throw .invalidArgument("Index \(index) out of range [0, \(rows)).")
      }
      guard id >= 0, id < segments else {
        throw .invalidArgument("Segment id \(id) out of range [0, \(segments)).")
      }
    }
    if isSparse {
      let distinct = Array(Set(indices)).sorted()
      var places: [Int: Int] = [:]
      for (place, index) in distinct.enumerated() { places[index] = place }
      let targets = indices.map { places[$0] ?? 0 }
      try add(gradient, ids, targets, rows: distinct.count, context)
      try context.setIndices(1, distinct, indexType)
    } else {
      try add(gradient, ids, indices, rows: rows, context)
    }
  }

  /// Adds row `ids[i]` of the gradient, scaled, to row `targets[i]` of the output.
  private func add(
    _ gradient: AnyTensor, _ ids: [Int], _ targets: [Int], rows: Int,
    _ context: borrowing KernelContext
  ) throws(StatusError) {
    var counts = [Int](repeating: 0, count: gradient.shape[0])
    for id in ids { counts[id] += 1 }
    var sizes = gradient.shape.sizes
    sizes[0] = rows
    let width = gradient.shape.count(in: 1..<gradient.shape.rank)
    let source = try gradient.span(of: Scalar.self)
    try context.makeOutput(0, of: Scalar.self, shape: Shape(sizes)) {
      output throws(StatusError) in
      for index in 0..<output.count { output[index] = .zero }
      for (id, target) in zip(ids, targets) {
        let factor: Scalar =
          switch scale {
          case .sum: .one
          case .mean: .quotient(.one, Scalar(converting: Double(counts[id])))
          case .squareRoot: Scalar(converting: 1 / Double(counts[id]).squareRoot())
          }
        let (from, to) = (id &* width, target &* width)
        for column in 0..<width {
          output[to &+ column] = .wrappingAdd(
            output[to &+ column], .wrappingMultiply(source[from &+ column], factor))
        }
      }
    }
  }
}
