import LoomCore
import LoomGraph
import LoomKernels

/// What to do with indices that lie outside.
enum BadIndices {
  case fail
  case ignore

  init(_ attributes: Attributes) throws(StatusError) {
    switch try attributes.string("bad_indices_policy") {
    case "", "DEFAULT", "ERROR": self = .fail
    case "IGNORE": self = .ignore
    case let other:
      throw .invalidArgument("Unknown bad indices handling attribute: \(other)")
    }
  }
}

/// Index tuples, `[..., depth]`, resolved to rows of a tensor: the slices behind its first `depth`
/// dimensions, numbered in row-major order.
struct IndexTuples {
  /// The row of each tuple; `nil` for those outside, which are to be ignored.
  let rows: [Int?]
  /// Elements of a row.
  let length: Int
  /// Dimensions of the tuples' tensor but the last.
  let outer: [Int]
  let depth: Int

  /// - Parameter describe: words the error for a tuple outside: the place, the tuple.
  /// - Throws: ``StatusError/Code/invalidArgument`` for a tuple outside unless those are ignored.
  init(
    _ indices: AnyTensor, into shape: Shape, bad: BadIndices,
    describe: (_ place: String, _ tuple: String) -> String
  ) throws(StatusError) {
    let rank = indices.shape.rank
    outer = Array(indices.shape.sizes.dropLast())
    depth = rank == 0 ? 0 : indices.shape[rank - 1]
    length = shape.count(in: depth..<shape.rank)
    let count = indices.shape.count(in: 0..<Swift.max(rank - 1, 0))
    let values = try indices.integers()
    var rows: [Int?] = []
    rows.reserveCapacity(count)
    for tuple in 0..<count {
      var row: Int? = 0
      for dimension in 0..<depth {
        let index = values[tuple &* depth &+ dimension]
        guard index >= 0, index < shape[dimension], let so = row else {
          row = nil
          break
        }
        // Rows are numbered within the tensor's element count.
        row = so &* shape[dimension] &+ index
      }
      if row == nil, case .fail = bad {
        let list = values[tuple * depth..<(tuple + 1) * depth].map(String.init)
        throw .invalidArgument(
          describe(
            IndexTuples.place(tuple, in: outer), "[" + list.joined(separator: ", ") + "]"))
      }
      rows.append(row)
    }
    self.rows = rows
  }

  /// `[1,2]`, the indices of the tuple.
  private static func place(_ tuple: Int, in outer: [Int]) -> String {
    guard !outer.isEmpty else { return "" }
    var rest = tuple
    var result: [String] = []
    for size in outer.reversed() {
      result.append(String(rest % Swift.max(size, 1)))
      rest /= Swift.max(size, 1)
    }
    return "[" + result.reversed().joined(separator: ",") + "]"
  }
}
