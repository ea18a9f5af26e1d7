public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

extension KernelContext {
  /// Sets output 0 to input 0 with the given dimensions walked backwards.
  fileprivate func reverse(_ input: AnyTensor, along axes: Set<Int>) throws(StatusError) {
    let moving = axes.filter { input.shape[$0] > 1 }
    if moving.isEmpty {
      try setOutput(0, input)
      return
    }
    let output = try allocate(0, dtype: input.dtype, shape: input.shape)
    let strides = input.shape.strides
    var from = strides
    var offset = 0
    for axis in moving where input.elementCount > 0 {
      offset &+= (input.shape[axis] - 1) &* strides[axis]
      from[axis] = -strides[axis]
    }
    try StridedCopy(
      sizes: input.shape.sizes, sourceStrides: from, targetStrides: strides, sourceOffset: offset
    ).run(from: input, to: output, workers: workers)
  }
}

/// A tensor with dimensions reversed where a mask says so.
public enum Reverse: OpDeclaration {
  public static let signature = OpSignature(
    "Reverse", inputs: ["tensor: T", "dims: bool"], outputs: ["output: T"],
    attributes: [
      "T: {uint8, int8, uint16, int16, uint32, int32, uint64, int64, bool, bfloat16, half, float, double, complex64, complex128, string}"
    ])
  public static let shapes = ShapeFunction { context in
    if let rank = try context.requireRank(1, 1)[0] { try context.requireRank(0, rank) }
    let input = try context.requireRank(0, atMost: 8)
    context.setOutput(
      0, input.rank == nil ? context.input(1)[0].map { .unknown(rank: $0) } ?? input : input)
  }
  public static let gradient = GradientRule.dense { context in
    [try context.build("Reverse", [context.upstream(0), context.input(1)]), nil]
  }
  public static let kernels = KernelTable.closure { context in
    let (input, mask) = (try context.input(0), try context.input(1))
    guard mask.shape.rank == 1 else {
      throw StatusError.invalidArgument("'dims' must be 1-dimension, not \(mask.shape.rank)")
    }
    guard mask.elementCount == input.shape.rank else {
      throw StatusError.invalidArgument(
        "'dims' must have the same number of values as 'input' has dimensions. 'input' has "
          + "\(input.shape.rank)'dims' has \(mask.elementCount) values")
    }
    let flags = try mask.scalars(of: Bool.self)
    try context.reverse(input, along: Set(flags.indices.filter { flags[$0] }))
  }
}

