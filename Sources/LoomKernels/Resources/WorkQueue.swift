public import LoomCore

/// A queue of work units: what readers take the names of their files from.
///
/// Handles carry queues as resources of types that readers do not know, so readers look for this
/// protocol.
public protocol WorkQueue: Resource {
  /// Whether elements are a single text, as work units are.
  var carriesWork: Bool { get }

  /// Asks for the next element. Whenever the request may have got further, `wakeup` is signalled.
  func requestWork(waking wakeup: StepWakeup) -> any WorkRequest
}

/// A reader's request for a work unit. Thread-safe.
public protocol WorkRequest: AnyObject, Sendable {
  /// The work unit if there is one now, once.
  ///
  /// - Throws: what a dequeue would throw: ``StatusError/Code/outOfRange`` for a queue that is closed
  ///   and empty.
  func take() throws(StatusError) -> ByteString?

  /// Withdraws the request; a work unit that was set aside for it goes back.
  func cancel()

  /// What is waited for, for people.
  var summary: String { get }
}
