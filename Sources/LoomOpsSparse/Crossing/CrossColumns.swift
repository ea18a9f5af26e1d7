import LoomCore
import LoomKernels
import LoomOpsSupport

/// The feature columns of a cross: per row of the batch some features, strings or numbers.
struct CrossColumns {
  private struct Column {
    var strings: [ByteString] = []
    var numbers: [Int64] = []
    /// The features of row `i` are those from `starts[i]` on, `counts[i]` of them.
    var starts: [Int]
    var counts: [Int]
  }

  private var columns: [Column] = []
  let batch: Int

  /// Reads `count` sparse columns (indices, values, shapes) and dense ones from a kernel's inputs.
  ///
  /// - Parameter stringsOnly: refuses columns of numbers.
  init(
    _ context: borrowing KernelContext, sparse count: Int, dense: Int, stringsOnly: Bool
  ) throws(StatusError) {
    let denseStart = 3 * count
    for index in 0..<count {
      let indices = try context.input(index)
      guard indices.shape.rank == 2 else {
        throw .invalidArgument(
          "Input indices should be a matrix but received shape \(indices.shape) at position "
            + "\(index)")
      }
      guard indices.shape[1] == 2 else {
        throw .invalidArgument(
          "Expected D2 of index to be 2 got \(indices.shape[1]) at position \(index)")
      }
    }
    for index in 0..<count {
      let values = try context.input(count + index)
      if stringsOnly && values.dtype != .string {
        throw .invalidArgument(
          "Input values should be of internal type string but received \(values.dtype)")
      }
      guard values.shape.rank == 1 else {
        throw .invalidArgument(
          "Input values should be a vector but received shape \(values.shape) at position "
            + "\(index)")
      }
      let rows = try context.input(index).shape[0]
      guard values.elementCount == rows else {
        throw .invalidArgument(
          "Expected size of values to be \(rows) got \(values.elementCount) at position \(index)")
      }
    }
    var batches: [Int] = []
    for index in 0..<count {
      let sizes = try context.input(2 * count + index)
      guard sizes.shape.rank == 1 else {
        throw .invalidArgument(
          "Input shapes should be a vector but received shape \(sizes.shape) at position "
            + "\(index)")
      }
      guard sizes.elementCount == 2 else {
        throw .invalidArgument(
          "shape should imply a 2D tensor, but got \(sizes.shape) at position \(index)")
      }
      batches.append(try sizes.integers()[0])
    }
    for index in 0..<dense {
      let tensor = try context.input(denseStart + index)
      if stringsOnly && tensor.dtype != .string {
        throw .invalidArgument(
          "Dense inputs should be of internal type string but received \(tensor.dtype)")
      }
      guard tensor.shape.rank == 2 else {
        throw .invalidArgument(
          "Dense inputs should be a matrix but received shape \(tensor.shape) at position "
            + "\(index)")
      }
      batches.append(tensor.shape[0])
    }
    batch = batches.first ?? 0
    for (index, size) in batches.enumerated() where size != batch {
      throw .invalidArgument("Expected batch size \(batch) got \(size) at position \(index)")
    }
    // What is kept per row is counted against the budget before it is made.
    guard batch >= 0, let bytes = Checked.multiply(batch, 32) else {
      throw .invalidArgument("Expected a batch size, got \(batch)")
    }
    _ = try TensorBuffer.allocate(byteCount: bytes, budget: context.budget)
    for index in 0..<count {
      try append(sparse: context.input(index), context.input(count + index))
    }
    for index in 0..<dense { try append(dense: context.input(denseStart + index)) }
  }

  private mutating func append(
    sparse indices: AnyTensor, _ values: AnyTensor
  ) throws(StatusError) {
    let positions = try indices.span(of: Int64.self)
    let total = indices.shape[0]
    var column = Column(starts: [], counts: [])
    var current = 0
    for row in 0..<batch {
      column.starts.append(current)
      while current < total, positions[current &* 2] == Int64(row) { current += 1 }
      column.counts.append(current - column.starts[row])
    }
    try fill(&column, values)
  }

  private mutating func append(dense tensor: AnyTensor) throws(StatusError) {
    let width = tensor.shape[1]
    var column = Column(
      starts: (0..<batch).map { $0 &* width }, counts: Array(repeating: width, count: batch))
    try fill(&column, tensor)
  }

  private mutating func fill(_ column: inout Column, _ values: AnyTensor) throws(StatusError) {
    if values.dtype == .string {
      column.strings = try values.scalars(of: ByteString.self)
    } else {
      column.numbers = try values.scalars(of: Int64.self)
    }
    columns.append(column)
  }

  var count: Int { columns.count }

  /// How many crosses row `row` has.
  func crossCount(_ row: Int) throws(StatusError) -> Int {
    var result = 1
    for column in columns {
      guard let product = Checked.multiply(result, column.counts[row]) else {
        throw .invalidArgument("Row \(row) has too many crosses")
      }
      result = product
    }
    return result
  }

  /// Calls `body` with every choice of one feature per column, the last column's changing first.
  func forEachCross(
    _ row: Int, _ body: ([Int]) throws(StatusError) -> Void
  ) throws(StatusError) {
    guard columns.allSatisfy({ $0.counts[row] > 0 }) else { return }
    var choice = [Int](repeating: 0, count: columns.count)
    while true {
      try body(choice)
      var position = columns.count - 1
      while position >= 0 {
        choice[position] += 1
        if choice[position] < columns[position].counts[row] { break }
        choice[position] = 0
        position -= 1
      }
      if position < 0 { return }
    }
  }

  /// The feature as text.
  func text(_ column: Int, _ row: Int, _ feature: Int) -> [UInt8] {
    let place = columns[column].starts[row] + feature
    return columns[column].numbers.isEmpty
      ? columns[column].strings[place].bytes
      : Array(String(columns[column].numbers[place]).utf8)
  }

  /// The feature as a number: strings by their fingerprint.
  func number(_ column: Int, _ row: Int, _ feature: Int) -> UInt64 {
    let place = columns[column].starts[row] + feature
    return columns[column].numbers.isEmpty
      ? FarmHash.fingerprint64(columns[column].strings[place].bytes)
      : UInt64(bitPattern: columns[column].numbers[place])
  }

  /// The feature's bytes as keyed hashes see them: of numbers the lower four only, as in TensorFlow.
  private func hashedBytes(_ column: Int, _ place: Int) -> [UInt8] {
    guard let number = columns[column].numbers.isEmpty ? nil : columns[column].numbers[place]
    else { return columns[column].strings[place].bytes }
    return (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  /// Whether column `index` is sparse decides how `CrossHashed` takes numbers.
  func hash(
    _ column: Int, _ row: Int, _ feature: Int, isSparse: Bool, key: (UInt64, UInt64)?
  ) -> UInt64 {
    let place = columns[column].starts[row] + feature
    if let key { return TextHash.sipHash(hashedBytes(column, place), key: key) }
    if !isSparse && !columns[column].numbers.isEmpty {
      return UInt64(bitPattern: columns[column].numbers[place])
    }
    return FarmHash.fingerprint64(hashedBytes(column, place))
  }
}

extension FarmHash {
  /// One fingerprint of two.
  static func concatenated(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let factor: UInt64 = 0xC6A4_A793_5BD1_E995
    func mixed(_ value: UInt64) -> UInt64 { value ^ (value >> 47) }
    var result = a ^ factor
    result ^= mixed(b &* factor) &* factor
    result = result &* factor
    result = mixed(result) &* factor
    return mixed(result)
  }
}
