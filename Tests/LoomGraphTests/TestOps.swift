import LoomCore
import LoomGraph

// A handful of ops with TensorFlow's names and signatures, enough to build graphs from.

extension OpDefinition {
  static var gradient: GradientRule { .undefined }
}

enum Placeholder: OpDefinition {
  static let signature = OpSignature(
    "Placeholder", outputs: ["output: dtype"], attributes: ["dtype: type", "shape: shape = ?"])
  static let shapes = ShapeFunction { context in
    let shape = try context.attributes.shape("shape")
    context.setOutput(0, context.producer <= 21 && shape.rank == 0 ? .unknown : shape)
  }
  static let properties = OpProperties(role: .placeholder, isFoldable: false)
}

enum Const: OpDefinition {
  static let signature = OpSignature(
    "Const", outputs: ["output: dtype"], attributes: ["value: tensor", "dtype: type"])
  static let shapes = ShapeFunction { context in
    context.setOutput(0, PartialShape(try context.attributes.tensor("value").shape))
  }
  static let properties = OpProperties(role: .constant)
}

enum Neg: OpDefinition {
  static let signature = OpSignature(
    "Neg", inputs: ["x: T"], outputs: ["y: T"], attributes: ["T: {float, double, int32, int64}"])
  static let shapes = ShapeFunction.unchanged
}

enum Identity: OpDefinition {
  static let signature = OpSignature(
    "Identity", inputs: ["input: T"], outputs: ["output: T"], attributes: ["T: type"])
  static let shapes = ShapeFunction.unchanged
  static let properties = OpProperties(isIdentityLike: true)
}

enum AddV2: OpDefinition {
  static let signature = OpSignature(
    "AddV2", inputs: ["x: T", "y: T"], outputs: ["z: T"],
    attributes: ["T: {float, double, int32, int64}"], isCommutative: true)
  static let shapes = ShapeFunction.broadcast
}

enum AddN: OpDefinition {
  static let signature = OpSignature(
    "AddN", inputs: ["inputs: N * T"], outputs: ["sum: T"],
    attributes: ["N: int >= 1", "T: {float, int32}"])
  static let shapes = ShapeFunction.unchanged
}

enum MatMul: OpDefinition {
  static let signature = OpSignature(
    "MatMul", inputs: ["a: T", "b: T"], outputs: ["product: T"],
    attributes: [
      "transpose_a: bool = false", "transpose_b: bool = false", "T: {float, double}",
      "grad_a: bool = false",
    ])
  static let shapes = ShapeFunction { context in
    let a = try context.requireRank(0, 2)
    let b = try context.requireRank(1, 2)
    _ = try ShapeContext.merge(a[1], b[0])
    context.setOutput(0, [a[0], b[1]])
  }
}

enum Split: OpDefinition {
  static let signature = OpSignature(
    "Split", inputs: ["split_dim: int32", "value: T"], outputs: ["output: num_split * T"],
    attributes: ["num_split: int >= 1", "T: type"])
  static let shapes = ShapeFunction.unknown
}

enum NoOp: OpDefinition {
  static let signature = OpSignature("NoOp")
  static let shapes = ShapeFunction.none
  static let properties = OpProperties(role: .noOp, isFoldable: false)
}

enum RandomUniform: OpDefinition {
  static let signature = OpSignature(
    "RandomUniform", inputs: ["shape: T"], outputs: ["output: dtype"],
    attributes: [
      "seed: int = 0", "seed2: int = 0", "dtype: {half, float, double}", "T: {int32, int64}",
    ], isStateful: true)
  static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.shapeValue(0))
  }
}

enum VariableV2: OpDefinition {
  static let signature = OpSignature(
    "VariableV2", outputs: ["ref: Ref(dtype)"],
    attributes: [
      "shape: shape", "dtype: type", "container: string = \"\"", "shared_name: string = \"\"",
    ], isStateful: true)
  static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.attributes.shape("shape"))
  }
}

enum Assign: OpDefinition {
  static let signature = OpSignature(
    "Assign", inputs: ["ref: Ref(T)", "value: T"], outputs: ["output_ref: Ref(T)"],
    attributes: ["T: type", "validate_shape: bool = true", "use_locking: bool = true"],
    allowsUninitializedInput: true)
  static let shapes = ShapeFunction.unchanged
}

