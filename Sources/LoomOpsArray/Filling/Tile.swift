public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A tensor repeated along each dimension.
public enum Tile: OpDeclaration {
  public static let signature = OpSignature(
    "Tile", inputs: ["input: T", "multiples: Tmultiples"], outputs: ["output: T"],
    attributes: ["T: type", "Tmultiples: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    let multiples = try context.shapeValue(1)
    guard let rank = context.input(0).rank ?? multiples.rank else { return }
    let input = try context.requireRank(0, rank)
    if let count = multiples.rank, count != rank {
      throw StatusError.invalidArgument("Shape must be rank \(rank) but is rank \(count)")
    }
    var sizes: [Int?] = []
    for index in 0..<rank {
      sizes.append(try ShapeContext.multiply(input[index], multiples[index]))
    }
    context.setOutput(0, PartialShape(sizes))
  }
  public static let gradient = GradientRule.dense { context in
    let (input, multiples) = (try context.input(0), try context.input(1))
    let shape = try context.shape(input, as: multiples.dtype.base)
    // Multiples and sizes in turn: the gradient sums over the former.
    let split = try context.reshape(
      context.pack([multiples, shape], axis: 1), context.constant([-1]))
    let axes = try context.range(
      context.scalar(0), context.size(split), context.scalar(2))
    let result = try context.sum(context.reshape(context.upstream(0), split), axes)
    try result.setShape(input.shape)
    return [result, nil]
  }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    guard context.inputShapes[0].rank == 1, let values = context.inputs[0],
      let multiple = context.inputs[1]?.first ?? nil, multiple >= 0,
      let total = Checked.multiply(values.count, multiple), total <= 1024
    else { return nil }
    return (0..<multiple).flatMap { _ in values }
  }
  public static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    let multiples = try context.input(1)
    guard multiples.shape.rank == 1 else {
      throw StatusError.invalidArgument(
        "Expected multiples to be 1-D, but got shape \(multiples.shape)")
    }
    let rank = input.shape.rank
    guard multiples.elementCount == rank else {
      throw StatusError.invalidArgument(
        "Expected multiples argument to be a vector of length \(rank) but got length "
          + "\(multiples.elementCount)")
    }
    let counts = try multiples.integers()
    var sizes: [Int] = []
    for (index, count) in counts.enumerated() {
      guard count >= 0 else {
        throw StatusError.invalidArgument("Expected multiples[\(index)] >= 0, but got \(count)")
      }
      guard let size = Checked.multiply(count, input.shape[index]) else {
        throw StatusError.invalidArgument("The size of dimension \(index) overflows")
      }
      sizes.append(size)
    }
    let shape = try Shape(sizes)
    if shape == input.shape {
      try context.setOutput(0, input)
      return
    }
    let output = try context.allocate(0, dtype: input.dtype, shape: shape)
    let (from, to) = (input.shape.strides, shape.strides)
    // Each dimension is walked as copies of the whole and elements of one copy.
    try StridedCopy(
      sizes: (0..<rank).flatMap { [counts[$0], input.shape[$0]] },
      sourceStrides: (0..<rank).flatMap { [0, from[$0]] },
      targetStrides: (0..<rank).flatMap { [to[$0] &* input.shape[$0], to[$0]] }
    ).run(from: input, to: output, workers: context.workers)
  }
}

/// A tensor repeated to a shape it broadcasts to.
public enum BroadcastTo: OpDeclaration {
  public static let signature = OpSignature(
    "BroadcastTo", inputs: ["input: T", "shape: Tidx"], outputs: ["output: T"],
    attributes: ["T: type", "Tidx: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(1, 1)
    var result = try context.shapeValue(1)
    guard let rank = result.rank, let sizes = context.input(0).sizes else {
      context.setOutput(0, result)
      return
    }
    try context.requireRank(0, atMost: rank)
    for (index, size) in sizes.enumerated() {
      // A size above 1 does not repeat, so the result has it too.
      guard let size, size > 1 else { continue }
      let place = rank - sizes.count + index
      result = result.replacing(place, with: try ShapeContext.same(size, result[place]))
    }
    context.setOutput(0, result)
  }
  public static let gradient = GradientRule.dense { context in
    let (input, shape) = (try context.input(0), try context.input(1))
    let inputShape = try context.shape(input, as: shape.dtype.base)
    let axes = try context.buildAll("BroadcastGradientArgs", [shape, inputShape])[1]
    let sum = try context.sum(context.upstream(0), axes, keepingDimensions: true)
    return [try context.reshape(sum, inputShape), nil]
  }
  public static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    let shape = try context.shape(1, named: "shape")
    guard input.shape.rank <= shape.rank else {
      throw StatusError.invalidArgument(
        "Rank of input (\(input.shape.rank)) must be no greater than rank of output shape "
          + "(\(shape.rank)).")
    }
    if shape == input.shape {
      try context.setOutput(0, input)
      return
    }
    let lead = shape.rank - input.shape.rank
    let strides = input.shape.strides
    var from = [Int](repeating: 0, count: shape.rank)
    for index in 0..<input.shape.rank {
      let (size, target) = (input.shape[index], shape[index + lead])
      guard size == target || size == 1 else {
        throw StatusError.invalidArgument("Incompatible shapes: \(input.shape) vs. \(shape)")
      }
      from[index + lead] = size == 1 ? 0 : strides[index]
    }
    let output = try context.allocate(0, dtype: input.dtype, shape: shape)
    try StridedCopy(sizes: shape.sizes, sourceStrides: from, targetStrides: shape.strides)
      .run(from: input, to: output, workers: context.workers)
  }
}

/// The tensor repeated `multiples[i]` times along dimension `i`.
///
/// - SeeAlso: TensorFlow op `Tile`.
public func tile<Scalar: TensorScalar>(
  _ input: Output<Scalar>, multiples: [Int], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "Tile", inputs: [input.erased, input.graph.indices(multiples).erased], name: name
    ).output(0))
}

/// The tensor repeated to a shape it broadcasts to.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if it is known not to.
/// - SeeAlso: TensorFlow op `BroadcastTo`.
public func broadcast<Scalar: TensorScalar>(
  _ input: Output<Scalar>, to sizes: [Int], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "BroadcastTo", inputs: [input.erased, input.graph.indices(sizes).erased], name: name
    ).output(0))
}
