import LoomCore
import LoomGraph

// Erased builders by the op's name on the wire: what is built here is made for any dtype.
extension Graph {
  /// The first output of a new operation.
  func build(
    _ op: String, _ inputs: [AnyOutput] = [], _ attributes: [String: AttributeValue] = [:],
    name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    try addOperation(op, inputs: inputs, attributes: attributes, name: name).output(0)
  }

  func constantTensor(_ tensor: AnyTensor, name: String? = nil) throws(StatusError) -> AnyOutput {
    try build("Const", [], ["value": .tensor(tensor), "dtype": .type(tensor.dtype)], name: name)
  }

  /// A scalar of any numeric dtype.
  func constantScalar(
    _ value: Double, _ dtype: DType, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    try constantTensor(AnyTensor.scalar(value, dtype), name: name)
  }

  func constantVector(
    _ values: [Int], as dtype: DType = .int32, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    let shape = Shape(vector: values.count)
    return dtype == .int64
      ? try constantTensor(AnyTensor(values.map(Int64.init), shape: shape), name: name)
      : try constantTensor(AnyTensor(values.map { Int32(clamping: $0) }, shape: shape), name: name)
  }

  func constantInt(
    _ value: Int, as dtype: DType = .int32, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    dtype == .int64
      ? try constantTensor(AnyTensor(scalar: Int64(value)), name: name)
      : try constantTensor(AnyTensor(scalar: Int32(clamping: value)), name: name)
  }

  /// Zeros of a tensor's shape, without computing the tensor where the shape is known.
  func zeros(like output: AnyOutput, name: String? = nil) throws(StatusError) -> AnyOutput {
    let dtype = output.dtype.base
    guard let shape = output.shape.fullyDefined, dtype.byteSize != nil else {
      return try build("ZerosLike", [output], name: name ?? "zeros_like")
    }
    return try filled(shape, with: AnyTensor.zeros(dtype: dtype, shape: .scalar), name: name)
  }

  /// A tensor of one value throughout.
  func filled(
    _ shape: Shape, with value: AnyTensor, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    if shape.isScalar { return try constantTensor(value, name: name) }
    let needsWide = shape.sizes.contains { $0 > Int(Int32.max) }
    let sizes = try constantVector(shape.sizes, as: needsWide ? .int64 : .int32, name: "Shape")
    return try build("Fill", [sizes, constantTensor(value)], name: name ?? "zeros")
  }
}

extension AnyTensor {
  /// A scalar of any numeric dtype, rounded to it.
  static func scalar(_ value: Double, _ dtype: DType) throws(StatusError) -> AnyTensor {
    switch dtype.base {
    case .float: try AnyTensor(scalar: Float(value))
    case .double: try AnyTensor(scalar: value)
    case .half: try AnyTensor(scalar: Float16(value))
    case .bfloat16: try AnyTensor(scalar: BFloat16(Float(value)))
    case .int8: try AnyTensor(scalar: Int8(converting: value))
    case .int16: try AnyTensor(scalar: Int16(converting: value))
    case .int32: try AnyTensor(scalar: Int32(converting: value))
    case .int64: try AnyTensor(scalar: Int64(converting: value))
    case .uint8: try AnyTensor(scalar: UInt8(converting: value))
    case .uint16: try AnyTensor(scalar: UInt16(converting: value))
    case .uint32: try AnyTensor(scalar: UInt32(converting: value))
    case .uint64: try AnyTensor(scalar: UInt64(converting: value))
    case .complex64: try AnyTensor(scalar: Complex64(converting: value))
    case .complex128: try AnyTensor(scalar: Complex128(converting: value))
    case .bool: try AnyTensor(scalar: value != 0)
    default: throw .invalidArgument("There is no number of dtype \(dtype)")
    }
  }
}
