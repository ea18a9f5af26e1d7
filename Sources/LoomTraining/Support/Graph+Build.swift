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
    return try filled(shape, name: name ?? "zeros") { (shape) throws(StatusError) in
      try AnyTensor.zeros(dtype: dtype, shape: shape)
    }
  }

  /// A tensor of one number throughout.
  func filled(
    _ shape: Shape, with value: Double, _ dtype: DType, name: String? = nil
  ) throws(StatusError) -> AnyOutput {
    try filled(shape, name: name) { (shape) throws(StatusError) in
      try AnyTensor.repeating(value, dtype, shape: shape)
    }
  }

  /// A tensor of one value throughout: a constant if it is small, computed otherwise.
  func filled(
    _ shape: Shape, name: String?, _ value: (Shape) throws(StatusError) -> AnyTensor
  ) throws(StatusError) -> AnyOutput {
    // TensorFlow's client draws the line here too.
    if shape.elementCount < 1000 { return try constantTensor(value(shape), name: name) }
    let isWide = shape.sizes.contains { $0 > Int(Int32.max) }
    let sizes = try constantVector(shape.sizes, as: isWide ? .int64 : .int32, name: "shape")
    return try build("Fill", [sizes, constantTensor(value(.scalar))], name: name)
  }
}

extension AnyTensor {
  /// A scalar of any numeric dtype, rounded to it.
  static func scalar(_ value: Double, _ dtype: DType) throws(StatusError) -> AnyTensor {
    try repeating(value, dtype, shape: .scalar)
  }

  /// One number of any numeric dtype throughout, rounded to it.
  static func repeating(
    _ value: Double, _ dtype: DType, shape: Shape
  ) throws(StatusError) -> AnyTensor {
    func filled<Scalar: TensorScalar>(_ value: Scalar) throws(StatusError) -> AnyTensor {
      try AnyTensor(repeatElement(value, count: shape.elementCount), shape: shape)
    }
    switch dtype.base {
    case .float: return try filled(Float(value))
    case .double: return try filled(value)
    case .half: return try filled(Float16(value))
    case .bfloat16: return try filled(BFloat16(Float(value)))
    case .int8: return try filled(Int8(converting: value))
    case .int16: return try filled(Int16(converting: value))
    case .int32: return try filled(Int32(converting: value))
    case .int64: return try filled(Int64(converting: value))
    case .uint8: return try filled(UInt8(converting: value))
    case .uint16: return try filled(UInt16(converting: value))
    case .uint32: return try filled(UInt32(converting: value))
    case .uint64: return try filled(UInt64(converting: value))
    case .complex64: return try filled(Complex64(converting: value))
    case .complex128: return try filled(Complex128(converting: value))
    case .bool: return try filled(value != 0)
    default: throw .invalidArgument("There is no number of dtype \(dtype)")
    }
  }
}
