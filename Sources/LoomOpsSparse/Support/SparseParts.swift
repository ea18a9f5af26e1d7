import LoomCore
import LoomKernels

/// A sparse tensor as kernels work on it: index tuples one after the other, values and sizes.
struct SparseParts {
  /// `count` tuples of `rank` positions; not checked against the sizes.
  var indices: [Int]
  var values: AnyTensor
  var sizes: [Int]

  var rank: Int { sizes.count }
  var count: Int { values.elementCount }

  init(indices: [Int], values: AnyTensor, sizes: [Int]) {
    self.indices = indices
    self.values = values
    self.sizes = sizes
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the three tensors do not fit each other.
  init(indices: AnyTensor, values: AnyTensor, sizes: AnyTensor) throws(StatusError) {
    guard indices.shape.rank == 2 else {
      throw .invalidArgument(
        "Input indices should be a matrix but received shape: \(indices.shape)")
    }
    guard values.shape.rank == 1 else {
      throw .invalidArgument(
        "Input values should be a vector but received shape: \(values.shape)")
    }
    guard sizes.shape.rank == 1 else {
      throw .invalidArgument(
        "Input shape should be a vector but received shape: \(sizes.shape)")
    }
    guard indices.shape[0] == values.elementCount else {
      throw .invalidArgument(
        "Expected \(indices.shape[0]) non-empty input values, got \(values.elementCount)")
    }
    guard indices.shape[1] == sizes.elementCount else {
      throw .invalidArgument(
        "Index rank (\(indices.shape[1])) and shape rank (\(sizes.elementCount)) do not match")
    }
    self.init(
      indices: try indices.integers(), values: values, sizes: try sizes.integers())
  }

  /// The sparse tensor in three inputs from `first` on.
  init(_ context: borrowing KernelContext, at first: Int) throws(StatusError) {
    try self.init(
      indices: context.input(first), values: context.input(first + 1),
      sizes: context.input(first + 2))
  }

  /// The sizes as a shape.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if one is negative or their product overflows.
  func shape() throws(StatusError) -> Shape { try Shape(sizes) }

  /// Position `dimension` of entry `entry`.
  func position(_ entry: Int, _ dimension: Int) -> Int { indices[entry &* rank &+ dimension] }

  /// The index tuple of entry `entry`.
  func tuple(_ entry: Int) -> ArraySlice<Int> {
    indices[entry &* rank..<(entry &* rank &+ rank)]
  }

  /// Where the tuples of two entries first differ: negative if entry `a` comes first, 0 if nowhere.
  func compare(_ a: Int, to other: SparseParts, _ b: Int) -> Int {
    let (left, right) = (a &* rank, b &* rank)
    for dimension in 0..<rank {
      let (x, y) = (indices[left &+ dimension], other.indices[right &+ dimension])
      if x != y { return x < y ? -1 : 1 }
    }
    return 0
  }

  /// The entries sorted by the given dimensions; equal ones keep their order.
  func order(by dimensions: [Int]) -> [Int] {
    (0..<count).sorted { a, b in
      for dimension in dimensions {
        let (x, y) = (position(a, dimension), position(b, dimension))
        if x != y { return x < y }
      }
      return a < b
    }
  }

  /// Whether entries stand in row-major order.
  var isOrdered: Bool {
    guard count > 1 else { return true }
    return (1..<count).allSatisfy { compare($0 - 1, to: self, $0) <= 0 }
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` unless all tuples lie inside the sizes, in
  ///   increasing order and without repeats.
  func validate() throws(StatusError) {
    for entry in 0..<count {
      for dimension in 0..<rank {
        let position = position(entry, dimension)
        guard position >= 0, position < sizes[dimension] else {
          throw .invalidArgument(
            "\(text(entry)) is out of bounds: need 0 <= index < \(SparseParts.list(sizes))")
        }
      }
      guard entry > 0 else { continue }
      let difference = compare(entry - 1, to: self, entry)
      guard difference <= 0 else { throw .invalidArgument("\(text(entry)) is out of order") }
      guard difference < 0 else {
        throw .invalidArgument("\(text(entry)) is repeated")
      }
    }
  }

  func text(_ entry: Int) -> String { "indices[\(entry)] = \(SparseParts.list(tuple(entry)))" }

  static func list(_ sizes: some Sequence<Int>) -> String {
    "[" + sizes.map(String.init).joined(separator: ",") + "]"
  }

  /// Row-major strides; wrong only where the product of the sizes overflows.
  static func strides(_ sizes: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: sizes.count)
    var dimension = sizes.count - 2
    while dimension >= 0 {
      strides[dimension] = strides[dimension + 1] &* sizes[dimension + 1]
      dimension -= 1
    }
    return strides
  }
}

extension KernelContext {
  /// Sets output `index` to index tuples of the given length.
  func setIndices(_ index: Int, _ indices: [Int], rank: Int, count: Int) throws(StatusError) {
    try makeOutput(index, of: Int64.self, shape: Shape([count, rank])) {
      (span: inout MutableSpan<Int64>) throws(StatusError) in
      guard span.count == indices.count else {
        throw .internal("Expected \(span.count) positions, got \(indices.count)")
      }
      for position in span.indices { span[position] = Int64(indices[position]) }
    }
  }

  /// Sets output `index` to a vector of integers.
  func setVector(_ index: Int, _ values: [Int]) throws(StatusError) {
    try makeOutput(index, of: Int64.self, shape: Shape(vector: values.count)) {
      (span: inout MutableSpan<Int64>) throws(StatusError) in
      for position in span.indices { span[position] = Int64(values[position]) }
    }
  }

  /// Sets output `index` to the elements of `values` at `entries`.
  func setValues(_ index: Int, _ values: AnyTensor, at entries: [Int]) throws(StatusError) {
    let output = try allocate(index, dtype: values.dtype, shape: Shape(vector: entries.count))
    try RowMover.copy(
      values, rows: entries, into: output, rows: nil, length: 1, count: entries.count)
  }

  /// Input `index`, a vector of integers.
  func vector(_ index: Int, named name: String) throws(StatusError) -> [Int] {
    let tensor = try input(index)
    guard tensor.shape.rank == 1 else {
      throw .invalidArgument("\(name) should be a vector but received shape \(tensor.shape)")
    }
    return try tensor.integers()
  }
}

extension Set<DType> {
  /// Dtypes that sparse tensors are rearranged in: all but the quantised ones.
  static let movable: Set<DType> = everything.subtracting(quantized)
}
