public import LoomCore
public import LoomGraph

/// A value handed to a run in place of what the graph would compute.
public struct Feed: Sendable {
  package enum Key: Sendable {
    case output(AnyOutput)
    case name(String)
  }

  package let key: Key
  package let value: AnyTensor

  public init(_ output: AnyOutput, _ value: AnyTensor) {
    key = .output(output)
    self.value = value
  }

  /// Feeds the tensor of that name, `operation:index`.
  public init(named name: String, _ value: AnyTensor) {
    key = .name(name)
    self.value = value
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
}

extension AnyOutput {
  /// Feeds a tensor, whose dtype must be this tensor's.
  public func feed(_ value: AnyTensor) -> Feed { Feed(self, value) }
}
