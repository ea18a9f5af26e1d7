public import LoomCore
public import LoomKernels

/// A function of the graph's library that a pipeline calls, with the tensors it captured.
public struct DatasetFunction: Sendable {
  public let compiled: any CompiledFunction
  /// Passed after the arguments of each call.
  public let captured: [AnyTensor]

  public init(_ compiled: any CompiledFunction, captured: [AnyTensor] = []) {
    self.compiled = compiled
    self.captured = captured
  }

  public var resultTypes: [DType] { compiled.resultTypes.map(\.base) }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the function does not take such elements.
  public func checkTakes(_ types: [DType]) throws(StatusError) {
    let expected = compiled.argumentTypes.map(\.base)
    let actual = types.map(\.base) + captured.map(\.dtype)
    guard expected.count == actual.count else {
      throw .invalidArgument(
        "Expected a function of \(actual.count) arguments, got one of \(expected.count)")
    }
    for (index, type) in actual.enumerated() where type != expected[index] {
      throw .invalidArgument(
        "Argument \(index) of the function was passed \(type.name), expected "
          + expected[index].name)
    }
  }

  /// Calls the function as part of the step of `services`.
  public func callAsFunction(
    _ arguments: [AnyTensor], _ services: StepServices
  ) throws(StatusError) -> [AnyTensor] {
    try compiled.call(captured.isEmpty ? arguments : arguments + captured, services)
  }

  /// The scalar truth that the function returns.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if it returns something else.
  public func isTrue(
    _ arguments: [AnyTensor], _ services: StepServices
  ) throws(StatusError) -> Bool {
    let results = try self(arguments, services)
    guard results.count == 1, results[0].dtype == .bool, results[0].elementCount == 1 else {
      throw .invalidArgument("`predicate` must return a scalar bool.")
    }
    return try results[0].element(0, of: Bool.self)
  }
}

/// Calls functions for one iterator: what a call leaves in the step's resources goes with the call.
///
/// Belongs to one iterator, so one thread at a time uses it.
public final class FunctionCaller {
  private var step: StepServices?
  private var nested: StepServices?

  public init() {}

  /// The services to call functions with while `services` are those of the step.
  public func services(_ services: StepServices) -> StepServices {
    if let nested, step === services { return nested }
    let fresh = services.nested()
    step = services
    nested = fresh
    return fresh
  }

  /// Calls `function`.
  public func call(
    _ function: DatasetFunction, _ arguments: [AnyTensor], _ services: StepServices
  ) throws(StatusError) -> [AnyTensor] {
    let nested = self.services(services)
    defer { nested.stepResources.clearAll() }
    return try function(arguments, nested)
  }

  /// Calls `predicate`.
  public func isTrue(
    _ predicate: DatasetFunction, _ arguments: [AnyTensor], _ services: StepServices
  ) throws(StatusError) -> Bool {
    let nested = self.services(services)
    defer { nested.stepResources.clearAll() }
    return try predicate.isTrue(arguments, nested)
  }
}

extension KernelConstruction {
  /// The function that attribute `name` refers to.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the library has no such function.
  public func compiledFunction(_ name: String) throws(StatusError) -> any CompiledFunction {
    guard let functions else {
      throw .failedPrecondition("\(op): functions of the library cannot be called here")
    }
    return try functions.instantiate(attributes.function(name))
  }
}

extension KernelContext {
  /// `compiled` with the captured tensors in `range` of the inputs.
  public func function(
    _ compiled: any CompiledFunction, capturing range: Range<Int>
  ) throws(StatusError) -> DatasetFunction {
    DatasetFunction(compiled, captured: try inputs(range))
  }
}

extension Attributes {
  /// How many types attribute `name` lists.
  func typeCount(_ name: String) throws(StatusError) -> Int { try types(name).count }
}
