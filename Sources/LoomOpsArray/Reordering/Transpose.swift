public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

extension ShapeFunction {
  /// The dimensions of input 0 in the order that input 1 says.
  static let permuted = ShapeFunction { context in
    let (input, permutation) = (context.input(0), context.input(1))
    let order = context.partialValue(1)
    let length = permutation.rank == 1 ? permutation[0] : nil
    guard let rank = input.rank ?? length ?? order?.count else { return }
    if input.rank == nil, rank < 2 {
      // One entry may stand for a scalar or a vector; both stay as they are.
      context.setOutput(0, input)
      return
    }
    try context.requireRank(0, rank)
    try context.requireRank(1, 1)
    if let length, length != rank {
      throw StatusError.invalidArgument("Dimension must be \(rank) but is \(length)")
    }
    guard let order, order.count == rank else {
      context.setOutput(0, .unknown(rank: rank))
      return
    }
    var sizes: [Int?] = []
    for axis in order {
      guard let axis else {
        sizes.append(nil)
        continue
      }
      guard axis < rank, axis > -rank - 1 else {
        throw StatusError.invalidArgument(
          "perm dim \(axis) is out of range of input rank \(rank)")
      }
      sizes.append(input[axis < 0 ? axis + rank : axis])
    }
    context.setOutput(0, PartialShape(sizes))
  }
}

/// A tensor with its dimensions in another order.
public enum Transpose: OpDeclaration {
  public static let signature = OpSignature(
    "Transpose", inputs: ["x: T", "perm: Tperm"], outputs: ["y: T"],
    attributes: ["T: type", "Tperm: {int32, int64} = int32"])
  public static let shapes = ShapeFunction.permuted
  public static let gradient = GradientRule.dense { context in
    let inverse = try context.build("InvertPermutation", [context.input(1)])
    return [try context.transpose(context.upstream(0), inverse), nil]
  }
  public static let kernels = KernelTable.closure { context in try permute(context) }

  /// Sets output 0 to the permuted input 0; shares memory where nothing moves.
  fileprivate static func permute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let order = try order(context.input(1), rank: input.shape.rank)
    let sizes = input.shape.sizes
    let shape = try Shape(order.map { sizes[$0] })
    // Dimensions of size 1 may go anywhere.
    let moving = order.filter { sizes[$0] != 1 }
    if moving == moving.sorted() {
      try context.setOutput(0, input.reshaped(to: shape))
      return
    }
    let output = try context.allocate(0, dtype: input.dtype, shape: shape)
    let strides = input.shape.strides
    try StridedCopy(
      sizes: shape.sizes, sourceStrides: order.map { strides[$0] }, targetStrides: shape.strides
    ).run(from: input, to: output, workers: context.workers)
  }

  fileprivate static func order(
    _ permutation: AnyTensor, rank: Int
  ) throws(StatusError) -> [Int] {
    guard permutation.shape.rank == 1 else {
      throw .invalidArgument("perm must be rank 1, got shape \(permutation.shape)")
    }
    guard permutation.elementCount == rank else {
      throw .invalidArgument(
        "transpose expects a vector of size \(rank). But input(1) is a vector of size "
          + "\(permutation.elementCount)")
    }
    let given = try permutation.integers()
    var seen = [Bool](repeating: false, count: rank)
    var order: [Int] = []
    for axis in given {
      let resolved = axis < 0 ? axis + rank : axis
      guard resolved >= 0, resolved < rank else {
        throw .invalidArgument("\(axis) is out of range [0 .. \(rank))")
      }
      seen[resolved] = true
      order.append(resolved)
    }
    if let missing = seen.firstIndex(of: false) {
      let list = given.map(String.init).joined(separator: ",")
      throw .invalidArgument("\(missing) is missing from {\(list)}.")
    }
    return order
  }
}

