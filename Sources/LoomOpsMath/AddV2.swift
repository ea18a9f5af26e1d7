public import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// `x + y`, element by element with broadcasting; integers wrap.
public enum AddV2: OpDeclaration, NumericBinary {
  public static let signature = OpSignature(
    "AddV2", inputs: ["x: T", "y: T"], outputs: ["z: T"],
    attributes: [
      "T: {bfloat16, half, float, double, uint8, uint16, uint32, uint64, int8, int16, int32, int64, complex64, complex128}"
    ], isCommutative: true, isAggregate: true)
  public static let shapes = ShapeFunction.broadcast
  public static let gradient = GradientRule.dense { context in
    let (x, y, upstream) = (try context.input(0), try context.input(1), try context.upstream(0))
    return [
      try context.reduce(upstream, toShapeOf: x, other: y),
      try context.reduce(upstream, toShapeOf: y, other: x),
    ]
  }
  public static var properties: OpProperties { OpProperties(isElementwise: true) }
  public static let kernels = KernelTable.numeric(AddV2.self)

  @inlinable @inline(__always)
  public static func apply<Scalar: NumericScalar>(_ a: Scalar, _ b: Scalar) -> Scalar {
    Scalar.wrappingAdd(a, b)
  }
}

/// `a + b`, element by element with broadcasting; integers wrap.
///
/// - Throws: ``StatusError/Code/invalidArgument`` if known shapes do not broadcast.
/// - SeeAlso: TensorFlow op `AddV2`.
public func + <Scalar: NumericScalar>(
  a: Output<Scalar>, b: Output<Scalar>
) throws(StatusError) -> Output<Scalar> {
  try Output(a.graph.addOperation("AddV2", inputs: [a.erased, b.erased], name: "add").output(0))
}
