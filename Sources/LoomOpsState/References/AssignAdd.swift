import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// `ref += value` in place; integers wrap.
enum AssignAdd: OpDeclaration {
  static let signature = OpSignature(
    "AssignAdd", inputs: ["ref: Ref(T)", "value: T"], outputs: ["output_ref: Ref(T)"],
    attributes: ["T: \(SignatureTypes.numbers)", "use_locking: bool = false"])
  static let shapes = ShapeFunction.mergedReference
  static let gradient = GradientRule.notDifferentiable(because: "it changes a variable")
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable.numeric(AddUpdate.self)
}

/// `ref -= value` in place; integers wrap.
enum AssignSub: OpDeclaration {
  static let signature = OpSignature(
    "AssignSub", inputs: ["ref: Ref(T)", "value: T"], outputs: ["output_ref: Ref(T)"],
    attributes: ["T: \(SignatureTypes.numbers)", "use_locking: bool = false"])
  static let shapes = ShapeFunction.mergedReference
  static let gradient = GradientRule.notDifferentiable(because: "it changes a variable")
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable.numeric(SubtractUpdate.self)
}

/// `resource += value` in place; integers wrap.
enum AssignAddVariableOp: OpDeclaration {
  static let signature = OpSignature(
    "AssignAddVariableOp", inputs: ["resource: resource", "value: dtype"],
    attributes: ["dtype: type"], isStateful: true)
  static let shapes = ShapeFunction.assignsVariable
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable.numeric(AddUpdate.self, attribute: "dtype")
}

/// `resource -= value` in place; integers wrap.
enum AssignSubVariableOp: OpDeclaration {
  static let signature = OpSignature(
    "AssignSubVariableOp", inputs: ["resource: resource", "value: dtype"],
    attributes: ["dtype: type"], isStateful: true)
  static let shapes = ShapeFunction.assignsVariable
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable.numeric(SubtractUpdate.self, attribute: "dtype")
}

extension ShapeFunction {
  /// Reference and value have one shape, and so has the reference that is passed on.
  static let mergedReference = ShapeFunction { context in
    context.setOutput(0, try context.input(0).merged(with: context.input(1)))
  }

  /// The value has the dtype and the shape of the variable behind the handle.
  static let assignsVariable = ShapeFunction { context in
    try context.checkHandle(0, is: context.inputTypes[1].base)
    _ = try context.variableShape(0).merged(with: context.input(1))
  }
}

/// How a whole variable is changed by a tensor of its shape.
private protocol WholeUpdate: NumericKernelFamily {
  static func apply<Scalar: NumericScalar>(_ current: Scalar, _ update: Scalar) -> Scalar
}

private enum AddUpdate: WholeUpdate {
  @inline(__always)
  static func apply<Scalar: NumericScalar>(_ current: Scalar, _ update: Scalar) -> Scalar {
    Scalar.wrappingAdd(current, update)
  }
}

private enum SubtractUpdate: WholeUpdate {
  @inline(__always)
  static func apply<Scalar: NumericScalar>(_ current: Scalar, _ update: Scalar) -> Scalar {
    Scalar.wrappingSubtract(current, update)
  }
}

extension WholeUpdate {
  static func kernel<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      WholeUpdateKernel<Self, Scalar>(
        isReference: construction.inputTypes.first?.isReference ?? false))
  }
}

private enum WholeUpdateBody<Update: WholeUpdate, Scalar: NumericScalar>: ScatterBody {
  @inline(__always) static func apply(_ current: Scalar, _ update: Scalar) -> Scalar {
    Update.apply(current, update)
  }
}

private final class WholeUpdateKernel<Update: WholeUpdate, Scalar: NumericScalar>: Kernel {
  let isReference: Bool

  init(isReference: Bool) { self.isReference = isReference }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = try context.variable(0, isReference: isReference)
    let update = try context.input(1)
    let (workers, isReference) = (context.workers, self.isReference)
    try cell.updateInPlace(budget: context.budget) {
      isReference ? cell.uninitialized() : cell.missing()
    } _: { (target) throws(StatusError) in
      guard target.shape == update.shape else {
        throw WholeUpdateKernel.mismatch(target.shape, update.shape, isReference)
      }
      try ScatterLoop<WholeUpdateBody<Update, Scalar>>.all(
        target, updates: update, workers: workers)
    }
    if isReference { try context.setReference(0, cell) }
  }

  @inline(never)
  private static func mismatch(
    _ shape: Shape, _ update: Shape, _ isReference: Bool
  ) -> StatusError {
    .invalidArgument(
      isReference
        ? "Parameters and update must be the same size: \(shape) vs. \(update)"
        : "Cannot update variable with shape \(shape) using a Tensor with shape \(update), "
          + "shapes must be equal.")
  }
}
