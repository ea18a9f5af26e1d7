public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A tensor of equal elements.
public enum Fill: OpDeclaration {
  public static let signature = OpSignature(
    "Fill", inputs: ["dims: index_type", "value: T"], outputs: ["output: T"],
    attributes: ["T: type", "index_type: {int32, int64} = int32"])
  public static let shapes = ShapeFunction { context in
    try context.requireRank(0, 1)
    try context.requireRank(1, 0)
    for case let size? in context.partialValue(0) ?? [] where size < 0 {
      throw StatusError.invalidArgument("Fill dimensions must be >= 0")
    }
    context.setOutput(0, try context.shapeValue(0))
    context.setHandle(0, context.handle(1))
  }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    let axes = try context.range(
      context.scalar(0), context.rank(upstream), context.scalar(1))
    return [nil, try context.sum(upstream, axes)]
  }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    guard let sizes = context.inputs[0], sizes.count <= 1 else { return nil }
    let value = context.inputs[1].flatMap { $0.count == 1 ? $0[0] : nil }
    guard let first = sizes.first else { return [value] }
    guard let count = first, count >= 0, count <= 1024 else { return nil }
    return [Int?](repeating: value, count: count)
  }
  public static let kernels = KernelTable.closure { context in
    let sizes = try context.input(0)
    guard sizes.shape.rank <= 1 else {
      throw StatusError.invalidArgument("dims must represent a vector, got shape \(sizes.shape)")
    }
    let value = try context.input(1)
    guard value.elementCount == 1 else {
      throw StatusError.invalidArgument(
        "value must represent a scalar, got shape \(value.shape)")
    }
    let mover = try context.mover(0, dtype: value.dtype, shape: Shape(sizes.integers()))
    try mover.fillAll(value)
  }
}

/// Memory for a tensor, zeroed on request.
public enum Empty: OpDeclaration {
  public static let signature = OpSignature(
    "Empty", inputs: ["shape: int32"], outputs: ["output: dtype"],
    attributes: ["dtype: type", "init: bool = false"], isStateful: true)
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.shapeValue(0))
  }
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("dtype")
    return ClosureKernel { context in
      let shape = try context.input(0)
      guard shape.shape.rank == 1 else {
        throw StatusError.invalidArgument(
          "shape must be a vector of int32, got shape \(shape.shape)")
      }
      // Zeroed even if that was not asked for: nobody is to read what was there before.
      try context.mover(0, dtype: dtype, shape: Shape(shape.integers())).zeroAll()
    }
  }
}

extension Graph {
  /// A tensor of the given sizes whose elements all are `value`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if a size is negative.
  /// - SeeAlso: TensorFlow op `Fill`.
  public func fill<Scalar: TensorScalar>(
    _ sizes: [Int], with value: Scalar, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    let value = try AnyTensor(scalar: value)
    let scalar = try addOperation(
      "Const", attributes: ["value": .tensor(value), "dtype": .type(value.dtype)])
    return try Output(
      addOperation(
        "Fill", inputs: [indices(sizes).erased, scalar.output(0)], name: name ?? "fill"
      ).output(0))
  }

  /// A tensor of zeros, of `false` or of empty strings.
  public func zeros<Scalar: TensorScalar>(
    _ sizes: [Int], of type: Scalar.Type = Scalar.self, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try fill(sizes, with: Scalar.zero, name: name ?? "zeros")
  }

  /// A tensor of ones.
  public func ones<Scalar: NumericScalar>(
    _ sizes: [Int], of type: Scalar.Type = Scalar.self, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try fill(sizes, with: Scalar.one, name: name ?? "ones")
  }
}

/// A tensor of computed sizes whose elements all are `value`.
///
/// - SeeAlso: TensorFlow op `Fill`.
public func fill<Scalar: TensorScalar>(
  _ sizes: Output<Int32>, with value: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try Output(
    sizes.graph.addOperation("Fill", inputs: [sizes.erased, value.erased], name: name).output(0))
}
