public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Ops on rows that TensorFlow runs in its input's memory. Here the input stays as it is unless its
/// memory is free.
private enum RowUpdate {
  /// The rows to change; positions count around the ends.
  static func rows(
    _ context: borrowing KernelContext, _ shape: Shape
  ) throws(StatusError) -> (rows: [Int], values: AnyTensor, length: Int) {
    let (positions, values) = (try context.input(1), try context.input(2))
    guard positions.shape.rank == 1 else {
      throw .invalidArgument("i must be a vector. \(positions.shape)")
    }
    guard shape.rank == values.shape.rank, shape.rank > 0 else {
      throw .invalidArgument(
        "x and v shape doesn't match (ranks differ): \(shape) vs. \(values.shape)")
    }
    for index in 1..<shape.rank where shape[index] != values.shape[index] {
      throw .invalidArgument(
        "x and v shape doesn't match at index \(index) : \(shape) vs. \(values.shape)")
    }
    guard positions.shape[0] == values.shape[0] else {
      throw .invalidArgument(
        "i and x shape doesn't match at index 0: \(positions.shape) vs. \(values.shape)")
    }
    let count = shape[0]
    guard count > 0 || positions.elementCount == 0 else {
      throw .invalidArgument("There are no rows to update")
    }
    let rows = try positions.integers().map { ($0 % count + count) % count }
    return (rows, values, shape.count(in: 1..<shape.rank))
  }

  static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ apply: @escaping @Sendable (Scalar, Scalar) -> Scalar
  ) -> any Kernel {
    ClosureKernel { context in
      let shape = try context.input(0).shape
      let (rows, values, length) = try rows(context, shape)
      let memory = try context.owned(0, to: 0)
      let source = try values.span(of: type)
      var output = try MutableTensor<Scalar>(exclusive: memory)
      var span = output.mutableSpan
      for (index, row) in rows.enumerated() {
        let (from, to) = (index &* length, row &* length)
        for offset in 0..<length {
          span[to &+ offset] = apply(span[to &+ offset], source[from &+ offset])
        }
      }
    }
  }
}

/// A tensor with rows replaced.
public enum InplaceUpdate: OpDeclaration {
  public static let signature = OpSignature(
    "InplaceUpdate", inputs: ["x: T", "i: int32", "v: T"], outputs: ["y: T"],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.closure { context in
    let shape = try context.input(0).shape
    let (rows, values, length) = try RowUpdate.rows(context, shape)
    try RowMover.copy(
      values, rows: nil, into: context.owned(0, to: 0), rows: rows, length: length,
      count: rows.count)
  }
}

/// A tensor with values added to rows.
public enum InplaceAdd: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "InplaceAdd", inputs: ["x: T", "i: int32", "v: T"], outputs: ["y: T"],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.numeric(InplaceAdd.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    RowUpdate.kernel(type) { Scalar.wrappingAdd($0, $1) }
  }
}

/// A tensor with values subtracted from rows.
public enum InplaceSub: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "InplaceSub", inputs: ["x: T", "i: int32", "v: T"], outputs: ["y: T"],
    attributes: ["T: type"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.numeric(InplaceSub.self)

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    RowUpdate.kernel(type) { Scalar.wrappingSubtract($0, $1) }
  }
}
