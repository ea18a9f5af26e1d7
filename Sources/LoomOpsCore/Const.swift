public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A tensor that is part of the graph.
public enum Const: OpDeclaration {
  public static let signature = OpSignature(
    "Const", outputs: ["output: dtype"], attributes: ["value: tensor", "dtype: type"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, PartialShape(try context.attributes.tensor("value").shape))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "it has no inputs")
  public static var properties: OpProperties { OpProperties(role: .constant) }
  public static let kernels = KernelTable { construction in
    let value = try construction.attributes.tensor("value")
    let dtype = try construction.attributes.type("dtype")
    guard value.dtype == dtype else {
      throw StatusError.invalidArgument(
        "Type mismatch between value (\(value.dtype)) and dtype (\(dtype))")
    }
    return ConstKernel(value)
  }
}

private final class ConstKernel: Kernel {
  let value: AnyTensor

  init(_ value: AnyTensor) { self.value = value }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    try context.setOutput(0, value)
  }
}

extension Graph {
  /// A constant tensor.
  ///
  /// - SeeAlso: TensorFlow op `Const`.
  public func constant(_ value: AnyTensor, name: String? = nil) throws(StatusError) -> AnyOutput {
    try addOperation(
      "Const", attributes: ["value": .tensor(value), "dtype": .type(value.dtype)],
      name: name
    ).output(0)
  }

  /// A constant tensor.
  public func constant<Scalar: TensorScalar>(
    _ value: Tensor<Scalar>, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try Output(constant(value.erased, name: name))
  }

  /// A constant scalar.
  public func constant<Scalar: TensorScalar>(
    _ value: Scalar, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try Output(constant(AnyTensor(scalar: value), name: name))
  }

  /// A constant vector, or a tensor of the given shape filled in row-major order.
  public func constant<Scalar: TensorScalar>(
    _ values: [Scalar], shape: [Int]? = nil, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try constant(Tensor(values, shape: shape ?? [values.count]), name: name)
  }
}
