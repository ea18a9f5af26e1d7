import LoomCore
import LoomGraph
import LoomKernels
import LoomOpsSupport

/// The value of an integer variable, which then grows by one; an error once it is `limit`.
enum CountUpTo: OpDeclaration {
  static let signature = OpSignature(
    "CountUpTo", inputs: ["ref: Ref(T)"], outputs: ["output: T"],
    attributes: ["limit: int", "T: {int32, int64}"])
  static let shapes = ShapeFunction { context in
    context.setOutput(0, try context.requireRank(0, 0))
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable.integer(CountFamily.self, over: .index)
}

/// ``CountUpTo`` for a resource variable.
enum ResourceCountUpTo: OpDeclaration {
  static let signature = OpSignature(
    "ResourceCountUpTo", inputs: ["resource: resource"], outputs: ["output: T"],
    attributes: ["limit: int", "T: {int32, int64}"], isStateful: true)
  static let shapes = ShapeFunction { context in
    let dtype = try context.attributes.type("T")
    if let actual = context.handle(0)?.first?.dtype, actual != dtype {
      throw StatusError.invalidArgument(
        "Data types do not match: \(dtype) but expected \(actual)")
    }
    context.setOutput(0, context.variableShape(0))
  }
  static let gradient = GradientRule.undefined
  static var properties: OpProperties { OpProperties(isFoldable: false, isPrompt: true) }
  static let kernels = KernelTable.integer(CountFamily.self, over: .index)
}

private enum CountFamily: IntegerKernelFamily {
  static func kernel<Scalar: IntegerScalar>(
    _ type: Scalar.Type, _ construction: KernelConstruction
  ) throws(StatusError) -> any Kernel {
    specialized(
      CountKernel<Scalar>(
        limit: try construction.attributes.int("limit"),
        isReference: construction.inputTypes.first?.isReference ?? false))
  }
}

private final class CountKernel<Scalar: IntegerScalar>: Kernel {
  let limit: Int
  let isReference: Bool

  init(limit: Int, isReference: Bool) {
    self.limit = limit
    self.isReference = isReference
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    let cell = try context.variable(0, isReference: isReference)
    let (limit, budget) = (self.limit, context.budget)
    var count = Scalar.zero
    try cell.change(isReference: isReference) { (locked) throws(StatusError) in
      guard let value = locked[0] else {
        throw .failedPrecondition("Attempting to use uninitialized value \(locked.name(0))")
      }
      guard value.shape.isScalar else {
        throw .invalidArgument("input is not a scalar: \(value.shape)")
      }
      count = try value.element(0, of: Scalar.self)
      guard count < Scalar(clamping: limit) else {
        throw .outOfRange("Reached limit of \(limit)")
      }
      locked.replace(0, with: try AnyTensor([count &+ 1], shape: .scalar, budget: budget))
    }
    try context.setScalar(0, count)
  }
}
