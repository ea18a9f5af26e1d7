public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The `n`-th smallest (or largest) element of each row, counted from zero.
public enum NthElement: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "NthElement", inputs: ["input: T", "n: int32"], outputs: ["values: T"],
    attributes: [
      "reverse: bool = false",
      "T: \(Allowed.real)",
    ])
  public static let shapes = ShapeFunction { context in
    let input = try context.requireRank(0, atLeast: 1)
    try context.requireRank(1, 0)
    let n = try context.constant(1)?.integers().first
    if let n, n < 0 {
      throw StatusError.invalidArgument(
        "Dimension size, given by scalar input 1, must be non-negative but is \(n)")
    }
    guard let rank = input.rank else { return }
    if let n, let last = input[rank - 1], last <= n {
      throw StatusError.invalidArgument(
        "Input must have last dimension > n = \(n) but is \(last)")
    }
    context.setOutput(0, input.dimensions(in: 0..<rank - 1))
  }
  public static let gradient = GradientRule.dense { context in
    // Equal elements share the gradient evenly.
    let x = try context.input(0)
    let selected = try context.expandDims(context.output(0), axis: -1)
    let upstream = try context.expandDims(context.upstream(0), axis: -1)
    let indicators = try context.cast(context.equal(selected, x), to: upstream.dtype)
    let count = try context.expandDims(
      context.sum(indicators, context.scalar(-1)), axis: -1)
    return [try context.mul(context.div(indicators, count), upstream), nil]
  }
  public static let kernels = KernelTable.real(NthElement.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(NthElementKernel<Scalar>(isReverse: try construction.attributes.bool("reverse")))
  }
}

private final class NthElementKernel<Scalar: RealScalar>: Kernel {
  let isReverse: Bool

  init(isReverse: Bool) { self.isReverse = isReverse }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let x = try context.input(0)
    let nTensor = try context.input(1)
    guard nTensor.shape.isScalar, let named = try nTensor.integers().first else {
      throw .invalidArgument("N must be scalar but has rank \(nTensor.shape.rank)")
    }
    guard named >= 0 else { throw .invalidArgument("n must be non-negative but is \(named)") }
    let rank = x.shape.rank
    guard rank >= 1 else { throw .invalidArgument("Input must be at least rank 1 but is rank 0") }
    let width = x.shape[rank - 1]
    guard width > named else {
      throw .invalidArgument("Input must have at least n+1 columns")
    }
    let n = isReverse ? width - named - 1 : named
    let values = try x.span(of: Scalar.self)
    try context.makeOutput(
      0, of: Scalar.self, shape: Shape(Array(x.shape.sizes.dropLast()))
    ) { output throws(StatusError) in
      var row: [Scalar] = []
      row.reserveCapacity(width)
      for index in 0..<output.count {
        row.removeAll(keepingCapacity: true)
        for column in 0..<width { row.append(values[index &* width &+ column]) }
        output[index] = NthElementKernel.select(n, from: &row)
      }
    }
  }

  /// Hoare's quickselect with the median of three as pivot, sorting what is left when it goes slowly.
  private static func select(_ n: Int, from values: inout [Scalar]) -> Scalar {
    var low = 0
    var high = values.count - 1
    var patience = 64
    while high - low > 16 {
      patience -= 1
      if patience == 0 { break }
      let middle = low + (high - low) / 2
      if values[middle] < values[low] { values.swapAt(middle, low) }
      if values[high] < values[low] { values.swapAt(high, low) }
      if values[high] < values[middle] { values.swapAt(high, middle) }
      let pivot = values[middle]
      var left = low
      var right = high
      while left <= right {
        while left < high, values[left] < pivot { left += 1 }
        while right > low, pivot < values[right] { right -= 1 }
        if left <= right {
          values.swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if n <= right {
        high = right
      } else if n >= left {
        low = left
      } else {
        return values[n]
      }
    }
    values[low...high].sort()
    return values[n]
  }
}
