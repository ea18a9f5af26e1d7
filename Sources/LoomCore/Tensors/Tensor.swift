/// A tensor of elements of one Swift type: a value with shared, immutable storage.
public struct Tensor<Scalar: TensorScalar>: Sendable {
  /// The tensor without its static type.
  public let erased: AnyTensor

  /// - Throws: ``StatusError/Code/invalidArgument`` if the dtype is not that of `Scalar`.
  public init(_ erased: AnyTensor) throws(StatusError) {
    guard erased.dtype == Scalar.dtype else {
      throw .invalidArgument("Expected a tensor of \(Scalar.dtype), got \(erased.dtype)")
    }
    self.erased = erased
  }

  /// A tensor of the given elements in row-major order.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if their number does not fit the shape.
  public init(_ elements: some Collection<Scalar>, shape: [Int]) throws(StatusError) {
    let shape = try Shape(shape)
    guard elements.count == shape.elementCount else {
      throw .invalidArgument(
        "Expected \(shape.elementCount) elements for shape \(shape), got \(elements.count)")
    }
    erased = try AnyTensor(elements, shape: shape)
  }

  /// A vector.
  public init(_ elements: some Collection<Scalar>) throws(StatusError) {
    erased = try AnyTensor(elements, shape: Shape(vector: elements.count))
  }

  /// A scalar.
  public init(scalar: Scalar) throws(StatusError) {
    erased = try AnyTensor(CollectionOfOne(scalar), shape: .scalar)
  }

  public var shape: Shape { erased.shape }
  public var count: Int { erased.elementCount }

  /// The elements in row-major order.
  public var scalars: [Scalar] {
    // The initialiser checked the dtype, so nothing can be thrown here.
    (try? erased.scalars(of: Scalar.self)) ?? []
  }

  /// The single element of a tensor of one element; `nil` otherwise.
  public var scalar: Scalar? {
    count == 1 ? self[flat: 0] : nil
  }

  /// The element at `index` in row-major order; `nil` outside.
  public subscript(flat index: Int) -> Scalar? {
    guard index >= 0, index < count else { return nil }
    // The initialiser checked the dtype, so nothing can be thrown here.
    return try? erased.element(index, of: Scalar.self)
  }
}

extension AnyTensor {
  /// A tensor of the given elements; `elements.count` must be the shape's element count.
  public init<Scalar: TensorScalar>(
    _ elements: some Collection<Scalar>, shape: Shape, budget: MemoryBudget = .unlimited
  ) throws(StatusError) {
    guard elements.count == shape.elementCount else {
      throw .invalidArgument(
        "Expected \(shape.elementCount) elements for shape \(shape), got \(elements.count)")
    }
    var result = try MutableTensor<Scalar>(shape: shape, budget: budget)
    var span = result.mutableSpan
    var index = 0
    for element in elements where index < span.count {
      span[index] = element
      index += 1
    }
    self = result.finish()
  }

  /// A scalar tensor.
  public init<Scalar: TensorScalar>(scalar: Scalar) throws(StatusError) {
    try self.init(CollectionOfOne(scalar), shape: .scalar)
  }

  /// The element at `index` in row-major order.
  ///
  /// - Throws: ``StatusError/Code/outOfRange`` outside, ``StatusError/Code/internal`` if `Scalar` is
  ///   not the element type.
  public func element<Scalar: TensorScalar>(
    _ index: Int, of type: Scalar.Type = Scalar.self
  ) throws(StatusError) -> Scalar {
    let span = try span(of: Scalar.self)
    guard span.indices.contains(index) else {
      throw .outOfRange("Element \(index) is outside of a tensor of \(elementCount) elements")
    }
    return span[index]
  }

  /// The elements as an array.
  ///
  /// - Throws: ``StatusError/Code/internal`` if `Scalar` is not the element type.
  public func scalars<Scalar: TensorScalar>(of type: Scalar.Type = Scalar.self) throws(StatusError)
    -> [Scalar]
  {
    let span = try span(of: Scalar.self)
    return span.indices.map { span[$0] }
  }

  /// The elements of an integer tensor (any width) as `Int`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for other dtypes or values outside `Int`.
  public func integers() throws(StatusError) -> [Int] {
    switch dtype {
    case .int32: return try scalars(of: Int32.self).map(Int.init)
    case .int64: return try scalars(of: Int64.self).map(Int.init)
    case .int16: return try scalars(of: Int16.self).map(Int.init)
    case .int8: return try scalars(of: Int8.self).map(Int.init)
    case .uint8: return try scalars(of: UInt8.self).map(Int.init)
    case .uint16: return try scalars(of: UInt16.self).map(Int.init)
    case .uint32: return try scalars(of: UInt32.self).map(Int.init)
    case .uint64: return try scalars(of: UInt64.self).map { Int(clamping: $0) }
    default: throw .invalidArgument("Expected an integer tensor, got \(dtype)")
    }
  }
}
