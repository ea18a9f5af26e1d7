import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Numbers distributed evenly over 0 ..< 1.
public enum RandomUniform: OpDeclaration {
  public static let signature = OpSignature(
    "RandomUniform", inputs: ["shape: T"], outputs: ["output: dtype"],
    attributes: [
      "seed: int = 0",
      "seed2: int = 0",
      "dtype: {half, bfloat16, float, double}",
      "T: {int32, int64}",
    ], isStateful: true)
  public static let shapes = ShapeFunction.randomShape
  public static let gradient = GradientRule.notDifferentiable(because: "its input is a shape")
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    RandomKernel(try .make($0), try RandomFiller.uniform($0.outputType(0)))
  }
}

/// Normally distributed numbers of mean 0 and variance 1.
public enum RandomStandardNormal: OpDeclaration {
  public static let signature = OpSignature(
    "RandomStandardNormal", inputs: ["shape: T"], outputs: ["output: dtype"],
    attributes: [
      "seed: int = 0",
      "seed2: int = 0",
      "dtype: {half, bfloat16, float, double}",
      "T: {int32, int64}",
    ], isStateful: true)
  public static let shapes = ShapeFunction.randomShape
  public static let gradient = GradientRule.notDifferentiable(because: "its input is a shape")
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    RandomKernel(try .make($0), try RandomFiller.normal($0.outputType(0)))
  }
}

/// Normally distributed numbers; those beyond two standard deviations are drawn again.
public enum TruncatedNormal: OpDeclaration {
  public static let signature = OpSignature(
    "TruncatedNormal", inputs: ["shape: T"], outputs: ["output: dtype"],
    attributes: [
      "seed: int = 0",
      "seed2: int = 0",
      "dtype: {half, bfloat16, float, double}",
      "T: {int32, int64}",
    ], isStateful: true)
  public static let shapes = ShapeFunction.randomShape
  public static let gradient = GradientRule.notDifferentiable(because: "its input is a shape")
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    RandomKernel(try .make($0), try RandomFiller.truncatedNormal($0.outputType(0)))
  }
}

/// Integers distributed evenly over `minval ..< maxval`.
public enum RandomUniformInt: OpDeclaration {
  public static let signature = OpSignature(
    "RandomUniformInt", inputs: ["shape: T", "minval: Tout", "maxval: Tout"],
    outputs: ["output: Tout"],
    attributes: [
      "seed: int = 0",
      "seed2: int = 0",
      "Tout: {int32, int64}",
      "T: {int32, int64}",
    ], isStateful: true)
  public static let shapes = ShapeFunction { context in
    try context.requireRank(1, 0)
    try context.requireRank(2, 0)
    context.setOutput(0, try context.shapeValue(0))
  }
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable {
    RandomKernel(try .make($0), try RandomFiller.integers($0.outputType(0)), bounds: 1)
  }
}

extension ShapeFunction {
  /// The shape that input 0 holds.
  static let randomShape = ShapeFunction { context in
    context.setOutput(0, try context.shapeValue(0))
  }
}

extension OpProperties {
  /// Results differ from run to run, by design.
  static var random: OpProperties { OpProperties(isFoldable: false, accuracy: .random) }
}

/// Fills output 0, whose shape is input 0, from the node's own generator.
final class RandomKernel: Kernel {
  /// Blocks set aside for each element: more than any element needs.
  static let blocksPerElement = 256

  let source: PhiloxSource
  let filler: RandomFiller
  /// The input that holds the lower bound, followed by the upper one.
  let bounds: Int?

  init(_ source: PhiloxSource, _ filler: RandomFiller, bounds: Int? = nil) {
    self.source = source
    self.filler = filler
    self.bounds = bounds
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let shape = try context.randomShape(0)
    let fill = try filler.prepare(context, bounds)
    let output = try context.allocate(0, dtype: filler.dtype, shape: shape)
    guard let blocks = Checked.multiply(shape.elementCount, RandomKernel.blocksPerElement) else {
      throw .invalidArgument("Shape \(shape) asks for too many random numbers")
    }
    try fill(source.reserve(blocks, context.services), output, context.workers)
  }
}

extension KernelContext {
  /// Input `index` read as a shape.
  func randomShape(_ index: Int) throws(StatusError) -> Shape {
    let tensor = try input(index)
    guard tensor.shape.rank == 1 else {
      throw .invalidArgument(
        "shape must be a vector of {int32,int64}, got shape \(tensor.shape)")
    }
    return try Shape(tensor.integers())
  }
}
