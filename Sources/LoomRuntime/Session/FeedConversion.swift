import LoomCore

/// Turns values into tensors of the dtype they are fed to.
enum FeedConversion {
  /// - Throws: ``StatusError/Code/invalidArgument`` for a single integer that the dtype can't hold,
  ///   rows of different lengths, and text that is no number; ``StatusError/Code/internal`` for
  ///   numbers in place of text.
  static func tensor(_ value: FeedValue, dtype: DType) throws(StatusError) -> AnyTensor {
    switch value {
    case .tensor(let tensor) where tensor.dtype == dtype: return tensor
    case .tensor(let tensor):
      return try make(try elements(of: tensor), shape: tensor.shape, dtype: dtype)
    case .int(let integer): try check(Int128(integer), value, dtype)
    case .unsigned(let integer): try check(Int128(integer), value, dtype)
    default: break
    }
    var leaves: [FeedValue] = []
    let sizes = try flatten(value, into: &leaves)
    return try make(leaves, shape: try Shape(sizes), dtype: dtype)
  }

  /// A single integer must come through the conversion unchanged, rounding of floating numbers aside.
  private static func check(
    _ integer: Int128, _ value: FeedValue, _ dtype: DType
  ) throws(StatusError) {
    let range: ClosedRange<Int128>? =
      switch dtype {
      case .bool: 0...1
      case .int8, .qint8: Int128(Int8.min)...Int128(Int8.max)
      case .int16, .qint16: Int128(Int16.min)...Int128(Int16.max)
      case .int32, .qint32: Int128(Int32.min)...Int128(Int32.max)
      case .int64: Int128(Int64.min)...Int128(Int64.max)
      case .uint8, .quint8: 0...Int128(UInt8.max)
      case .uint16, .quint16: 0...Int128(UInt16.max)
      case .uint32: 0...Int128(UInt32.max)
      case .uint64: 0...Int128(UInt64.max)
      // The largest finite half is 65504; 65519 still rounds to it.
      case .half: -65_519...65_519
      case .string: nil
      default: Int128.min...Int128.max
      }
    guard let range, range.contains(integer) else {
      throw .invalidArgument(
        "Type of feed value \(integer) with type Int is not compatible with Tensor type \(dtype). "
          + "Try explicitly setting the type of the feed tensor to a larger type (e.g. int64).")
    }
  }

  /// Appends the leaves in row-major order and gives the sizes of the dimensions. Nested literals are as
  /// deep as someone typed them, but not deeper than a tensor may have dimensions.
  private static func flatten(
    _ value: FeedValue, into leaves: inout [FeedValue], depth: Int = 0
  ) throws(StatusError) -> [Int] {
    switch value {
    case .list(let rows):
      guard depth < Shape.maximumRank else {
        throw .invalidArgument("Expected at most \(Shape.maximumRank) nested lists")
      }
      var inner: [Int]?
      for row in rows {
        let sizes = try flatten(row, into: &leaves, depth: depth + 1)
        guard inner == nil || inner == sizes else {
          throw .invalidArgument(
            "setting an array element with a sequence. The requested array has an inhomogeneous "
              + "shape after \(depth + 1) dimensions: rows of shape \(inner ?? []) and \(sizes).")
        }
        inner = sizes
      }
      return [rows.count] + (inner ?? [])
    case .tensor(let tensor):
      leaves += try elements(of: tensor)
      return tensor.shape.sizes
    default:
      leaves.append(value)
      return []
    }
  }

  private static func make(
    _ leaves: [FeedValue], shape: Shape, dtype: DType
  ) throws(StatusError) -> AnyTensor {
    switch dtype {
    case .float: try filled(leaves, shape, with: Float.init(converting:))
    case .double: try filled(leaves, shape, with: Double.init(converting:))
    case .half: try filled(leaves, shape, with: Float16.init(converting:))
    case .bfloat16: try filled(leaves, shape, with: BFloat16.init(converting:))
    case .int8: try integers(leaves, shape, Int8.self)
    case .int16: try integers(leaves, shape, Int16.self)
    case .int32: try integers(leaves, shape, Int32.self)
    case .int64: try integers(leaves, shape, Int64.self)
    case .uint8: try integers(leaves, shape, UInt8.self)
    case .uint16: try integers(leaves, shape, UInt16.self)
    case .uint32: try integers(leaves, shape, UInt32.self)
    case .uint64: try integers(leaves, shape, UInt64.self)
    case .qint8: try integers(leaves, shape, Int8.self).bitcast(to: dtype, shape: shape)
    case .qint16: try integers(leaves, shape, Int16.self).bitcast(to: dtype, shape: shape)
    case .qint32: try integers(leaves, shape, Int32.self).bitcast(to: dtype, shape: shape)
    case .quint8: try integers(leaves, shape, UInt8.self).bitcast(to: dtype, shape: shape)
    case .quint16: try integers(leaves, shape, UInt16.self).bitcast(to: dtype, shape: shape)
    case .bool:
      try AnyTensor(
        collect(leaves) { (leaf) throws(StatusError) in try bool(leaf) }, shape: shape)
    case .complex64:
      try AnyTensor(
        collect(leaves) { (leaf) throws(StatusError) in
          let value = try complex(leaf)
          return Complex64(Float(value.real), Float(value.imaginary))
        }, shape: shape)
    case .complex128:
      try AnyTensor(
        collect(leaves) { (leaf) throws(StatusError) in try complex(leaf) }, shape: shape)
    case .string:
      try AnyTensor(
        collect(leaves) { (leaf) throws(StatusError) in try text(leaf) }, shape: shape)
    default:
      throw .invalidArgument("A value can't be converted to a tensor of \(dtype)")
    }
  }

