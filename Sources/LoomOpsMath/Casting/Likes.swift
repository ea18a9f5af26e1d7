public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Zeros (false, empty strings) in the shape of the input.
public enum ZerosLike: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "ZerosLike", inputs: ["x: T"], outputs: ["y: T"], attributes: ["T: type"])
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, context.input(0))
    context.setHandle(0, context.handle(0))
  }
  public static let gradient = GradientRule.notDifferentiable(because: "its result is constant")
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    repeated(0, context)
  }
  public static let kernels = KernelTable.numeric(ZerosLike.self).or(
    KernelTable(where: ["T": [.bool, .string, .variant]]) { construction in
      switch try construction.attributes.type("T").base {
      case .bool: return specialized(RepeatKernel(false))
      case .variant: return VariantZeros()
      default:
        return ClosureKernel { context in
          let input = try context.input(0)
          try context.setOutput(
            0, .zeros(dtype: input.dtype, shape: input.shape, budget: context.budget))
        }
      }
    })

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(RepeatKernel(Scalar.zero))
  }
}

/// Ones (true) in the shape of the input.
public enum OnesLike: OpDeclaration, NumericKernelFamily {
  public static let signature = OpSignature(
    "OnesLike", inputs: ["x: T"], outputs: ["y: T"],
    attributes: [
      """
      T: {bfloat16, half, float, double, int8, uint8, int16, uint16, int32, uint32, int64, uint64, \
      complex64, complex128, bool}
      """
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.notDifferentiable(because: "its result is constant")
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    repeated(1, context)
  }
  public static let kernels = KernelTable.numeric(OnesLike.self).or(
    KernelTable(where: ["T": [.bool]]) { _ in specialized(RepeatKernel(true)) })

  public static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(RepeatKernel(Scalar.one))
  }
}

/// The partial value of a small tensor that holds one number throughout.
private func repeated(_ value: Int, _ context: PartialValueContext) -> [Int?]? {
  guard let shape = context.inputShapes.first, let rank = shape.rank, rank <= 1,
    let count = shape.elementCount, count <= Shape.maximumRank
  else { return nil }
  return [Int?](repeating: value, count: count)
}

private final class RepeatKernel<Scalar: TrivialScalar>: Kernel {
  let value: Scalar

  init(_ value: Scalar) { self.value = value }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let value = self.value
    try context.makeOutput(0, of: Scalar.self, shape: context.input(0).shape) {
      (span: inout MutableSpan<Scalar>) throws(StatusError) in
      span.update(repeating: value)
    }
  }
}

private final class VariantZeros: Kernel {
  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let input = try context.input(0)
    let values = try input.scalars(of: Variant.self)
    var zeros: [Variant] = []
    for value in values { zeros.append(try value.zeros()) }
    try context.setOutput(0, AnyTensor(zeros, shape: input.shape, budget: context.budget))
  }
}

/// Zeros (false, empty strings) in the shape of `x`.
///
/// - SeeAlso: TensorFlow op `ZerosLike`.
public func zerosLike<Scalar: TensorScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("ZerosLike", name: name)
}

/// Ones (true) in the shape of `x`.
///
/// - SeeAlso: TensorFlow op `OnesLike`.
public func onesLike<Scalar: TrivialScalar>(
  _ x: Output<Scalar>, name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  try x.applying("OnesLike", name: name)
}
