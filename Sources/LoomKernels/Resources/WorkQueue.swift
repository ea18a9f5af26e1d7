public import LoomCore

/// A queue of work units: what readers take the names of their files from.
///
/// Queues of a single string component conform. Handles carry queues under types of their own, so
/// readers look for this protocol.
public protocol WorkQueue: Resource {
  /// Whether elements are one string, which is what a work unit is.
  var carriesWork: Bool { get }

  /// Takes the oldest element, now or when there is one.
  ///
  /// - Parameter completion: is called exactly once, on any thread, with none of the queue's locks
  ///   held; possibly before this function returns. The error is the one that a dequeue would report:
  ///   ``StatusError/Code/outOfRange`` for a queue that is closed and empty.
  /// - Returns: what withdraws the request, after which the completion may or may not be called.
  func takeWork(
    _ completion: @escaping @Sendable (Result<ByteString, StatusError>) -> Void
  ) -> @Sendable () -> Void
}
