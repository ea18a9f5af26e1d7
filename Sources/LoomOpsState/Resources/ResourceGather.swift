import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// Rows of a resource variable, without reading the rest of it.
enum ResourceGather: OpDeclaration {
  static let signature = OpSignature(
    "ResourceGather", inputs: ["resource: resource", "indices: Tindices"],
    outputs: ["output: dtype"],
    attributes: [
      "batch_dims: int = 0", "validate_indices: bool = true", "dtype: type",
      "Tindices: {int32, int64}",
    ], isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.checkHandle(0, is: try context.attributes.type("dtype"))
    let variable = context.variableShape(0)
    let indices = context.input(1)
    var batch = try context.attributes.int("batch_dims")
    guard let rank = variable.rank, let indexRank = indices.rank else { return }
    if batch < 0 { batch += indexRank }
    guard batch >= 0, batch <= indexRank, batch < rank else {
      throw StatusError.invalidArgument(
        "Shape must be at least rank \(batch + 1) but is rank \(rank), for batch_dims")
    }
    let shared = try variable.dimensions(in: 0..<batch).merged(
      with: indices.dimensions(in: 0..<batch))
    context.setOutput(
      0,
      shared.concatenated(with: indices.dimensions(in: batch..<indexRank)).concatenated(
        with: variable.dimensions(in: (batch + 1)..<rank)))
  }
  /// Rows of a gradient, to be added where the rows came from.
  static let gradient = GradientRule.rule { context in
    let (variable, indices) = (try context.input(0), try context.input(1))
    let upstream = try context.upstream(0)
    let shape = try context.build("VariableShape", [variable])
    guard try context.attributes.int("batch_dims") == 0 else {
      throw StatusError.unimplemented(
        "No gradient is defined for ResourceGather with batch dimensions")
    }
    let one = try context.constant([1])
    let count = try context.expandDims(context.size(indices), axis: 0)
    let row = try context.build(
      "StridedSlice", [shape, one, context.constant([0]), one], ["end_mask": 1])
    let values = try context.reshape(
      upstream, context.concat([count, row], axis: context.scalar(0)))
    return [
      .slices(
        IndexedSlices(
          values: values, indices: try context.reshape(indices, count), denseShape: shape)), nil,
    ]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable { construction in
    ResourceGatherKernel(batchDimensions: try construction.attributes.int("batch_dims"))
  }
}

private final class ResourceGatherKernel: Kernel {
  let batchDimensions: Int

  init(batchDimensions: Int) { self.batchDimensions = batchDimensions }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = try context.variable(0)
    let indices = try context.input(1)
    guard let value = cell.current else { throw cell.missing() }
    let shape = value.shape
    let batch = batchDimensions < 0 ? batchDimensions + indices.shape.rank : batchDimensions
    guard shape.rank > 0 else {
      throw .invalidArgument("params must be at least 1 dimensional")
    }
    guard batch >= 0, batch < shape.rank, batch <= indices.shape.rank else {
      throw .invalidArgument(
        "batch_dims (\(batch)) must be less than rank(params) (\(shape.rank)) and at most "
          + "rank(indices) (\(indices.shape.rank)).")
    }
    for dimension in 0..<batch where shape[dimension] != indices.shape[dimension] {
      throw .invalidArgument(
        "params.shape[\(dimension)]: \(shape[dimension]) should be equal to "
          + "indices.shape[\(dimension)]: \(indices.shape[dimension])")
    }
    let result = try Shape(indices.shape.sizes + shape.sizes.dropFirst(batch + 1))
    let output = try context.allocate(0, dtype: value.dtype, shape: result)
    let length = shape.count(in: (batch + 1)..<shape.rank)
    let rowsPerBatch = shape[batch]
    let indicesPerBatch = indices.shape.count(in: batch..<indices.shape.rank)
    var offsets = try indices.integers()
    for (position, row) in offsets.enumerated() {
      guard row >= 0, row < rowsPerBatch else {
        throw .invalidArgument(
          "indices[\(position)] = \(row) is not in [0, \(rowsPerBatch))")
      }
      let base = indicesPerBatch == 0 ? 0 : position / indicesPerBatch &* rowsPerBatch
      // Inside the variable, whose element count was checked.
      offsets[position] = (base &+ row) &* length
    }
    try SliceCopy.gather(from: value, offsets: offsets, length: length, into: output)
  }
}

/// Slices of a resource variable, each named by a full or partial index.
enum ResourceGatherNd: OpDeclaration {
  static let signature = OpSignature(
    "ResourceGatherNd", inputs: ["resource: resource", "indices: Tindices"],
    outputs: ["output: dtype"], attributes: ["dtype: type", "Tindices: {int32, int64}"],
    isStateful: true)
  static let shapes = ShapeFunction { context in
    try context.checkHandle(0, is: try context.attributes.type("dtype"))
    let variable = context.variableShape(0)
    let indices = try context.requireRank(1, atLeast: 1)
    guard let rank = indices.rank, let depth = indices[rank - 1], let outer = variable.rank
    else { return }
    guard depth <= outer else {
      throw StatusError.invalidArgument(
        "indices.shape[-1] must be <= params.rank, but saw indices shape: \(indices) and params "
          + "shape: \(variable)")
    }
    context.setOutput(
      0,
      indices.dimensions(in: 0..<(rank - 1)).concatenated(
        with: variable.dimensions(in: depth..<outer)))
  }
  static let gradient = GradientRule.rule { context in
    let (variable, indices) = (try context.input(0), try context.input(1))
    let upstream = try context.upstream(0)
    let dtype = indices.dtype.base
    let shape = try context.build("VariableShape", [variable], ["out_type": .type(dtype)])
    if indices.shape.rank == 2, indices.shape[1] == 1 {
      let rows = try context.build("Squeeze", [indices], ["squeeze_dims": .ints([-1])])
      return [.slices(IndexedSlices(values: upstream, indices: rows, denseShape: shape)), nil]
    }
    return [.dense(try context.build("ScatterNd", [indices, upstream, shape])), nil]
  }
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable.closure { context in
    let cell = try context.variable(0)
    let indices = try context.input(1)
    guard let value = cell.current else { throw cell.missing() }
    guard indices.shape.rank > 0 else {
      throw StatusError.invalidArgument("indices must be at least a vector")
    }
    let depth = indices.shape[indices.shape.rank - 1]
    guard depth <= value.shape.rank else {
      throw StatusError.invalidArgument(
        "index innermost dimension length must be <= params rank; saw: \(depth) vs. "
          + "\(value.shape.rank)")
    }
    let result = try Shape(
      Array(indices.shape.sizes.dropLast()) + value.shape.sizes.dropFirst(depth))
    let plan = try ScatterPlaces.slices.plan(
      value.shape, indices: indices, updates: result, ignoringBadIndices: false)
    let output = try context.allocate(0, dtype: value.dtype, shape: result)
    try SliceCopy.gather(
      from: value, offsets: plan.offsets, length: plan.length, into: output)
  }
}
