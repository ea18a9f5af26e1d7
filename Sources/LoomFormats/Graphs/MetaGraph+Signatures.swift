internal import FoundationEssentials
package import LoomCore
package import LoomProto
internal import SwiftProtobuf

extension MetaGraph.Signature {
  package init(
    _ message: Tensorflow_SignatureDef, budget: MemoryBudget = .files
  ) throws(StatusError) {
    self.init(method: message.methodName)
    for (name, info) in message.inputs { inputs[name] = try MetaGraph.TensorInfo(info) }
    for (name, info) in message.outputs { outputs[name] = try MetaGraph.TensorInfo(info) }
    for (name, value) in message.defaults { defaults[name] = try AnyTensor(value, budget: budget) }
  }

  package func proto() throws(StatusError) -> Tensorflow_SignatureDef {
    var message = Tensorflow_SignatureDef()
    message.inputs = inputs.mapValues(\.proto)
    message.outputs = outputs.mapValues(\.proto)
    message.methodName = method
    for (name, value) in defaults { message.defaults[name] = try Tensorflow_TensorProto(value) }
    return message
  }
}

extension MetaGraph.TensorInfo {
  /// - Throws: ``StatusError/Code/invalidArgument`` if dtype or shape can't be read.
  package init(_ message: Tensorflow_TensorInfo) throws(StatusError) {
    let encoding: Encoding
    switch message.encoding {
    case .name(let name): encoding = .dense(name)
    case .cooSparse(let sparse):
      encoding = .sparse(
        values: sparse.valuesTensorName, indices: sparse.indicesTensorName,
        denseShape: sparse.denseShapeTensorName)
    case .compositeTensor(let composite):
      var components: [MetaGraph.TensorInfo] = []
      // Nesting is bounded by the parser's limit on the depth of messages.
      for component in composite.components {
        components.append(try MetaGraph.TensorInfo(component))
      }
      encoding = .composite(
        typeSpecification: ByteString(try Wire.encode(composite.typeSpec)), components: components)
    case nil: encoding = .none
    }
    self.init(
      encoding: encoding,
      dtype: message.dtype == .dtInvalid ? nil : try DType(message.dtype),
      shape: message.hasTensorShape ? try PartialShape(message.tensorShape) : nil)
  }

  package var proto: Tensorflow_TensorInfo {
    var message = Tensorflow_TensorInfo()
    switch encoding {
    case .dense(let name): message.name = name
    case .sparse(let values, let indices, let denseShape):
      message.cooSparse.valuesTensorName = values
      message.cooSparse.indicesTensorName = indices
      message.cooSparse.denseShapeTensorName = denseShape
    case .composite(let specification, let components):
      // The bytes were encoded above; others than that mean an empty specification.
      if let decoded = try? Wire.decode(
        Tensorflow_TypeSpecProto.self, Data(specification.bytes))
      {
        message.compositeTensor.typeSpec = decoded
      }
      message.compositeTensor.components = components.map(\.proto)
    case .none: break
    }
    if let dtype { message.dtype = dtype.proto }
    if let shape { message.tensorShape = shape.proto }
    return message
  }
}
