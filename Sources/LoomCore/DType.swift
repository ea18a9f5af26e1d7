/// The element type of a tensor, with TensorFlow's numbering (`tensorflow.DataType`).
///
/// A *reference* dtype (`floatRef`, …) types an edge that carries a mutable variable of TensorFlow's
/// first generation; tensors themselves always have a base dtype.
public enum DType: Int32, Hashable, Sendable, CaseIterable {
  case float = 1
  case double = 2
  case int32 = 3
  case uint8 = 4
  case int16 = 5
  case int8 = 6
  case string = 7
  case complex64 = 8
  case int64 = 9
  case bool = 10
  case qint8 = 11
  case quint8 = 12
  case qint32 = 13
  case bfloat16 = 14
  case qint16 = 15
  case quint16 = 16
  case uint16 = 17
  case complex128 = 18
  case half = 19
  case resource = 20
  case variant = 21
  case uint32 = 22
  case uint64 = 23
  case float8e5m2 = 24
  case float8e4m3fn = 25
  case float8e4m3fnuz = 26
  case float8e4m3b11fnuz = 27
  case float8e5m2fnuz = 28
  case int4 = 29
  case uint4 = 30
  case int2 = 31
  case uint2 = 32
  case float4e2m1fn = 33

  case floatRef = 101
  case doubleRef = 102
  case int32Ref = 103
  case uint8Ref = 104
  case int16Ref = 105
  case int8Ref = 106
  case stringRef = 107
  case complex64Ref = 108
  case int64Ref = 109
  case boolRef = 110
  case qint8Ref = 111
  case quint8Ref = 112
  case qint32Ref = 113
  case bfloat16Ref = 114
  case qint16Ref = 115
  case quint16Ref = 116
  case uint16Ref = 117
  case complex128Ref = 118
  case halfRef = 119
  case resourceRef = 120
  case variantRef = 121
  case uint32Ref = 122
  case uint64Ref = 123
  case float8e5m2Ref = 124
  case float8e4m3fnRef = 125
  case float8e4m3fnuzRef = 126
  case float8e4m3b11fnuzRef = 127
  case float8e5m2fnuzRef = 128
  case int4Ref = 129
  case uint4Ref = 130
  case int2Ref = 131
  case uint2Ref = 132
  case float4e2m1fnRef = 133

  /// What TensorFlow adds to a dtype's number to name its reference form.
  private static let referenceOffset: Int32 = 100

  /// Whether this types an edge that carries a mutable variable.
  @inlinable public var isReference: Bool { rawValue > 100 }

  /// The dtype of the value behind a reference, or the dtype itself.
  @inlinable public var base: DType {
    isReference ? (DType(rawValue: rawValue - 100) ?? self) : self
  }

  /// The reference form of this dtype.
  public var reference: DType {
    isReference ? self : (DType(rawValue: rawValue + Self.referenceOffset) ?? self)
  }

  /// Bytes of one element in memory, or `nil` for strings, resources and variants, whose elements
  /// live outside the buffer.
  @inlinable public var byteSize: Int? {
    switch base {
    case .int8, .uint8, .bool, .qint8, .quint8, .float8e5m2, .float8e4m3fn, .float8e4m3fnuz,
      .float8e4m3b11fnuz, .float8e5m2fnuz, .int4, .uint4, .int2, .uint2, .float4e2m1fn:
      1
    case .int16, .uint16, .half, .bfloat16, .qint16, .quint16: 2
    case .float, .int32, .uint32, .qint32: 4
    case .double, .int64, .uint64, .complex64: 8
    case .complex128: 16
    default: nil
    }
  }

  public var isFloatingPoint: Bool {
    switch base {
    case .half, .bfloat16, .float, .double, .float8e5m2, .float8e4m3fn, .float8e4m3fnuz,
      .float8e4m3b11fnuz, .float8e5m2fnuz, .float4e2m1fn:
      true
    default: false
    }
  }

  public var isInteger: Bool {
    switch base {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .int4, .uint4, .int2,
      .uint2:
      true
    default: false
    }
  }

  public var isComplex: Bool { base == .complex64 || base == .complex128 }

  public var isQuantized: Bool {
    switch base {
    case .qint8, .quint8, .qint16, .quint16, .qint32: true
    default: false
    }
  }
}

extension DType: CustomStringConvertible {
  /// The short name TensorFlow prints: `float`, `int32`, `float_ref`, …
  public var name: String { isReference ? base.baseName + "_ref" : baseName }

  public var description: String { name }

  /// The dtype of a short name, as signatures and error texts write it.
  public init?(name: some StringProtocol) {
    guard let found = Self.byName[String(name)] else { return nil }
    self = found
  }

  private static let byName: [String: DType] = Dictionary(
    uniqueKeysWithValues: allCases.map { ($0.name, $0) })

  private var baseName: String {
    switch self {
    case .float: "float"
    case .double: "double"
    case .int32: "int32"
    case .uint8: "uint8"
    case .int16: "int16"
    case .int8: "int8"
    case .string: "string"
    case .complex64: "complex64"
    case .int64: "int64"
    case .bool: "bool"
    case .qint8: "qint8"
    case .quint8: "quint8"
    case .qint32: "qint32"
    case .bfloat16: "bfloat16"
    case .qint16: "qint16"
    case .quint16: "quint16"
    case .uint16: "uint16"
    case .complex128: "complex128"
    case .half: "half"
    case .resource: "resource"
    case .variant: "variant"
    case .uint32: "uint32"
    case .uint64: "uint64"
    case .float8e5m2: "float8_e5m2"
    case .float8e4m3fn: "float8_e4m3fn"
    case .float8e4m3fnuz: "float8_e4m3fnuz"
    case .float8e4m3b11fnuz: "float8_e4m3b11fnuz"
    case .float8e5m2fnuz: "float8_e5m2fnuz"
    case .int4: "int4"
    case .uint4: "uint4"
    case .int2: "int2"
    case .uint2: "uint2"
    case .float4e2m1fn: "float4_e2m1fn"
    default: base.baseName
    }
  }
}

extension Set<DType> {
  /// half, bfloat16, float, double.
  public static let floating: Set<DType> = [.half, .bfloat16, .float, .double]
  public static let complex: Set<DType> = [.complex64, .complex128]
  public static let signedIntegers: Set<DType> = [.int8, .int16, .int32, .int64]
  public static let unsignedIntegers: Set<DType> = [.uint8, .uint16, .uint32, .uint64]
  public static let integers: Set<DType> = signedIntegers.union(unsignedIntegers)
  /// Floating and integer dtypes.
  public static let real: Set<DType> = floating.union(integers)
  /// Floating, integer and complex dtypes.
  public static let numeric: Set<DType> = real.union(complex)
  public static let quantized: Set<DType> = [.qint8, .quint8, .qint16, .quint16, .qint32]
  /// `int32` and `int64`, TensorFlow's index dtypes.
  public static let index: Set<DType> = [.int32, .int64]
}
