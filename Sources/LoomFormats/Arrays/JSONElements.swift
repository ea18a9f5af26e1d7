import FoundationEssentials
import LoomCore

/// Elements of tensors as JSON values.
enum JSONElements {
  static func texts(of tensor: AnyTensor) throws(StatusError) -> [String] {
    switch tensor.dtype {
    case .float: return try tensor.scalars(of: Float.self).map(number)
    case .double: return try tensor.scalars(of: Double.self).map(number)
    case .half: return try tensor.scalars(of: Float16.self).map { number(Float($0)) }
    case .bfloat16: return try tensor.scalars(of: BFloat16.self).map { number($0.accumulator) }
    case .bool: return try tensor.scalars(of: Bool.self).map { $0 ? "true" : "false" }
    case .uint64: return try tensor.scalars(of: UInt64.self).map { "\($0)" }
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32:
      return try tensor.integers().map { "\($0)" }
    case .qint8: return try tensor.scalars(of: QInt8.self).map { "\($0.storage)" }
    case .quint8: return try tensor.scalars(of: QUInt8.self).map { "\($0.storage)" }
    case .qint16: return try tensor.scalars(of: QInt16.self).map { "\($0.storage)" }
    case .quint16: return try tensor.scalars(of: QUInt16.self).map { "\($0.storage)" }
    case .qint32: return try tensor.scalars(of: QInt32.self).map { "\($0.storage)" }
    case .complex64:
      return try tensor.scalars(of: Complex64.self).map {
        "[\(number($0.real)), \(number($0.imaginary))]"
      }
    case .complex128:
      return try tensor.scalars(of: Complex128.self).map {
        "[\(number($0.real)), \(number($0.imaginary))]"
      }
    case .string: return try tensor.scalars(of: ByteString.self).map(text)
    default: throw .unimplemented("Elements of \(tensor.dtype) have no JSON form")
    }
  }

  private static func number<Real: BinaryFloatingPoint & LosslessStringConvertible>(
    _ value: Real
  ) -> String {
    if value.isNaN { return "\"NaN\"" }
    if value.isInfinite { return value > 0 ? "\"Infinity\"" : "\"-Infinity\"" }
    return value.description
  }

  static func text(_ value: ByteString) -> String {
    guard String(validating: value.bytes, as: UTF8.self) != nil else {
      return "{\"b64\": \"\(Data(value.bytes).base64EncodedString())\"}"
    }
    var result = "\""
    for scalar in value.string.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  /// Lists down to the first size of zero; sizes before it repeat.
  static func appendEmpty(_ shape: Shape, to result: inout String) {
    let sizes = shape.sizes
    var inner = "[]"
    let depth = sizes.firstIndex(of: 0) ?? 0
    for size in sizes[..<depth].reversed() {
      // Zeros make a tensor small however large its other sizes are; so must its text be.
      let shown = Swift.min(size, 16)
      inner = "[" + Array(repeating: inner, count: shown).joined(separator: ", ") + "]"
      if inner.utf8.count > 1 << 16 { break }
    }
    result += inner
  }

  static func tensor(
    _ elements: [JSONListParser.Element], dtype: DType, shape: Shape, budget: MemoryBudget
  ) throws(StatusError) -> AnyTensor {
    func made<Scalar: TensorScalar>(
      _ convert: (JSONListParser.Element) -> Scalar?
    ) throws(StatusError) -> AnyTensor {
      var values: [Scalar] = []
      values.reserveCapacity(elements.count)
      for element in elements {
        guard let value = convert(element) else {
          throw .invalidArgument("Expected an element of \(dtype), got \(element.text)")
        }
        values.append(value)
      }
      return try AnyTensor(values, shape: shape, budget: budget)
    }
    switch dtype {
    case .float: return try made { Float($0.numberText) }
    case .double: return try made { Double($0.numberText) }
    case .half: return try made { Float($0.numberText).map { Float16($0) } }
    case .bfloat16: return try made { Float($0.numberText).map { BFloat16($0) } }
    case .int8: return try made { Int8($0.integerText) }
    case .int16: return try made { Int16($0.integerText) }
    case .int32: return try made { Int32($0.integerText) }
    case .int64: return try made { Int64($0.integerText) }
    case .uint8: return try made { UInt8($0.integerText) }
    case .uint16: return try made { UInt16($0.integerText) }
    case .uint32: return try made { UInt32($0.integerText) }
    case .uint64: return try made { UInt64($0.integerText) }
    case .qint8: return try made { Int8($0.integerText).map { QInt8($0) } }
    case .quint8: return try made { UInt8($0.integerText).map { QUInt8($0) } }
    case .qint16: return try made { Int16($0.integerText).map { QInt16($0) } }
    case .quint16: return try made { UInt16($0.integerText).map { QUInt16($0) } }
    case .qint32: return try made { Int32($0.integerText).map { QInt32($0) } }
    case .bool: return try made { $0.bool }
    case .string: return try made { $0.string }
    case .complex64:
      return try made { $0.pair { Float($0) }.map { Complex64($0.0, $0.1) } }
    case .complex128:
      return try made { $0.pair { Double($0) }.map { Complex128($0.0, $0.1) } }
    default: throw .unimplemented("Elements of \(dtype) have no JSON form")
    }
  }
}
