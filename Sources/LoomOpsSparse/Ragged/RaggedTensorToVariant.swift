import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A ragged tensor as a variant; a batch as one variant for each row.
public enum RaggedTensorToVariant: OpDeclaration {
  public static let signature = OpSignature(
    "RaggedTensorToVariant",
    inputs: ["rt_nested_splits: RAGGED_RANK * Tsplits", "rt_dense_values: Tvalues"],
    outputs: ["encoded_ragged: variant"],
    attributes: [
      "RAGGED_RANK: int >= 0", "Tvalues: type", "Tsplits: {int32, int64} = int64",
      "batched_input: bool",
    ])

  public static let shapes = ShapeFunction { context in
    let depth = try context.attributes.int("RAGGED_RANK")
    for index in 0..<depth { try context.requireRank(index, 1) }
    guard try context.attributes.bool("batched_input") else {
      return context.setOutput(0, .scalar)
    }
    let rows =
      depth > 0
      ? context.input(0)[0].map { $0 - 1 } : try context.requireRank(0, atLeast: 1)[0]
    context.setOutput(0, [rows.map { max($0, 0) }])
  }

  public static let gradient = GradientRule.dense { context in
    let values = context.inputs.count - 1
    let dtype = try context.input(values).dtype.base
    // Where there are no splits, a scalar stands for them.
    let splits =
      values > 0
      ? try context.input(0) : try context.constant(AnyTensor(scalar: Int64(0)))
    let gradient = try context.build(
      "RaggedTensorToVariantGradient",
      [context.upstream(0), splits, context.shape(context.input(values))],
      ["Tvalues": .type(dtype)])
    return [AnyOutput?](repeating: nil, count: values) + [gradient]
  }

  public static let kernels = KernelTable(
    where: ["Tvalues": Set.everything.subtracting([.resource, .variant])]
  ) { construction in
    let depth = try construction.attributes.int("RAGGED_RANK")
    let isBatch = try construction.attributes.bool("batched_input")
    return ClosureKernel { context in
      let whole = RaggedValue(
        splits: try context.inputs(0..<depth), values: try context.input(depth))
      guard isBatch else {
        return try context.setOutput(0, AnyTensor(scalar: Variant(whole)))
      }
      let rows = try whole.rows().map { Variant($0) }
      try context.setOutput(
        0, AnyTensor(rows, shape: Shape(vector: rows.count), budget: context.budget))
    }
  }
}

/// The gradient of ``RaggedTensorToVariant``: the values of all rows, one after the other.
public enum RaggedTensorToVariantGradient: OpDeclaration {
  public static let signature = OpSignature(
    "RaggedTensorToVariantGradient",
    inputs: ["encoded_ragged_grad: variant", "row_splits: Tsplits", "dense_values_shape: int32"],
    outputs: ["dense_values_grad: Tvalues"],
    attributes: ["Tvalues: type", "Tsplits: {int32, int64} = int64"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.shapeValue(2))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable(
    where: ["Tvalues": Set.everything.subtracting([.resource, .variant])]
  ) { construction in
    let dtype = try construction.attributes.type("Tvalues").base
    return ClosureKernel { context in
      let shape = try Shape(context.vector(2, named: "dense_values_shape"))
      let mover = ByteMover(into: try context.allocate(0, dtype: dtype, shape: shape))
      mover.zeroAll()
      var position = 0
      for variant in try context.input(0).scalars(of: Variant.self) {
        // A row that nothing came back to has zeros.
        guard variant.value != nil else { continue }
        let values = try RaggedValue(variant).values
        guard values.dtype == dtype, values.elementCount <= shape.elementCount - position else {
          throw StatusError.invalidArgument(
            "Gradients of ragged rows do not fit values of \(dtype)\(shape)")
        }
        try mover.copy(values, to: position, count: values.elementCount)
        position += values.elementCount
      }
    }
  }
}

extension RaggedValue {
  /// The rows of the outermost dimension.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the splits do not fit each other or the values.
  fileprivate func rows() throws(StatusError) -> [RaggedValue] {
    guard values.shape.rank > 0 else {
      throw .invalidArgument("A batch needs values of at least one dimension")
    }
    guard let outer = splits.first else {
      var rows: [RaggedValue] = []
      for row in 0..<values.shape[0] {
        rows.append(RaggedValue(splits: [], values: try slice(row..<row + 1, droppingFirst: true)))
      }
      return rows
    }
    var levels: [RowSplits] = []
    for split in splits { levels.append(try RowSplits(split)) }
    for (upper, lower) in zip(levels, levels.dropFirst()) {
      try upper.check(valueCount: lower.rowCount)
    }
    try levels[levels.count - 1].check(valueCount: values.shape[0])
    var rows: [RaggedValue] = []
    for row in 0..<levels[0].rowCount {
      var range = levels[0].starts[row]..<levels[0].starts[row + 1]
      var inner: [AnyTensor] = []
      for level in levels.dropFirst() {
        let starts = level.starts[range.lowerBound...range.upperBound]
        let first = level.starts[range.lowerBound]
        inner.append(try AnyTensor.splits(starts.map { $0 - first }, outer.dtype))
        range = first..<level.starts[range.upperBound]
      }
      rows.append(RaggedValue(splits: inner, values: try slice(range, droppingFirst: false)))
    }
    return rows
  }

  /// The values in a range of the first dimension, without that dimension if it is one row.
  private func slice(
    _ range: Range<Int>, droppingFirst: Bool
  ) throws(StatusError) -> AnyTensor {
    let inner = Array(values.shape.sizes.dropFirst())
    let shape = try Shape(droppingFirst ? inner : [range.count] + inner)
    let length = inner.reduce(1, &*)
    let mover = ByteMover(into: try .uninitialized(dtype: values.dtype, shape: shape))
    try mover.copy(
      values, from: range.lowerBound &* length, to: 0, count: range.count &* length)
    return mover.target
  }
}

extension AnyTensor {
  /// Row splits as a tensor.
  static func splits(_ starts: [Int], _ dtype: DType) throws(StatusError) -> AnyTensor {
    let shape = Shape(vector: starts.count)
    guard dtype == .int32 else { return try AnyTensor(starts.map(Int64.init), shape: shape) }
    guard starts.allSatisfy({ $0 <= Int(Int32.max) }) else {
      throw .invalidArgument("Too many values for row splits of int32")
    }
    return try AnyTensor(starts.map { Int32(truncatingIfNeeded: $0) }, shape: shape)
  }
}
