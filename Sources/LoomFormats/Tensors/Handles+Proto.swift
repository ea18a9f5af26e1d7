internal import FoundationEssentials
package import LoomCore
package import LoomProto
internal import SwiftProtobuf

extension ResourceHandle {
  /// - Throws: ``StatusError/Code/invalidArgument`` if dtypes or shapes behind the handle are none.
  package init(_ message: Tensorflow_ResourceHandleProto) throws(StatusError) {
    var components: [Component] = []
    for component in message.dtypesAndShapes {
      components.append(
        Component(dtype: try DType(component.dtype), shape: try PartialShape(component.shape)))
    }
    self.init(
      device: message.device, container: message.container, name: message.name,
      typeName: message.maybeTypeName, components: components)
    hashCode = message.hashCode
  }

  init(serialized bytes: Data) throws(StatusError) {
    try self.init(try Wire.decode(Tensorflow_ResourceHandleProto.self, bytes))
  }

  /// The resource itself stays behind.
  package var proto: Tensorflow_ResourceHandleProto {
    var message = Tensorflow_ResourceHandleProto()
    message.device = device
    message.container = container
    message.name = name
    message.hashCode = hashCode
    message.maybeTypeName = typeName
    message.dtypesAndShapes = components.map { component in
      var pair = Tensorflow_ResourceHandleProto.DtypeAndShape()
      pair.dtype = component.dtype.proto
      pair.shape = component.shape.proto
      return pair
    }
    return message
  }
}

extension Variant {
  /// The value stays encoded; whoever knows its type decodes it.
  package init(
    _ message: Tensorflow_VariantTensorDataProto, budget: MemoryBudget
  ) throws(StatusError) {
    guard !message.typeName.isEmpty || !message.metadata.isEmpty || !message.tensors.isEmpty else {
      self.init()
      return
    }
    var tensors: [AnyTensor] = []
    // Nesting is bounded by the parser's limit on the depth of messages.
    for tensor in message.tensors { tensors.append(try AnyTensor(tensor, budget: budget)) }
    self.init(
      EncodedVariant(
        typeName: message.typeName, metadata: Array(message.metadata), tensors: tensors))
  }

  init(serialized bytes: Data, budget: MemoryBudget) throws(StatusError) {
    try self.init(try Wire.decode(Tensorflow_VariantTensorDataProto.self, bytes), budget: budget)
  }
}

extension Tensorflow_VariantTensorDataProto {
  /// - Throws: ``StatusError/Code/unimplemented`` if the value can't leave the process.
  package init(_ variant: Variant) throws(StatusError) {
    self.init()
    guard let value = variant.value else { return }
    guard let encodable = value as? any EncodableVariant else {
      throw .unimplemented("A variant of type '\(value.typeName)' can't be encoded")
    }
    let encoded = try encodable.encoded()
    typeName = encoded.typeName
    metadata = Data(encoded.metadata)
    for tensor in encoded.tensors { tensors.append(try Tensorflow_TensorProto(tensor)) }
  }
}
