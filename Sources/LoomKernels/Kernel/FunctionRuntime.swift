public import LoomCore

/// Makes functions of a graph's library runnable; kernels of calls, conditionals and loops use it.
public protocol FunctionRuntime: Sendable {
  /// The function, planned once for each set of attributes.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if the library has no such function or its
  ///   body is malformed.
  func instantiate(_ reference: FunctionReference) throws(StatusError) -> any CompiledFunction
}

/// A planned function.
public protocol CompiledFunction: AnyObject, Sendable {
  var argumentTypes: [DType] { get }
  var resultTypes: [DType] { get }

  /// Runs the body once, as part of the step that `services` belong to.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for wrong arguments, what the body throws;
  ///   ``StatusError/Code/resourceExhausted`` if calls nest too deep.
  func call(_ arguments: [AnyTensor], _ services: StepServices) throws(StatusError) -> [AnyTensor]
}
