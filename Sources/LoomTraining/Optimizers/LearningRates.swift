public import LoomCore
public import LoomGraph

/// Learning rates that follow from the number of steps made.
public enum LearningRate {
  /// `rate · decay^(step / steps)`; in steps of whole powers if it is a staircase.
  ///
  /// - SeeAlso: `tf.train.exponential_decay`.
  public static func exponentialDecay(
    _ rate: Double, step: Variable<Int64>, decaySteps: Int, decay: Double,
    isStaircase: Bool = false
  ) throws(StatusError) -> Output<Float> {
    let graph = step.graph
    return try graph.withNameScope("ExponentialDecay") { () throws(StatusError) in
      let power = try graph.build(
        "Pow",
        [
          graph.constantScalar(decay, .float),
          progress(step, decaySteps, isStaircase: isStaircase),
        ])
      return try Output(graph.build("Mul", [graph.constantScalar(rate, .float), power]))
    }
  }

  /// `rate · exp(-decay · step / steps)`.
  ///
  /// - SeeAlso: `tf.train.natural_exp_decay`.
  public static func naturalExponentialDecay(
    _ rate: Double, step: Variable<Int64>, decaySteps: Int, decay: Double,
    isStaircase: Bool = false
  ) throws(StatusError) -> Output<Float> {
    let graph = step.graph
    return try graph.withNameScope("NaturalExpDecay") { () throws(StatusError) in
      let exponent = try graph.build(
        "Mul",
        [
          graph.constantScalar(-decay, .float),
          progress(step, decaySteps, isStaircase: isStaircase),
        ])
      return try Output(
        graph.build("Mul", [graph.constantScalar(rate, .float), graph.build("Exp", [exponent])]))
    }
  }

  /// `rate / (1 + decay · step / steps)`.
  ///
  /// - SeeAlso: `tf.train.inverse_time_decay`.
  public static func inverseTimeDecay(
    _ rate: Double, step: Variable<Int64>, decaySteps: Int, decay: Double,
    isStaircase: Bool = false
  ) throws(StatusError) -> Output<Float> {
    let graph = step.graph
    return try graph.withNameScope("InverseTimeDecay") { () throws(StatusError) in
      let growth = try graph.build(
        "Mul",
        [
          graph.constantScalar(decay, .float),
          progress(step, decaySteps, isStaircase: isStaircase),
        ])
      return try Output(
        graph.build(
          "RealDiv",
          [
            graph.constantScalar(rate, .float),
            graph.build("AddV2", [graph.constantScalar(1, .float), growth]),
          ]))
    }
  }

  /// From `rate` to `endRate` along a power of what is left of the steps; then it stays, or starts
  /// anew with twice as many steps if it cycles.
  ///
  /// - SeeAlso: `tf.train.polynomial_decay`.
  public static func polynomialDecay(
    _ rate: Double, step: Variable<Int64>, decaySteps: Int, endRate: Double = 0.0001,
    power: Double = 1, isCycling: Bool = false
  ) throws(StatusError) -> Output<Float> {
    let graph = step.graph
    return try graph.withNameScope("PolynomialDecay") { () throws(StatusError) in
      let steps = try graph.build("Cast", [step.read().erased], ["DstT": .type(.float)])
      let span = try graph.constantScalar(Double(decaySteps), .float)
      let one = try graph.constantScalar(1, .float)
      let made: AnyOutput
      if isCycling {
        let cycles = try graph.build(
          "Maximum", [one, graph.build("Ceil", [graph.build("RealDiv", [steps, span])])])
        made = try graph.build("RealDiv", [steps, graph.build("Mul", [span, cycles])])
      } else {
        made = try graph.build("RealDiv", [graph.build("Minimum", [steps, span]), span])
      }
      let left = try graph.build(
        "Pow", [graph.build("Sub", [one, made]), graph.constantScalar(power, .float)])
      let scaled = try graph.build("Mul", [graph.constantScalar(rate - endRate, .float), left])
      return try Output(graph.build("AddV2", [scaled, graph.constantScalar(endRate, .float)]))
    }
  }

  /// Half a cosine from `rate` down to `rate · alpha`.
  ///
  /// - SeeAlso: `tf.train.cosine_decay`.
  public static func cosineDecay(
    _ rate: Double, step: Variable<Int64>, decaySteps: Int, alpha: Double = 0
  ) throws(StatusError) -> Output<Float> {
    let graph = step.graph
    return try graph.withNameScope("CosineDecay") { () throws(StatusError) in
      let span = try graph.constantScalar(Double(decaySteps), .float)
      let steps = try graph.build("Cast", [step.read().erased], ["DstT": .type(.float)])
      let made = try graph.build("RealDiv", [graph.build("Minimum", [steps, span]), span])
      let angle = try graph.build("Mul", [graph.constantScalar(Double.pi, .float), made])
      let wave = try graph.build(
        "AddV2", [graph.constantScalar(1, .float), graph.build("Cos", [angle])])
      let factor = try graph.build(
        "Mul", [graph.constantScalar((1 - alpha) / 2, .float), wave])
      return try Output(
        graph.build(
          "Mul",
          [
            graph.constantScalar(rate, .float),
            graph.build("AddV2", [factor, graph.constantScalar(alpha, .float)]),
          ]))
    }
  }

  /// `values[0]` up to and including step `boundaries[0]`, then `values[1]`, and so on.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` unless there is one value more than boundaries.
  /// - SeeAlso: `tf.train.piecewise_constant`.
  public static func piecewiseConstant(
    step: Variable<Int64>, boundaries: [Int], values: [Double]
  ) throws(StatusError) -> Output<Float> {
    guard values.count == boundaries.count + 1, let last = values.last else {
      throw .invalidArgument(
        "The length of boundaries should be 1 less than the length of values, got "
          + "\(boundaries.count) and \(values.count)")
    }
    let graph = step.graph
    return try graph.withNameScope("PiecewiseConstant") { () throws(StatusError) in
      let now = try step.read().erased
      var result = try graph.constantScalar(last, .float)
      for (boundary, value) in zip(boundaries, values).reversed() {
        let isBefore = try graph.build(
          "LessEqual", [now, graph.constantInt(boundary, as: .int64)])
        result = try graph.build(
          "SelectV2", [isBefore, graph.constantScalar(value, .float), result])
      }
      return try Output(result)
    }
  }

  /// `step / steps`, rounded down for a staircase.
  private static func progress(
    _ step: Variable<Int64>, _ decaySteps: Int, isStaircase: Bool
  ) throws(StatusError) -> AnyOutput {
    let graph = step.graph
    let steps = try graph.build("Cast", [step.read().erased], ["DstT": .type(.float)])
    let ratio = try graph.build(
      "RealDiv", [steps, graph.constantScalar(Double(decaySteps), .float)])
    return isStaircase ? try graph.build("Floor", [ratio]) : ratio
  }
}
