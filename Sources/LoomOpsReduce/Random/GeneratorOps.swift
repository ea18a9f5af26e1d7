import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Numbers distributed evenly over 0 ..< 1, from a generator that is a variable.
public enum StatefulUniform: OpDeclaration {
  public static let signature = OpSignature(
    "StatefulUniform", inputs: ["resource: resource", "algorithm: int64", "shape: shape_dtype"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: type = float",
      "shape_dtype: type = int64",
    ], isStateful: true)
  public static let shapes = ShapeFunction.generatedShape
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    GeneratorKernel(try RandomFiller.uniform($0.outputType(0)))
  }
}

/// Normally distributed numbers, from a generator that is a variable.
public enum StatefulStandardNormalV2: OpDeclaration {
  public static let signature = OpSignature(
    "StatefulStandardNormalV2",
    inputs: ["resource: resource", "algorithm: int64", "shape: shape_dtype"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: type = float",
      "shape_dtype: type = int64",
    ], isStateful: true)
  public static let shapes = ShapeFunction.generatedShape
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    GeneratorKernel(try RandomFiller.normal($0.outputType(0)))
  }
}

/// Normally distributed numbers within two standard deviations, from a generator that is a variable.
public enum StatefulTruncatedNormal: OpDeclaration {
  public static let signature = OpSignature(
    "StatefulTruncatedNormal",
    inputs: ["resource: resource", "algorithm: int64", "shape: shape_dtype"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: type = float",
      "shape_dtype: type = int64",
    ], isStateful: true)
  public static let shapes = ShapeFunction.generatedShape
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    GeneratorKernel(try RandomFiller.truncatedNormal($0.outputType(0)))
  }
}

/// Integers distributed evenly over `minval ..< maxval`, from a generator that is a variable.
public enum StatefulUniformInt: OpDeclaration {
  public static let signature = OpSignature(
    "StatefulUniformInt",
    inputs: [
      "resource: resource", "algorithm: int64", "shape: shape_dtype", "minval: dtype",
      "maxval: dtype",
    ], outputs: ["output: dtype"],
    attributes: [
      "dtype: type = int64",
      "shape_dtype: type = int64",
    ], isStateful: true)
  public static let shapes = ShapeFunction { context in
    try context.requireRank(3, 0)
    try context.requireRank(4, 0)
    try ShapeFunction.generatedShape.body(context)
  }
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable(where: ["dtype": .index]) {
    GeneratorKernel(try RandomFiller.integers($0.outputType(0)), bounds: 3)
  }
}

/// Integers distributed evenly over all that the dtype holds, from a generator that is a variable.
public enum StatefulUniformFullInt: OpDeclaration {
  public static let signature = OpSignature(
    "StatefulUniformFullInt",
    inputs: ["resource: resource", "algorithm: int64", "shape: shape_dtype"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: type = uint64",
      "shape_dtype: type = int64",
    ], isStateful: true)
  public static let shapes = ShapeFunction.generatedShape
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable(where: ["dtype": [.int32, .int64, .uint32, .uint64]]) {
    GeneratorKernel(try RandomFiller.words($0.outputType(0)))
  }
}

/// Moves a generator that is a variable on.
public enum RngSkip: OpDeclaration {
  public static let signature = OpSignature(
    "RngSkip", inputs: ["resource: resource", "algorithm: int64", "delta: int64"], isStateful: true)
  public static let shapes = ShapeFunction { context in
    for index in 0..<3 { try context.requireRank(index, 0) }
  }
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable.closure { context in
    let delta: Int64 = try context.scalar(2)
    _ = try context.advanceGenerator(by: UInt64(bitPattern: delta))
  }
}

