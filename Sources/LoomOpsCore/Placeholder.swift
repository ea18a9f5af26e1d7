public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// A tensor that must be fed.
public enum Placeholder: OpDeclaration {
  public static let signature = OpSignature(
    "Placeholder", outputs: ["output: dtype"], attributes: ["dtype: type", "shape: shape = ?"])
  public static let shapes = ShapeFunction { context in
    // Up to version 21 an unknown shape was written as a scalar's.
    let shape = try context.attributes.shape("shape")
    context.setOutput(0, context.producer <= 21 && shape.rank == 0 ? .unknown : shape)
  }
  public static let gradient = GradientRule.notDifferentiable(because: "it has no inputs")
  public static var properties: OpProperties { OpProperties(role: .placeholder, isFoldable: false) }
  public static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("dtype")
    let shape = try construction.attributes.shape("shape")
    return PlaceholderKernel(
      "You must feed a value for placeholder tensor '\(construction.nodeName)' with dtype \(dtype)"
        + (shape.rank == nil ? "" : " and shape \(shape)"))
  }
}

/// Runs only when the placeholder was not fed.
final class PlaceholderKernel: Kernel {
  let message: String

  init(_ message: String) { self.message = message }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    throw .invalidArgument(message)
  }
}

extension Graph {
  /// A tensor to be fed; `nil` sizes accept any size.
  ///
  /// - SeeAlso: TensorFlow op `Placeholder`.
  public func placeholder<Scalar: TensorScalar>(
    _ type: Scalar.Type, shape: PartialShape = .unknown, name: String? = nil
  ) throws(StatusError) -> Output<Scalar> {
    try Output(placeholder(dtype: Scalar.dtype, shape: shape, name: name))
  }

  /// A tensor of the given dtype to be fed.
  public func placeholder(
    dtype: DType, shape: PartialShape = .unknown, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    try addOperation(
      "Placeholder", attributes: ["dtype": .type(dtype), "shape": .shape(shape)], name: name
    ).output(0)
  }
}
