import FoundationEssentials
import LoomCore
import LoomProto

/// Elements in the typed fields of a TensorProto.
struct TensorFields {
  let message: Tensorflow_TensorProto
  let dtype: DType
  let shape: Shape
  let budget: MemoryBudget

  func tensor() throws(StatusError) -> AnyTensor {
    switch dtype {
    case .float: return try filled(message.floatVal) { $0 }
    case .double: return try filled(message.doubleVal) { $0 }
    case .int32: return try filled(message.intVal) { $0 }
    case .int16: return try filled(message.intVal) { Int16(truncatingIfNeeded: $0) }
    case .int8: return try filled(message.intVal) { Int8(truncatingIfNeeded: $0) }
    case .uint8: return try filled(message.intVal) { UInt8(truncatingIfNeeded: $0) }
    case .uint16: return try filled(message.intVal) { UInt16(truncatingIfNeeded: $0) }
    case .int64: return try filled(message.int64Val) { $0 }
    case .uint32: return try filled(message.uint32Val) { $0 }
    case .uint64: return try filled(message.uint64Val) { $0 }
    case .bool: return try filled(message.boolVal) { $0 }
    case .half:
      return try filled(message.halfVal) { Float16(bitPattern: UInt16(truncatingIfNeeded: $0)) }
    case .bfloat16:
      return try filled(message.halfVal) { BFloat16(bitPattern: UInt16(truncatingIfNeeded: $0)) }
    case .complex64: return try filled(pairs(message.scomplexVal)) { Complex64($0.0, $0.1) }
    case .complex128: return try filled(pairs(message.dcomplexVal)) { Complex128($0.0, $0.1) }
    case .qint8: return try filled(message.intVal) { QInt8(Int8(truncatingIfNeeded: $0)) }
    case .quint8: return try filled(message.intVal) { QUInt8(UInt8(truncatingIfNeeded: $0)) }
    case .qint16: return try filled(message.intVal) { QInt16(Int16(truncatingIfNeeded: $0)) }
    case .quint16: return try filled(message.intVal) { QUInt16(UInt16(truncatingIfNeeded: $0)) }
    case .qint32: return try filled(message.intVal) { QInt32($0) }
    case .int4, .uint4, .int2, .uint2:
      return try raw(message.intVal.map { UInt8(truncatingIfNeeded: $0) })
    case .float8e5m2, .float8e4m3fn, .float8e4m3fnuz, .float8e4m3b11fnuz, .float8e5m2fnuz,
      .float4e2m1fn:
      return try raw(Array(message.float8Val))
    case .string: return try filled(message.stringVal) { ByteString($0) }
    case .resource:
      var handles: [ResourceHandle] = []
      for value in message.resourceHandleVal { handles.append(try ResourceHandle(value)) }
      return try filled(handles) { $0 }
    case .variant:
      var variants: [Variant] = []
      for value in message.variantVal { variants.append(try Variant(value, budget: budget)) }
      return try filled(variants) { $0 }
    default: throw AnyTensor.unreadable("dtype \(dtype) is none a tensor can have")
    }
  }

  private func filled<Wire, Scalar: TensorScalar>(
    _ values: [Wire], _ convert: (Wire) -> Scalar
  ) throws(StatusError) -> AnyTensor {
    guard !values.isEmpty else {
      return try .zeros(dtype: dtype, shape: shape, budget: budget)
    }
    var result = try MutableTensor<Scalar>(shape: shape, budget: budget)
    var span = result.mutableSpan
    let given = Swift.min(values.count, span.count)
    for index in 0..<given { span[index] = convert(values[index]) }
    if given > 0, given < span.count {
      let last = convert(values[given - 1])
      for index in given..<span.count { span[index] = last }
    }
    return result.finish()
  }

  /// For dtypes without a Swift type of their own: one byte for each element.
  private func raw(_ values: [UInt8]) throws(StatusError) -> AnyTensor {
    let bytes = try TensorFields(message: message, dtype: .uint8, shape: shape, budget: budget)
      .filled(values) { $0 }
    return try bytes.bitcast(to: dtype, shape: shape)
  }

  private func pairs<Real>(_ values: [Real]) -> [(Real, Real)] {
    stride(from: 0, to: values.count - 1, by: 2).map { (values[$0], values[$0 + 1]) }
  }
}
