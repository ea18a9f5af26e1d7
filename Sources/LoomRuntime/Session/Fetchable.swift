public import LoomCore
public import LoomGraph

/// Something a session can fetch: a tensor, an operation, or a structure of such.
///
/// A type of your own takes part by listing its parts and rebuilding itself from their values.
public protocol Fetchable {
  associatedtype Fetched
  /// Adds the tensors and operations this stands for, in a fixed order.
  func flatten(into list: inout FetchList) throws(StatusError)
  /// Takes the values of those tensors, in the same order. Operations have no value.
  func rebuild(from values: inout FetchedValues) throws(StatusError) -> Fetched
}

extension Output: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) { try list.add(erased) }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> Tensor<Scalar> {
    try Tensor(values.next())
  }
}

extension AnyOutput: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) { try list.add(self) }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> AnyTensor {
    try values.next()
  }
}

extension Operation: Fetchable {
  public func flatten(into list: inout FetchList) throws(StatusError) { try list.add(self) }
  public func rebuild(from values: inout FetchedValues) throws(StatusError) {}
}

extension String: Fetchable {
  /// `name:index` fetches the tensor; `name` runs the operation and gives `nil`.
  public func flatten(into list: inout FetchList) throws(StatusError) {
    if contains(":") {
      try list.add(list.output(named: self))
    } else {
      try list.add(list.operation(named: self))
    }
  }

  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> AnyTensor? {
    contains(":") ? try values.next() : nil
  }
}

extension ByteString: Fetchable {
  /// The bytes of a name, as `String` fetches it.
  public func flatten(into list: inout FetchList) throws(StatusError) {
    try string.flatten(into: &list)
  }

  public func rebuild(from values: inout FetchedValues) throws(StatusError) -> AnyTensor? {
    try string.rebuild(from: &values)
  }
}
