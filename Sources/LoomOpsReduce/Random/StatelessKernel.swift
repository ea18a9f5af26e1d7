import LoomCore
import LoomGraph
import LoomKernels

/// Where the inputs of a stateless random op keep the position of the generator.
enum StatelessPosition {
  /// Two integers, which are scrambled.
  case seed(Int)
  /// A key, a counter and the number of an algorithm, in this order from here on.
  case key(Int)

  func read(_ context: borrowing KernelContext) throws(StatusError) -> Philox {
    switch self {
    case .seed(let input): return try StatelessPosition.scrambled(context.input(input))
    case .key(let input): return try StatelessPosition.exact(context, input)
    }
  }

  /// A pair of integers of any width, sign-extended.
  static func scrambled(_ seed: AnyTensor) throws(StatusError) -> Philox {
    guard seed.shape.rank == 1, seed.elementCount == 2 else {
      throw .invalidArgument("seed must have shape [2], not \(seed.shape)")
    }
    switch seed.dtype {
    case .uint64:
      let values = try seed.scalars(of: UInt64.self)
      return Philox(scrambling: values[0], values[1])
    default:
      let values = try seed.integers()
      return Philox(
        scrambling: UInt64(bitPattern: Int64(values[0])), UInt64(bitPattern: Int64(values[1])))
    }
  }

  private static func exact(
    _ context: borrowing KernelContext, _ input: Int
  ) throws(StatusError) -> Philox {
    let key = try context.input(input)
    let counter = try context.input(input + 1)
    let algorithm: Int32 = try context.scalar(input + 2)
    guard key.shape.rank == 1, key.elementCount == 1 else {
      throw .invalidArgument(
        "key must have shape [1], not \(key.shape). (Note that batched keys are not supported yet.)"
      )
    }
    guard counter.shape.rank == 1, counter.elementCount >= 2 else {
      throw .invalidArgument(
        "counter must be a vector with length at least 2; got shape: \(counter.shape). "
          + "(Note that batched counters are not supported yet.)")
    }
    // 1 is Philox, 3 leaves the choice to the device.
    guard algorithm == 1 || algorithm == 3 else {
      throw .invalidArgument("Unsupported algorithm id: \(algorithm)")
    }
    let words = try counter.scalars(of: UInt64.self)
    return Philox(key: try key.element(0), low: words[0], high: words[1])
  }
}

/// Fills output 0, whose shape is input 0, from a position that is an input.
final class StatelessRandomKernel: Kernel {
  let position: StatelessPosition
  let filler: RandomFiller
  let bounds: Int?

  init(_ position: StatelessPosition, _ filler: RandomFiller, bounds: Int? = nil) {
    self.position = position
    self.filler = filler
    self.bounds = bounds
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let shape = try context.randomShape(0)
    let generator = try position.read(context)
    let fill = try filler.prepare(context, bounds)
    let output = try context.allocate(0, dtype: filler.dtype, shape: shape)
    try fill(generator, output, context.workers)
  }
}

extension ShapeContext {
  /// Requires that dimension 0 of vector input `index` has the given size.
  func requireVector(_ index: Int, of size: Int) throws(StatusError) {
    let shape = try requireRank(index, 1)
    if let actual = shape[0], actual != size {
      throw .invalidArgument("Dimension must be \(size) but is \(actual)")
    }
  }
}

extension ShapeFunction {
  /// The shape that input 0 holds; input 1 is a pair of seeds.
  static let seededShape = ShapeFunction { context in
    try context.requireVector(1, of: 2)
    context.setOutput(0, try context.shapeValue(0))
  }

  /// The shape that input 0 holds; inputs 1 to 3 are key, counter and algorithm.
  static let keyedShape = ShapeFunction { context in
    try context.requireVector(1, of: 1)
    try context.requireRank(2, 1)
    try context.requireRank(3, 0)
    context.setOutput(0, try context.shapeValue(0))
  }
}

extension OpProperties {
  /// The same inputs give the same numbers, which need not equal those of other implementations.
  static var statelessRandom: OpProperties { OpProperties(accuracy: .random) }
}
