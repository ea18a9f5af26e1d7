public import LoomCore
public import LoomGraph
public import LoomRuntime

/// A tensor that the session is to keep: fetching it gives a handle instead of the value.
public struct KeptOutput<Scalar: TensorScalar>: Sendable, Fetchable {
  /// The resource handle.
  public let handle: AnyOutput

  public func flatten(into list: inout FetchList) throws(StatusError) { try list.add(handle) }

  public func rebuild(
    from values: inout FetchedValues
  ) throws(StatusError) -> TensorHandle<Scalar> {
    try TensorHandle(values.nextHandle())
  }
}

extension Graph {
  /// Keeps the value of `tensor` in the session whenever the result is fetched.
  ///
  /// - SeeAlso: TensorFlow op `GetSessionHandleV2`.
  public func kept<Scalar: TensorScalar>(
    _ tensor: Output<Scalar>, name: String? = nil
  ) throws(StatusError) -> KeptOutput<Scalar> {
    try withColocation(with: tensor.operation) { () throws(StatusError) in
      KeptOutput(
        handle: try addOperation("GetSessionHandleV2", inputs: [tensor.erased], name: name)
          .output(0))
    }
  }

  /// A tensor that a session keeps, by the text of its handle, which is to be fed.
  ///
  /// The handle's text ends in the device that the tensor is on: `device` has to be the same.
  ///
  /// - SeeAlso: TensorFlow op `GetSessionTensor`.
  public func sessionTensor<Scalar: TensorScalar>(
    _ type: Scalar.Type, on device: String? = nil, name: String? = nil
  ) throws(StatusError) -> (handle: Output<ByteString>, value: Output<Scalar>) {
    try withDevice(device ?? "") { () throws(StatusError) in
      let handle = try placeholder(ByteString.self, shape: [])
      let value = try addOperation(
        "GetSessionTensor", inputs: [handle.erased], attributes: ["dtype": .type(Scalar.dtype)],
        name: name)
      return (handle, try Output(value.output(0)))
    }
  }

  /// An operation that makes the session forget a tensor, by the text of its handle, which is to be fed.
  ///
  /// - SeeAlso: TensorFlow op `DeleteSessionTensor`.
  public func deleteSessionTensor(
    on device: String? = nil, name: String? = nil
  ) throws(StatusError) -> (handle: Output<ByteString>, operation: Operation) {
    try withDevice(device ?? "") { () throws(StatusError) in
      let handle = try placeholder(ByteString.self, shape: [])
      return (handle, try addOperation("DeleteSessionTensor", inputs: [handle.erased], name: name))
    }
  }
}
