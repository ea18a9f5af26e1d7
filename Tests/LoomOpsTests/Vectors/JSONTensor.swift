import Foundation
import LoomCore

/// Reads the tensors of the recorded vectors: `{"dtype", "shape", "values", "bits"}`.
enum JSONTensor {
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  static func dtype(_ name: String) throws -> DType {
    switch name {
    case "float32": return .float
    case "float64": return .double
    case "float16": return .half
    default:
      guard let dtype = DType(name: name) else { throw Malformed(description: "dtype \(name)") }
      return dtype
    }
  }

  static func tensor(_ object: [String: Any]) throws -> AnyTensor {
    guard let name = object["dtype"] as? String, let sizes = object["shape"] as? [Int],
      let values = object["values"] as? [Any]
    else { throw Malformed(description: "no tensor: \(object)") }
    let shape = try Shape(sizes)
    let bits = (object["bits"] as? [String])?.map { UInt64($0.dropFirst(2), radix: 16) ?? 0 }
    switch try dtype(name) {
    case .float:
      if let bits {
        return try AnyTensor(
          bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }, shape: shape)
      }
      return try AnyTensor(values.map { Float(number($0)) }, shape: shape)
    case .double:
      if let bits { return try AnyTensor(bits.map { Double(bitPattern: $0) }, shape: shape) }
      return try AnyTensor(values.map { number($0) }, shape: shape)
    case .half:
      if let bits {
        return try AnyTensor(
          bits.map { Float16(bitPattern: UInt16(truncatingIfNeeded: $0)) }, shape: shape)
      }
      return try AnyTensor(values.map { Float16(number($0)) }, shape: shape)
    case .bfloat16:
      if let bits {
        return try AnyTensor(
          bits.map { BFloat16(bitPattern: UInt16(truncatingIfNeeded: $0)) }, shape: shape)
      }
      return try AnyTensor(values.map { BFloat16(Float(number($0))) }, shape: shape)
    case .complex64:
      return try AnyTensor(
        pairs(values).map { Complex64(Float($0.0), Float($0.1)) }, shape: shape)
    case .complex128:
      return try AnyTensor(pairs(values).map { Complex128($0.0, $0.1) }, shape: shape)
    case .bool: return try AnyTensor(values.map { $0 as? Bool ?? false }, shape: shape)
    case .string: return try AnyTensor(values.map(text), shape: shape)
    case .int8: return try AnyTensor(values.map { integer($0, Int8.self) }, shape: shape)
    case .int16: return try AnyTensor(values.map { integer($0, Int16.self) }, shape: shape)
    case .int32: return try AnyTensor(values.map { integer($0, Int32.self) }, shape: shape)
    case .int64: return try AnyTensor(values.map { integer($0, Int64.self) }, shape: shape)
    case .uint8: return try AnyTensor(values.map { integer($0, UInt8.self) }, shape: shape)
    case .uint16: return try AnyTensor(values.map { integer($0, UInt16.self) }, shape: shape)
    case .uint32: return try AnyTensor(values.map { integer($0, UInt32.self) }, shape: shape)
    case .uint64: return try AnyTensor(values.map { integer($0, UInt64.self) }, shape: shape)
    case let other: throw Malformed(description: "dtype \(other)")
    }
  }

  static func number(_ value: Any) -> Double {
    switch value {
    case let value as NSNumber: value.doubleValue
    case let value as String:
      value.lowercased() == "nan"
        ? .nan : value.hasPrefix("-") ? -.infinity : .infinity
    default: .nan
    }
  }

  static func integer<Scalar: FixedWidthInteger>(_ value: Any, _ type: Scalar.Type) -> Scalar {
    if let text = value as? String { return Scalar(text) ?? 0 }
    guard let number = value as? NSNumber else { return 0 }
    return Scalar.isSigned
      ? Scalar(truncatingIfNeeded: number.int64Value)
      : Scalar(truncatingIfNeeded: number.uint64Value)
  }

  private static func pairs(_ values: [Any]) -> [(Double, Double)] {
    values.map { value in
      guard let parts = value as? [Any], parts.count == 2 else { return (number(value), 0) }
      return (number(parts[0]), number(parts[1]))
    }
  }

  private static func text(_ value: Any) -> ByteString {
    // Bytes that are no text stand in base 64.
    if let object = value as? [String: Any], let encoded = object["b64"] as? String,
      let data = Data(base64Encoded: encoded)
    {
      return ByteString([UInt8](data))
    }
    return ByteString(value as? String ?? "")
  }
}
