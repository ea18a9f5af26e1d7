public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Diagonals of matrices.
enum MatrixDiagonalParts {
  static func infer(_ context: ShapeContext, _ band: DiagonalBand?) throws(StatusError) {
    let input = try context.requireRank(0, atLeast: 2)
    guard let band, let sizes = input.sizes else { return }
    let (rows, columns) = (sizes[sizes.count - 2], sizes[sizes.count - 1])
    var result = Array(sizes.dropLast(2))
    if !band.isSingle { result.append(band.count) }
    if let rows, let columns {
      try band.check(rows: rows, columns: columns)
      result.append(band.longest(rows: rows, columns: columns))
    } else {
      result.append(nil)
    }
    context.setOutput(0, PartialShape(result))
  }

  static func compute(
    _ context: borrowing KernelContext, _ band: DiagonalBand, padding: AnyTensor?,
    _ alignment: DiagonalAlignment
  ) throws(StatusError) {
    let input = try context.input(0)
    let rank = input.shape.rank
    guard rank >= 2 else {
      throw .invalidArgument("input must be at least 2-dim, received shape: \(input.shape)")
    }
    let (rows, columns) = (input.shape[rank - 2], input.shape[rank - 1])
    try band.check(rows: rows, columns: columns)
    var sizes = Array(input.shape.sizes.dropLast(2))
    let matrices = try Shape(sizes).elementCount
    if !band.isSingle { sizes.append(band.count) }
    let width = band.longest(rows: rows, columns: columns)
    sizes.append(width)
    let shape = try Shape(sizes)
    let mover = try context.mover(0, dtype: input.dtype, shape: shape)
    if let padding { try mover.fillAll(padding) } else { mover.zeroAll() }
    guard shape.elementCount > 0, input.elementCount > 0 else { return }
    try band.forEachDiagonal(
      matrices: matrices, rows: rows, columns: columns, width: width, alignment: alignment
    ) { (matrix, stored, length) throws(StatusError) in
      try mover.copyRows(
        input, from: matrix, sourceStride: columns + 1, to: stored, targetStride: 1, rows: length,
        count: 1)
    }
  }

  static let kernels = KernelTable { construction in
    let alignment = try DiagonalAlignment(construction.attributes)
    return ClosureKernel { context in
      let padding = try context.input(2)
      guard padding.shape.isScalar else {
        throw StatusError.invalidArgument(
          "padding_value must be a scalar, received shape: \(padding.shape)")
      }
      try compute(context, DiagonalBand(context, input: 1), padding: padding, alignment)
    }
  }

  /// The upstream gradient on the diagonals of matrices of zeros.
  static func gradient(diag: String, setDiag: String) -> GradientRule {
    .dense { context in
      let input = try context.input(0)
      let upstream = try context.upstream(0)
      let attributes = context.attributes.values.filter { $0.key == "align" }
      let rank = input.shape.rank ?? 0
      if rank >= 2, let rows = input.shape[rank - 2], let columns = input.shape[rank - 1] {
        let inputs = [
          upstream, try context.input(1), try context.scalar(rows), try context.scalar(columns),
          try context.constant(0, upstream.dtype),
        ]
        return [try context.build(diag, inputs, attributes), nil, nil]
      }
      let inputs = [try context.zerosLike(input), upstream, try context.input(1)]
      return [try context.build(setDiag, inputs, attributes), nil, nil]
    }
  }
}

/// The main diagonals of matrices.
public enum MatrixDiagPart: OpDeclaration {
  public static let signature = OpSignature(
    "MatrixDiagPart", inputs: ["input: T"], outputs: ["diagonal: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    try MatrixDiagonalParts.infer(context, .main)
  }
  public static let gradient = GradientRule.dense { context in
    let shape = try context.input(0).shape
    let rank = shape.rank ?? 0
    let upstream = try context.upstream(0)
    if rank >= 2, let rows = shape[rank - 2], rows == shape[rank - 1] {
      return [try context.build("MatrixDiag", [upstream])]
    }
    let zeros = try context.zerosLike(context.input(0))
    return [try context.build("MatrixSetDiag", [zeros, upstream])]
  }
  public static let kernels = KernelTable.closure { context in
    try MatrixDiagonalParts.compute(context, .main, padding: nil, .left)
  }
}

/// Diagonals of matrices, padded to the longest.
public enum MatrixDiagPartV2: OpDeclaration {
  public static let signature = OpSignature(
    "MatrixDiagPartV2", inputs: ["input: T", "k: int32", "padding_value: T"],
    outputs: ["diagonal: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(2, 0)
    try MatrixDiagonalParts.infer(context, .known(context, input: 1))
  }
  public static let gradient = MatrixDiagonalParts.gradient(
    diag: "MatrixDiagV2", setDiag: "MatrixSetDiagV2")
  public static let kernels = MatrixDiagonalParts.kernels
}

/// Diagonals of matrices, padded to the longest.
public enum MatrixDiagPartV3: OpDeclaration {
  public static let signature = OpSignature(
    "MatrixDiagPartV3", inputs: ["input: T", "k: int32", "padding_value: T"],
    outputs: ["diagonal: T"],
    attributes: [
      "T: type",
      "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = \"RIGHT_LEFT\"",
    ])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(2, 0)
    try MatrixDiagonalParts.infer(context, .known(context, input: 1))
  }
  public static let gradient = MatrixDiagonalParts.gradient(
    diag: "MatrixDiagV3", setDiag: "MatrixSetDiagV3")
  public static let kernels = MatrixDiagonalParts.kernels
}

/// Diagonals `lower ... upper` of matrices (0 is the main one, positive ones lie above).
///
/// - Returns: `[..., length]` for one diagonal, `[..., upper - lower + 1, longest]` for a band, shorter
///   diagonals filled with `padding`: those above the main one at the left, those below at the right.
/// - SeeAlso: TensorFlow op `MatrixDiagPartV3`.
public func matrixDiagPart<Scalar: NumericScalar>(
  _ input: Output<Scalar>, lower: Int = 0, upper: Int? = nil, padding: Scalar = .zero,
  name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  let graph = input.graph
  let padding = try AnyTensor(scalar: padding)
  let value = try graph.addOperation(
    "Const", attributes: ["value": .tensor(padding), "dtype": .type(padding.dtype)])
  return try Output(
    graph.addOperation(
      "MatrixDiagPartV3",
      inputs: [
        input.erased, graph.indices([lower, upper ?? lower]).erased, value.output(0),
      ], name: name
    ).output(0))
}
