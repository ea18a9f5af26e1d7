import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Numbers distributed by gamma distributions of unit scale, a tensor of them for each shape parameter.
public enum RandomGamma: OpDeclaration {
  public static let signature = OpSignature(
    "RandomGamma", inputs: ["shape: S", "alpha: T"], outputs: ["output: T"],
    attributes: [
      "seed: int = 0",
      "seed2: int = 0",
      "S: {int32, int64}",
      "T: {half, float, double}",
    ], isStateful: true)
  public static let shapes = ShapeFunction.drawsPerParameter
  public static let gradient = GradientRule.dense { context in
    let samples = try context.gather(context.shape(context.input(0)), context.scalar(0))
    return [nil, try context.gammaGradient(context.input(1), extraDimensions: samples)]
  }
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable(where: ["T": [.half, .float, .double]]) {
    try DrawKernel($0, .gamma, parameter: 1, source: .make($0))
  }
}

/// ``RandomGamma`` with a pair of seeds as an input; the shape parameters are broadcast.
public enum StatelessRandomGammaV2: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomGammaV2", inputs: ["shape: T", "seed: Tseed", "alpha: dtype"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: {half, float, double}",
      "T: {int32, int64}",
      "Tseed: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction.seededShape
  public static let gradient = GradientRule.dense { context in
    [nil, nil, try context.statelessGammaGradient(parameter: 2)]
  }
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": [.half, .float, .double]]) {
    try DrawKernel($0, .gamma, parameter: 2, position: .seed(1))
  }
}

/// ``RandomGamma`` with a key and a counter as inputs; the shape parameters are broadcast.
public enum StatelessRandomGammaV3: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomGammaV3",
    inputs: ["shape: shape_dtype", "key: uint64", "counter: uint64", "alg: int32", "alpha: dtype"],
    outputs: ["output: dtype"],
    attributes: [
      "dtype: {half, float, double}",
      "shape_dtype: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction.keyedShape
  public static let gradient = GradientRule.dense { context in
    [nil, nil, nil, nil, try context.statelessGammaGradient(parameter: 4)]
  }
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable(where: ["dtype": [.half, .float, .double]]) {
    try DrawKernel($0, .gamma, parameter: 4, position: .key(1))
  }
}

/// Numbers distributed by Poisson distributions, a tensor of them for each rate.
public enum RandomPoissonV2: OpDeclaration {
  public static let signature = OpSignature(
    "RandomPoissonV2", inputs: ["shape: S", "rate: R"], outputs: ["output: dtype"],
    attributes: [
      "seed: int = 0",
      "seed2: int = 0",
      "S: {int32, int64}",
      "R: {half, float, double, int32, int64} = double",
      "dtype: {half, float, double, int32, int64} = int64",
    ], isStateful: true)
  public static let shapes = ShapeFunction.drawsPerParameter
  public static let gradient = GradientRule.notDifferentiable(because: "draws are discrete")
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable {
    try DrawKernel($0, .poisson, parameter: 1, source: .make($0))
  }
}

/// ``RandomPoissonV2`` whose results have the rates' dtype. Superseded by it.
public enum RandomPoisson: OpDeclaration {
  public static let signature = OpSignature(
    "RandomPoisson", inputs: ["shape: S", "rate: dtype"], outputs: ["output: dtype"],
    attributes: [
      "seed: int = 0",
      "seed2: int = 0",
      "S: {int32, int64}",
      "dtype: {half, float, double}",
    ], isStateful: true, deprecatedSince: 25)
  public static let shapes = ShapeFunction.drawsPerParameter
  public static let gradient = GradientRule.notDifferentiable(because: "draws are discrete")
  public static var properties: OpProperties { .random }
  public static let kernels = KernelTable {
    try DrawKernel($0, .poisson, parameter: 1, source: .make($0))
  }
}

/// ``RandomPoissonV2`` with a pair of seeds as an input; the rates are broadcast.
public enum StatelessRandomPoisson: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessRandomPoisson", inputs: ["shape: T", "seed: Tseed", "lam: Rtype"],
    outputs: ["output: dtype"],
    attributes: [
      "Rtype: {half, float, double, int32, int64}",
      "dtype: {half, float, double, int32, int64}",
      "T: {int32, int64}",
      "Tseed: {int32, int64} = int64",
    ])
  public static let shapes = ShapeFunction.seededShape
  public static let gradient = GradientRule.notDifferentiable(because: "draws are discrete")
  public static var properties: OpProperties { .statelessRandom }
  public static let kernels = KernelTable {
    try DrawKernel($0, .poisson, parameter: 2, position: .seed(1))
  }
}

extension ShapeFunction {
  /// The shape that input 0 holds followed by that of input 1.
  fileprivate static let drawsPerParameter = ShapeFunction { context in
    context.setOutput(0, try context.shapeValue(0).concatenated(with: context.input(1)))
  }
}

extension GradientContext {
  /// The gradient with respect to the shape parameters `alpha`, by implicit differentiation
  /// (M. Figurnov, S. Mohamed, A. Mnih, Implicit reparameterization gradients, 2018).
  ///
  /// - Parameter extraDimensions: how many dimensions the samples have in front of those of `alpha`.
  fileprivate func gammaGradient(
    _ alpha: AnyOutput, extraDimensions: AnyOutput
  ) throws -> AnyOutput {
    let ones = try fill(reshape(extraDimensions, constant([1])), scalar(1))
    let wide = try reshape(alpha, concat([ones, shape(alpha)], axis: scalar(0)))
    let derivative = try build("RandomGammaGrad", [wide, output(0)])
    let axes = try range(scalar(0), extraDimensions, scalar(1))
    return try sum(mul(upstream(0), derivative), axes)
  }

  fileprivate func statelessGammaGradient(parameter: Int) throws -> AnyOutput {
    let alpha = try input(parameter)
    let rank = try gather(shape(input(0)), scalar(0))
    return try gammaGradient(alpha, extraDimensions: sub(rank, self.rank(alpha)))
  }
}
