public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// How many values lie in each of equally wide bins; values outside of the range count in the first or
/// last one.
public enum HistogramFixedWidth: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "HistogramFixedWidth", inputs: ["values: T", "value_range: T", "nbins: int32"],
    outputs: ["out: dtype"],
    attributes: [
      "T: {int32, int64, float, double}",
      "dtype: {int32, int64} = int32",
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireVector(1, of: 2)
    try context.requireRank(2, 0)
    let bins = try context.constant(2)?.integers().first
    if let bins, bins <= 0 {
      throw StatusError.invalidArgument("Requires nbins > 0: \(bins)")
    }
    context.setOutput(0, [bins])
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.real(HistogramFixedWidth.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(HistogramKernel<Scalar>(outputType: try construction.outputType(0)))
  }
}

private final class HistogramKernel<Scalar: RealScalar>: Kernel {
  let outputType: DType

  init(outputType: DType) { self.outputType = outputType }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let values = try context.input(0)
    let range = try context.input(1)
    let binTensor = try context.input(2)
    guard range.shape.rank == 1, range.elementCount == 2 else {
      throw .invalidArgument("value_range should be a vector of 2 elements.")
    }
    guard binTensor.shape.isScalar, let bins = try binTensor.integers().first else {
      throw .invalidArgument("nbins should be a scalar.")
    }
    let low: Scalar = try range.element(0)
    let high: Scalar = try range.element(1)
    guard low < high else {
      throw .invalidArgument(
        "value_range should satisfy value_range[0] < value_range[1], but got '[\(low), \(high)]'")
    }
    guard bins > 0 else {
      throw .invalidArgument("nbins should be a positive number, but got '\(bins)'")
    }
    let step = Scalar.wrappingSubtract(high, low).doubleValue / Double(bins)
    let span = try values.span(of: Scalar.self)
    var totals = try MutableTensor<Int64>(
      exclusive: .zeros(dtype: .int64, shape: Shape(vector: bins), budget: context.budget))
    do {
      var counter = totals.mutableSpan
      for index in 0..<span.count {
        let value = span[index]
        guard value == value else {
          throw .invalidArgument("Histogram values must not contain NaN")
        }
        let distance = Scalar.wrappingSubtract(value < low ? low : value, low).doubleValue / step
        // Below zero only where a difference of integers wrapped.
        let bin = Swift.max(0, Swift.min(distance, Double(bins - 1)))
        counter[Int(bin)] += 1
      }
    }
    let counts = totals.finish()
    if outputType == .int64 { return try context.setOutput(0, counts) }
    let source = try counts.span(of: Int64.self)
    try context.makeOutput(0, of: Int32.self, shape: Shape(vector: bins)) {
      output throws(StatusError) in
      for index in 0..<bins { output[index] = Int32(truncatingIfNeeded: source[index]) }
    }
  }
}

/// Which of the intervals between sorted boundaries each value lies in; a boundary itself belongs to
/// the interval above it.
public enum Bucketize: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "Bucketize", inputs: ["input: T"], outputs: ["output: int32"],
    attributes: [
      "T: {int32, int64, float, double}",
      "boundaries: list(float)",
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.real(
    Bucketize.self, over: [.int32, .int64, .float, .double])

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    let boundaries = try construction.attributes.floats("boundaries")
    for (a, b) in zip(boundaries, boundaries.dropFirst()) where !(a <= b) {
      throw .invalidArgument("Expected sorted boundaries")
    }
    let isInteger = Scalar.dtype.isInteger
    return ClosureKernel { context in
      let input = try context.input(0)
      let values = try input.span(of: Scalar.self)
      try context.makeOutput(0, of: Int32.self, shape: input.shape) {
        output throws(StatusError) in
        for index in 0..<values.count {
          // Integers are compared with the boundaries as floats.
          let exact = values[index].doubleValue
          let value = isInteger ? Double(Float(exact)) : exact
          var low = 0
          var end = boundaries.count
          while low < end {
            let middle = (low + end) / 2
            if value < Double(boundaries[middle]) { end = middle } else { low = middle + 1 }
          }
          output[index] = Int32(truncatingIfNeeded: low)
        }
      }
    }
  }
}
