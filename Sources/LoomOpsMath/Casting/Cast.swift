public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The values in another dtype. Floating numbers lose their fraction where integers are asked for;
/// integers keep their low bits; complex numbers lose their imaginary part; all but 0 is true.
public enum Cast: OpDeclaration {
  public static let signature = OpSignature(
    "Cast", inputs: ["x: SrcT"], outputs: ["y: DstT"],
    attributes: ["SrcT: type", "DstT: type", "Truncate: bool = false"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.unary { context, upstream in
    let source = try context.input(0).dtype.base
    let differentiable = Set<DType>.field
    guard differentiable.contains(source), differentiable.contains(upstream.dtype.base) else {
      return nil
    }
    return try context.cast(upstream, to: source)
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let partialValue: PartialValueFunction? = PartialValueFunction { context in
    guard let values = context.inputs.first ?? nil else { return nil }
    guard try context.attributes.type("DstT").base == .int32 else { return values }
    // Values beyond the target's range wrap in the kernel; here they are unknown.
    return values.map { value in value.flatMap { Int32(exactly: $0) }.map(Int.init) }
  }
  public static let kernels = KernelTable.cast
}

/// The values in another dtype. Floating numbers lose their fraction where integers are asked for;
/// integers keep their low bits; complex numbers lose their imaginary part; all but 0 is true.
///
/// - Note: Numbers outside of the range of an integer dtype give an unspecified value.
/// - SeeAlso: TensorFlow op `Cast`.
public func cast<Source: TrivialScalar, Target: TrivialScalar>(
  _ x: Output<Source>, to type: Target.Type, name: String? = nil
) throws(StatusError) -> Output<Target> {
  try x.applying("Cast", ["DstT": .type(Target.dtype)], name: name)
}
