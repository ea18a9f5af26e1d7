package import LoomCore
import Synchronization

/// A part of a graph that decides what the operations made in it read and wait for: a branch of a
/// conditional, or the body of a loop.
package protocol OperationContext: AnyObject, Sendable {
  /// The context this one lies in; `nil` at the top.
  var outer: (any OperationContext)? { get }
  /// Values leave a loop through its exits only.
  var isLoop: Bool { get }

  /// What a new operation reads instead of `inputs`; `nil` if it is to stand where its inputs stand.
  func admit(_ op: String, _ inputs: [AnyOutput]) throws(StatusError) -> [AnyOutput]?
  /// What a new operation waits for instead of `controls`.
  func controls(
    _ controls: [Int], of op: String, inputs: [Node.Endpoint]
  ) throws(StatusError) -> [Int]
  /// Called for each operation made here, and for those that stand with their inputs instead.
  func didAdd(_ operation: Operation, isInside: Bool)
}

/// The context of new operations, and whether what they read goes through it.
struct ContextScope: Sendable {
  var context: (any OperationContext)?
  /// Off for the operations that make up the context itself.
  var isCapturing = true
}

extension OperationContext {
  /// Whether this is `other` or lies inside of it; everything lies inside of `nil`.
  package func isWithin(_ other: (any OperationContext)?) -> Bool {
    guard let other else { return true }
    var current: (any OperationContext)? = self
    while let context = current {
      if context === other { return true }
      current = context.outer
    }
    return false
  }
}

extension Graph {
  /// The context that operations are made in now.
  package var currentContext: (any OperationContext)? { scope.flow.context }

  /// The context that an operation was made in.
  package func context(of operation: Operation) -> (any OperationContext)? {
    state.withLock { $0.contexts[operation.id] }
  }

  /// Operations made by `body` belong to `context`.
  ///
  /// - Parameters:
  ///   - isCapturing: what they read goes through the context.
  ///   - keepingControls: control dependencies of enclosing scopes hold.
  package func withContext<R>(
    _ context: (any OperationContext)?, isCapturing: Bool = true, keepingControls: Bool = false,
    _ body: () throws(StatusError) -> R
  ) throws(StatusError) -> R {
    try withScope(
      { (scope) throws(StatusError) in
        scope.flow = ContextScope(context: context, isCapturing: isCapturing)
        if !keepingControls { scope.controlDependencies = [] }
      }, body)
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if `input` is inside of a loop that `context` is not
  ///   inside of.
  package func checkVisible(
    _ input: AnyOutput, from context: (any OperationContext)?, reader: String
  ) throws(StatusError) {
    var current = self.context(of: input.operation)
    while let inner = current {
      if let context, context.isWithin(inner) { return }
      if inner.isLoop {
        let isInLoop = context.map { $0.isInLoop } ?? false
        throw .invalidArgument(
          "Cannot use '\(input.operation.name)' as input to '\(reader)' because "
            + (isInLoop
              ? "they are in different while loops."
              : "'\(input.operation.name)' is in a while loop."))
      }
      current = inner.outer
    }
  }

  /// What a new operation reads instead of `inputs`; `nil` if it is to stand where its inputs stand.
  func admit(
    _ op: String, _ inputs: [AnyOutput], name: String
  ) throws(StatusError) -> [AnyOutput]? {
    let flow = scope.flow
    guard flow.isCapturing else { return inputs }
    if let context = flow.context { return try context.admit(op, inputs) }
    guard state.withLock({ !$0.contexts.isEmpty }) else { return inputs }
    for input in inputs { try checkVisible(input, from: nil, reader: name) }
    return inputs
  }
}

extension OperationContext {
  /// Whether this is a loop or lies inside of one.
  package var isInLoop: Bool {
    var current: (any OperationContext)? = self
    while let context = current {
      if context.isLoop { return true }
      current = context.outer
    }
    return false
  }
}
