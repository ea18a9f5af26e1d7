public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A block of a tensor.
public enum SliceOp: OpDeclaration {
  public static let signature = OpSignature(
    "Slice", inputs: ["input: T", "begin: Index", "size: Index"], outputs: ["output: T"],
    attributes: ["T: type", "Index: {int32, int64}"])
  public static let shapes = ShapeFunction { context in
    let lengths = try context.requireRank(1, 1).merged(with: context.requireRank(2, 1))
    if let rank = lengths[0] { try context.requireRank(0, rank) }
    let input = context.input(0)
    guard let sizes = context.partialValue(2) else {
      if let rank = input.rank ?? lengths[0] { context.setOutput(0, .unknown(rank: rank)) }
      return
    }
    try context.requireRank(0, sizes.count)
    let begin = context.partialValue(1)
    var result: [Int?] = []
    for (index, size) in sizes.enumerated() {
      if let size, size < -1 {
        throw StatusError.invalidArgument("Dimension \(size) must be >= -1")
      }
      let first = begin.flatMap { $0.indices.contains(index) ? $0[index] : nil }
      result.append(size == -1 ? try ShapeContext.subtract(input[index], first) : size)
    }
    context.setOutput(0, PartialShape(result))
  }
  public static let gradient = GradientRule.dense { context in
    let (input, begin) = (try context.input(0), try context.input(1))
    let dtype = begin.dtype.base
    let column = try context.pack([context.rank(input), context.scalar(1)])
    let rest = try context.sub(
      context.sub(context.shape(input, as: dtype), context.shape(context.output(0), as: dtype)),
      begin)
    let paddings = try context.concat(
      [context.reshape(begin, column), context.reshape(rest, column)], axis: context.scalar(1))
    return [try context.build("Pad", [context.upstream(0), paddings]), nil, nil]
  }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    guard context.inputShapes[0].rank == 1, let values = context.inputs[0],
      let begin = context.inputs[1]?.first ?? nil, let size = context.inputs[2]?.first ?? nil,
      begin >= 0, begin <= values.count
    else { return nil }
    let rest = values.count - begin
    guard size >= -1, size <= rest else { return nil }
    return Array(values[begin...].prefix(size == -1 ? rest : size))
  }
  public static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    let (beginInput, sizeInput) = (try context.input(1), try context.input(2))
    let rank = input.shape.rank
    guard beginInput.shape.rank == 1, sizeInput.shape.rank == 1,
      beginInput.elementCount == rank, sizeInput.elementCount == rank
    else {
      throw StatusError.invalidArgument(
        "Expected begin and size arguments to be 1-D tensors of size \(rank), but got shapes "
          + "\(beginInput.shape) and \(sizeInput.shape) instead.")
    }
    let begin = try beginInput.integers()
    var sizes = try sizeInput.integers()
    for index in 0..<rank {
      let (first, whole) = (begin[index], input.shape[index])
      guard first >= 0, first <= whole else {
        throw StatusError.invalidArgument(
          "Expected begin[\(index)] in [0, \(whole)], but got \(first)")
      }
      if sizes[index] == -1 { sizes[index] = whole - first }
      guard sizes[index] >= 0, sizes[index] <= whole - first else {
        throw StatusError.invalidArgument(
          "Expected size[\(index)] in [0, \(whole - first)], but got \(sizes[index])")
      }
    }
    try context.setBlock(of: input, begin: begin, sizes: sizes)
  }
}

extension KernelContext {
  /// Sets output 0 to the block of `input` that begins at `begin`, which lies inside of it.
  func setBlock(of input: AnyTensor, begin: [Int], sizes: [Int]) throws(StatusError) {
    let shape = try Shape(sizes)
    if shape == input.shape {
      try setOutput(0, input)
      return
    }
    let cut = sizes.indices.first { sizes[$0] != input.shape[$0] }
    if cut == 0, sizes.indices.dropFirst().allSatisfy({ sizes[$0] == input.shape[$0] }) {
      try setRows(0, of: input, begin[0]..<begin[0] + sizes[0], shape: shape)
      return
    }
    let output = try allocate(0, dtype: input.dtype, shape: shape)
    let strides = input.shape.strides
    // The block's first element lies inside the input unless the block is empty.
    let offset = zip(begin, strides).reduce(0) { $0 &+ $1.0 &* $1.1 }
    try StridedCopy(
      sizes: sizes, sourceStrides: strides, targetStrides: shape.strides, sourceOffset: offset
    ).run(from: input, to: output, workers: workers)
  }
}

/// The block of the given sizes that begins at `begin`; a size of -1 takes all that is left.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if the block is known not to fit.
/// - SeeAlso: TensorFlow op `Slice`.
public func slice<Scalar: TensorScalar>(
  _ input: Output<Scalar>, from begin: [Int], sizes: [Int], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try slice(
    input, from: input.graph.indices(begin), sizes: input.graph.indices(sizes), name: name)
}

/// A block whose place and sizes are computed.
///
/// - SeeAlso: TensorFlow op `Slice`.
public func slice<Scalar: TensorScalar>(
  _ input: Output<Scalar>, from begin: Output<Int32>, sizes: Output<Int32>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "Slice", inputs: [input.erased, begin.erased, sizes.erased], name: name
    ).output(0))
}
