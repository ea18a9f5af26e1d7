import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Numbers distributed evenly over 0 ..< 1; the same numbers for the same seeds.
public enum StatelessRandomUniform: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomUniform", inputs: ["shape: T", "seed: Tseed"], outputs: ["output: dtype"],
    attributes: [
      "dtype: {half, bfloat16, float, double} = float",
      "T: {int32, int64} = int32",
      "Tseed: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction.seededShape
  public static let gradient = GradientRule.notDifferentiable(
    because: "it has no differentiable input")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    StatelessRandomKernel(.seed(1), try RandomFiller.uniform($0.outputType(0)))
  }
}

/// Numbers distributed evenly over 0 ..< 1; the same numbers for the same key and counter.
public enum StatelessRandomUniformV2: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomUniformV2",
    inputs: ["shape: Tshape", "key: uint64", "counter: uint64", "alg: int32"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: {half, bfloat16, float, double} = float",
      "Tshape: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.keyedShape
  public static let gradient = GradientRule.notDifferentiable(
    because: "it has no differentiable input")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    StatelessRandomKernel(.key(1), try RandomFiller.uniform($0.outputType(0)))
  }
}

/// Normally distributed numbers of mean 0 and variance 1; the same numbers for the same seeds.
public enum StatelessRandomNormal: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomNormal", inputs: ["shape: T", "seed: Tseed"], outputs: ["output: dtype"],
    attributes: [
      "dtype: {half, bfloat16, float, double} = float",
      "T: {int32, int64} = int32",
      "Tseed: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction.seededShape
  public static let gradient = GradientRule.notDifferentiable(
    because: "it has no differentiable input")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    StatelessRandomKernel(.seed(1), try RandomFiller.normal($0.outputType(0)))
  }
}

/// Normally distributed numbers of mean 0 and variance 1; the same numbers for the same key and counter.
public enum StatelessRandomNormalV2: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomNormalV2",
    inputs: ["shape: Tshape", "key: uint64", "counter: uint64", "alg: int32"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: {half, bfloat16, float, double} = float",
      "Tshape: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.keyedShape
  public static let gradient = GradientRule.notDifferentiable(
    because: "it has no differentiable input")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    StatelessRandomKernel(.key(1), try RandomFiller.normal($0.outputType(0)))
  }
}

/// Normally distributed numbers within two standard deviations; the same numbers for the same seeds.
public enum StatelessTruncatedNormal: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessTruncatedNormal", inputs: ["shape: T", "seed: Tseed"], outputs: ["output: dtype"],
    attributes: [
      "dtype: {half, bfloat16, float, double} = float",
      "T: {int32, int64} = int32",
      "Tseed: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction.seededShape
  public static let gradient = GradientRule.notDifferentiable(
    because: "it has no differentiable input")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    StatelessRandomKernel(.seed(1), try RandomFiller.truncatedNormal($0.outputType(0)))
  }
}

/// Normally distributed numbers within two standard deviations; the same numbers for the same key and counter.
public enum StatelessTruncatedNormalV2: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessTruncatedNormalV2",
    inputs: ["shape: Tshape", "key: uint64", "counter: uint64", "alg: int32"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: {half, bfloat16, float, double} = float",
      "Tshape: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.keyedShape
  public static let gradient = GradientRule.notDifferentiable(
    because: "it has no differentiable input")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": .floating]) {
    StatelessRandomKernel(.key(1), try RandomFiller.truncatedNormal($0.outputType(0)))
  }
}

/// Integers distributed evenly over `minval ..< maxval`; the same numbers for the same seeds.
public enum StatelessRandomUniformInt: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomUniformInt",
    inputs: ["shape: T", "seed: Tseed", "minval: dtype", "maxval: dtype"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: {int32, int64}",
      "T: {int32, int64}",
      "Tseed: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction.seededBounds
  public static let gradient = GradientRule.notDifferentiable(
    because: "it has no differentiable input")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": .index]) {
    StatelessRandomKernel(.seed(1), try RandomFiller.integers($0.outputType(0)), bounds: 2)
  }
}

/// Integers distributed evenly over `minval ..< maxval`; the same numbers for the same key and counter.
public enum StatelessRandomUniformIntV2: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomUniformIntV2",
    inputs: [
      "shape: Tshape", "key: uint64", "counter: uint64", "alg: int32", "minval: dtype",
      "maxval: dtype",
    ], outputs: ["output: dtype"],
    attributes: [
      "dtype: {int32, int64, uint32, uint64}",
      "Tshape: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.keyedBounds
  public static let gradient = GradientRule.notDifferentiable(
    because: "it has no differentiable input")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": .index]) {
    StatelessRandomKernel(.key(1), try RandomFiller.integers($0.outputType(0)), bounds: 4)
  }
}

/// Integers distributed evenly over all that the dtype holds; the same numbers for the same seeds.
public enum StatelessRandomUniformFullInt: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomUniformFullInt", inputs: ["shape: T", "seed: Tseed"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: {int32, int64, uint32, uint64} = uint64",
      "T: {int32, int64} = int32",
      "Tseed: {int32, int64, uint32, uint64} = int64",
    ])
  public static let shapes = ShapeFunction.seededShape
  public static let gradient = GradientRule.notDifferentiable(
    because: "it has no differentiable input")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": [.int32, .int64, .uint32, .uint64]]) {
    StatelessRandomKernel(.seed(1), try RandomFiller.words($0.outputType(0)))
  }
}

/// Integers distributed evenly over all that the dtype holds; the same numbers for the same key and counter.
public enum StatelessRandomUniformFullIntV2: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomUniformFullIntV2",
    inputs: ["shape: Tshape", "key: uint64", "counter: uint64", "alg: int32"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: {int32, int64, uint32, uint64} = uint64",
      "Tshape: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.keyedShape
  public static let gradient = GradientRule.notDifferentiable(
    because: "it has no differentiable input")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": [.int32, .int64, .uint32, .uint64]]) {
    StatelessRandomKernel(.key(1), try RandomFiller.words($0.outputType(0)))
  }
}

extension ShapeFunction {
  fileprivate static let seededBounds = ShapeFunction { context in
    try context.requireRank(2, 0)
    try context.requireRank(3, 0)
    try seededShape.body(context)
  }

  fileprivate static let keyedBounds = ShapeFunction { context in
    try context.requireRank(4, 0)
    try context.requireRank(5, 0)
    try keyedShape.body(context)
  }
}
