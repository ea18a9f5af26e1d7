public import LoomCore
public import LoomKernels
import Synchronization

/// What an iterator's handle points to: a position in a dataset, once there is one. Thread-safe.
public final class IteratorResource: Resource {
  public let name: String
  public let container: String
  /// What elements have to look like; `nil` accepts everything.
  public let elements: ElementSpecification?
  private let current = Mutex<Pipeline?>(nil)
  /// How ``startOnce(_:_:)`` ended.
  private let start = Mutex<Result<Void, StatusError>?>(nil)

  public init(name: String, container: String, elements: ElementSpecification?) {
    self.name = name
    self.container = container
    self.elements = elements
  }

  public var summary: String {
    "iterator \(name)\(current.withLock { $0 == nil } ? " (uninitialized)" : "")"
  }

  /// Starts at the beginning of `dataset`. Steps that wait for the dataset before get its elements.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if its elements do not fit; what making the
  ///   iterator throws. The iterator then stays where it was.
  public func restart(
    _ dataset: any DatasetValue, _ services: StepServices
  ) throws(StatusError) {
    try elements?.checkAccepts(dataset.elements)
    let fresh = Pipeline(try dataset.makeIsolatedIterator(services), of: dataset)
    // The old pipeline may have threads to end: it goes outside of the lock.
    let old = current.withLock { current in
      defer { current = fresh }
      return current
    }
    _ = old
  }

  /// Starts at the beginning of the dataset that `make` makes, unless that was tried before.
  ///
  /// - Throws: what went wrong the first time.
  func startOnce(
    _ services: StepServices, _ make: () throws(StatusError) -> any DatasetValue
  ) throws(StatusError) {
    // One step makes the dataset; the others wait for it.
    let outcome = start.withLock { start -> Result<Void, StatusError> in
      if let start { return start }
      let outcome: Result<Void, StatusError>
      do throws(StatusError) {
        outcome = .success(try restart(make(), services))
      } catch {
        outcome = .failure(error)
        // A step that was cancelled says nothing about the dataset.
        if services.cancellation.isCancelled { return outcome }
      }
      start = outcome
      return outcome
    }
    try outcome.get()
  }

  /// The running pipeline.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` before the first ``restart(_:_:)``.
  func pipeline() throws(StatusError) -> Pipeline {
    guard let pipeline = current.withLock({ $0 }) else {
      throw .failedPrecondition(
        "GetNext() failed because the iterator has not been initialized. Ensure that you have run "
          + "the initializer operation for this iterator before getting the next element.")
    }
    return pipeline
  }

  /// Moves to where ``Pipeline/position`` was, in the dataset there is now.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` before the first ``restart(_:_:)``.
  func restore(_ position: Int, _ services: StepServices) throws(StatusError) {
    guard let pipeline = current.withLock({ $0 }) else {
      throw .failedPrecondition(
        "Restore() failed because the iterator has not been initialized. Ensure that you have run the "
          + "initializer operation for this iterator before restoring it.")
    }
    let moved = try pipeline.moved(to: position, services)
    let old = current.withLock { current in
      defer { current = moved }
      return current
    }
    _ = old
  }

  /// Ends the pipeline; the iterator is uninitialised again.
  public func clear() {
    let old = current.withLock { $0.take() }
    _ = old
  }

  /// The next element, on the caller's thread; `nil` at the end.
  public func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
    try pipeline().next(services)
  }
}

/// A dataset being iterated over by one step at a time.
final class Pipeline: Sendable {
  let dataset: any DatasetValue
  let mayWait: Bool
  private let iterator: Mutex<any DatasetIterator>
  /// How often an element was asked for.
  private let asked: Atomic<Int>

  init(_ iterator: sending any DatasetIterator, of dataset: any DatasetValue, asked: Int = 0) {
    self.dataset = dataset
    mayWait = dataset.mayWait
    self.iterator = Mutex(iterator)
    self.asked = Atomic(asked)
  }

  /// How many elements, faulty ones included, are behind.
  var position: Int { asked.load(ordering: .relaxed) }

  /// The pipeline of the same dataset at another position.
  func moved(to position: Int, _ services: StepServices) throws(StatusError) -> Pipeline {
    let fresh = Pipeline(try dataset.makeIsolatedIterator(services), of: dataset)
    for _ in 0..<position {
      do throws(StatusError) {
        guard try fresh.next(services) != nil else { break }
      } catch {
        // A faulty element counts, a step that is to end does not.
        try services.cancellation.check()
      }
    }
    return fresh
  }

  /// The next element; `nil` at the end. Waits for the steps before.
  func next(_ services: StepServices) throws(StatusError) -> [AnyTensor]? {
    try iterator.withLock { (iterator: inout sending any DatasetIterator) throws(StatusError) in
      try services.cancellation.check()
      asked.add(1, ordering: .relaxed)
      return try iterator.next(services)
    }
  }

  /// The next element if it can be had without waiting for anyone.
  func nextWithoutWaiting(_ services: StepServices) throws(StatusError) -> Attempt {
    let attempt = try iterator.withLockIfAvailable {
      (iterator: inout sending any DatasetIterator) throws(StatusError) -> Attempt in
      asked.add(1, ordering: .relaxed)
      guard mayWait else { return .ready(try iterator.next(services)) }
      let attempt = try iterator.nextIfReady(services)
      if case .wouldWait = attempt { asked.subtract(1, ordering: .relaxed) }
      return attempt
    }
    return attempt ?? .wouldWait
  }
}
