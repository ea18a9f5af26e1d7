public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Matrices with diagonals replaced.
enum MatrixDiagonalUpdates {
  static func infer(_ context: ShapeContext, _ band: DiagonalBand?) throws(StatusError) {
    var input = try context.requireRank(0, atLeast: 2)
    let diagonal = try context.requireRank(1, atLeast: 1)
    defer { context.setOutput(0, input) }
    guard let band else { return }
    let stored = band.isSingle ? 1 : 2
    if let rank = input.rank {
      let (rows, columns) = (input[rank - 2], input[rank - 1])
      if let rows, let columns { try band.check(rows: rows, columns: columns) }
      try context.requireRank(1, rank - 2 + stored)
    }
    guard let rank = diagonal.rank, rank >= stored else { return }
    if stored == 2, let count = diagonal[rank - 2], count != band.count {
      throw .invalidArgument(
        "The number of rows of `diagonal` doesn't match the number of diagonals implied from "
          + "`d_lower` and `d_upper`: \(count) vs. \(band.count)")
    }
    input = try input.merged(
      with: diagonal.dimensions(in: 0..<rank - stored).concatenated(with: .unknown(rank: 2)))
  }

  static func compute(
    _ context: borrowing KernelContext, _ band: DiagonalBand, _ alignment: DiagonalAlignment
  ) throws(StatusError) {
    let diagonal = try context.input(1)
    let shape = try context.input(0).shape
    let rank = shape.rank
    guard rank >= 2 else {
      throw .invalidArgument("input must be at least 2-dim, received shape: \(shape)")
    }
    guard diagonal.shape.rank >= 1 else {
      throw .invalidArgument("diagonal must be at least 1-dim, received shape: \(diagonal.shape)")
    }
    let (rows, columns) = (shape[rank - 2], shape[rank - 1])
    try band.check(rows: rows, columns: columns)
    let width = band.longest(rows: rows, columns: columns)
    let outer = Array(shape.sizes.dropLast(2))
    let expected = try Shape(outer + (band.isSingle ? [] : [band.count]) + [width])
    guard diagonal.shape == expected else {
      throw .invalidArgument(
        "Either first dimensions of diagonal don't match input.shape[:-2], or diagonal.shape[:-1] is "
          + "not equal to the longests diagonal in range [\(band.lower):\(band.upper)]. Input shape: "
          + "\(shape); diagonal shape: \(diagonal.shape); expected: \(expected)")
    }
    let mover = ByteMover(into: try context.owned(0, to: 0))
    guard shape.elementCount > 0 else { return }
    try band.forEachDiagonal(
      matrices: Shape(outer).elementCount, rows: rows, columns: columns, width: width,
      alignment: alignment
    ) { (matrix, stored, length) throws(StatusError) in
      try mover.copyRows(
        diagonal, from: stored, sourceStride: 1, to: matrix, targetStride: columns + 1,
        rows: length, count: 1)
    }
  }

  static let kernels = KernelTable { construction in
    let alignment = try DiagonalAlignment(construction.attributes)
    return ClosureKernel { context in
      try compute(context, DiagonalBand(context, input: 2), alignment)
    }
  }

  /// The diagonals' part of the gradient goes to them, the rest to the input.
  static func gradient(part: String, set: String) -> GradientRule {
    .dense { context in
      let (upstream, band) = (try context.upstream(0), try context.input(2))
      let attributes = context.attributes.values.filter { $0.key == "align" }
      let zeros = try context.zerosLike(context.input(1))
      let padding = try context.constant(0, upstream.dtype)
      return [
        try context.build(set, [upstream, zeros, band], attributes),
        try context.build(part, [upstream, band, padding], attributes), nil,
      ]
    }
  }
}

/// Matrices with their main diagonals replaced.
public enum MatrixSetDiag: OpDeclaration {
  public static let signature = OpSignature(
    "MatrixSetDiag", inputs: ["input: T", "diagonal: T"], outputs: ["output: T"],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    try MatrixDiagonalUpdates.infer(context, .main)
  }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let zeros = try context.zerosLike(context.input(1))
    return [
      try context.build("MatrixSetDiag", [upstream, zeros]),
      try context.build("MatrixDiagPart", [upstream]),
    ]
  }
  public static let kernels = KernelTable.closure { context in
    try MatrixDiagonalUpdates.compute(context, .main, .left)
  }
}

/// Matrices with diagonals replaced.
public enum MatrixSetDiagV2: OpDeclaration {
  public static let signature = OpSignature(
    "MatrixSetDiagV2", inputs: ["input: T", "diagonal: T", "k: int32"], outputs: ["output: T"],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    try MatrixDiagonalUpdates.infer(context, .known(context, input: 2))
  }
  public static let gradient = MatrixDiagonalUpdates.gradient(
    part: "MatrixDiagPartV2", set: "MatrixSetDiagV2")
  public static let kernels = MatrixDiagonalUpdates.kernels
}

/// Matrices with diagonals replaced.
public enum MatrixSetDiagV3: OpDeclaration {
  public static let signature = OpSignature(
    "MatrixSetDiagV3", inputs: ["input: T", "diagonal: T", "k: int32"], outputs: ["output: T"],
    attributes: [
      "T: type",
      "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = \"RIGHT_LEFT\"",
    ])
  public static let shapes = ShapeFunction { context in
    try MatrixDiagonalUpdates.infer(context, .known(context, input: 2))
  }
  public static let gradient = MatrixDiagonalUpdates.gradient(
    part: "MatrixDiagPartV3", set: "MatrixSetDiagV3")
  public static let kernels = MatrixDiagonalUpdates.kernels
}

/// The matrices with diagonals `lower ... upper` replaced by `diagonal`, which is laid out as
/// ``matrixDiagPart(_:lower:upper:padding:name:)`` returns it.
///
/// - SeeAlso: TensorFlow op `MatrixSetDiagV3`.
public func matrixSetDiag<Scalar: TensorScalar>(
  _ input: Output<Scalar>, to diagonal: Output<Scalar>, lower: Int = 0, upper: Int? = nil,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "MatrixSetDiagV3",
      inputs: [
        input.erased, diagonal.erased, input.graph.indices([lower, upper ?? lower]).erased,
      ], name: name
    ).output(0))
}