enum BatchNormWithGlobalNormalization: OpDefinition {
  static let signature = OpSignature(
    "BatchNormWithGlobalNormalization", inputs: ["t: T"], outputs: ["result: T"],
    attributes: ["T: type"], deprecatedSince: 9)
  static let shapes = ShapeFunction.unchanged
}

enum Enter: OpDefinition {
  static let signature = OpSignature(
    "Enter", inputs: ["data: T"], outputs: ["output: T"],
    attributes: [
      "T: type", "frame_name: string", "is_constant: bool = false",
      "parallel_iterations: int = 10",
    ])
  static let shapes = ShapeFunction.unchanged
  static let properties = OpProperties(role: .enter, isFoldable: false)
}

enum Merge: OpDefinition {
  static let signature = OpSignature(
    "Merge", inputs: ["inputs: N * T"], outputs: ["output: T", "value_index: int32"],
    attributes: ["T: type", "N: int >= 1"])
  static let shapes = ShapeFunction { context in
    var shape = context.input(0)
    for index in 1..<max(context.inputCount, 1) {
      shape = shape.relaxed(with: context.input(index))
    }
    context.setOutput(0, shape)
    context.setOutput(1, .scalar)
  }
  static let properties = OpProperties(role: .merge, isFoldable: false)
}

enum Switch: OpDefinition {
  static let signature = OpSignature(
    "Switch", inputs: ["data: T", "pred: bool"], outputs: ["output_false: T", "output_true: T"],
    attributes: ["T: type"])
  static let shapes = ShapeFunction.unchanged
  static let properties = OpProperties(role: .switch, isFoldable: false)
}

enum Exit: OpDefinition {
  static let signature = OpSignature(
    "Exit", inputs: ["data: T"], outputs: ["output: T"], attributes: ["T: type"])
  static let shapes = ShapeFunction.unchanged
  static let properties = OpProperties(role: .exit, isFoldable: false)
}

enum NextIteration: OpDefinition {
  static let signature = OpSignature(
    "NextIteration", inputs: ["data: T"], outputs: ["output: T"], attributes: ["T: type"])
  static let shapes = ShapeFunction.unchanged
  static let properties = OpProperties(role: .nextIteration, isFoldable: false)
}

enum Less: OpDefinition {
  static let signature = OpSignature(
    "Less", inputs: ["x: T", "y: T"], outputs: ["z: bool"], attributes: ["T: {float, int32}"])
  static let shapes = ShapeFunction.broadcast
}

enum LoopCond: OpDefinition {
  static let signature = OpSignature("LoopCond", inputs: ["input: bool"], outputs: ["output: bool"])
  static let shapes = ShapeFunction.unchanged
  static let properties = OpProperties(role: .loopCondition, isFoldable: false)
}

/// A graph that may use the ops above.
func makeGraph() throws -> Graph {
  Graph(
    registry: try OpRegistry([
      Placeholder.self, Const.self, Neg.self, Identity.self, AddV2.self, AddN.self, MatMul.self,
      Split.self, NoOp.self, RandomUniform.self, VariableV2.self, Assign.self,
      BatchNormWithGlobalNormalization.self, Enter.self, Merge.self, Switch.self, Exit.self,
      NextIteration.self, Less.self, LoopCond.self,
    ]), evaluator: nil)
}

extension Graph {
  /// A float constant of one element.
  func constant(_ value: Float = 1, name: String = "Const") throws -> AnyOutput {
    try addOperation(
      "Const",
      attributes: ["value": .tensor(try AnyTensor(scalar: value)), "dtype": .type(.float)],
      name: name
    ).output(0)
  }

  func placeholder(
    _ type: DType = .float, shape: PartialShape = .unknown, name: String = "Placeholder"
  ) throws -> AnyOutput {
    try addOperation(
      "Placeholder", attributes: ["dtype": .type(type), "shape": .shape(shape)], name: name
    ).output(0)
  }
}

extension NodeDefinition {
  static func constant(_ name: String, _ value: Float = 1) throws -> NodeDefinition {
    NodeDefinition(
      name: name, op: "Const",
      attributes: ["value": .tensor(try AnyTensor(scalar: value)), "dtype": .type(.float)])
  }

  static func unary(_ name: String, _ op: String, _ inputs: String..., device: String = "")
    -> NodeDefinition
  {
    NodeDefinition(
      name: name, op: op, inputs: inputs, device: device, attributes: ["T": .type(.float)])
  }
}

/// The error of an expression that must fail.
func failure(_ body: () throws -> some Any) -> StatusError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error as? StatusError
  }
}
