import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// A stack of tensors that lives for one step.
enum StackV2: OpDeclaration {
  static let signature = OpSignature(
    "StackV2", inputs: ["max_size: int32"], outputs: ["handle: resource"],
    attributes: ["elem_type: type", "stack_name: string = \"\""], isStateful: true)
  static let shapes = ShapeFunction { context in context.setOutput(0, [2]) }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in try StackKernel(construction) }
}

/// The same with a reference to its name.
enum Stack: OpDeclaration {
  static let signature = OpSignature(
    "Stack", outputs: ["handle: Ref(string)"],
    attributes: ["elem_type: type", "stack_name: string = \"\""], isStateful: true)
  static let shapes = ShapeFunction { context in context.setOutput(0, [2]) }
  static let gradient = GradientRule.notDifferentiable(because: stackReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in try StackKernel(construction) }
}

private let stackReason = "stacks hold what gradients read"

/// Puts a tensor on a stack and passes it on.
enum StackPushV2: OpDeclaration {
  static let signature = OpSignature(
    "StackPushV2", inputs: ["handle: resource", "elem: T"], outputs: ["output: T"],
    attributes: ["T: type", "swap_memory: bool = false"], isStateful: true)
  static let shapes = StackPush.shapes
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = StackPush.kernels
}

/// The same for a reference to a stack's name.
enum StackPush: OpDeclaration {
  static let signature = OpSignature(
    "StackPush", inputs: ["handle: Ref(string)", "elem: T"], outputs: ["output: T"],
    attributes: ["T: type", "swap_memory: bool = false"])
  static let shapes = ShapeFunction { context in
    context.setOutput(0, context.input(1))
    context.setHandle(0, context.handle(1))
  }
  static let gradient = GradientRule.notDifferentiable(because: stackReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    let stack = try context.stepResource(TensorStack.self, 0, kind: "Stack")
    let tensor = try context.input(1)
    guard tensor.dtype == stack.elementType else {
      throw StatusError.invalidArgument(
        "Must have type \(stack.elementType) but got \(tensor.dtype)")
    }
    try stack.push(tensor)
    try context.setOutput(0, tensor)
  }
}

/// Takes the last tensor off a stack.
enum StackPopV2: OpDeclaration {
  static let signature = OpSignature(
    "StackPopV2", inputs: ["handle: resource"], outputs: ["elem: elem_type"],
    attributes: ["elem_type: type"], isStateful: true)
  static let shapes = ShapeFunction.unknown
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = StackPop.kernels
}

/// The same for a reference to a stack's name.
enum StackPop: OpDeclaration {
  static let signature = OpSignature(
    "StackPop", inputs: ["handle: Ref(string)"], outputs: ["elem: elem_type"],
    attributes: ["elem_type: type"])
  static let shapes = ShapeFunction.unknown
  static let gradient = GradientRule.notDifferentiable(because: stackReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable { construction in
    let dtype = try construction.attributes.type("elem_type").base
    return ClosureKernel { context in
      let tensor = try context.stepResource(TensorStack.self, 0, kind: "Stack").pop()
      guard tensor.dtype == dtype else {
        throw StatusError.invalidArgument("Must have type \(dtype) but got \(tensor.dtype)")
      }
      try context.setOutput(0, tensor)
    }
  }
}

/// Empties a stack before its step ends.
enum StackCloseV2: OpDeclaration {
  static let signature = OpSignature(
    "StackCloseV2", inputs: ["handle: resource"], isStateful: true)
  static let shapes = StackClose.shapes
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = StackClose.kernels
}

/// The same for a reference to a stack's name.
enum StackClose: OpDeclaration {
  static let signature = OpSignature("StackClose", inputs: ["handle: Ref(string)"])
  static let shapes = ShapeFunction { context in try context.requirePair(0) }
  static let gradient = GradientRule.notDifferentiable(because: stackReason)
  static var properties: OpProperties { OpProperties(isFoldable: false) }
  static let kernels = KernelTable.closure { context in
    try context.stepResource(TensorStack.self, 0, kind: "Stack").close()
  }
}
