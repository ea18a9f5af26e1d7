import LoomCore
import LoomKernels

/// Something that an operation wants to do to a shared state, now or as soon as it can be done.
///
/// It is tried under the lock of its ``WaitingRoom``, again and again until it is done, fails or is
/// withdrawn.
protocol WaitingRequest<State>: Sendable {
  associatedtype State: Sendable

  /// Does what can be done now.
  ///
  /// - Throws: what ends the operation.
  mutating func attempt(_ state: inout State) throws(StatusError) -> WaitingProgress

  /// Sets the operation's outputs once the request is done. Called without the lock.
  func deliver(to context: borrowing KernelContext) throws(StatusError)

  /// Gives back what the request took, for nobody will get it: the step that waited ends.
  func withdraw(from state: inout State)

  /// What is waited for; `waiting` counts the requests in each line.
  func summary(_ state: State, waiting: [Int]) -> String
}

extension WaitingRequest {
  func deliver(to context: borrowing KernelContext) throws(StatusError) {}
  func withdraw(from state: inout State) {}
}

enum WaitingProgress {
  /// Nothing can be done at present.
  case none
  /// Something was done, more remains.
  case some
  case done
}
