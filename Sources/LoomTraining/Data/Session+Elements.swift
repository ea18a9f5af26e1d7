public import LoomCore
import LoomGraph
public import LoomRuntime

extension Session {
  /// The elements that an iterator gives from now on, up to its end.
  ///
  /// ```swift
  /// for try await element in try session.elements(of: iterator) { … }
  /// ```
  ///
  /// Cancelling the task ends the step that waits for an element.
  ///
  /// - Throws: ``StatusError/Code/failedPrecondition`` if the graph is finalised: the sequence adds an
  ///   operation to it.
  public func elements(of iterator: ElementIterator) throws(StatusError) -> ElementSequence {
    ElementSequence(session: self, components: try iterator.next())
  }

  /// The elements of a dataset, from its beginning.
  ///
  /// - Throws: what ``Dataset/makeOneShotIterator()`` throws.
  public func elements(of dataset: Dataset) throws(StatusError) -> ElementSequence {
    try elements(of: dataset.makeOneShotIterator())
  }
}

/// Elements of a dataset, each a step of a session.
///
/// Iterators over one sequence share its position.
public struct ElementSequence: AsyncSequence, Sendable {
  public typealias Element = [AnyTensor]

  let session: Session
  let components: [AnyOutput]

  public func makeAsyncIterator() -> Iterator { Iterator(sequence: self) }

  public struct Iterator: AsyncIteratorProtocol {
    let sequence: ElementSequence
    var isAtEnd = false

    /// The next element; `nil` at the end.
    public mutating func next() async throws(StatusError) -> [AnyTensor]? {
      guard !isAtEnd else { return nil }
      do throws(StatusError) {
        return try await sequence.session.run(sequence.components)
      } catch {
        guard error.code == .outOfRange, error.reason == "End of sequence" else { throw error }
        isAtEnd = true
        return nil
      }
    }
  }
}
