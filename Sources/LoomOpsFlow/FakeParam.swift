import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Stands for a value that is never read: the output of a branch that the other one fills.
public enum FakeParam: OpDeclaration {
  public static let signature = OpSignature(
    "FakeParam", outputs: ["output: dtype"], attributes: ["dtype: type", "shape: shape"])
  public static let shapes = ShapeFunction { context in
    if case .shape(let shape)? = context.attributes["shape"] { context.setOutput(0, shape) }
  }
  public static let gradient = GradientRule.notDifferentiable(because: "its value means nothing")
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("dtype")
    return FakeParamKernel(try AnyTensor.placeholder(dtype))
  }
}

final class FakeParamKernel: Kernel {
  private let value: AnyTensor

  init(_ value: AnyTensor) { self.value = value }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    try context.setOutput(0, value)
  }
}

extension AnyTensor {
  /// A tensor without elements.
  fileprivate static func placeholder(_ dtype: DType) throws(StatusError) -> AnyTensor {
    switch dtype {
    case .resource: try AnyTensor([ResourceHandle](), shape: Shape(vector: 0))
    case .string: try AnyTensor([ByteString](), shape: Shape(vector: 0))
    case .variant: try AnyTensor([Variant](), shape: Shape(vector: 0))
    default: try AnyTensor.zeros(dtype: dtype, shape: Shape(vector: 0))
    }
  }
}
