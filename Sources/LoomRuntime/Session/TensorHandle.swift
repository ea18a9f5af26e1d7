public import LoomCore
public import LoomGraph
import LoomKernels
import Synchronization

/// A tensor that a session keeps between runs.
///
/// The session forgets the tensor when the last reference to its handle is gone, unless
/// ``rawHandle()`` was called.
public final class AnyTensorHandle: Sendable {
  /// `<operation>;<number>;<device>`, what string placeholders of such tensors are fed with.
  public let text: String
  public let dtype: DType
  private let store: TensorHandleStore

  private enum State {
    case kept
    /// Someone else has the text and deletes the tensor.
    case raw
    case deleted
  }
  private let state = Mutex(State.kept)

  /// - Throws: ``StatusError/Code/invalidArgument`` if the session keeps no such tensor.
  package init(text: String, session: Session) throws(StatusError) {
    self.text = text
    store = try session.engine.tensorHandles()
    dtype = try store.find(text).dtype
  }

  deinit {
    // The session may be closed, or a graph may have deleted the tensor: it is gone in any case.
    if state.withLock({ $0 == .kept }) { try? store.delete(text) }
  }

  /// The tensor; its memory is shared, not copied.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` after ``delete()`` and ``rawHandle()``;
  ///   ``StatusError/Code/invalidArgument`` if the session does not keep the tensor any more.
  public func evaluate() throws(StatusError) -> AnyTensor {
    try checkKept()
    return try store.find(text)
  }

  /// Makes the session forget the tensor.
  ///
  /// - Throws: What ``evaluate()`` throws.
  public func delete() throws(StatusError) {
    try checkKept()
    state.withLock { $0 = .deleted }
    try store.delete(text)
  }

  /// The handle's text for someone who will delete the tensor; this object is of no more use.
  public func rawHandle() -> String {
    state.withLock { if $0 == .kept { $0 = .raw } }
    return text
  }

  private func checkKept() throws(StatusError) {
    guard state.withLock({ $0 == .kept }) else {
      throw .failedPrecondition(
        "Persistent tensor \(text) may have already been deleted, or its handle given away.")
    }
  }
}

/// A tensor of one Swift type that a session keeps between runs.
public struct TensorHandle<Scalar: TensorScalar>: Sendable {
  public let erased: AnyTensorHandle

  /// - Throws: ``StatusError/Code/invalidArgument`` if the tensor has another dtype.
  public init(_ erased: AnyTensorHandle) throws(StatusError) {
    guard erased.dtype == Scalar.dtype else {
      throw .invalidArgument(
        "The tensor with handle '\(erased.text)' is \(erased.dtype), expected \(Scalar.dtype)")
    }
    self.erased = erased
  }

  /// `<operation>;<number>;<device>`.
  public var text: String { erased.text }

  /// The tensor; its memory is shared, not copied.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` after ``delete()``;
  ///   ``StatusError/Code/invalidArgument`` if the session does not keep the tensor any more.
  public func evaluate() throws(StatusError) -> Tensor<Scalar> { try Tensor(erased.evaluate()) }

  /// Makes the session forget the tensor.
  ///
  /// - Throws: What ``evaluate()`` throws.
  public func delete() throws(StatusError) { try erased.delete() }
}

extension FetchedValues {
  /// The next value, which is a resource handle of a tensor that the session keeps.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if it is something else.
  package mutating func nextHandle() throws(StatusError) -> AnyTensorHandle {
    let value = try next()
    guard value.dtype == .resource, value.elementCount == 1, let session else {
      throw .invalidArgument(
        "Expected the handle of a stored tensor, got a tensor of \(value.dtype)")
    }
    return try session.keptTensors.handle(
      value.element(0, of: ResourceHandle.self).name, in: session)
  }
}

/// The handles of a session that someone holds: a tensor fetched twice has one handle.
final class KeptTensors: Sendable {
  private struct Entry: Sendable { weak let handle: AnyTensorHandle? }
  private let entries = Mutex<[String: Entry]>([:])

  /// - Throws: ``StatusError/Code/invalidArgument`` if the session keeps no such tensor.
  func handle(_ text: String, in session: Session) throws(StatusError) -> AnyTensorHandle {
    if let known = entries.withLock({ $0[text]?.handle }) { return known }
    let made = try AnyTensorHandle(text: text, session: session)
    entries.withLock { entries in
      entries = entries.filter { $0.value.handle != nil }
      entries[text] = Entry(handle: made)
    }
    return made
  }
}

extension Output {
  /// Feeds a tensor that the session keeps; no element is copied.
  public func feed(_ handle: TensorHandle<Scalar>) -> Feed { erased.feed(handle.erased) }
}

extension AnyOutput {
  /// Feeds a tensor that the session keeps; no element is copied.
  public func feed(_ handle: AnyTensorHandle) -> Feed {
    Feed(parts: [.init(key: .output(self), value: .handle(handle.text))])
  }
}
