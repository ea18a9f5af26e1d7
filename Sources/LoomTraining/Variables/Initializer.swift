public import LoomCore
public import LoomGraph

/// How the first value of a variable comes about.
public struct Initializer<Scalar: TensorScalar>: Sendable {
  private let make: @Sendable (Graph) throws -> AnyOutput

  /// Operations that compute the value, made in the variable's name scope.
  public init(_ make: @escaping @Sendable (Graph) throws -> Output<Scalar>) {
    self.make = { try make($0).erased }
  }

  init(erased make: @escaping @Sendable (Graph) throws -> AnyOutput) { self.make = make }

  /// Adds the operations that compute the value.
  public func build(in graph: Graph) throws(StatusError) -> AnyOutput {
    do { return try make(graph) } catch { throw StatusError.wrapping(error) }
  }

  /// A given value.
  public static func tensor(_ value: Tensor<Scalar>) -> Initializer {
    Initializer(erased: { try $0.constantTensor(value.erased, name: "initial_value") })
  }

  /// One value throughout.
  public static func constant(_ value: Scalar, _ shape: [Int] = []) -> Initializer {
    constant(value, shape, name: "Const")
  }

  private static func constant(_ value: Scalar, _ shape: [Int], name: String) -> Initializer {
    Initializer(erased: {
      try $0.filled(Shape(shape), name: name) { (shape) throws(StatusError) in
        try AnyTensor(repeatElement(value, count: shape.elementCount), shape: shape)
      }
    })
  }

  /// Zeros, false, empty strings.
  public static func zeros(_ shape: [Int] = []) -> Initializer {
    constant(.zero, shape, name: "zeros")
  }
}

extension Initializer where Scalar: NumericScalar {
  /// Ones.
  public static func ones(_ shape: [Int] = []) -> Initializer {
    constant(.one, shape, name: "ones")
  }
}

extension Initializer where Scalar: FloatingScalar {
  /// Normal deviates, redrawn beyond two standard deviations.
  public static func truncatedNormal(
    _ shape: [Int], mean: Double = 0, stddev: Double = 1, seed: Int? = nil
  ) -> Initializer {
    Initializer(erased: {
      try $0.random(
        "TruncatedNormal", scope: "truncated_normal", Scalar.dtype, shape, scale: stddev,
        offset: mean, seed: seed)
    })
  }

  /// Normal deviates.
  public static func normal(
    _ shape: [Int], mean: Double = 0, stddev: Double = 1, seed: Int? = nil
  ) -> Initializer {
    Initializer(erased: {
      try $0.random(
        "RandomStandardNormal", scope: "random_normal", Scalar.dtype, shape, scale: stddev,
        offset: mean, seed: seed)
    })
  }

  /// Uniform deviates from `minimum` up to, not including, `maximum`.
  public static func uniform(
    _ shape: [Int], minimum: Double = 0, maximum: Double = 1, seed: Int? = nil
  ) -> Initializer {
    Initializer(erased: {
      try $0.random(
        "RandomUniform", scope: "random_uniform", Scalar.dtype, shape, scale: maximum - minimum,
        offset: minimum, seed: seed)
    })
  }

  /// Uniform deviates within ±√(6 / (fan in + fan out)) (Glorot and Bengio, 2010).
  public static func glorotUniform(_ shape: [Int], seed: Int? = nil) -> Initializer {
    let limit = (6 / Fan(shape).sum).squareRoot()
    return uniform(shape, minimum: -limit, maximum: limit, seed: seed)
  }

  /// Truncated normal deviates of variance 2 / (fan in + fan out) (Glorot and Bengio, 2010).
  public static func glorotNormal(_ shape: [Int], seed: Int? = nil) -> Initializer {
    varianceScaled(shape, 2 / Fan(shape).sum, seed)
  }

  /// Truncated normal deviates of variance 2 / fan in (He and others, 2015).
  public static func heNormal(_ shape: [Int], seed: Int? = nil) -> Initializer {
    varianceScaled(shape, 2 / Fan(shape).input, seed)
  }

  /// Uniform deviates within ±√(6 / fan in) (He and others, 2015).
  public static func heUniform(_ shape: [Int], seed: Int? = nil) -> Initializer {
    let limit = (6 / Fan(shape).input).squareRoot()
    return uniform(shape, minimum: -limit, maximum: limit, seed: seed)
  }

  /// Truncation takes some of the variance away; the constant is the deviation that is left of a
  /// unit normal cut at two.
  private static func varianceScaled(
    _ shape: [Int], _ variance: Double, _ seed: Int?
  ) -> Initializer {
    truncatedNormal(shape, stddev: variance.squareRoot() / 0.87962566103423978, seed: seed)
  }
}

/// Inputs and outputs of a layer with weights of some shape: matrices count rows and columns, kernels
/// their window as well.
private struct Fan {
  let input: Double
  let output: Double
  /// At least 1, so that scales stay finite.
  var sum: Double { input + output }

  init(_ shape: [Int]) {
    let sizes = shape.map { Double(max($0, 0)) }
    switch sizes.count {
    case 0: (input, output) = (1, 1)
    case 1: (input, output) = (max(sizes[0], 1), max(sizes[0], 1))
    default:
      let window = sizes.dropLast(2).reduce(1, *)
      input = max(sizes[sizes.count - 2] * window, 1)
      output = max(sizes[sizes.count - 1] * window, 1)
    }
  }
}

extension Graph {
  /// `deviates * scale + offset` of a random op.
  func random(
    _ op: String, scope: String, _ dtype: DType, _ shape: [Int], scale: Double, offset: Double,
    seed: Int?
  ) throws(StatusError) -> AnyOutput {
    let seeds = seeds(operationSeed: seed)
    return try withNameScope(scope) { () throws(StatusError) in
      let sizes = try constantVector(shape, name: "shape")
      let deviates = try build(
        op, [sizes],
        [
          "dtype": .type(dtype), "seed": .int(Int64(seeds.seed)),
          "seed2": .int(Int64(seeds.seed2)),
        ])
      let scaled = try build(
        "Mul", [deviates, constantScalar(scale, dtype, name: "stddev")], name: "mul")
      return try build("AddV2", [scaled, constantScalar(offset, dtype, name: "mean")], name: "add")
    }
  }
}
