import LoomCore
import LoomGraph
import LoomKernels

/// A kernel that works on the queue of input 0, and may have to wait for it.
final class QueueKernel: AsyncKernel {
  typealias Body =
    @Sendable (SharedQueue, borrowing KernelContext) throws -> (any Suspension)?

  private let input: ResourceInput<SharedQueue>
  private let construction: KernelConstruction
  /// Which of the node's inputs and outputs are components, for the check of their dtypes.
  private let components: Components
  private let body: Body

  enum Components { case none, inputs, outputs }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the node asks for a timeout, which TensorFlow
  ///   does not know either.
  init(
    _ construction: KernelConstruction, components: Components = .none, _ body: @escaping Body
  ) throws(StatusError) {
    if components != .none, try construction.attributes.int("timeout_ms") != -1 {
      throw .invalidArgument("Timeout not supported yet.")
    }
    input = ResourceInput(construction)
    self.construction = construction
    self.components = components
    self.body = body
  }

  func start(_ context: borrowing KernelContext) throws(StatusError) -> (any Suspension)? {
    let queue = try input.find(context)
    let types = queue.specification.types
    switch components {
    case .none: break
    case .inputs:
      try construction.checkSignature(
        inputs: construction.inputTypes.prefix(1) + types, outputs: construction.outputTypes)
    case .outputs:
      try construction.checkSignature(inputs: construction.inputTypes, outputs: types)
    }
    do { return try body(queue, context) } catch { throw StatusError.wrapping(error) }
  }
}

/// An op of the first generation, which says nothing of state but changes it all the same.
protocol QueueOpV1: StatefulOp {}

extension QueueOpV1 {
  static var gradient: GradientRule { .notDifferentiable(because: "it works on a queue") }
}
