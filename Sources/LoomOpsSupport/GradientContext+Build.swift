package import LoomCore
package import LoomGraph

// Builders for gradient rules: erased, by the op's name on the wire, because gradients of one family
// use ops of another and families do not import each other. Type attributes follow from the inputs.
extension GradientContext {
  /// The first output of a new operation.
  package func build(
    _ op: String, _ inputs: [AnyOutput], _ attributes: [String: AttributeValue] = [:]
  ) throws(StatusError) -> AnyOutput {
    try graph.addOperation(op, inputs: inputs, attributes: attributes).output(0)
  }

  /// All outputs of a new operation.
  package func buildAll(
    _ op: String, _ inputs: [AnyOutput], _ attributes: [String: AttributeValue] = [:]
  ) throws(StatusError) -> [AnyOutput] {
    try graph.addOperation(op, inputs: inputs, attributes: attributes).outputs
  }

  // MARK: Constants

  package func constant(_ tensor: AnyTensor) throws(StatusError) -> AnyOutput {
    try build("Const", [], ["value": .tensor(tensor), "dtype": .type(tensor.dtype)])
  }

  /// A scalar of the given dtype (any numeric dtype).
  package func constant(_ value: Double, _ dtype: DType) throws(StatusError) -> AnyOutput {
    let double = try constant(AnyTensor(scalar: value))
    switch dtype.base {
    case .double: return double
    case .float: return try constant(AnyTensor(scalar: Float(value)))
    case .half: return try constant(AnyTensor(scalar: Float16(value)))
    case .bfloat16: return try constant(AnyTensor(scalar: BFloat16(Float(value))))
    case .int32: return try constant(AnyTensor(scalar: Int32(converting: value)))
    case .int64: return try constant(AnyTensor(scalar: Int64(converting: value)))
    default: return try cast(double, to: dtype)
    }
  }

  package func constant(_ values: [Int], as dtype: DType = .int32) throws(StatusError) -> AnyOutput
  {
    dtype == .int64
      ? try constant(AnyTensor(values.map(Int64.init), shape: Shape(vector: values.count)))
      : try constant(
        AnyTensor(values.map { Int32(clamping: $0) }, shape: Shape(vector: values.count)))
  }

  package func scalar(_ value: Int, as dtype: DType = .int32) throws(StatusError) -> AnyOutput {
    dtype == .int64
      ? try constant(AnyTensor(scalar: Int64(value)))
      : try constant(AnyTensor(scalar: Int32(clamping: value)))
  }

  // MARK: Arithmetic

  package func add(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("AddV2", [a, b])
  }
  package func sub(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("Sub", [a, b])
  }
  package func mul(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("Mul", [a, b])
  }
  package func div(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("RealDiv", [a, b])
  }
  package func neg(_ a: AnyOutput) throws(StatusError) -> AnyOutput { try build("Neg", [a]) }
  package func square(_ a: AnyOutput) throws(StatusError) -> AnyOutput { try build("Square", [a]) }
  package func sqrt(_ a: AnyOutput) throws(StatusError) -> AnyOutput { try build("Sqrt", [a]) }
  package func exp(_ a: AnyOutput) throws(StatusError) -> AnyOutput { try build("Exp", [a]) }
  package func log(_ a: AnyOutput) throws(StatusError) -> AnyOutput { try build("Log", [a]) }
  package func reciprocal(_ a: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("Reciprocal", [a])
  }
  package func pow(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("Pow", [a, b])
  }
  package func addN(_ terms: [AnyOutput]) throws(StatusError) -> AnyOutput {
    terms.count == 1 ? terms[0] : try build("AddN", terms)
  }
  /// Complex conjugate; the tensor itself for real dtypes.
  package func conjugate(_ a: AnyOutput) throws(StatusError) -> AnyOutput {
    a.dtype.isComplex ? try build("Conj", [a]) : a
  }
  package func cast(_ a: AnyOutput, to dtype: DType) throws(StatusError) -> AnyOutput {
    a.dtype.base == dtype.base ? a : try build("Cast", [a], ["DstT": .type(dtype.base)])
  }
  package func equal(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("Equal", [a, b])
  }
  package func greater(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("Greater", [a, b])
  }
  package func less(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("Less", [a, b])
  }
  package func greaterEqual(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("GreaterEqual", [a, b])
  }
  package func lessEqual(_ a: AnyOutput, _ b: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("LessEqual", [a, b])
  }
  /// `condition ? a : b`, broadcasting.
  package func select(
    _ condition: AnyOutput, _ a: AnyOutput, _ b: AnyOutput
  ) throws(StatusError) -> AnyOutput {
    try build("SelectV2", [condition, a, b])
  }
  package func matmul(
    _ a: AnyOutput, _ b: AnyOutput, transposeA: Bool = false, transposeB: Bool = false
  ) throws(StatusError) -> AnyOutput {
    try build(
      "MatMul", [a, b], ["transpose_a": .bool(transposeA), "transpose_b": .bool(transposeB)])
  }

