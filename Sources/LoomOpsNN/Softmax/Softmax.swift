public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `exp(logits) / Σ exp(logits)` along the last dimension.
///
/// The row's maximum is subtracted first. A row that holds NaN or infinity, or nothing but -infinity,
/// gives NaN.
public enum Softmax: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "Softmax", inputs: ["logits: T"], outputs: ["softmax: T"],
    attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, atLeast: 1))
  }
  public static let gradient = GradientRule.dense { context in
    let (upstream, softmax) = (try context.upstream(0), try context.output(0))
    let total = try context.sum(
      context.mul(upstream, softmax), context.constant([-1]), keepingDimensions: true)
    return [try context.mul(context.sub(upstream, total), softmax)]
  }
  public static var properties: OpProperties {
    OpProperties(inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.floating(Softmax.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(SoftmaxKernel<Scalar>(isLogarithmic: false))
  }
}

/// `logits - log Σ exp(logits)` along the last dimension.
public enum LogSoftmax: OpDeclaration, FloatingKernelFamily {
  public static let signature = OpSignature(
    "LogSoftmax", inputs: ["logits: T"], outputs: ["logsoftmax: T"],
    attributes: ["T: {half, bfloat16, float, double}"])
  public static let shapes = Softmax.shapes
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let softmax = try context.exp(context.output(0))
    let total = try context.sum(upstream, context.constant([-1]), keepingDimensions: true)
    return [try context.sub(upstream, context.mul(total, softmax))]
  }
  public static var properties: OpProperties {
    OpProperties(inPlacePairs: [.init(input: 0, output: 0)])
  }
  public static let kernels = KernelTable.floating(LogSoftmax.self)

  public static func kernel<Scalar: FloatingScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(SoftmaxKernel<Scalar>(isLogarithmic: true))
  }
}

private final class SoftmaxKernel<Scalar: FloatingScalar>: Kernel {
  let isLogarithmic: Bool

  init(isLogarithmic: Bool) { self.isLogarithmic = isLogarithmic }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let shape = try context.shape(of: 0)
    guard shape.rank >= 1 else {
      throw .invalidArgument("logits must have >= 1 dimension, got \(shape)")
    }
    let columns = shape[shape.rank - 1]
    if Scalar.dtype == .float {
      let (logits, output) = try context.inPlace(0, to: 0)
      if isLogarithmic {
        try FloatRows.logSoftmax(logits, into: output, columns: columns, workers: context.workers)
      } else {
        try FloatRows.softmax(logits, into: output, columns: columns, workers: context.workers)
      }
      return
    }
    let logits = try context.input(0)
    let x = try logits.span(of: Scalar.self)
    let isLogarithmic = isLogarithmic
    try context.makeOutput(0, of: Scalar.self, shape: shape) { y in
      guard columns > 0 else { return }
      var start = 0
      while start < x.count {
        let row = start..<(start + columns)
        var sum: Scalar.Accumulator = 0
        let largest = maximum(x, row)
        for index in row { sum += .exp(x[index].accumulator - largest) }
        let logarithm = Scalar.Accumulator.log(sum)
        for index in row {
          let shifted = x[index].accumulator - largest
          y[index] = Scalar(
            isLogarithmic ? shifted - logarithm : Scalar.Accumulator.exp(shifted) / sum)
        }
        start = row.upperBound
      }
    }
  }
}

/// The largest element of a row in the accumulator's type; NaN if there is one.
func maximum<Scalar: FloatingScalar>(
  _ values: Span<Scalar>, _ row: Range<Int>
) -> Scalar.Accumulator {
  var largest = -Scalar.Accumulator.infinity
  for index in row {
    let value = values[index].accumulator
    if value > largest || value.isNaN { largest = value }
    if value.isNaN { break }
  }
  return largest
}

/// `exp(logits) / Σ exp(logits)` along the last dimension.
///
/// - Parameter logits: At least one dimension.
/// - Note: A row that holds NaN or infinity, or nothing but -infinity, gives NaN.
/// - SeeAlso: TensorFlow op `Softmax`.
public func softmax<Scalar: FloatingScalar>(
  _ logits: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(logits.graph.addOperation("Softmax", inputs: [logits.erased], name: name).output(0))
}

/// `logits - log Σ exp(logits)` along the last dimension.
///
/// - SeeAlso: TensorFlow op `LogSoftmax`.
public func logSoftmax<Scalar: FloatingScalar>(
  _ logits: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    logits.graph.addOperation("LogSoftmax", inputs: [logits.erased], name: name).output(0))
}
