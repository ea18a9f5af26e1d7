import LoomCore
import LoomKernels
import Synchronization

/// The tensors that a loop keeps for its gradient: last in, first out. Thread-safe.
final class TensorStack: StepResource {
  private struct State {
    var elements: [AnyTensor] = []
    var isClosed = false
  }

  let name: String
  let elementType: DType
  /// The most tensors the stack holds.
  let limit: Int
  let stepID: Int
  private let state = Mutex(State())

  init(name: String, elementType: DType, limit: Int, stepID: Int) {
    self.name = name
    self.stepID = stepID
    self.elementType = elementType
    self.limit = limit
  }

  var summary: String { "Stack[\(name)]" }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the stack is full or closed.
  func push(_ tensor: AnyTensor) throws(StatusError) {
    try state.withLock { (state) throws(StatusError) in
      if state.isClosed { throw self.closed() }
      guard state.elements.count < self.limit else {
        throw .invalidArgument("Stack[\(self.name)] overflowed its max_size (\(self.limit))")
      }
      state.elements.append(tensor)
    }
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the stack is empty or closed.
  func pop() throws(StatusError) -> AnyTensor {
    try state.withLock { (state) throws(StatusError) -> AnyTensor in
      if state.isClosed { throw self.closed() }
      guard let last = state.elements.popLast() else {
        throw .invalidArgument("Stack[\(self.name)] is empty when calling Pop().")
      }
      return last
    }
  }

  /// Lets go of all tensors; pushing and popping are errors from now on.
  func close() {
    let released = state.withLock { state -> [AnyTensor] in
      state.isClosed = true
      defer { state.elements = [] }
      return state.elements
    }
    _ = released
  }

  @inline(never)
  private func closed() -> StatusError {
    .invalidArgument("Stack[\(name)] has already been closed.")
  }
}

/// Makes a stack in every run.
final class StackKernel: Kernel {
  private let name: String
  private let elementType: DType
  private let isReference: Bool

  init(_ construction: KernelConstruction) throws(StatusError) {
    let name = try construction.attributes.string("stack_name")
    self.name = name.isEmpty ? construction.nodeName : name
    elementType = try construction.attributes.type("elem_type").base
    isReference = construction.outputTypes.first?.isReference ?? false
  }

  func compute(_ context: borrowing KernelContext) throws(StatusError) {
    var limit = Int(Int32.max)
    if context.inputCount > 0 {
      let size = try context.int32(0, "Stack size")
      if size >= 0 { limit = size }
    }
    let name = "\(name)_\(context.services.stepResources.nextNumber())"
    let stack = TensorStack(
      name: name, elementType: elementType, limit: limit, stepID: context.services.stepID)
    guard isReference else {
      return try context.setHandle(
        0, stack, name: "_stacks" + name, type: "N10tensorflow5StackE")
    }
    let handle = try context.keep(stack, container: "_stacks", name: name)
    try context.setReference(0, VariableCell(name: name, dtype: .string, value: handle))
  }
}
