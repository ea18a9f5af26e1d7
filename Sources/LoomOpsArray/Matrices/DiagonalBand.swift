import LoomCore
import LoomGraph
import LoomKernels

/// Which sides of a band of diagonals begin at the left when its rows are stored in a matrix.
struct DiagonalAlignment {
  /// Diagonals above the main one, and the main one.
  let superdiagonalsLeft: Bool
  let subdiagonalsLeft: Bool

  static let left = DiagonalAlignment(superdiagonalsLeft: true, subdiagonalsLeft: true)

  private init(superdiagonalsLeft: Bool, subdiagonalsLeft: Bool) {
    self.superdiagonalsLeft = superdiagonalsLeft
    self.subdiagonalsLeft = subdiagonalsLeft
  }

  /// The attribute names the superdiagonals' side first; ops without it align left.
  init(_ attributes: Attributes) throws(StatusError) {
    guard attributes["align"] != nil else {
      self = .left
      return
    }
    let parts = try attributes.string("align").split(separator: "_")
    superdiagonalsLeft = parts.first == "LEFT"
    subdiagonalsLeft = parts.last == "LEFT"
  }

  func isLeft(_ diagonal: Int) -> Bool {
    (diagonal >= 0 && superdiagonalsLeft) || (diagonal <= 0 && subdiagonalsLeft)
  }
}

/// Diagonals `lower ... upper` of matrices; 0 is the main one, positive ones lie above it.
struct DiagonalBand {
  let lower: Int
  let upper: Int

  static let main = DiagonalBand(lower: 0, upper: 0)

  private init(lower: Int, upper: Int) {
    self.lower = lower
    self.upper = upper
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the values are not one or two in order.
  init(_ values: [Int]) throws(StatusError) {
    guard let first = values.first, let last = values.last, values.count <= 2 else {
      throw .invalidArgument(
        "diag_index must have only one or two elements, received \(values.count) elements.")
    }
    guard first <= last else {
      throw .invalidArgument(
        "lower_diag_index must not be larger than upper_diag_index: \(first) > \(last)")
    }
    lower = first
    upper = last
  }

  /// The value of input `index`, a scalar or a vector.
  init(_ context: borrowing KernelContext, input index: Int) throws(StatusError) {
    let tensor = try context.input(index)
    guard tensor.shape.rank <= 1 else {
      throw .invalidArgument(
        "diag_index must be a scalar or vector, received shape: \(tensor.shape)")
    }
    try self.init(tensor.integers())
  }

  /// The value of input `index` as far as it is known.
  static func known(_ context: ShapeContext, input index: Int) throws(StatusError) -> DiagonalBand?
  {
    try context.requireRank(index, atMost: 1)
    guard let values = context.partialValue(index) else { return nil }
    let known = values.compactMap { $0 }
    return known.count == values.count ? try DiagonalBand(known) : nil
  }

  // Dtype int32 bounds both ends, so neither difference nor sum with a size overflows.
  var count: Int { upper - lower + 1 }
  var isSingle: Bool { lower == upper }

  /// - Throws: ``StatusError/Code/invalidArgument`` if a diagonal does not meet the matrix.
  func check(rows: Int, columns: Int) throws(StatusError) {
    for (name, diagonal) in [("lower", lower), ("upper", upper)]
    where diagonal != 0 && !(diagonal > -rows && diagonal < columns) {
      throw .invalidArgument(
        "\(name)_diag_index is out of bound: \(diagonal) It must be between \(-rows) and \(columns)"
      )
    }
  }

  /// Elements of the longest diagonal of the band.
  func longest(rows: Int, columns: Int) -> Int {
    Swift.max(Swift.min(rows + Swift.min(upper, 0), columns - Swift.max(lower, 0)), 0)
  }

  static func length(_ diagonal: Int, rows: Int, columns: Int) -> Int {
    Swift.max(Swift.min(rows + Swift.min(diagonal, 0), columns - Swift.max(diagonal, 0)), 0)
  }

  /// Calls `body` for each diagonal of each of `matrices` matrices: where it begins in the matrices and
  /// in the stored band, whose rows have `width` elements, and its length.
  func forEachDiagonal(
    matrices: Int, rows: Int, columns: Int, width: Int, alignment: DiagonalAlignment,
    _ body: (_ matrix: Int, _ band: Int, _ length: Int) throws(StatusError) -> Void
  ) throws(StatusError) {
    for matrix in 0..<matrices {
      for row in 0..<count {
        let diagonal = upper - row
        let length = DiagonalBand.length(diagonal, rows: rows, columns: columns)
        guard length > 0 else { continue }
        let inset = alignment.isLeft(diagonal) ? 0 : width - length
        let first =
          diagonal >= 0 ? diagonal : -diagonal &* columns
        // All inside tensors whose element counts were checked.
        try body(
          matrix &* rows &* columns &+ first, (matrix &* count &+ row) &* width &+ inset, length)
      }
    }
  }
}
