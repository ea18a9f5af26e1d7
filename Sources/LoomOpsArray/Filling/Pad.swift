public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The elements before and after each dimension of a tensor.
struct Paddings {
  let before: [Int]
  let after: [Int]

  /// - Throws: ``StatusError/Code/invalidArgument`` if the tensor is not `[rank, 2]` or an element is
  ///   negative.
  init(_ tensor: AnyTensor, rank: Int, input: Shape) throws(StatusError) {
    guard tensor.shape.rank == 2, tensor.shape[1] == 2 else {
      throw .invalidArgument("paddings must be a matrix with 2 columns: \(tensor.shape)")
    }
    guard tensor.shape[0] == rank else {
      throw .invalidArgument(
        "The first dimension of paddings must be the rank of inputs\(tensor.shape) \(input)")
    }
    let values = try tensor.integers()
    for index in 0..<rank where values[2 * index] < 0 || values[2 * index + 1] < 0 {
      throw .invalidArgument(
        "Paddings must be non-negative: \(values[2 * index]) \(values[2 * index + 1])")
    }
    before = (0..<rank).map { values[2 * $0] }
    after = (0..<rank).map { values[2 * $0 + 1] }
  }

  /// The padded shape.
  func applied(to shape: Shape) throws(StatusError) -> Shape {
    var sizes: [Int] = []
    for index in 0..<shape.rank {
      guard let size = Checked.total([before[index], shape[index], after[index]]) else {
        throw .invalidArgument("The padded size of dimension \(index) overflows")
      }
      sizes.append(size)
    }
    return try Shape(sizes)
  }

  /// Copies `input` into the middle of `target`.
  func copy(_ input: AnyTensor, into target: AnyTensor, _ workers: WorkerPool) throws(StatusError) {
    let strides = target.shape.strides
    // The middle lies inside the target, whose shape is the padded one.
    let offset = zip(before, strides).reduce(0) { $0 &+ $1.0 &* $1.1 }
    try StridedCopy(
      sizes: input.shape.sizes, sourceStrides: input.shape.strides, targetStrides: strides,
      targetOffset: offset
    ).run(from: input, to: target, workers: workers)
  }
}

extension ShapeFunction {
  /// Input 0 with the sizes that input 1, `[rank, 2]`, adds.
  static let padded = ShapeFunction { context in
    let paddings = try context.requireRank(1, 2).merged(with: [nil, 2])
    let rank = try ShapeContext.same(paddings[0], context.input(0).rank)
    guard let rank else { return }
    let input = try context.requireRank(0, rank)
    guard let values = try context.constant(1)?.integers(), values.count == 2 * rank else {
      context.setOutput(0, .unknown(rank: rank))
      return
    }
    var sizes: [Int?] = []
    for index in 0..<rank {
      let (before, after) = (values[2 * index], values[2 * index + 1])
      guard before >= 0, after >= 0 else {
        throw StatusError.invalidArgument("Paddings must be non-negative: \(before) \(after)")
      }
      sizes.append(
        try ShapeContext.add(ShapeContext.add(input[index], before), after))
    }
    context.setOutput(0, PartialShape(sizes))
  }
}

extension GradientRule {
  /// The middle of the upstream gradient, which is where the input went.
  static let unpadded = GradientRule.dense { context in
    let (input, paddings) = (try context.input(0), try context.input(1))
    let column = try context.pack([context.rank(input), context.scalar(1)])
    let first = try context.slice(paddings, begin: context.constant([0, 0]), size: column)
    let begin = try context.reshape(first, context.constant([-1]))
    let sizes = try context.shape(input, as: begin.dtype.base)
    let result = try context.slice(context.upstream(0), begin: begin, size: sizes)
    return [result] + context.inputs.dropFirst().map { _ in nil }
  }
}

extension KernelContext {
  /// Sets output 0 to input 0 inside a border of `value`, or of zeros.
  fileprivate func pad(with value: AnyTensor?) throws(StatusError) {
    let input = try input(0)
    let paddings = try Paddings(self.input(1), rank: input.shape.rank, input: input.shape)
    let shape = try paddings.applied(to: input.shape)
    if shape == input.shape {
      try setOutput(0, input)
      return
    }
    let mover = try mover(0, dtype: input.dtype, shape: shape)
    if let value { try mover.fillAll(value) } else { mover.zeroAll() }
    try paddings.copy(input, into: mover.target, workers)
  }
}

/// A tensor inside a border of zeros.
public enum Pad: OpDeclaration {
  public static let signature = OpSignature(
    "Pad", inputs: ["input: T", "paddings: Tpaddings"], outputs: ["output: T"],
    attributes: ["T: type", "Tpaddings: {int32, int64} = int32"])
  public static let shapes = ShapeFunction.padded
  public static let gradient = GradientRule.unpadded
  public static let kernels = KernelTable.closure { context in try context.pad(with: nil) }
}

/// A tensor inside a border of a given value.
public enum PadV2: OpDeclaration {
  public static let signature = OpSignature(
    "PadV2", inputs: ["input: T", "paddings: Tpaddings", "constant_values: T"],
    outputs: ["output: T"], attributes: ["T: type", "Tpaddings: {int32, int64} = int32"])
  public static let shapes = ShapeFunction.padded
  public static let gradient = GradientRule.unpadded
  public static let kernels = KernelTable.closure { context in
    let value = try context.input(2)
    guard value.shape.isScalar else {
      throw StatusError.invalidArgument("constant_values must be a scalar: \(value.shape)")
    }
    try context.pad(with: value)
  }
}

/// The tensor inside a border `before` and `after` each dimension, of `value`.
///
/// - Parameter paddings: Elements before and after each dimension.
/// - SeeAlso: TensorFlow op `PadV2`.
public func pad<Scalar: TensorScalar>(
  _ input: Output<Scalar>, _ paddings: [(before: Int, after: Int)],
  with value: Scalar = .zero, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  let graph = input.graph
  let borders = try graph.matrix(paddings)
  let scalar = try AnyTensor(scalar: value)
  let constant = try graph.addOperation(
    "Const", attributes: ["value": .tensor(scalar), "dtype": .type(scalar.dtype)])
  return try Output(
    graph.addOperation(
      "PadV2", inputs: [input.erased, borders, constant.output(0)], name: name ?? "pad"
    ).output(0))
}

extension Graph {
  /// A constant `[count, 2]` matrix.
  func matrix(_ pairs: [(before: Int, after: Int)]) throws(StatusError) -> AnyOutput {
    var values: [Int64] = []
    for pair in pairs { values += [Int64(pair.before), Int64(pair.after)] }
    let tensor = try AnyTensor(values, shape: Shape([pairs.count, 2]))
    return try addOperation(
      "Const", attributes: ["value": .tensor(tensor), "dtype": .type(.int64)]
    ).output(0)
  }
}
