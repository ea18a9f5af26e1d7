import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A ragged tensor as a dense one: rows are filled up with a default, or cut off.
public enum RaggedTensorToTensor: OpDeclaration {
  public static let signature = OpSignature(
    "RaggedTensorToTensor",
    inputs: [
      "shape: Tshape", "values: T", "default_value: T",
      "row_partition_tensors: num_row_partition_tensors * Tindex",
    ], outputs: ["result: T"],
    attributes: [
      "T: type", "Tindex: {int64, int32}", "Tshape: {int64, int32}",
      "num_row_partition_tensors: int >= 1", "row_partition_types: list(string)",
    ])

  public static let shapes = ShapeFunction { context in
    let depth = RowPartition.Kind.raggedRank(
      try RowPartition.Kind.list(context.attributes))
    // A scalar can only be -1: nothing is known of the shape.
    let wanted =
      context.input(0).rank == 1 ? try context.shapeValue(0) : PartialShape.unknown
    let inner = try context.requireRank(1, atLeast: 1).sizes.map { Array($0.dropFirst()) }
    guard let inner else { return context.setOutput(0, wanted) }
    if let fallback = context.input(2).sizes {
      try checkFallback(fallback, fits: inner)
    }
    context.setOutput(
      0, try PartialShape([Int?](repeating: nil, count: depth + 1) + inner).merged(with: wanted))
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` unless a default of that shape can be repeated to fill
  ///   an inner value.
  private static func checkFallback(_ fallback: [Int?], fits inner: [Int?]) throws(StatusError) {
    var fits = fallback.count <= inner.count
    if fits {
      for (a, b) in zip(fallback.reversed(), inner.reversed()) {
        if let a, let b, a != 1, a != b { fits = false }
      }
    }
    guard fits else {
      throw .invalidArgument(
        "default_value.shape=\(PartialShape(fallback)) and rt_input.flat_values.shape="
          + "\(PartialShape([nil] + inner)) are incompatible")
    }
  }

  public static let gradient = GradientRule.rule { context in
    let (values, fallback) = try (context.input(1), context.input(2))
    let partitions = Array(context.inputs.dropFirst(3))
    let upstream = try context.upstream(0)
    let kinds = try RowPartition.Kind.list(context.attributes)
    let outer = RowPartition.Kind.raggedRank(kinds) + 1
    // The same with the values' numbers tells where each element came from; -1 is the default.
    let count = try context.gather(context.shape(values), context.scalar(0))
    let sizes = try context.slice(
      context.shape(upstream), begin: context.constant([0]), size: context.constant([outer]))
    let sources = try context.reshape(
      context.build(
        "RaggedTensorToTensor",
        [
          sizes, context.range(context.scalar(0), count, context.scalar(1)),
          context.scalar(-1),
        ] + partitions,
        [
          "num_row_partition_tensors": .int(Int64(partitions.count)),
          "row_partition_types": .list(kinds.map { .string(ByteString($0.rawValue)) }),
        ]),
      context.constant([-1]))
    let inner = try context.slice(
      context.shape(values), begin: context.constant([1]), size: context.constant([-1]))
    let rows = try context.reshape(
      upstream, context.concat([context.constant([-1]), inner], axis: context.scalar(0)))
    func places(where isDefault: AnyOutput) throws(StatusError) -> AnyOutput {
      try context.build(
        "Squeeze", [context.build("Where", [isDefault])], ["squeeze_dims": .ints([1])])
    }
    let isDefault = try context.equal(sources, context.scalar(-1))
    let taken = try places(where: context.build("LogicalNot", [isDefault]))
    let slices = IndexedSlices(
      values: try context.gather(rows, taken),
      indices: try context.gather(sources, taken),
      denseShape: try context.shape(values))
    let defaults = try context.gather(rows, places(where: isDefault))
    // The first axis runs over the places, the others may have been repeated.
    let first = try context.sum(defaults, context.constant([0]))
    let rest = try context.buildAll(
      "BroadcastGradientArgs", [context.shape(first), context.shape(fallback)])[1]
    let forDefault = try context.reshape(
      context.sum(first, rest), context.shape(fallback))
    return [nil, .slices(slices), .dense(forDefault)] + partitions.map { _ in nil }
  }

  public static let kernels = KernelTable(
    where: ["T": Set.everything.subtracting([.resource, .variant])]
  ) { construction in
    let kinds = try RowPartition.Kind.list(construction.attributes)
    return ClosureKernel { try compute($0, kinds) }
  }

  private static func compute(
    _ context: borrowing KernelContext, _ kinds: [RowPartition.Kind]
  ) throws(StatusError) {
    let (values, fallback) = (try context.input(1), try context.input(2))
    guard values.shape.rank > 0 else {
      throw .invalidArgument("The flat values of a ragged tensor can't be a scalar")
    }
    var partitions: [RowPartition] = []
    for (index, kind) in kinds.enumerated() {
      partitions.append(try RowPartition(kind, context.input(3 + index)))
    }
    let inner = Array(values.shape.sizes.dropFirst())
    try checkFallback(fallback.shape.sizes, fits: inner)
    let sizes = try outputSizes(try context.input(0), partitions, inner)
    let shape = try Shape(sizes)
    let output = try context.allocate(0, dtype: values.dtype, shape: shape)
    let length = inner.reduce(1, &*)
    try fill(output, with: fallback, inner: inner, length: length)
    guard shape.elementCount > 0 else { return }

    let depth = RowPartition.Kind.raggedRank(kinds)
    let strides = SparseParts.strides(Array(sizes.prefix(depth + 1)))
    var rows = rowCount(partitions)
    var positions: [Int?] = []
    for (axis, level) in levels(partitions).enumerated() {
      let starts = positions
      positions = try level.positions(
        in: rows, width: sizes[axis + 1], stride: strides[axis + 1]
      ) { row in
        // The first dimension may be declared to be of any size: its rows are not listed.
        axis > 0 ? starts[row] : row < sizes[0] ? row &* strides[0] : nil
      }
      rows = positions.count
    }
    guard positions.count <= values.shape[0] else {
      throw .invalidArgument(
        "The row partitions have \(positions.count) values, but there are \(values.shape[0])")
    }
    let kept = positions.indices.filter { positions[$0] != nil }
    try RowMover.copy(
      values, rows: kept, into: output, rows: kept.compactMap { positions[$0] }, length: length,
      count: kept.count)
  }

  /// The partitions that have a dimension of their own.
  private static func levels(_ partitions: [RowPartition]) -> ArraySlice<RowPartition> {
    if case .rowCount? = partitions.first { return partitions.dropFirst() }
    return partitions[...]
  }

  private static func rowCount(_ partitions: [RowPartition]) -> Int {
    switch partitions.first {
    case .splits(let splits): splits.rowCount
    case .rowCount(let count): count
    default: 0
    }
  }

  /// The output's sizes: those asked for, and where they are left open, as large as needed.
  private static func outputSizes(
    _ wanted: AnyTensor, _ partitions: [RowPartition], _ inner: [Int]
  ) throws(StatusError) -> [Int] {
    let levels = levels(partitions)
    var sizes = [rowCount(partitions)] + levels.map(\.longest) + inner
    let asked = try wanted.integers()
    guard wanted.shape.rank > 0 else {
      guard asked == [-1] else {
        throw .invalidArgument(
          "The only valid scalar shape tensor is the fully unknown shape specified as -1.")
      }
      return sizes
    }
    guard asked.count == sizes.count else {
      throw .invalidArgument(
        "rt_input.shape and shape=\(asked) are incompatible: rt_input.rank = \(sizes.count) but "
          + "shape.rank = \(asked.count)")
    }
    for axis in asked.indices where asked[axis] != -1 {
      guard asked[axis] >= 0 else {
        throw .invalidArgument("Dimension \(asked[axis]) must be >= -1")
      }
      guard axis <= levels.count || asked[axis] == sizes[axis] else {
        throw .invalidArgument(
          "rt_input.shape and shape=\(asked) are incompatible: rt_input.shape[\(axis)] = "
            + "\(sizes[axis]) but shape[\(axis)] = \(asked[axis])")
      }
      sizes[axis] = asked[axis]
    }
    return sizes
  }

  /// Sets all inner values to the default, which is repeated along dimensions of size 1.
  private static func fill(
    _ output: AnyTensor, with fallback: AnyTensor, inner: [Int], length: Int
  ) throws(StatusError) {
    guard output.elementCount > 0 else { return }
    let mover = ByteMover(into: output)
    if fallback.elementCount == 1 { return try mover.fillAll(fallback) }
    let strides = SparseParts.strides(inner)
    let own = fallback.shape.sizes
    let ownStrides = SparseParts.strides(own)
    let skipped = inner.count - own.count
    let sources = (0..<length).map { offset in
      own.indices.reduce(0) { sum, axis in
        let position = offset / strides[axis + skipped] % inner[axis + skipped]
        return sum + (own[axis] == 1 ? 0 : position &* ownStrides[axis])
      }
    }
    let value = try AnyTensor.uninitialized(dtype: output.dtype, shape: Shape(inner))
    try RowMover.copy(fallback, rows: sources, into: value, rows: nil, length: 1, count: length)
    for start in stride(from: 0, to: output.elementCount, by: length) {
      try mover.copy(value, to: start, count: length)
    }
  }
}
