import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Calls `body` with the numbers from `start` to before `limit` in steps of `delta`, and the loop
/// variables.
public enum For: OpDeclaration {
  public static let signature = OpSignature(
    "For", inputs: ["start: int32", "limit: int32", "delta: int32", "input: T"],
    outputs: ["output: T"], attributes: ["T: list(type) >= 0", "body: func"])
  public static let shapes = ShapeFunction.unknown
  public static let gradient = GradientRule.undefined
  public static var properties: OpProperties { OpProperties(isFoldable: false) }
  public static let kernels = KernelTable { construction in
    ForKernel(body: try construction.function("body"))
  }
}

final class ForKernel: AsyncKernel {
  private let body: any CompiledFunction

  init(body: any CompiledFunction) { self.body = body }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    var bounds: [Int64] = []
    for (index, name) in ["start", "limit", "delta"].enumerated() {
      let bound = try context.input(index)
      guard bound.shape.isScalar else { throw .invalidArgument("\(name) must be a scalar") }
      bounds.append(Int64(try bound.element(0, of: Int32.self)))
    }
    let (start, limit, delta) = (bounds[0], bounds[1], bounds[2])
    guard delta > 0 && start <= limit || delta < 0 && start >= limit || start == limit else {
      throw .invalidArgument("Invalid start/limit/delta: \(start) \(limit) \(delta)")
    }
    let loop = RunningCount(
      from: bounds[0], to: bounds[1], by: bounds[2],
      body: try body.activate(context.services, nesting: context.nesting + 1),
      variables: try context.inputs(3..<context.inputCount), services: context.services)
    return try loop.resume(context) ? nil : loop
  }
}

/// A counting loop at work; its function keeps its memory from iteration to iteration.
///
/// `@unchecked Sendable`: used by the thread that runs the step.
private final class RunningCount: Suspension, @unchecked Sendable {
  private let body: any FunctionActivation
  private let services: StepServices
  private let limit: Int64
  private let delta: Int64
  private let count: Int
  private var index: Int64
  private var variables: [AnyTensor]
  /// The function has begun and waits.
  private var isWaiting = false

  init(
    from start: Int64, to limit: Int64, by delta: Int64, body: any FunctionActivation,
    variables: [AnyTensor], services: StepServices
  ) {
    index = start
    self.limit = limit
    self.delta = delta
    self.body = body
    self.variables = variables
    self.services = services
    count = variables.count
  }

  func resume(_ context: borrowing KernelContext) throws(StatusError) -> Bool {
    while isWaiting || (delta > 0 ? index < limit : index > limit) {
      if !isWaiting {
        try services.cancellation.check()
        // The index lies between two values of 32 bits.
        try variables.insert(AnyTensor(scalar: Int32(truncatingIfNeeded: index)), at: 0)
        try body.setArguments(&variables)
      }
      let isFinished = try isWaiting ? body.resume() : body.run()
      isWaiting = !isFinished
      guard isFinished else { return false }
      try body.takeResults(&variables)
      guard variables.count == count else {
        throw .invalidArgument(
          "The body of a loop took \(count) values and returned \(variables.count)")
      }
      index &+= delta
    }
    body.end()
    try context.setOutputs(variables)
    return true
  }

  func cancel() { body.cancel() }

  var summary: String { body.summary }
}
