public import LoomCore
public import LoomGraph

/// A queue whose elements have components of Swift types.
///
/// ```swift
/// let queue = try graph.fifoQueue(capacity: 32, of: Float.self, Int32.self, shapes: [[784], []])
/// let enqueue = try queue.enqueue(image, label)
/// let (images, labels) = try queue.dequeueMany(64)
/// ```
public struct Queue<each Scalar: TensorScalar>: Sendable {
  public let erased: AnyQueue

  /// - Throws: ``StatusError/Code/invalidArgument`` if the components are of other dtypes.
  public init(_ erased: AnyQueue) throws(StatusError) {
    var types: [DType] = []
    for type in repeat (each Scalar).self { types.append(type.dtype) }
    guard types == erased.types else {
      throw .invalidArgument(
        "Expected queue '\(erased.name)' to hold \(types), but it holds \(erased.types)")
    }
    self.erased = erased
  }

  public var graph: Graph { erased.graph }
  public var name: String { erased.name }

  /// Puts one element in; see ``AnyQueue/enqueue(_:name:)``.
  public func enqueue(
    _ component: repeat Output<each Scalar>, name: String? = nil
  ) throws(StatusError) -> Operation {
    var components: [AnyOutput] = []
    for output in repeat each component { components.append(output.erased) }
    return try erased.enqueue(components, name: name)
  }

  /// Puts the rows of the components in, one element each; see ``AnyQueue/enqueueMany(_:name:)``.
  public func enqueueMany(
    _ component: repeat Output<each Scalar>, name: String? = nil
  ) throws(StatusError) -> Operation {
    var components: [AnyOutput] = []
    for output in repeat each component { components.append(output.erased) }
    return try erased.enqueueMany(components, name: name)
  }

  /// Takes one element out; see ``AnyQueue/dequeue(name:)``.
  public func dequeue(name: String? = nil) throws(StatusError) -> (repeat Output<each Scalar>) {
    try erased.dequeue(name: name).typed()
  }

  /// Takes `count` elements out and joins them; see the form of ``AnyQueue``.
  public func dequeueMany(
    _ count: Int, name: String? = nil
  ) throws(StatusError) -> (repeat Output<each Scalar>) {
    try erased.dequeueMany(count, name: name).typed()
  }

  /// Takes `count` elements out, or what is left in a closed queue; see
  /// ``AnyQueue/dequeueUpTo(_:name:)``.
  public func dequeueUpTo(
    _ count: Int, name: String? = nil
  ) throws(StatusError) -> (repeat Output<each Scalar>) {
    try erased.dequeueUpTo(count, name: name).typed()
  }

  /// Closes the queue; see ``AnyQueue/close(cancellingPendingEnqueues:name:)``.
  public func close(
    cancellingPendingEnqueues: Bool = false, name: String? = nil
  ) throws(StatusError) -> Operation {
    try erased.close(cancellingPendingEnqueues: cancellingPendingEnqueues, name: name)
  }

  /// Whether the queue is closed.
  public func isClosed(name: String? = nil) throws(StatusError) -> Output<Bool> {
    try erased.isClosed(name: name)
  }

  /// The number of elements in the queue.
  public func size(name: String? = nil) throws(StatusError) -> Output<Int32> {
    try erased.size(name: name)
  }
}
