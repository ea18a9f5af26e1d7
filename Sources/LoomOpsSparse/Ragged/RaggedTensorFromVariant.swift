import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The ragged tensor in a variant; the variants of a tensor are stacked.
public enum RaggedTensorFromVariant: OpDeclaration {
  public static let signature = OpSignature(
    "RaggedTensorFromVariant", inputs: ["encoded_ragged: variant"],
    outputs: [
      "output_nested_splits: output_ragged_rank * Tsplits", "output_dense_values: Tvalues",
    ],
    attributes: [
      "input_ragged_rank: int >= -1", "output_ragged_rank: int >= 0", "Tvalues: type",
      "Tsplits: {int32, int64} = int64",
    ])

  public static let shapes = ShapeFunction { context in
    let inner = try context.attributes.int("input_ragged_rank")
    let depth = try context.attributes.int("output_ragged_rank")
    if inner >= 0, let rank = context.input(0).rank, inner + rank != depth {
      throw StatusError.invalidArgument(
        "Shape must be rank \(depth - inner) but is rank \(rank)")
    }
    for index in 0..<depth { context.setOutput(index, [nil]) }
  }

  public static let gradient = GradientRule.dense { context in
    let encoded = try context.input(0)
    guard let rank = encoded.shape.rank, rank <= 1 else {
      throw StatusError.invalidArgument(
        "Unable to compute gradient: RaggedTensorFromVariant's input has rank "
          + "\(encoded.shape.rank.map(String.init) ?? "unknown"), expected 0 or 1")
    }
    let outputs = context.outputs
    let splits = Array(outputs.dropLast())
    return [
      try context.build(
        "RaggedTensorToVariant", splits + [context.upstream(outputs.count - 1)],
        [
          "RAGGED_RANK": .int(Int64(splits.count)), "batched_input": .bool(rank == 1),
          "Tsplits": context.operation.attribute("Tsplits"),
        ])
    ]
  }

  public static let kernels = KernelTable(
    where: ["Tvalues": Set.everything.subtracting([.resource, .variant])]
  ) { construction in
    let inner = try construction.attributes.int("input_ragged_rank")
    let depth = try construction.attributes.int("output_ragged_rank")
    let values = try construction.attributes.type("Tvalues").base
    let splits = try construction.attributes.type("Tsplits").base
    return ClosureKernel { context in
      try compute(
        context, Stack(depth: depth, inner: inner, valueType: values, splitType: splits))
    }
  }

  private static func compute(
    _ context: borrowing KernelContext, _ stack: Stack
  ) throws(StatusError) {
    let encoded = try context.input(0)
    let rank = encoded.shape.rank
    let inner = stack.inner >= 0 ? stack.inner : stack.depth - rank
    guard inner >= 0, inner + rank == stack.depth else {
      throw .invalidArgument(
        "output_ragged_rank must be equal to input_ragged_rank + encoded_ragged.dims(); "
          + "output_ragged_rank: \(stack.depth), input_ragged_rank: \(stack.inner), "
          + "encoded_ragged.dims(): \(rank).")
    }
    var parts: [RaggedValue] = []
    for variant in try encoded.scalars(of: Variant.self) {
      let part = try RaggedValue(variant)
      try stack.check(part, inner: inner)
      parts.append(part)
    }
    if rank == 0, let part = parts.first {
      for (index, split) in part.splits.enumerated() { try context.setOutput(index, split) }
      return try context.setOutput(stack.depth, part.values)
    }
    for (index, split) in try stack.splits(of: parts, in: encoded.shape, inner).enumerated() {
      try context.setOutput(index, AnyTensor.splits(split, stack.splitType))
    }
    try context.setOutput(stack.depth, stack.values(of: parts, context.budget))
  }

  /// How ragged tensors become one.
  private struct Stack {
    /// The ragged dimensions of the result.
    let depth: Int
    /// Those of the parts; -1 leaves that open.
    let inner: Int
    let valueType: DType
    let splitType: DType

    func check(_ part: RaggedValue, inner: Int) throws(StatusError) {
      guard part.splits.count == inner else {
        throw .invalidArgument(
          "Encoded input RaggedTensorVariant has ragged_rank=\(part.splits.count).  "
            + "Expected ragged_rank=\(inner).")
      }
      guard part.values.dtype == valueType else {
        throw .invalidArgument(
          "Expected values Tensor dtype: \(valueType), found: \(part.values.dtype)")
      }
      guard part.values.shape.rank > 0 || depth == 0 else {
        throw .invalidArgument("Ragged values must have rank >= 1; encoded scalar element")
      }
      for split in part.splits {
        guard split.dtype == splitType, split.shape.rank == 1, split.elementCount > 0 else {
          throw .invalidArgument(
            "Expected row_splits Tensor of \(splitType), found: \(split.dtype)\(split.shape)")
        }
      }
    }

    /// The splits of the result: of the dimensions of the variant tensor, of the parts' rows, and those of
    /// the parts one after the other.
    func splits(
      of parts: [RaggedValue], in shape: Shape, _ inner: Int
    ) throws(StatusError) -> [[Int]] {
      var result: [[Int]] = []
      var count = shape[0]
      for size in shape.sizes.dropFirst() {
        result.append((0...count).map { $0 * size })
        count *= size
      }
      var levels = [[Int]](repeating: [0], count: inner + 1)
      for part in parts {
        let outer = levels[0].last ?? 0
        var rows = part.values.shape[0]
        for (index, split) in part.splits.enumerated() {
          let starts = try RowSplits(split)
          if index == 0 { rows = starts.rowCount }
          let offset = levels[index + 1].last ?? 0
          levels[index + 1] += starts.starts.dropFirst().map { $0 + offset }
        }
        levels[0].append(outer + rows)
      }
      return result + levels
    }

    /// The values of all parts along their first dimension.
    func values(
      of parts: [RaggedValue], _ budget: MemoryBudget
    ) throws(StatusError) -> AnyTensor {
      guard let first = parts.first else {
        return try .zeros(dtype: valueType, shape: Shape(vector: 0))
      }
      let inner = Array(first.values.shape.sizes.dropFirst())
      var rows = 0
      for part in parts {
        guard Array(part.values.shape.sizes.dropFirst()) == inner,
          let sum = Checked.add(rows, part.values.shape[0])
        else {
          throw .invalidArgument(
            "All flat_values must have compatible shapes.  Shape at index 0: \(first.values.shape). "
              + "Another: \(part.values.shape)")
        }
        rows = sum
      }
      let mover = ByteMover(
        into: try .uninitialized(dtype: valueType, shape: Shape([rows] + inner), budget: budget))
      var position = 0
      for part in parts {
        try mover.copy(part.values, to: position, count: part.values.elementCount)
        position += part.values.elementCount
      }
      return mover.target
    }
  }
}