/// A tensor with the given dimensions reversed.
public enum ReverseV2: OpDeclaration {
  public static let signature = OpSignature(
    "ReverseV2", inputs: ["tensor: T", "axis: Tidx"], outputs: ["output: T"],
    attributes: [
      "Tidx: {int32, int64} = int32",
      "T: {uint8, int8, uint16, int16, int32, uint32, int64, uint64, bool, bfloat16, half, float, double, complex64, complex128, string}",
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(1, 1)
    let input = try context.requireRank(0, atMost: 8)
    if let rank = input.rank, let axes = context.partialValue(1) {
      _ = try resolved(axes.compactMap { $0 }, rank: rank)
    }
    context.setOutput(0, input)
  }
  public static let gradient = GradientRule.dense { context in
    [try context.build("ReverseV2", [context.upstream(0), context.input(1)]), nil]
  }
  public static let kernels = KernelTable.closure { context in
    let (input, axes) = (try context.input(0), try context.input(1))
    guard axes.shape.rank <= 1 else {
      throw StatusError.invalidArgument("'axis' must be 1-dimension, not \(axes.shape.rank)")
    }
    try context.reverse(input, along: resolved(axes.integers(), rank: input.shape.rank))
  }

  private static func resolved(_ axes: [Int], rank: Int) throws(StatusError) -> Set<Int> {
    var result: Set<Int> = []
    for (index, axis) in axes.enumerated() {
      guard let place = Axis.resolved(axis, rank: rank) else {
        throw .invalidArgument(
          "'axis'[\(index)] = \(axis) is out of valid range [0, \(rank - 1)")
      }
      guard result.insert(place).inserted else {
        throw .invalidArgument("axis \(place) specified more than once.")
      }
    }
    return result
  }
}

/// A tensor with the beginning of each of its sequences reversed.
public enum ReverseSequence: OpDeclaration {
  public static let signature = OpSignature(
    "ReverseSequence", inputs: ["input: T", "seq_lengths: Tlen"], outputs: ["output: T"],
    attributes: [
      "seq_dim: int", "batch_dim: int = 0", "T: type", "Tlen: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction { context in
    let lengths = try context.requireRank(1, 1)
    let sequence = try context.attributes.int("seq_dim")
    let batch = try context.attributes.int("batch_dim")
    let input = context.input(0)
    guard let rank = input.rank else { return }
    guard batch >= 0, batch < rank else {
      throw StatusError.invalidArgument("batch_dim must be < input rank: \(batch) vs. \(rank)")
    }
    guard sequence >= 0, sequence < rank else {
      throw StatusError.invalidArgument("seq_dim must be < input rank: \(sequence) vs. \(rank)")
    }
    let size = try ShapeContext.same(input[batch], lengths[0])
    context.setOutput(0, input.replacing(batch, with: size))
  }
  public static let gradient = GradientRule.dense { context in
    let attributes = context.attributes.values.filter {
      $0.key == "seq_dim" || $0.key == "batch_dim"
    }
    let inputs = [try context.upstream(0), try context.input(1)]
    return [try context.build("ReverseSequence", inputs, attributes), nil]
  }
  public static let kernels = KernelTable { construction in
    let sequence = try construction.attributes.int("seq_dim")
    let batch = try construction.attributes.int("batch_dim")
    return ClosureKernel { context in try reverse(context, sequence, batch) }
  }

  private static func reverse(
    _ context: borrowing KernelContext, _ sequence: Int, _ batch: Int
  ) throws(StatusError) {
    let (input, lengthInput) = (try context.input(0), try context.input(1))
    let rank = input.shape.rank
    guard lengthInput.shape.rank == 1 else {
      throw .invalidArgument("seq_lens input must be 1-dim, not \(lengthInput.shape.rank)")
    }
    guard batch != sequence else {
      throw .invalidArgument("batch_dim == seq_dim == \(sequence)")
    }
    guard sequence >= 0, sequence < rank else {
      throw .invalidArgument("seq_dim must be < input rank ( \(sequence) vs. \(rank))")
    }
    guard batch >= 0, batch < rank else {
      throw .invalidArgument("batch_dim must be < input rank ( \(batch) vs. \(rank))")
    }
    let lengths = try lengthInput.integers()
    guard lengths.count == input.shape[batch] else {
      throw .invalidArgument(
        "Length of seq_lens != input.dims(\(batch)), (\(lengths.count) vs. \(input.shape[batch]))")
    }
    for (index, length) in lengths.enumerated() {
      guard length >= 0 else { throw .invalidArgument("seq_lens(\(index)) < 0") }
      guard length <= input.shape[sequence] else {
        throw .invalidArgument("seq_lens(\(index)) > input.dims(\(sequence))")
      }
    }
    let output = try context.allocate(0, dtype: input.dtype, shape: input.shape)
    let strides = input.shape.strides
    guard input.elementCount > 0 else { return }
    for (index, length) in lengths.enumerated() {
      let base = index &* strides[batch]
      var sizes = input.shape.sizes
      sizes[batch] = 1
      sizes[sequence] = length
      var from = strides
      from[sequence] = -strides[sequence]
      // Both blocks lie inside the tensor: lengths are at most the dimension's size.
      try StridedCopy(
        sizes: sizes, sourceStrides: from, targetStrides: strides,
        sourceOffset: base &+ (length - 1) &* strides[sequence], targetOffset: base
      ).run(from: input, to: output, workers: context.workers)
      sizes[sequence] = input.shape[sequence] - length
      let rest = base &+ length &* strides[sequence]
      try StridedCopy(
        sizes: sizes, sourceStrides: strides, targetStrides: strides, sourceOffset: rest,
        targetOffset: rest
      ).run(from: input, to: output, workers: context.workers)
    }
  }
}

/// The tensor with dimensions `axes` reversed; negative axes count from the end.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if an axis is outside or stands twice.
/// - SeeAlso: TensorFlow op `ReverseV2`.
public func reverse<Scalar: TensorScalar>(
  _ input: Output<Scalar>, along axes: [Int], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "ReverseV2", inputs: [input.erased, input.graph.indices(axes).erased],
      name: name ?? "reverse"
    ).output(0))
}

/// The tensor with the first `lengths[i]` steps of sequence `i` reversed.
///
/// - SeeAlso: TensorFlow op `ReverseSequence`.
public func reverseSequence<Scalar: TensorScalar, Length: IntegerScalar>(
  _ input: Output<Scalar>, lengths: Output<Length>, sequenceAxis: Int, batchAxis: Int = 0,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "ReverseSequence", inputs: [input.erased, lengths.erased],
      attributes: [
        "seq_dim": .int(Int64(sequenceAxis)), "batch_dim": .int(Int64(batchAxis)),
      ], name: name
    ).output(0))
}
