package import LoomCore

extension AnyTensor {
  /// Adds `other` to this tensor, element by element: in place if nobody else holds the memory.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for dtypes that do not add; the caller has checked that
  ///   dtypes and shapes agree.
  package mutating func add(
    _ other: AnyTensor, budget: MemoryBudget = .unlimited, depth: Int = Variant.maximumDepth
  ) throws(StatusError) {
    guard dtype == other.dtype, shape == other.shape else {
      throw .internal("Cannot add \(other.dtype)\(other.shape) to \(dtype)\(shape)")
    }
    let target =
      isUniquelyOwned()
      ? self : try AnyTensor.uninitialized(dtype: dtype, shape: shape, budget: budget)
    switch dtype {
    case .float: try Self.sum(Float.self, self, other, into: target)
    case .double: try Self.sum(Double.self, self, other, into: target)
    case .half: try Self.sum(Float16.self, self, other, into: target)
    case .bfloat16: try Self.sum(BFloat16.self, self, other, into: target)
    case .int8: try Self.sum(Int8.self, self, other, into: target)
    case .int16: try Self.sum(Int16.self, self, other, into: target)
    case .int32: try Self.sum(Int32.self, self, other, into: target)
    case .int64: try Self.sum(Int64.self, self, other, into: target)
    case .uint8: try Self.sum(UInt8.self, self, other, into: target)
    case .uint16: try Self.sum(UInt16.self, self, other, into: target)
    case .uint32: try Self.sum(UInt32.self, self, other, into: target)
    case .uint64: try Self.sum(UInt64.self, self, other, into: target)
    case .complex64: try Self.sum(Complex64.self, self, other, into: target)
    case .complex128: try Self.sum(Complex128.self, self, other, into: target)
    case .variant: try sumVariants(other, depth)
    default: throw .invalidArgument("Trying to add unsupported dtype \(dtype)")
    }
    if dtype != .variant { self = target }
  }

  /// Loops over `a`, which may be `target` itself.
  private static func sum<Scalar: NumericScalar>(
    _ type: Scalar.Type, _ a: AnyTensor, _ b: AnyTensor, into target: AnyTensor
  ) throws(StatusError) {
    let left = unsafe try a.pointer(of: type)
    let right = unsafe try b.pointer(of: type)
    let output = unsafe try target.writablePointer(of: type)
    // All three hold the elements of one shape.
    for index in 0..<target.elementCount {
      unsafe output[index] = Scalar.wrappingAdd(left[index], right[index])
    }
  }

  private mutating func sumVariants(_ other: AnyTensor, _ depth: Int) throws(StatusError) {
    var sums = try scalars(of: Variant.self)
    let terms = try other.scalars(of: Variant.self)
    for index in sums.indices where index < terms.count {
      try sums[index].add(terms[index], depth: depth)
    }
    self = try AnyTensor(sums, shape: shape)
  }

  /// Zeros in the shape of this tensor; for variants the zero of each.
  package func zerosLike(
    budget: MemoryBudget = .unlimited, depth: Int = Variant.maximumDepth
  ) throws(StatusError) -> AnyTensor {
    guard dtype == .variant else { return try .zeros(dtype: dtype, shape: shape, budget: budget) }
    var zeros: [Variant] = []
    for value in try scalars(of: Variant.self) { zeros.append(try value.zeros(depth: depth)) }
    return try AnyTensor(zeros, shape: shape, budget: budget)
  }
}
