import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Calls one of two functions.
public enum If: OpDeclaration {
  public static let signature = OpSignature(
    "If", inputs: ["cond: Tcond", "input: Tin"], outputs: ["output: Tout"],
    attributes: ifAttributes, isStateful: true)
  public static let shapes = ShapeFunction.outputShapesAttribute("output_shapes")
  public static let gradient = GradientRule.conditional(["then_branch", "else_branch"])
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = ifKernels
}

/// Calls one of two functions without effects.
public enum StatelessIf: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessIf", inputs: ["cond: Tcond", "input: Tin"], outputs: ["output: Tout"],
    attributes: ifAttributes)
  public static let shapes = ShapeFunction.outputShapesAttribute("output_shapes")
  public static let gradient = GradientRule.conditional(["then_branch", "else_branch"])
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = ifKernels
}

private let ifAttributes = [
  "Tcond: type", "Tin: list(type) >= 0", "Tout: list(type) >= 0", "then_branch: func",
  "else_branch: func", "output_shapes: list(shape) = []",
]

private let ifKernels = KernelTable { construction in
  BranchKernel(
    [try construction.function("else_branch"), try construction.function("then_branch")],
    selector: { try $0.isTrue() ? 1 : 0 })
}

/// Calls the function of the index in `branch_index`; the last one for an index outside.
public enum Case: OpDeclaration {
  public static let signature = OpSignature(
    "Case", inputs: ["branch_index: int32", "input: Tin"], outputs: ["output: Tout"],
    attributes: caseAttributes, isStateful: true)
  public static let shapes = ShapeFunction.outputShapesAttribute("output_shapes")
  public static let gradient = GradientRule.conditional(["branches"])
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = caseKernels
}

/// Calls one of several functions without effects.
public enum StatelessCase: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessCase", inputs: ["branch_index: int32", "input: Tin"], outputs: ["output: Tout"],
    attributes: caseAttributes)
  public static let shapes = ShapeFunction.outputShapesAttribute("output_shapes")
  public static let gradient = GradientRule.conditional(["branches"])
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = caseKernels
}

private let caseAttributes = [
  "Tin: list(type) >= 0", "Tout: list(type) >= 0", "branches: list(func) >= 1",
  "output_shapes: list(shape) = []",
]

private let caseKernels = KernelTable { construction in
  var branches: [any CompiledFunction] = []
  for reference in try construction.attributes.functions("branches") {
    branches.append(try construction.instantiate(reference))
  }
  let last = branches.count - 1
  return BranchKernel(branches) { index in
    let value = Int(try index.element(0, of: Int32.self))
    return value < 0 || value > last ? last : value
  }
}

final class BranchKernel: AsyncKernel {
  private let branches: [any CompiledFunction]
  private let selector: @Sendable (AnyTensor) throws -> Int

  init(
    _ branches: [any CompiledFunction],
    selector: @escaping @Sendable (AnyTensor) throws -> Int
  ) {
    self.branches = branches
    self.selector = selector
  }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let index: Int
    do { index = try selector(context.input(0)) } catch { throw StatusError.wrapping(error) }
    guard branches.indices.contains(index) else {
      throw .invalidArgument("There is no branch \(index)")
    }
    return try FunctionSuspension.start(
      branches[index], context.inputs(1..<context.inputCount), context)
  }
}
