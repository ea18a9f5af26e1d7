import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// An op on one tensor, element by element: the result has the operand's shape.
public protocol UnaryElementwise: OpDefinition, KernelProvider {}

extension UnaryElementwise {
  public static var shapes: ShapeFunction { .unchanged }
  public static var properties: OpProperties {
    OpProperties(isElementwise: true, inPlacePairs: [.init(input: 0, output: 0)])
  }
}

/// An op on two tensors, element by element with numpy's broadcasting.
public protocol BinaryElementwise: OpDefinition, KernelProvider {}

extension BinaryElementwise {
  public static var shapes: ShapeFunction { .broadcast }
  public static var properties: OpProperties {
    OpProperties(
      isElementwise: true,
      inPlacePairs: [.init(input: 0, output: 0), .init(input: 1, output: 0)])
  }
}

/// The gradient of a unary op from its output and the gradient of that: no broadcasting.
public protocol OutputGradient: OpDefinition, KernelProvider, FieldBinary {}

extension OutputGradient {
  public static var shapes: ShapeFunction { .unchanged }
  public static var broadcasts: Bool { false }
  public static var properties: OpProperties {
    OpProperties(
      isElementwise: true,
      inPlacePairs: [.init(input: 0, output: 0), .init(input: 1, output: 0)])
  }
}

/// Lists of dtypes as signatures write them.
enum Types {
  static let floating = "{bfloat16, half, float, double}"
  static let field = "{bfloat16, half, float, double, complex64, complex128}"
  static let signed =
    "{bfloat16, half, float, double, int8, int16, int32, int64, complex64, complex128}"
  static let single = "{float, double}"
  static let integers = "{int8, int16, int32, int64, uint8, uint16, uint32, uint64}"
  static let ordered = """
    {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    """
}

extension OpSignature {
  /// `y = f(x)` in one dtype.
  static func unary(_ name: String, over types: String) -> OpSignature {
    OpSignature(name, inputs: ["x: T"], outputs: ["y: T"], attributes: ["T: \(types)"])
  }

  /// `z = f(x, y)` in one dtype.
  static func binary(
    _ name: String, over types: String, isCommutative: Bool = false, isAggregate: Bool = false
  ) -> OpSignature {
    OpSignature(
      name, inputs: ["x: T", "y: T"], outputs: ["z: T"], attributes: ["T: \(types)"],
      isCommutative: isCommutative, isAggregate: isAggregate)
  }

  /// `z = f(y, dy)` in one dtype: the gradient of a unary op with output `y`.
  static func outputGradient(_ name: String, over types: String) -> OpSignature {
    OpSignature(name, inputs: ["y: T", "dy: T"], outputs: ["z: T"], attributes: ["T: \(types)"])
  }
}

extension GradientRule {
  /// The gradient of a unary op from the context and the gradient of its output.
  static func unary(
    _ body: @escaping @Sendable (GradientContext, AnyOutput) throws -> AnyOutput?
  ) -> GradientRule {
    .dense { context in [try body(context, context.upstream(0))] }
  }

  /// The gradients of a broadcasting binary op, before they are summed back to the operands' shapes.
  static func binary(
    _ body:
      @escaping @Sendable (GradientContext, _ x: AnyOutput, _ y: AnyOutput, _ upstream: AnyOutput)
      throws -> (AnyOutput?, AnyOutput?)
  ) -> GradientRule {
    .dense { context in
      let (x, y) = (try context.input(0), try context.input(1))
      let (gradientX, gradientY) = try body(context, x, y, context.upstream(0))
      return [
        try gradientX.map { try context.reduce($0, toShapeOf: x, other: y) },
        try gradientY.map { try context.reduce($0, toShapeOf: y, other: x) },
      ]
    }
  }

  /// The op is flat wherever it is smooth, and TensorFlow lets no gradient through.
  static let flat = GradientRule.dense { context in context.inputs.map { _ in nil } }
}

extension GradientContext {
  /// `value * factor`, with the factor as a constant of the tensor's dtype.
  func scaled(_ value: AnyOutput, by factor: Double) throws(StatusError) -> AnyOutput {
    try mul(value, constant(factor, value.dtype))
  }

  /// `1 - value`.
  func oneMinus(_ value: AnyOutput) throws(StatusError) -> AnyOutput {
    try sub(constant(1, value.dtype), value)
  }
}

extension Output {
  /// The one output of a new operation on this tensor.
  func applying<Result: TensorScalar>(
    _ op: String, _ attributes: [String: AttributeValue] = [:], name: String? = nil
  ) throws(StatusError) -> Output<Result> {
    try Output<Result>(
      graph.addOperation(op, inputs: [erased], attributes: attributes, name: name).output(0))
  }

  /// The one output of a new operation on this tensor and another.
  func combining<Result: TensorScalar>(
    _ op: String, with other: Output, _ attributes: [String: AttributeValue] = [:],
    name: String? = nil
  ) throws(StatusError) -> Output<Result> {
    try Output<Result>(
      graph.addOperation(op, inputs: [erased, other.erased], attributes: attributes, name: name)
        .output(0))
  }
}
