public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// The sum of tensors of one shape: no broadcasting. Variants add if what they hold does.
public enum AddN: OpDeclaration {
  public static let signature = OpSignature(
    "AddN", inputs: ["inputs: N * T"], outputs: ["sum: T"],
    attributes: [
      "N: int >= 1",
      """
      T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64, variant}
      """,
    ], isCommutative: true, isAggregate: true)
  public static let shapes = ShapeFunction { context in
    var shape = context.input(0)
    for index in 1..<Swift.max(context.inputCount, 1) {
      shape = try shape.merged(with: context.input(index))
    }
    context.setOutput(0, shape)
    context.setHandle(0, context.handle(0))
  }
  public static let gradient = GradientRule.dense { context in
    let upstream = try context.upstream(0)
    return context.inputs.map { _ in upstream }
  }
  public static let kernels = KernelTable.addN
}

/// ``AddN`` whose result shape is an attribute, so that it is known ahead of the operands.
public enum AccumulateNV2: OpDeclaration {
  public static let signature = OpSignature(
    "AccumulateNV2", inputs: ["inputs: N * T"], outputs: ["sum: T"],
    attributes: [
      "N: int >= 1",
      """
      T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
      """, "shape: shape",
    ], isCommutative: true, isAggregate: true)
  public static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.attributes.shape("shape"))
  }
  public static let gradient = AddN.gradient
  public static let kernels = KernelTable.addN
}

/// The sum of tensors of one shape: no broadcasting.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if there are none, or known shapes differ.
/// - SeeAlso: TensorFlow op `AddN`.
public func addN<Scalar: NumericScalar>(
  _ terms: [Output<Scalar>], name: String? = nil
) throws(StatusError) -> Output<Scalar> {
  guard let first = terms.first else {
    throw .invalidArgument("Expected at least one term to add, got none")
  }
  return try Output(
    first.graph.addOperation("AddN", inputs: terms.map(\.erased), name: name).output(0))
}
