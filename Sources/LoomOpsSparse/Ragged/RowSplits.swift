import LoomCore
import LoomGraph
import LoomKernels

/// Where the rows of a ragged dimension begin and end: row `i` is `starts[i] ..< starts[i + 1]`.
struct RowSplits {
  let starts: [Int]

  /// - Throws: ``StatusError/Code/invalidArgument`` unless the starts begin with 0 and never decrease.
  init(_ tensor: AnyTensor) throws(StatusError) {
    let starts = try tensor.integers()
    guard let first = starts.first else {
      throw .invalidArgument("ragged splits may not be empty.")
    }
    guard first == 0 else { throw .invalidArgument("First value of ragged splits must be 0.") }
    for index in starts.indices.dropFirst() where starts[index] < starts[index - 1] {
      throw .invalidArgument(
        "Ragged splits should be non decreasing, but we got \(starts[index - 1]) followed by "
          + "\(starts[index])")
    }
    self.starts = starts
  }

  var rowCount: Int { starts.count - 1 }
  /// How many values all rows have.
  var valueCount: Int { starts.last ?? 0 }
  /// The length of the longest row.
  var longest: Int { (0..<rowCount).reduce(0) { max($0, starts[$1 + 1] &- starts[$1]) } }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the rows have another number of values.
  func check(valueCount count: Int) throws(StatusError) {
    guard valueCount == count else {
      throw .invalidArgument(
        "Final value of ragged splits must match the length the corresponding ragged values.")
    }
  }
}
