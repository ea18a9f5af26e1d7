import LoomCore
import LoomFormats
import LoomKernels

/// Values of one feature, gathered over examples.
struct FeatureColumn {
  let dtype: DType
  private var texts: [ByteString] = []
  private var floats: [Float] = []
  private var integers: [Int64] = []

  init(_ dtype: DType) { self.dtype = dtype }

  var count: Int { texts.count + floats.count + integers.count }

  /// Appends values of the column's dtype, which the caller has checked.
  mutating func append(_ values: FeatureValues) {
    switch values {
    case .bytes(let values): texts += values.map { ByteString($0) }
    case .floats(let values): floats += values
    case .integers(let values): integers += values
    }
  }

  mutating func append(_ tensor: AnyTensor) throws(StatusError) {
    switch dtype {
    case .string: texts += try tensor.scalars(of: ByteString.self)
    case .float: floats += try tensor.scalars(of: Float.self)
    default: integers += try tensor.scalars(of: Int64.self)
    }
  }

  func tensor(_ shape: Shape, _ budget: MemoryBudget) throws(StatusError) -> AnyTensor {
    switch dtype {
    case .string: try AnyTensor(texts, shape: shape, budget: budget)
    case .float: try AnyTensor(floats, shape: shape, budget: budget)
    default: try AnyTensor(integers, shape: shape, budget: budget)
    }
  }

  func vector(_ budget: MemoryBudget) throws(StatusError) -> AnyTensor {
    try tensor(Shape(vector: count), budget)
  }

  /// The values in rows of different lengths, each filled up with `padding` to `width` elements.
  func padded(
    _ counts: [Int], width: Int, shape: Shape, padding: AnyTensor?, _ budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    let flat = try vector(budget)
    let mover = ByteMover(
      into: try .uninitialized(dtype: dtype, shape: shape, budget: budget))
    if let padding, padding.elementCount > 0 {
      try mover.fillAll(padding)
    } else {
      mover.zeroAll()
    }
    var position = 0
    for (row, count) in counts.enumerated() {
      try mover.copy(flat, from: position, to: row &* width, count: count)
      position += count
    }
    return mover.target
  }
}

/// The index tuples of values that stand in rows, or in steps of rows.
enum SparseRows {
  /// Indices and shape for rows of the given lengths; of a lone example the row's number is left out.
  static func layout(
    _ counts: [Int], isLone: Bool, _ budget: MemoryBudget
  ) throws(StatusError) -> (indices: AnyTensor, shape: AnyTensor) {
    var tuples: [Int64] = []
    for (row, count) in counts.enumerated() {
      for position in 0..<count {
        if !isLone { tuples.append(Int64(row)) }
        tuples.append(Int64(position))
      }
    }
    let rank = isLone ? 1 : 2
    let sizes = (isLone ? [] : [Int64(counts.count)]) + [Int64(counts.max() ?? 0)]
    return (
      try AnyTensor(tuples, shape: Shape([tuples.count / rank, rank]), budget: budget),
      try AnyTensor(sizes, shape: Shape(vector: rank))
    )
  }

  /// Indices and shape for steps of the given lengths in each example.
  static func layout(
    steps: [[Int]], isLone: Bool, _ budget: MemoryBudget
  ) throws(StatusError) -> (indices: AnyTensor, shape: AnyTensor) {
    var tuples: [Int64] = []
    for (row, counts) in steps.enumerated() {
      for (step, count) in counts.enumerated() {
        for position in 0..<count {
          if !isLone { tuples.append(Int64(row)) }
          tuples.append(Int64(step))
          tuples.append(Int64(position))
        }
      }
    }
    let rank = isLone ? 2 : 3
    let longest = steps.map(\.count).max() ?? 0
    let widest = steps.flatMap { $0 }.max() ?? 0
    let sizes = (isLone ? [] : [Int64(steps.count)]) + [Int64(longest), Int64(widest)]
    return (
      try AnyTensor(tuples, shape: Shape([tuples.count / rank, rank]), budget: budget),
      try AnyTensor(sizes, shape: Shape(vector: rank))
    )
  }

  /// Where rows of the given lengths start, and where the last ends.
  static func splits(_ counts: [Int], _ dtype: DType) throws(StatusError) -> AnyTensor {
    var total = 0
    var ends = [0]
    for count in counts {
      total += count
      ends.append(total)
    }
    let shape = Shape(vector: ends.count)
    guard dtype == .int32 else { return try AnyTensor(ends.map(Int64.init), shape: shape) }
    guard total <= Int(Int32.max) else {
      throw .invalidArgument("\(total) values are too many for row splits of int32")
    }
    return try AnyTensor(ends.map { Int32(clamping: $0) }, shape: shape)
  }
}