/// The complex conjugate of a tensor with its dimensions in another order.
public enum ConjugateTranspose: OpDeclaration {
  public static let signature = OpSignature(
    "ConjugateTranspose", inputs: ["x: T", "perm: Tperm"], outputs: ["y: T"],
    attributes: ["T: type", "Tperm: {int32, int64} = int32"])
  public static let shapes = ShapeFunction.permuted
  public static let gradient = GradientRule.dense { context in
    let inverse = try context.build("InvertPermutation", [context.input(1)])
    return [try context.build("ConjugateTranspose", [context.upstream(0), inverse]), nil]
  }
  public static let kernels = KernelTable.complex(ConjugateKernel.self).or(Transpose.kernels)

  private enum ConjugateKernel: ComplexKernelFamily {
    static func kernel<Real: FloatingScalar & BinaryFloatingPoint>(
      _ type: Complex<Real>.Type, _ construction: KernelConstruction
    ) throws(StatusError) -> any Kernel {
      ClosureKernel { context in
        let input = try context.input(0)
        let flipped = try AnyTensor.conjugate(input, type, budget: context.budget)
        let sizes = input.shape.sizes
        let order = try Transpose.order(context.input(1), rank: sizes.count)
        let shape = try Shape(order.map { sizes[$0] })
        let output = try context.allocate(0, dtype: input.dtype, shape: shape)
        let strides = input.shape.strides
        try StridedCopy(
          sizes: shape.sizes, sourceStrides: order.map { strides[$0] },
          targetStrides: shape.strides
        ).run(from: flipped, to: output, workers: context.workers)
      }
    }
  }
}

extension AnyTensor {
  fileprivate static func conjugate<Real: FloatingScalar & BinaryFloatingPoint>(
    _ input: AnyTensor, _ type: Complex<Real>.Type, budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    var result = try MutableTensor<Complex<Real>>(shape: input.shape, budget: budget)
    let source = try input.span(of: type)
    var target = result.mutableSpan
    for index in source.indices { target[index] = source[index].conjugate }
    return result.finish()
  }
}

/// The permutation that undoes a permutation.
public enum InvertPermutation: OpDeclaration {
  public static let signature = OpSignature(
    "InvertPermutation", inputs: ["x: T"], outputs: ["y: T"],
    attributes: ["T: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, 1))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "positions are no numbers")
  public static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    guard input.shape.rank == 1 else {
      throw StatusError.invalidArgument("invert_permutation expects a 1D vector.")
    }
    let given = try input.integers()
    var result = [Int](repeating: -1, count: given.count)
    for (index, position) in given.enumerated() {
      guard position >= 0, position < given.count else {
        throw StatusError.invalidArgument("\(position) is not between 0 and \(given.count)")
      }
      guard result[position] < 0 else {
        throw StatusError.invalidArgument("\(position) is duplicated in the input.")
      }
      result[position] = index
    }
    try context.setIntegers(0, result, shape: input.shape, as: input.dtype)
  }
}

/// The tensor with dimension `permutation[i]` as its dimension `i`; reversed if no permutation is given.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if the permutation does not fit the known rank, or
///   none is given and the rank is unknown.
/// - SeeAlso: TensorFlow op `Transpose`.
public func transpose<Scalar: TensorScalar>(
  _ input: Output<Scalar>, permutation: [Int]? = nil, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  guard let order = permutation ?? input.shape.rank.map({ (0..<$0).reversed() }) else {
    throw .invalidArgument("transpose expected a permutation, as the tensor's rank is unknown")
  }
  return try Output(
    input.graph.addOperation(
      "Transpose", inputs: [input.erased, input.graph.indices(order).erased], name: name
    ).output(0))
}

/// The permutation that undoes `permutation`.
///
/// - SeeAlso: TensorFlow op `InvertPermutation`.
public func invertPermutation(
  _ permutation: Output<Int32>, name: String? = nil
) throws(StatusError) -> Output<Int32> {
  try Output(
    permutation.graph.addOperation("InvertPermutation", inputs: [permutation.erased], name: name)
      .output(0))
}
