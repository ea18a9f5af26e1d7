import LoomCore
import LoomKernels

/// How the values of a ragged dimension belong to rows.
enum RowPartition {
  /// The number of rows, which the ids of the next partition refer to.
  case rowCount(Int)
  case splits(RowSplits)
  /// The row of each value, never decreasing.
  case rowIDs([Int])

  /// What the strings of attribute `row_partition_types` mean.
  enum Kind: String, Sendable {
    case firstDimensionSize = "FIRST_DIM_SIZE"
    case valueRowIDs = "VALUE_ROWIDS"
    case rowSplits = "ROW_SPLITS"

    /// The kinds of all partitions.
    ///
    /// - Throws: ``StatusError/Code/invalidArgument`` for unknown kinds and orders that make no sense.
    static func list(_ attributes: Attributes) throws(StatusError) -> [Kind] {
      let texts = try attributes.strings("row_partition_types")
      let count = try attributes.int("num_row_partition_tensors")
      guard texts.count == count else {
        throw .invalidArgument(
          "Number of row partition tensors (\(count)) does not equal the number of row partition "
            + "types(\(texts.count)).")
      }
      var kinds: [Kind] = []
      for text in texts {
        guard let kind = Kind(rawValue: text.string) else {
          throw .invalidArgument("Unknown string for partition info type: \(text)")
        }
        kinds.append(kind)
      }
      guard let first = kinds.first else { throw .invalidArgument("Partition info is empty") }
      if first == .valueRowIDs { throw .invalidArgument("VALUE_ROWIDS cannot be first") }
      if first == .firstDimensionSize, kinds.dropFirst().first != .valueRowIDs {
        throw .invalidArgument("FIRST_DIM_SIZE must be followed by VALUE_ROWIDS")
      }
      if kinds.dropFirst().contains(.firstDimensionSize) {
        throw .invalidArgument("FIRST_DIM_SIZE must be first")
      }
      return kinds
    }

    /// How many dimensions such partitions make ragged.
    static func raggedRank(_ kinds: [Kind]) -> Int {
      kinds.first == .firstDimensionSize ? kinds.count - 1 : kinds.count
    }
  }

  init(_ kind: Kind, _ tensor: AnyTensor) throws(StatusError) {
    switch kind {
    case .rowSplits: self = .splits(try RowSplits(tensor))
    case .firstDimensionSize:
      guard let count = try tensor.integers().first, count >= 0 else {
        throw .invalidArgument(
          "Invalid first partition input. Tensor requires at least one element.")
      }
      self = .rowCount(count)
    case .valueRowIDs:
      let ids = try tensor.integers()
      for index in ids.indices.dropFirst() where ids[index] < ids[index - 1] {
        throw .invalidArgument(
          "Row ids must not decrease, got \(ids[index - 1]) followed by \(ids[index])")
      }
      self = .rowIDs(ids)
    }
  }

  /// The length of the longest row.
  var longest: Int {
    switch self {
    case .rowCount(let count): return count
    case .splits(let splits): return splits.longest
    case .rowIDs(let ids):
      var (longest, length) = (0, 0)
      for index in ids.indices {
        length = index > 0 && ids[index] == ids[index - 1] ? length + 1 : 1
        longest = max(longest, length)
      }
      return longest
    }
  }

  /// Where the values stand in a dense tensor.
  ///
  /// - Parameters:
  ///   - rows: how many rows there are.
  ///   - width: the rows' length in the dense tensor.
  ///   - start: where a row begins; `nil` for rows that are cut off.
  /// - Throws: ``StatusError/Code/invalidArgument`` if values belong to rows that do not exist.
  func positions(
    in rows: Int, width: Int, stride: Int, start: (Int) -> Int?
  ) throws(StatusError) -> [Int?] {
    func place(_ row: Int, _ column: Int) -> Int? {
      guard column < width, let start = start(row) else { return nil }
      return start &+ column &* stride
    }
    var result: [Int?] = []
    switch self {
    case .rowCount: break
    case .splits(let splits):
      guard splits.rowCount <= rows else {
        throw .invalidArgument(
          "Invalid row split size: \(splits.rowCount) rows, expected \(rows)")
      }
      result.reserveCapacity(splits.valueCount)
      for row in 0..<splits.rowCount {
        for column in 0..<(splits.starts[row + 1] &- splits.starts[row]) {
          result.append(place(row, column))
        }
      }
    case .rowIDs(let ids):
      var column = 0
      for index in ids.indices {
        guard ids[index] >= 0, ids[index] < rows else {
          throw .invalidArgument(
            "Got row id \(ids[index]) which is not less than \(rows)")
        }
        column = index > 0 && ids[index] == ids[index - 1] ? column + 1 : 0
        result.append(place(ids[index], column))
      }
    }
    return result
  }
}
