internal import FoundationEssentials
package import LoomCore
package import LoomProto

// Forms of a tensor's message that some formats ask for.
extension Tensorflow_TensorProto {
  /// All elements as `tensor_content`, texts too, however few they are.
  ///
  /// - Throws: as ``init(_:)``.
  package init(contentOf tensor: AnyTensor) throws(StatusError) {
    if tensor.dtype == .string {
      self.init()
      var content: [UInt8] = []
      let texts = try tensor.scalars(of: ByteString.self)
      for text in texts { content.append(varint: UInt64(text.count)) }
      for text in texts { content += text.bytes }
      tensorContent = Data(content)
    } else if tensor.dtype.byteSize != nil {
      self.init()
      if tensor.elementCount > 0 { tensorContent = try tensor.data() }
    } else {
      try self.init(tensor)
      return
    }
    dtype = tensor.dtype.proto
    tensorShape = tensor.shape.proto
  }

  /// Only the elements, in the field of their dtype: neither dtype nor shape.
  ///
  /// - Throws: ``StatusError/Code/unimplemented`` for dtypes that have no field.
  package init(elementsOf tensor: AnyTensor) throws(StatusError) {
    self.init()
    switch tensor.dtype {
    case .string: stringVal = try tensor.scalars(of: ByteString.self).map { Data($0.bytes) }
    case .qint8: intVal = try tensor.scalars(of: QInt8.self).map { Int32($0.storage) }
    case .quint8: intVal = try tensor.scalars(of: QUInt8.self).map { Int32($0.storage) }
    case .qint16: intVal = try tensor.scalars(of: QInt16.self).map { Int32($0.storage) }
    case .quint16: intVal = try tensor.scalars(of: QUInt16.self).map { Int32($0.storage) }
    case .qint32: intVal = try tensor.scalars(of: QInt32.self).map { $0.storage }
    default:
      guard try setElements(tensor) else {
        throw .unimplemented("Tensors of \(tensor.dtype) cannot be saved in this format")
      }
    }
  }
}
