import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Calls `body` on the loop variables while `cond` holds.
public enum While: OpDeclaration {
  public static let signature = OpSignature(
    "While", inputs: ["input: T"], outputs: ["output: T"], attributes: whileAttributes,
    isStateful: true)
  public static let shapes = whileShapes
  public static let gradient = GradientRule.whileLoop
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = whileKernels
}

/// A loop without effects.
public enum StatelessWhile: OpDeclaration {
  public static let signature = OpSignature(
    "StatelessWhile", inputs: ["input: T"], outputs: ["output: T"], attributes: whileAttributes)
  public static let shapes = whileShapes
  public static let gradient = GradientRule.whileLoop
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = whileKernels
}

private let whileAttributes = [
  "T: list(type) >= 0", "cond: func", "body: func", "output_shapes: list(shape) = []",
  "parallel_iterations: int = 10",
]

/// Given shapes are believed; without them a variable may change its shape in every iteration.
private let whileShapes = ShapeFunction { context in
  guard case .list(let shapes) = context.attributes["output_shapes"], !shapes.isEmpty else {
    for index in 0..<context.outputCount { context.setHandle(index, context.handle(index)) }
    return
  }
  guard shapes.count == context.outputCount else {
    throw StatusError.invalidArgument(
      "`output_shapes` must be the same length as num outputs (\(shapes.count) vs. "
        + "\(context.outputCount))")
  }
  for (index, shape) in shapes.enumerated() {
    if case .shape(let shape) = shape { context.setOutput(index, shape) }
  }
}

private let whileKernels = KernelTable { construction in
  WhileKernel(
    condition: try construction.function("cond"), body: try construction.function("body"))
}

final class WhileKernel: Kernel {
  private let condition: any CompiledFunction
  private let body: any CompiledFunction

  init(condition: any CompiledFunction, body: any CompiledFunction) {
    self.condition = condition
    self.body = body
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    var variables = try context.inputs()
    let services = context.services
    while true {
      try services.cancellation.check()
      let verdict = try condition.call(variables, services)
      guard verdict.count == 1 else {
        throw .invalidArgument("The condition of a loop must have one result, got \(verdict.count)")
      }
      guard try verdict[0].isTrue() else { break }
      let next = try body.call(variables, services)
      guard next.count == variables.count else {
        throw .invalidArgument(
          "The body of a loop took \(variables.count) values and returned \(next.count)")
      }
      variables = next
    }
    try context.setOutputs(variables)
  }
}
