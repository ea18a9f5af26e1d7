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

final class WhileKernel: AsyncKernel {
  private let condition: any CompiledFunction
  private let body: any CompiledFunction

  init(condition: any CompiledFunction, body: any CompiledFunction) {
    self.condition = condition
    self.body = body
  }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let services = context.services
    let loop = RunningLoop(
      condition: try condition.activate(services, nesting: context.nesting + 1),
      body: try body.activate(services, nesting: context.nesting + 1),
      variables: try context.inputs(), services: services)
    return try loop.resume(context) ? nil : loop
  }
}

/// A loop at work: both functions keep their memory from iteration to iteration.
///
/// `@unchecked Sendable`: used by the thread that runs the step.
private final class RunningLoop: Suspension, @unchecked Sendable {
  private enum Phase {
    case condition
    case body
  }
  private let condition: any FunctionActivation
  private let body: any FunctionActivation
  private let services: StepServices
  private let count: Int
  private var variables: [AnyTensor]
  private var verdict: [AnyTensor] = []
  private var scratch: [AnyTensor] = []
  private var phase = Phase.condition
  /// The function of this phase has begun and waits.
  private var isWaiting = false

  init(
    condition: any FunctionActivation, body: any FunctionActivation, variables: [AnyTensor],
    services: StepServices
  ) {
    self.condition = condition
    self.body = body
    self.variables = variables
    self.services = services
    count = variables.count
  }

  func resume(_ context: borrowing KernelContext) throws(StatusError) -> Bool {
    while true {
      switch phase {
      case .condition:
        if !isWaiting {
          try services.cancellation.check()
          scratch.append(contentsOf: variables)
          try condition.setArguments(&scratch)
        }
        guard try run(condition) else { return false }
        try condition.takeResults(&verdict)
        guard verdict.count == 1 else {
          throw .invalidArgument(
            "The condition of a loop must have one result, got \(verdict.count)")
        }
        guard try verdict[0].isTrue() else {
          condition.end()
          body.end()
          try context.setOutputs(variables)
          return true
        }
        phase = .body
      case .body:
        if !isWaiting { try body.setArguments(&variables) }
        guard try run(body) else { return false }
        try body.takeResults(&variables)
        guard variables.count == count else {
          throw .invalidArgument(
            "The body of a loop took \(count) values and returned \(variables.count)")
        }
        phase = .condition
      }
    }
  }

  private func run(_ function: any FunctionActivation) throws(StatusError) -> Bool {
    let isFinished = try isWaiting ? function.resume() : function.run()
    isWaiting = !isFinished
    return isFinished
  }

  func cancel() {
    condition.cancel()
    body.cancel()
  }

  var summary: String { phase == .condition ? condition.summary : body.summary }
}
