import LoomCore
import LoomKernels

/// Sums and quotients of gradients, in the gradients' own precision.
enum GradientArithmetic {
  /// Adds `gradient` to `sum`, in place if nobody else holds the sum.
  static func add(
    _ gradient: AnyTensor, to sum: inout AnyTensor?, budget: MemoryBudget
  ) throws(StatusError) {
    guard sum != nil else {
      sum = try gradient.kept(budget: budget)
      return
    }
    switch gradient.dtype {
    case .float: try add(gradient, to: &sum, of: Float.self, budget)
    case .double: try add(gradient, to: &sum, of: Double.self, budget)
    default: try add(gradient, to: &sum, of: Float16.self, budget)
    }
  }

  private static func add<Scalar: FloatingScalar>(
    _ gradient: AnyTensor, to sum: inout AnyTensor?, of type: Scalar.Type, _ budget: MemoryBudget
  ) throws(StatusError) {
    // A gradient that is the sum itself is copied here, so that it is not read while it changes.
    let owned = try VariableCell.exclusive(&sum, as: type, budget: budget)
    var target = try MutableTensor<Scalar>(exclusive: owned)
    let source = try gradient.span(of: type)
    var span = target.mutableSpan
    for index in 0..<Swift.min(source.count, span.count) {
      span[index] = Scalar.wrappingAdd(span[index], source[index])
    }
  }

  /// Divides each of `counts.count` equal parts of a tensor by its count.
  static func divide(
    _ values: AnyTensor, by counts: [Int], budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    guard counts.contains(where: { $0 != 1 }) else { return values }
    switch values.dtype {
    case .float: return try divide(values, by: counts, of: Float.self, budget)
    case .double: return try divide(values, by: counts, of: Double.self, budget)
    default: return try divide(values, by: counts, of: Float16.self, budget)
    }
  }

  private static func divide<Scalar: FloatingScalar>(
    _ values: AnyTensor, by counts: [Int], of type: Scalar.Type, _ budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    var result = try MutableTensor<Scalar>(shape: values.shape, budget: budget)
    let source = try values.span(of: type)
    var span = result.mutableSpan
    let length = values.elementCount / Swift.max(counts.count, 1)
    for (part, count) in counts.enumerated() {
      let divisor = Scalar(converting: Double(count))
      for index in part &* length..<(part &+ 1) &* length {
        span[index] = Scalar.quotient(source[index], divisor)
      }
    }
    return result.finish()
  }

  /// Where a row of a merged sum comes from.
  enum Source {
    case sum(Int)
    case gradient(Int)
    case both(Int, Int)
  }

  /// Merges the rows of a sum and of a gradient as TensorFlow does: from the front of both lists, equal
  /// rows one by one.
  static func merge(_ sum: [Int64], _ gradient: [Int64]) -> [Source] {
    var result: [Source] = []
    result.reserveCapacity(sum.count + gradient.count)
    var (a, b) = (0, 0)
    while a < sum.count || b < gradient.count {
      if b == gradient.count || (a < sum.count && sum[a] < gradient[b]) {
        result.append(.sum(a))
        a += 1
      } else if a == sum.count || sum[a] > gradient[b] {
        result.append(.gradient(b))
        b += 1
      } else {
        result.append(.both(a, b))
        a += 1
        b += 1
      }
    }
    return result
  }

  /// The rows of `sum` and `gradient` as `sources` say, added where they meet.
  static func join(
    _ sum: AnyTensor, _ gradient: AnyTensor, _ sources: [Source], budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    switch gradient.dtype {
    case .float: try join(sum, gradient, sources, of: Float.self, budget)
    case .double: try join(sum, gradient, sources, of: Double.self, budget)
    default: try join(sum, gradient, sources, of: Float16.self, budget)
    }
  }

  private static func join<Scalar: FloatingScalar>(
    _ sum: AnyTensor, _ gradient: AnyTensor, _ sources: [Source], of type: Scalar.Type,
    _ budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    let shape = try Shape([sources.count] + gradient.shape.sizes.dropFirst())
    let length = shape.count(in: 1..<shape.rank)
    let (a, b) = (try sum.span(of: type), try gradient.span(of: type))
    var result = try MutableTensor<Scalar>(shape: shape, budget: budget)
    var span = result.mutableSpan
    // Rows lie inside their tensors: their numbers come from the lists, which were as long.
    for (row, source) in sources.enumerated() {
      for index in 0..<length {
        span[row &* length &+ index] =
          switch source {
          case .sum(let i): a[i &* length &+ index]
          case .gradient(let j): b[j &* length &+ index]
          case .both(let i, let j):
            Scalar.wrappingAdd(a[i &* length &+ index], b[j &* length &+ index])
          }
      }
    }
    return result.finish()
  }
}
