public import LoomCore
public import LoomKernels

/// The outcome of asking for an element without waiting.
public enum Attempt: Sendable {
  /// An element, or the end.
  case ready([AnyTensor]?)
  case wouldWait
}

/// An iterator that may have its next element ready, though it waits for others in general.
public protocol BufferingIterator: DatasetIterator {
  /// The next element if there is one now.
  func attempt(_ services: StepServices) throws(StatusError) -> Attempt
}

extension DatasetIterator {
  /// The next element if it is known to be ready.
  func nextIfReady(_ services: StepServices) throws(StatusError) -> Attempt {
    guard let buffering = self as? any BufferingIterator else { return .wouldWait }
    return try buffering.attempt(services)
  }
}
