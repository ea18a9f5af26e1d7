public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The sum of two sparse tensors, without entries whose magnitude is below a threshold.
public enum SparseAdd: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "SparseAdd",
    inputs: [
      "a_indices: int64", "a_values: T", "a_shape: int64", "b_indices: int64", "b_values: T",
      "b_shape: int64", "thresh: Treal",
    ],
    outputs: ["sum_indices: int64", "sum_values: T", "sum_shape: int64"],
    attributes: ["T: \(Allowed.numbers)", "Treal: \(Allowed.real)"])
  public static let shapes = ShapeFunction { context in
    let sizes = try context.requireRank(2, 1)
    context.setOutput(0, [nil, sizes[0]])
    context.setOutput(1, [nil])
    context.setOutput(2, sizes)
  }
  public static let gradient = GradientRule.dense { context in
    let values = try context.buildAll(
      "SparseAddGrad",
      [context.upstream(1), context.input(0), context.input(3), context.output(0)])
    return [nil, values[0], nil, nil, values[1], nil, nil]
  }
  public static let kernels = KernelTable.numeric(
    SparseAdd.self,
    over: [.float, .double, .complex64, .complex128, .int8, .int16, .int32, .int64])

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try compute($0, type) }
  }

  private static func compute<Scalar: NumericScalar>(
    _ context: borrowing KernelContext, _ type: Scalar.Type
  ) throws(StatusError) {
    let (a, b) = (try SparseParts(context, at: 0), try SparseParts(context, at: 3))
    let limit = try context.input(6)
    guard limit.shape.rank == 0 else {
      throw .invalidArgument("The magnitude threshold must be a scalar: got shape \(limit.shape)")
    }
    let threshold = try Magnitude.threshold(limit)
    guard a.rank == b.rank else {
      throw .invalidArgument(
        "Operands' shapes do not match: got ranks \(a.rank) and \(b.rank)")
    }
    for dimension in 0..<a.rank where a.sizes[dimension] != b.sizes[dimension] {
      throw .invalidArgument(
        "Operand shapes do not match: got \(a.sizes[dimension]) and \(b.sizes[dimension]) for "
          + "dimension \(dimension)")
    }
    let (leftValues, rightValues) = (a.values, b.values)
    let left = try leftValues.span(of: type)
    let right = try rightValues.span(of: type)
    var indices: [Int] = []
    var sums: [Scalar] = []
    var (i, j) = (0, 0)
    while i < a.count || j < b.count {
      let order = i >= a.count ? 1 : j >= b.count ? -1 : a.compare(i, to: b, j)
      let value: Scalar =
        order == 0 ? .wrappingAdd(left[i], right[j]) : order < 0 ? left[i] : right[j]
      if Magnitude.of(value) >= threshold {
        indices += order <= 0 ? a.tuple(i) : b.tuple(j)
        sums.append(value)
      }
      if order <= 0 { i += 1 }
      if order >= 0 { j += 1 }
    }
    try context.setIndices(0, indices, rank: a.rank, count: sums.count)
    try context.makeOutput(1, of: type, shape: Shape(vector: sums.count)) { span in
      for index in span.indices { span[index] = sums[index] }
    }
    try context.setVector(2, a.sizes)
  }
}

/// Sizes of numbers as SparseAdd's threshold compares them.
private enum Magnitude {
  static func of<Scalar: NumericScalar>(_ value: Scalar) -> Double {
    switch value {
    case let value as Complex64: Double(value.magnitude)
    case let value as Complex128: value.magnitude
    default: value.doubleValue.magnitude
    }
  }

  static func threshold(_ tensor: AnyTensor) throws(StatusError) -> Double {
    let visitor = Reader(tensor: tensor)
    try tensor.dtype.visitReal(visitor)
    return visitor.box.value
  }

  private final class Box { var value = 0.0 }

  private struct Reader: RealVisitor {
    let tensor: AnyTensor
    let box = Box()

    func visit<Scalar: RealScalar>(_ type: Scalar.Type) throws(StatusError) {
      box.value = try tensor.element(0, of: type).doubleValue
    }
  }
}

/// The gradients of ``SparseAdd`` with respect to both operands' values.
public enum SparseAddGrad: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "SparseAddGrad",
    inputs: [
      "backprop_val_grad: T", "a_indices: int64", "b_indices: int64", "sum_indices: int64",
    ],
    outputs: ["a_val_grad: T", "b_val_grad: T"], attributes: ["T: \(Allowed.numbers)"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, [try context.requireRank(1, 2)[0]])
    context.setOutput(1, [try context.requireRank(2, 2)[0]])
  }
  public static let gradient = GradientRule.notDifferentiable(
    because: "TensorFlow has no second derivative of SparseAdd")
  public static let kernels = KernelTable.numeric(
    SparseAddGrad.self,
    over: [.float, .double, .complex64, .complex128, .int8, .int16, .int32, .int64])

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    ClosureKernel { try compute($0, type) }
  }

  private static func compute<Scalar: NumericScalar>(
    _ context: borrowing KernelContext, _ type: Scalar.Type
  ) throws(StatusError) {
    let gradient = try context.input(0)
    let tensors = try context.inputs(1..<4)
    guard tensors.allSatisfy({ $0.shape.rank == 2 }) else {
      throw .invalidArgument(
        "Input indices should be matrices but received shapes: \(tensors[0].shape) and "
          + "\(tensors[1].shape)")
    }
    guard gradient.shape.rank == 1, gradient.elementCount == tensors[2].shape[0] else {
      throw .invalidArgument(
        "# elements in backprop_val_grad (\(gradient.elementCount)) and # rows in sum_indices "
          + "(\(tensors[2].shape[0])) should match")
    }
    let rank = tensors[2].shape[1]
    guard tensors.allSatisfy({ $0.shape[1] == rank }) else {
      throw .invalidArgument(
        "The densified operands should have the same ndims; for A, B, Sum got: "
          + tensors.map { String($0.shape[1]) }.joined(separator: ", "))
    }
    let sizes = [Int](repeating: 0, count: rank)
    let sum = SparseParts(indices: try tensors[2].integers(), values: gradient, sizes: sizes)
    let values = try gradient.span(of: type)
    for operand in 0..<2 {
      let count = tensors[operand].shape[0]
      let part = SparseParts(
        indices: try tensors[operand].integers(), values: gradient, sizes: sizes)
      try context.makeOutput(operand, of: type, shape: Shape(vector: count)) { span in
        var (entry, place) = (0, 0)
        while entry < count {
          let order = place < values.count ? part.compare(entry, to: sum, place) : -1
          if order <= 0 {
            span[entry] = order == 0 ? values[place] : .zero
            entry += 1
          }
          if order >= 0 { place += 1 }
        }
      }
    }
  }
}
