public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Matrices with everything outside of a band around the main diagonal zero.
public enum MatrixBandPart: OpDeclaration {
  public static let signature = OpSignature(
    "MatrixBandPart", inputs: ["input: T", "num_lower: Tindex", "num_upper: Tindex"],
    outputs: ["band: T"], attributes: ["T: type", "Tindex: {int32, int64} = int64"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, atLeast: 2))
  }
  public static let gradient = GradientRule.dense { context in
    let inputs = [try context.upstream(0), try context.input(1), try context.input(2)]
    return [try context.build("MatrixBandPart", inputs), nil, nil]
  }
  public static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    let rank = input.shape.rank
    guard rank >= 2 else {
      throw StatusError.invalidArgument(
        "input must be at least 2-dim, received shape: \(input.shape)")
    }
    let (rows, columns) = (input.shape[rank - 2], input.shape[rank - 1])
    let lower = try context.integer(1, named: "num_lower")
    guard lower <= rows else {
      throw StatusError.invalidArgument(
        "num_lower must be negative or less or equal to number of rows (\(rows)) got: \(lower)")
    }
    let upper = try context.integer(2, named: "num_upper")
    guard upper <= columns else {
      throw StatusError.invalidArgument(
        "num_upper must be negative or less or equal to number of columns (\(columns)) got: "
          + "\(upper)")
    }
    if lower < 0 || lower == rows, upper < 0 || upper == columns {
      try context.setOutput(0, input)
      return
    }
    let mover = try context.mover(0, dtype: input.dtype, shape: input.shape)
    mover.zeroAll()
    guard input.elementCount > 0 else { return }
    for row in 0..<input.elementCount / columns {
      let place = row % rows
      let first = lower < 0 ? 0 : Swift.max(place - lower, 0)
      let end = upper < 0 ? columns : Swift.min(place + upper + 1, columns)
      if first < end {
        let start = row * columns + first
        try mover.copy(input, from: start, to: start, count: end - first)
      }
    }
  }
}

/// A tensor with a given tensor on its diagonal, of twice the rank.
public enum Diag: OpDeclaration {
  public static let signature = OpSignature(
    "Diag", inputs: ["diagonal: T"], outputs: ["output: T"],
    attributes: ["T: {bfloat16, half, float, double, int32, int64, complex64, complex128}"])
  public static let shapes = ShapeFunction { context in
    let diagonal = try context.requireRank(0, atLeast: 1)
    context.setOutput(0, diagonal.concatenated(with: diagonal))
  }
  public static let gradient = GradientRule.dense { context in
    [try context.build("DiagPart", [context.upstream(0)])]
  }
  public static let kernels = KernelTable.closure { context in
    let diagonal = try context.input(0)
    guard diagonal.shape.rank >= 1 else {
      throw StatusError.invalidArgument("Input must be at least rank 1, got 0")
    }
    let shape = try Shape(diagonal.shape.sizes + diagonal.shape.sizes)
    let mover = try context.mover(0, dtype: diagonal.dtype, shape: shape)
    mover.zeroAll()
    let count = diagonal.elementCount
    try mover.copyRows(
      diagonal, from: 0, sourceStride: 1, to: 0, targetStride: count + 1, rows: count, count: 1)
  }
}

/// The diagonal of a tensor whose first and second half of dimensions are alike.
public enum DiagPart: OpDeclaration {
  public static let signature = OpSignature(
    "DiagPart", inputs: ["input: T"], outputs: ["diagonal: T"],
    attributes: ["T: {bfloat16, half, float, double, int32, int64, complex64, complex128}"])
  public static let shapes = ShapeFunction { context in
    let input = context.input(0)
    guard let rank = input.rank else { return }
    guard rank > 0, rank % 2 == 0 else {
      throw StatusError.invalidArgument("Input must have even and non-zero rank")
    }
    context.setOutput(
      0,
      try input.dimensions(in: 0..<rank / 2)
        .merged(with: input.dimensions(in: rank / 2..<rank)))
  }
  public static let gradient = GradientRule.dense { context in
    [try context.build("Diag", [context.upstream(0)])]
  }
  public static let kernels = KernelTable.closure { context in
    let input = try context.input(0)
    let rank = input.shape.rank
    guard rank > 0, rank % 2 == 0 else {
      throw StatusError.invalidArgument(
        "The rank of the tensor should be even and positive, got shape \(input.shape)")
    }
    let half = rank / 2
    for index in 0..<half where input.shape[index] != input.shape[index + half] {
      throw StatusError.invalidArgument(
        "Invalid shape \(input.shape): dimensions \(index) and \(index + half) do not match.")
    }
    let shape = try Shape(input.shape.sizes[..<half])
    let count = shape.elementCount
    try context.mover(0, dtype: input.dtype, shape: shape).copyRows(
      input, from: 0, sourceStride: count + 1, to: 0, targetStride: 1, rows: count, count: 1)
  }
}

/// The matrices with all but `lower` diagonals below and `upper` above the main one set to zero;
/// negative numbers keep all.
///
/// - SeeAlso: TensorFlow op `MatrixBandPart`.
public func matrixBandPart<Scalar: TensorScalar>(
  _ input: Output<Scalar>, lower: Int, upper: Int, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    input.graph.addOperation(
      "MatrixBandPart",
      inputs: [
        input.erased, input.graph.index(lower).erased, input.graph.index(upper).erased,
      ], name: name
    ).output(0))
}
