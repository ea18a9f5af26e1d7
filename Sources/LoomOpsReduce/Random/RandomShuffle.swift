import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The rows of a tensor in random order.
public enum RandomShuffle: OpDeclaration {
  public static let signature = OpSignature(
    "RandomShuffle", inputs: ["value: T"], outputs: ["output: T"],
    attributes: [
      "seed: int = 0",
      "seed2: int = 0",
      "T: type",
    ], isStateful: true)
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.notDifferentiable(because: "TensorFlow has no rule")
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable { construction in
    let source = try PhiloxSource.make(construction)
    return ClosureKernel { context in
      let rows = try context.input(0).shape
      let count = rows.rank == 0 ? 0 : rows[0]
      // One word for each swap, four to a block.
      let blocks = count < 2 ? 0 : (count - 1) / 4 + ((count - 1) % 4 == 0 ? 0 : 1)
      try context.shuffleRows(
        count < 2 ? Philox(key: 0) : source.reserve(blocks, context.services))
    }
  }
}

/// The rows of a tensor in an order that a key and a counter decide.
public enum StatelessShuffle: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessShuffle", inputs: ["value: T", "key: uint64", "counter: uint64", "alg: int32"],
    outputs: ["output: T"],
    attributes: [
      "T: type"
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireVector(1, of: 1)
    try context.requireRank(2, 1)
    try context.requireRank(3, 0)
    context.setOutput(0, context.input(0))
  }
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable.closure { context in
    try context.shuffleRows(StatelessPosition.key(1).read(context))
  }
}

extension KernelContext {
  /// Sets output 0 to the rows of input 0, shuffled (R. A. Fisher, F. Yates, 1938).
  fileprivate func shuffleRows(_ generator: Philox) throws(StatusError) {
    let x = try input(0)
    let count = x.shape.rank == 0 ? 0 : x.shape[0]
    if count < 2 || x.elementCount == 0 { return try setOutput(0, x) }
    var order = Array(0..<count)
    var words = PhiloxWords(generator)
    for index in 0..<count - 1 {
      let other = index + Int(words.next() % UInt32(truncatingIfNeeded: count - index))
      order.swapAt(index, other)
    }
    let output = try allocate(0, dtype: x.dtype, shape: x.shape)
    try gatherSlices(x, AxisView(x.shape, axis: 0), at: order, into: output)
  }
}
