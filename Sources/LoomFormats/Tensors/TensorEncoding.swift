internal import FoundationEssentials
package import LoomCore
package import LoomProto

extension Tensorflow_TensorProto {
  /// The largest content a message can carry.
  private static let maximumContent = Int(Int32.max)

  /// The message of a tensor: single elements in the field of their dtype, more as `tensor_content`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for 2 GiB and more;
  ///   ``StatusError/Code/unimplemented`` for variants that can't leave the process.
  package init(_ tensor: AnyTensor) throws(StatusError) {
    self.init()
    dtype = tensor.dtype.proto
    tensorShape = tensor.shape.proto
    switch tensor.dtype {
    case .string:
      let texts = try tensor.scalars(of: ByteString.self)
      try Tensorflow_TensorProto.checkSize(texts.reduce(0) { $0 &+ $1.count &+ 2 })
      stringVal = texts.map { Data($0.bytes) }
    case .resource:
      resourceHandleVal = try tensor.scalars(of: ResourceHandle.self).map(\.proto)
    case .variant:
      for variant in try tensor.scalars(of: Variant.self) {
        variantVal.append(try Tensorflow_VariantTensorDataProto(variant))
      }
    default:
      try Tensorflow_TensorProto.checkSize(tensor.byteCount)
      if tensor.elementCount == 1, try setElements(tensor) { return }
      if tensor.elementCount > 0 { tensorContent = try tensor.data() }
    }
  }

  private static func checkSize(_ bytes: Int) throws(StatusError) {
    guard bytes <= maximumContent else {
      throw .invalidArgument(
        "Cannot create a tensor proto whose content is larger than 2GB: \(bytes) bytes.")
    }
  }

  /// Sets the field of the dtype, all elements; `false` if there is none.
  mutating func setElements(_ tensor: AnyTensor) throws(StatusError) -> Bool {
    switch tensor.dtype {
    case .float: floatVal = try tensor.scalars()
    case .double: doubleVal = try tensor.scalars()
    case .int32: intVal = try tensor.scalars()
    case .int16, .int8, .uint8, .uint16:
      intVal = try tensor.integers().map { Int32(truncatingIfNeeded: $0) }
    case .int64: int64Val = try tensor.scalars()
    case .uint32: uint32Val = try tensor.scalars()
    case .uint64: uint64Val = try tensor.scalars()
    case .bool: boolVal = try tensor.scalars()
    case .half: halfVal = try tensor.scalars(of: Float16.self).map { Int32($0.bitPattern) }
    case .bfloat16: halfVal = try tensor.scalars(of: BFloat16.self).map { Int32($0.bitPattern) }
    case .complex64:
      scomplexVal = try tensor.scalars(of: Complex64.self).flatMap { [$0.real, $0.imaginary] }
    case .complex128:
      dcomplexVal = try tensor.scalars(of: Complex128.self).flatMap { [$0.real, $0.imaginary] }
    default: return false
    }
    return true
  }
}
