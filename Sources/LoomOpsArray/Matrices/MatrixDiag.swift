public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Matrices with given diagonals.
enum MatrixDiagonals {
  static func infer(_ context: ShapeContext) throws(StatusError) {
    let diagonal = try context.requireRank(0, atLeast: 1)
    for index in 2..<5 { try context.requireRank(index, 0) }
    let band = try DiagonalBand.known(context, input: 1)
    guard let band, let rank = diagonal.rank, let sizes = diagonal.sizes else { return }
    var result = Array(sizes.dropLast())
    if !band.isSingle {
      guard let stored = result.popLast() else {
        throw .invalidArgument("Shape must be at least rank 2 but is rank \(rank)")
      }
      if let stored, stored != band.count {
        throw .invalidArgument(
          "The number of rows of `diagonal` doesn't match the number of diagonals implied from "
            + "`d_lower` and `d_upper`: \(stored) vs. \(band.count)")
      }
    }
    // Not given at all means -1, which asks for the smallest size; not known means anything.
    let (rows, columns) = (try context.scalarValue(2), try context.scalarValue(3))
    if let rows, let columns, let longest = sizes[rank - 1] {
      let size = try matrixSize(band, longest: longest, rows: rows, columns: columns)
      result += [size.rows, size.columns]
    } else {
      result += [rows == -1 ? nil : rows, columns == -1 ? nil : columns]
    }
    context.setOutput(0, PartialShape(result))
  }

  /// The sizes of the smallest matrix that fits, where they are not given (-1).
  static func matrixSize(
    _ band: DiagonalBand, longest: Int, rows: Int, columns: Int
  ) throws(StatusError) -> (rows: Int, columns: Int) {
    guard let leastRows = Checked.subtract(longest, Swift.min(band.upper, 0)),
      let leastColumns = Checked.add(longest, Swift.max(band.lower, 0))
    else { throw .invalidArgument("The size of the matrix overflows") }
    guard rows == -1 || rows >= leastRows else {
      throw .invalidArgument("The number of rows is too small.")
    }
    guard columns == -1 || columns >= leastColumns else {
      throw .invalidArgument("The number of columns is too small.")
    }
    if rows == -1, columns == -1 {
      let side = Swift.max(leastRows, leastColumns)
      return (side, side)
    }
    let size = (
      rows: rows == -1 ? leastRows : rows, columns: columns == -1 ? leastColumns : columns
    )
    guard size.rows == leastRows || size.columns == leastColumns else {
      throw .invalidArgument(
        "The number of rows or columns is not consistent with the specified d_lower, d_upper, and "
          + "diagonal.")
    }
    return size
  }

  static func compute(
    _ context: borrowing KernelContext, _ band: DiagonalBand, rows: Int, columns: Int,
    padding: AnyTensor?, _ alignment: DiagonalAlignment
  ) throws(StatusError) {
    let diagonal = try context.input(0)
    let rank = diagonal.shape.rank
    guard rank >= 1 else {
      throw .invalidArgument("diagonal must be at least 1-dim, received shape: \(diagonal.shape)")
    }
    var sizes = diagonal.shape.sizes
    let longest = sizes.removeLast()
    if !band.isSingle {
      guard sizes.popLast() == band.count else {
        throw .invalidArgument(
          "The number of diagonals provided in the input does not match the lower_diag_index and "
            + "upper_diag_index range.")
      }
    }
    let size = try matrixSize(band, longest: longest, rows: rows, columns: columns)
    let matrices = try Shape(sizes).elementCount
    let shape = try Shape(sizes + [size.rows, size.columns])
    let mover = try context.mover(0, dtype: diagonal.dtype, shape: shape)
    if let padding { try mover.fillAll(padding) } else { mover.zeroAll() }
    guard shape.elementCount > 0, diagonal.elementCount > 0 else { return }
    try band.forEachDiagonal(
      matrices: matrices, rows: size.rows, columns: size.columns, width: longest,
      alignment: alignment
    ) { (matrix, stored, length) throws(StatusError) in
      try mover.copyRows(
        diagonal, from: stored, sourceStride: 1, to: matrix, targetStride: size.columns + 1,
        rows: length, count: 1)
    }
  }