  // MARK: Shapes

  package func shape(_ a: AnyOutput, as dtype: DType = .int32) throws(StatusError) -> AnyOutput {
    try build("Shape", [a], ["out_type": .type(dtype)])
  }
  package func size(_ a: AnyOutput, as dtype: DType = .int32) throws(StatusError) -> AnyOutput {
    try build("Size", [a], ["out_type": .type(dtype)])
  }
  package func rank(_ a: AnyOutput) throws(StatusError) -> AnyOutput { try build("Rank", [a]) }
  package func reshape(_ a: AnyOutput, _ shape: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("Reshape", [a, shape])
  }
  package func expandDims(_ a: AnyOutput, axis: Int) throws(StatusError) -> AnyOutput {
    try build("ExpandDims", [a, scalar(axis)])
  }
  package func transpose(_ a: AnyOutput, _ permutation: AnyOutput) throws(StatusError) -> AnyOutput
  {
    try build("Transpose", [a, permutation])
  }
  package func tile(_ a: AnyOutput, _ multiples: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("Tile", [a, multiples])
  }
  package func concat(_ values: [AnyOutput], axis: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("ConcatV2", values + [axis], ["N": .int(Int64(values.count))])
  }
  package func pack(_ values: [AnyOutput], axis: Int = 0) throws(StatusError) -> AnyOutput {
    try build("Pack", values, ["axis": .int(Int64(axis))])
  }
  package func slice(
    _ a: AnyOutput, begin: AnyOutput, size: AnyOutput
  ) throws(StatusError) -> AnyOutput {
    try build("Slice", [a, begin, size])
  }
  package func gather(
    _ a: AnyOutput, _ indices: AnyOutput, axis: AnyOutput? = nil
  ) throws(StatusError) -> AnyOutput {
    if let axis { return try build("GatherV2", [a, indices, axis]) }
    return try build("GatherV2", [a, indices, scalar(0)])
  }
  package func fill(_ shape: AnyOutput, _ value: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("Fill", [shape, value])
  }
  package func zerosLike(_ a: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("ZerosLike", [a])
  }
  package func onesLike(_ a: AnyOutput) throws(StatusError) -> AnyOutput {
    try build("OnesLike", [a])
  }
  package func range(
    _ start: AnyOutput, _ limit: AnyOutput, _ delta: AnyOutput
  ) throws(StatusError) -> AnyOutput {
    try build("Range", [start, limit, delta])
  }

  // MARK: Reductions

  package func sum(
    _ a: AnyOutput, _ axes: AnyOutput, keepingDimensions: Bool = false
  ) throws(StatusError) -> AnyOutput {
    try build("Sum", [a, axes], ["keep_dims": .bool(keepingDimensions)])
  }
  package func prod(
    _ a: AnyOutput, _ axes: AnyOutput, keepingDimensions: Bool = false
  ) throws(StatusError) -> AnyOutput {
    try build("Prod", [a, axes], ["keep_dims": .bool(keepingDimensions)])
  }

  /// Sums `gradient` over the dimensions in which `input` was broadcast, back to its shape.
  package func reduce(
    _ gradient: AnyOutput, toShapeOf input: AnyOutput, other: AnyOutput
  ) throws(StatusError) -> AnyOutput {
    if input.shape.isFullyDefined, input.shape == gradient.shape { return gradient }
    if input.shape.isFullyDefined, other.shape.isFullyDefined, input.shape == other.shape {
      return gradient
    }
    let shape = try shape(input)
    let axes = try buildAll("BroadcastGradientArgs", [shape, self.shape(other)])[0]
    return try reshape(sum(gradient, axes), shape)
  }
}