/// Moves a generator that is a variable on, and returns where it was.
public enum RngReadAndSkip: OpDeclaration {
  public static let signature = OpSignature(
    "RngReadAndSkip", inputs: ["resource: resource", "alg: int32", "delta: uint64"],
    outputs: ["value: int64"], isStateful: true)
  public static let shapes = ShapeFunction { context in
    for index in 0..<3 { try context.requireRank(index, 0) }
    context.setOutput(0, [3])
  }
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable.closure { context in
    let delta: UInt64 = try context.scalar(2)
    let before = try context.advanceGenerator(by: delta)
    try context.makeOutput(0, of: Int64.self, shape: Shape(vector: 3)) { span throws(StatusError) in
      span[0] = Int64(bitPattern: before.low)
      span[1] = Int64(bitPattern: before.high)
      span[2] = Int64(bitPattern: before.key)
    }
  }
}

/// Integers that nobody can foresee.
public enum NonDeterministicInts: OpDeclaration {
  public static let signature = OpSignature(
    "NonDeterministicInts", inputs: ["shape: shape_dtype"], outputs: ["output: dtype"],
    attributes: [
      "dtype: type = int64",
      "shape_dtype: type = int64",
    ], isStateful: true)
  public static let shapes = ShapeFunction.randomShape
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable(where: ["dtype": [.int32, .int64, .uint32, .uint64]]) {
    RandomKernel(PhiloxSource(seed: 0, seed2: 0), try RandomFiller.words($0.outputType(0)))
  }
}

extension ShapeFunction {
  /// The shape that input 2 holds; inputs 0 and 1 are a generator and its algorithm.
  fileprivate static let generatedShape = ShapeFunction { context in
    try context.requireRank(1, 0)
    context.setOutput(0, try context.shapeValue(2))
  }
}

/// Fills output 0, whose shape is input 2, from the generator in the variable of input 0.
private final class GeneratorKernel: Kernel {
  let filler: RandomFiller
  let bounds: Int?

  init(_ filler: RandomFiller, bounds: Int? = nil) {
    self.filler = filler
    self.bounds = bounds
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let shape = try context.randomShape(2)
    let fill = try filler.prepare(context, bounds)
    let output = try context.allocate(0, dtype: filler.dtype, shape: shape)
    let generator = try context.advanceGenerator(
      by: UInt64(truncatingIfNeeded: shape.elementCount))
    try fill(generator, output, context.workers)
  }
}

extension KernelContext {
  /// Moves the generator in the variable of input 0 on by `outputs` times 256 blocks; input 1 names the
  /// algorithm.
  ///
  /// - Returns: where it was.
  fileprivate func advanceGenerator(by outputs: UInt64) throws(StatusError) -> Philox {
    let algorithmTensor = try input(1)
    guard algorithmTensor.shape.isScalar, let algorithm = try algorithmTensor.integers().first
    else {
      throw .invalidArgument(
        "input 1 (0-based) must have shape [], not \(algorithmTensor.shape)")
    }
    let cell = try variable(0)
    guard cell.dtype == .int64 else {
      throw .invalidArgument("dtype of RNG state variable must be int64, not \(cell.dtype)")
    }
    guard algorithm != 2 else {
      throw .unimplemented("Non-XLA devices don't support the ThreeFry algorithm.")
    }
    // 1 is Philox, 3 leaves the choice to the device.
    guard algorithm == 1 || algorithm == 3 else {
      throw .invalidArgument("Unsupported algorithm id: \(algorithm)")
    }
    return try cell.mutate(as: Int64.self, budget: budget) {
      (state: inout MutableSpan<Int64>, shape: Shape) throws(StatusError) -> Philox in
      guard shape.rank == 1 else {
        throw .invalidArgument(
          "RNG state must have one and only one dimension, not \(shape.rank)")
      }
      guard state.count >= 3 else {
        throw .invalidArgument(
          "For the Philox algorithm, the size of state must be at least 3; got \(state.count)")
      }
      let before = Philox(
        key: UInt64(bitPattern: state[2]), low: UInt64(bitPattern: state[0]),
        high: UInt64(bitPattern: state[1]))
      let after = before.skipping(outputs &* UInt64(RandomKernel.blocksPerElement))
      state[0] = Int64(bitPattern: after.low)
      state[1] = Int64(bitPattern: after.high)
      return before
    }
  }
}