  private static func collect<Scalar>(
    _ leaves: [FeedValue], _ convert: (FeedValue) throws(StatusError) -> Scalar
  ) throws(StatusError) -> [Scalar] {
    var result: [Scalar] = []
    result.reserveCapacity(leaves.count)
    for leaf in leaves { result.append(try convert(leaf)) }
    return result
  }

  private static func filled<Scalar: TensorScalar>(
    _ leaves: [FeedValue], _ shape: Shape, with convert: (Double) -> Scalar
  ) throws(StatusError) -> AnyTensor {
    try AnyTensor(
      collect(leaves) { (leaf) throws(StatusError) in convert(try complex(leaf).real) },
      shape: shape)
  }

  private static func integers<Scalar: IntegerScalar>(
    _ leaves: [FeedValue], _ shape: Shape, _ type: Scalar.Type
  ) throws(StatusError) -> AnyTensor {
    try AnyTensor(
      collect(leaves) { (leaf) throws(StatusError) -> Scalar in
        switch leaf {
        case .bool(let value): return value ? 1 : 0
        case .int(let value): return Scalar(truncatingIfNeeded: value)
        case .unsigned(let value): return Scalar(truncatingIfNeeded: value)
        case .string(let text):
          guard let value = Int64(text.string) else { throw notANumber(text) }
          return Scalar(truncatingIfNeeded: value)
        case .missing: throw .invalidArgument("nil can't be fed to a tensor of \(Scalar.dtype)")
        default: return Scalar(converting: try complex(leaf).real)
        }
      }, shape: shape)
  }

  private static func complex(_ leaf: FeedValue) throws(StatusError) -> Complex128 {
    switch leaf {
    case .missing: return Complex128(.nan)
    case .bool(let value): return Complex128(value ? 1 : 0)
    case .int(let value): return Complex128(Double(value))
    case .unsigned(let value): return Complex128(Double(value))
    case .double(let value): return Complex128(value)
    case .complex(let value): return value
    case .string(let text):
      guard let value = Double(text.string) else { throw notANumber(text) }
      return Complex128(value)
    case .list, .tensor: throw .internal("A leaf of a fed value is not a scalar")
    }
  }

  private static func bool(_ leaf: FeedValue) throws(StatusError) -> Bool {
    switch leaf {
    case .missing: return false
    case .string(let text): return !text.isEmpty
    default:
      let value = try complex(leaf)
      return value.real != 0 || value.imaginary != 0
    }
  }

  private static func text(_ leaf: FeedValue) throws(StatusError) -> ByteString {
    guard case .string(let text) = leaf else {
      throw .internal("Unsupported object type \(leaf.typeName): expected text to feed a string")
    }
    return text
  }

  @inline(never)
  private static func notANumber(_ text: ByteString) -> StatusError {
    .invalidArgument("invalid literal for a number: '\(text)'")
  }

  /// The elements of a tensor as values.
  private static func elements(of tensor: AnyTensor) throws(StatusError) -> [FeedValue] {
    switch tensor.dtype {
    case .float: try tensor.scalars(of: Float.self).map { .double(Double($0)) }
    case .double: try tensor.scalars(of: Double.self).map { .double($0) }
    case .half: try tensor.scalars(of: Float16.self).map { .double(Double($0)) }
    case .bfloat16: try tensor.scalars(of: BFloat16.self).map { .double($0.doubleValue) }
    case .int8: try tensor.scalars(of: Int8.self).map(\.feedValue)
    case .int16: try tensor.scalars(of: Int16.self).map(\.feedValue)
    case .int32: try tensor.scalars(of: Int32.self).map(\.feedValue)
    case .int64: try tensor.scalars(of: Int64.self).map(\.feedValue)
    case .uint8: try tensor.scalars(of: UInt8.self).map(\.feedValue)
    case .uint16: try tensor.scalars(of: UInt16.self).map(\.feedValue)
    case .uint32: try tensor.scalars(of: UInt32.self).map(\.feedValue)
    case .uint64: try tensor.scalars(of: UInt64.self).map(\.feedValue)
    case .complex64: try tensor.scalars(of: Complex64.self).map(\.feedValue)
    case .complex128: try tensor.scalars(of: Complex128.self).map(\.feedValue)
    case .bool: try tensor.scalars(of: Bool.self).map(\.feedValue)
    case .string: try tensor.scalars(of: ByteString.self).map(\.feedValue)
    default:
      throw .invalidArgument("A tensor of \(tensor.dtype) can't be converted to another dtype")
    }
  }
}

extension FeedValue {
  fileprivate var typeName: String {
    switch self {
    case .missing: "nil"
    case .bool: "Bool"
    case .int, .unsigned: "Int"
    case .double: "Double"
    case .complex: "Complex"
    case .string: "String"
    case .list: "list"
    case .tensor(let tensor): tensor.dtype.name
    }
  }
}
