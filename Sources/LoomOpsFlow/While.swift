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
  let condition = try construction.function("cond")
  let body = try construction.function("body")
  guard let functions = construction.functions else {
    throw StatusError.unimplemented("Functions can't be called here")
  }
  return WhileKernel(try functions.loop(while: condition, calling: body))
}

private final class WhileKernel: AsyncKernel {
  private let loop: any CompiledLoop

  init(_ loop: any CompiledLoop) { self.loop = loop }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let activation = try loop.activate(
      context.inputs(), context.services, nesting: context.nesting + 1)
    let suspension = WhileSuspension(activation)
    return try suspension.resume(context) ? nil : suspension
  }
}

/// A loop in which something waits.
private final class WhileSuspension: Suspension {
  private let loop: any LoopActivation

  init(_ loop: any LoopActivation) { self.loop = loop }

  func resume(_ context: borrowing KernelContext) throws(StatusError) -> Bool {
    guard try loop.run() else { return false }
    try context.setOutputs(loop.end())
    return true
  }

  func cancel() { loop.cancel() }

  var summary: String { loop.summary }
}
