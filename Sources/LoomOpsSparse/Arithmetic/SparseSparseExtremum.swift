public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The larger of two sparse tensors' elements; what is not stored is zero.
public enum SparseSparseMaximum: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "SparseSparseMaximum",
    inputs: [
      "a_indices: int64", "a_values: T", "a_shape: int64", "b_indices: int64", "b_values: T",
      "b_shape: int64",
    ],
    outputs: ["output_indices: int64", "output_values: T"],
    attributes: ["T: \(Allowed.real)"])
  public static let shapes = ShapeFunction.extremum
  public static let gradient = GradientRule.missing("SparseSparseMaximum")
  public static let kernels = KernelTable.real(SparseSparseMaximum.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try SparseUnion.compute($0, type) { $0 < $1 ? $1 : $0 } }
  }
}

/// The smaller of two sparse tensors' elements; what is not stored is zero.
public enum SparseSparseMinimum: OpDeclaration, RealKernelFamily {
  public static let signature = OpSignature(
    "SparseSparseMinimum",
    inputs: [
      "a_indices: int64", "a_values: T", "a_shape: int64", "b_indices: int64", "b_values: T",
      "b_shape: int64",
    ],
    outputs: ["output_indices: int64", "output_values: T"],
    attributes: ["T: \(Allowed.numbers)"])
  public static let shapes = ShapeFunction.extremum
  public static let gradient = GradientRule.missing("SparseSparseMinimum")
  public static let kernels = KernelTable.real(SparseSparseMinimum.self)

  public static func kernel<Scalar: RealScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try SparseUnion.compute($0, type) { $1 < $0 ? $1 : $0 } }
  }
}

extension ShapeFunction {
  fileprivate static let extremum = ShapeFunction { context in
    try context.requireSparse(0)
    try context.requireSparse(3)
    context.setOutput(0, [nil, nil])
    context.setOutput(1, [nil])
  }
}

private enum SparseUnion {
  /// Merges two sparse tensors whose entries are in row-major order.
  static func compute<Scalar: RealScalar>(
    _ context: borrowing KernelContext, _ type: Scalar.Type, _ apply: (Scalar, Scalar) -> Scalar
  ) throws(StatusError) {
    let (a, b) = (try SparseParts(context, at: 0), try SparseParts(context, at: 3))
    guard a.sizes == b.sizes else {
      throw .invalidArgument(
        "Operands' shapes do not match: got \(SparseParts.list(a.sizes)) and "
          + SparseParts.list(b.sizes))
    }
    let (leftValues, rightValues) = (a.values, b.values)
    let left = try leftValues.span(of: type)
    let right = try rightValues.span(of: type)
    var indices: [Int] = []
    var values: [Scalar] = []
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
      let order = i >= a.count ? 1 : j >= b.count ? -1 : a.compare(i, to: b, j)
      values.append(apply(order <= 0 ? left[i] : .zero, order >= 0 ? right[j] : .zero))
      indices += order <= 0 ? a.tuple(i) : b.tuple(j)
      if order <= 0 { i += 1 }
      if order >= 0 { j += 1 }
    }
    try context.setIndices(0, indices, rank: a.rank, count: values.count)
    try context.makeOutput(1, of: type, shape: Shape(vector: values.count)) { span in
      for index in span.indices { span[index] = values[index] }
    }
  }
}