  static let kernels = KernelTable { construction in
    let alignment = try DiagonalAlignment(construction.attributes)
    return ClosureKernel { context in
      let padding = try context.input(4)
      guard padding.shape.isScalar else {
        throw StatusError.invalidArgument(
          "padding_value must be a scalar, received shape: \(padding.shape)")
      }
      try compute(
        context, DiagonalBand(context, input: 1), rows: context.integer(2, named: "num_rows"),
        columns: context.integer(3, named: "num_cols"), padding: padding, alignment)
    }
  }

  /// Diagonals of the upstream gradient, stored as the input was.
  static func gradient(_ op: String) -> GradientRule {
    .dense { context in
      let padding = try context.constant(0, context.upstream(0).dtype)
      let inputs = [try context.upstream(0), try context.input(1), padding]
      let attributes = context.attributes.values.filter { $0.key == "align" }
      return [try context.build(op, inputs, attributes), nil, nil, nil, nil]
    }
  }
}

/// Square matrices with the given main diagonals and zeros elsewhere.
public enum MatrixDiag: OpDeclaration {
  public static let signature = OpSignature(
    "MatrixDiag", inputs: ["diagonal: T"], outputs: ["output: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    let diagonal = try context.requireRank(0, atLeast: 1)
    guard let sizes = diagonal.sizes, let last = sizes.last else { return }
    context.setOutput(0, PartialShape(sizes + [last]))
  }
  public static let gradient = GradientRule.dense { context in
    [try context.build("MatrixDiagPart", [context.upstream(0)])]
  }
  public static let kernels = KernelTable.closure { context in
    try MatrixDiagonals.compute(context, .main, rows: -1, columns: -1, padding: nil, .left)
  }
}

/// Matrices with the given diagonals and a padding elsewhere.
public enum MatrixDiagV2: OpDeclaration {
  public static let signature = OpSignature(
    "MatrixDiagV2",
    inputs: ["diagonal: T", "k: int32", "num_rows: int32", "num_cols: int32", "padding_value: T"],
    outputs: ["output: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in try MatrixDiagonals.infer(context) }
  public static let gradient = MatrixDiagonals.gradient("MatrixDiagPartV2")
  public static let kernels = MatrixDiagonals.kernels
}

/// Matrices with the given diagonals and a padding elsewhere.
public enum MatrixDiagV3: OpDeclaration {
  public static let signature = OpSignature(
    "MatrixDiagV3",
    inputs: ["diagonal: T", "k: int32", "num_rows: int32", "num_cols: int32", "padding_value: T"],
    outputs: ["output: T"],
    attributes: [
      "T: type",
      "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = \"RIGHT_LEFT\"",
    ])
  public static let shapes = ShapeFunction { context in try MatrixDiagonals.infer(context) }
  public static let gradient = MatrixDiagonals.gradient("MatrixDiagPartV3")
  public static let kernels = MatrixDiagonals.kernels
}

/// Matrices with `diagonal` on diagonals `lower ... upper` (0 is the main one, positive ones lie above)
/// and zeros elsewhere.
///
/// - Parameter diagonal: `[..., length]`, or `[..., upper - lower + 1, longest]` for a band, shorter
///   diagonals above the main one at the right and those below it at the left.
/// - SeeAlso: TensorFlow op `MatrixDiagV3`.
public func matrixDiag<Scalar: NumericScalar>(
  _ diagonal: Output<Scalar>, lower: Int = 0, upper: Int? = nil, rows: Int? = nil,
  columns: Int? = nil, padding: Scalar = .zero, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  let graph = diagonal.graph
  let padding = try AnyTensor(scalar: padding)
  let value = try graph.addOperation(
    "Const", attributes: ["value": .tensor(padding), "dtype": .type(padding.dtype)])
  return try Output(
    graph.addOperation(
      "MatrixDiagV3",
      inputs: [
        diagonal.erased, graph.indices([lower, upper ?? lower]).erased,
        graph.index(rows ?? -1).erased, graph.index(columns ?? -1).erased, value.output(0),
      ], name: name
    ).output(0))
}
