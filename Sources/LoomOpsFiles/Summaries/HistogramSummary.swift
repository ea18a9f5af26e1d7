import LoomCore
import LoomFormats
import LoomGraph
import LoomKernels
import LoomOpsSupport
import LoomProto

/// A `Summary` message with the distribution of a tensor's elements.
enum HistogramSummary: OpDeclaration {
  static let signature = OpSignature(
    "HistogramSummary", inputs: ["tag: string", "values: T"], outputs: ["summary: string"],
    attributes: [
      "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, "
        + "uint64} = float"
    ])
  static let shapes = ShapeFunction.scalar
  static let gradient = GradientRule.notDifferentiable(because: "messages have no derivatives")
  static let kernels = KernelTable { construction in
    let name = construction.nodeName
    return ClosureKernel { context in
      let tag = try context.input(0)
      guard tag.shape.isScalar else { throw StatusError.invalidArgument("tags must be scalar") }
      var histogram = Histogram()
      for number in try context.input(1).realNumbers() {
        if number.isNaN {
          throw StatusError.invalidArgument("Nan in summary histogram for: \(name)")
        }
        if number.isInfinite {
          throw StatusError.invalidArgument("Infinity in Histogram for: \(name)")
        }
        histogram.add(number)
      }
      var value = Tensorflow_Summary.Value()
      value.tag = try tag.element(0, of: ByteString.self).string
      value.histo = histogram.message
      var summary = Tensorflow_Summary()
      summary.value = [value]
      try context.setSummary(summary)
    }
  }
}

/// Counts of numbers in buckets that widen by a tenth from 1e-12 on, on both sides of zero.
struct Histogram {
  private static let limits: [Double] = {
    var positive: [Double] = []
    var limit = 1e-12
    while limit < 1e20 {
      positive.append(limit)
      limit *= 1.1
    }
    positive.append(.greatestFiniteMagnitude)
    return positive.reversed().map { -$0 } + [0] + positive
  }()

  private var counts = [Double](repeating: 0, count: Histogram.limits.count)
  private var minimum = Double.greatestFiniteMagnitude
  private var maximum = -Double.greatestFiniteMagnitude
  private var count = 0.0
  private var sum = 0.0
  private var sumOfSquares = 0.0

  mutating func add(_ value: Double) {
    // The first bucket whose limit lies beyond the value.
    var low = 0
    var high = Histogram.limits.count
    while low < high {
      let middle = (low + high) / 2
      if Histogram.limits[middle] > value { high = middle } else { low = middle + 1 }
    }
    counts[Swift.min(low, counts.count - 1)] += 1
    minimum = Swift.min(minimum, value)
    maximum = Swift.max(maximum, value)
    count += 1
    sum += value
    sumOfSquares += value * value
  }

  /// The message; neighbouring empty buckets count as one.
  var message: Tensorflow_HistogramProto {
    var result = Tensorflow_HistogramProto()
    result.min = minimum
    result.max = maximum
    result.num = count
    result.sum = sum
    result.sumSquares = sumOfSquares
    for index in counts.indices {
      let isLastOfRun = index + 1 == counts.count || counts[index + 1] > 0
      guard counts[index] > 0 || isLastOfRun else { continue }
      result.bucketLimit.append(Histogram.limits[index])
      result.bucket.append(counts[index])
    }
    return result
  }
}
