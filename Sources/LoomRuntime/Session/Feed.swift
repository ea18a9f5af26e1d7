public import LoomCore
public import LoomGraph

/// A value handed to a run in place of what the graph would compute.
public struct Feed: Sendable {
  package enum Key: Sendable {
    case output(AnyOutput)
    case name(String)
  }

  package enum Value: Sendable {
    case tensor(AnyTensor)
    /// To become a tensor of the key's dtype.
    case convertible(FeedValue)
    /// A tensor that the session keeps.
    case handle(String)
  }

  package struct Part: Sendable {
    package let key: Key
    package let value: Value
  }

  package let parts: [Part]

  package init(parts: [Part]) { self.parts = parts }

  public init(_ output: AnyOutput, _ value: AnyTensor) {
    parts = [Part(key: .output(output), value: .tensor(value))]
  }

  /// Feeds the tensor of that name, `operation:index`.
  public init(named name: String, _ value: AnyTensor) {
    parts = [Part(key: .name(name), value: .tensor(value))]
  }

  /// Feeds the tensor of that name with a value that is converted to its dtype.
  public init(named name: String, converting value: FeedValue) {
    parts = [Part(key: .name(name), value: .convertible(value))]
  }
}

extension Output {
  /// Feeds a tensor; its memory is shared, not copied.
  public func feed(_ value: Tensor<Scalar>) -> Feed { Feed(erased, value.erased) }

  /// Feeds a scalar.
  public func feed(_ value: Scalar) throws(StatusError) -> Feed {
    Feed(erased, try AnyTensor(scalar: value))
  }

  /// Feeds a vector, or a tensor of the given shape in row-major order.
  public func feed(_ values: [Scalar], shape: [Int]? = nil) throws(StatusError) -> Feed {
    if let shape { return feed(try Tensor(values, shape: shape)) }
    return feed(try Tensor(values))
  }

  /// Feeds a value that is converted to this tensor's dtype; see ``FeedValue``.
  public func feed(converting value: FeedValue) -> Feed { erased.feed(converting: value) }
}

extension AnyOutput {
  /// Feeds a tensor, whose dtype must be this tensor's.
  public func feed(_ value: AnyTensor) -> Feed { Feed(self, value) }

  /// Feeds a value that is converted to this tensor's dtype; see ``FeedValue``.
  public func feed(converting value: FeedValue) -> Feed {
    Feed(parts: [.init(key: .output(self), value: .convertible(value))])
  }
}
