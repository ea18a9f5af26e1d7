public import LoomCore

extension EncodedVariant {
  /// The number that a variant of one C++ scalar holds.
  package enum Number: Sendable {
    case int(Int32)
    case float(Float)
    case double(Double)
    case bool(Bool)
  }

  /// `nil` if the variant holds something else.
  package var number: Number? {
    guard tensors.isEmpty else { return nil }
    var bits: UInt64 = 0
    for byte in metadata.prefix(8).reversed() { bits = bits << 8 | UInt64(byte) }
    switch (typeName, metadata.count) {
    case ("int", 4): return .int(Int32(truncatingIfNeeded: bits))
    case ("float", 4): return .float(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case ("double", 8): return .double(Double(bitPattern: bits))
    case ("bool", 1): return .bool(bits != 0)
    default: return nil
    }
  }

  package init(_ number: Number) {
    let (name, bits, count): (String, UInt64, Int) =
      switch number {
      case .int(let value): ("int", UInt64(UInt32(bitPattern: value)), 4)
      case .float(let value): ("float", UInt64(value.bitPattern), 4)
      case .double(let value): ("double", value.bitPattern, 8)
      case .bool(let value): ("bool", value ? 1 : 0, 1)
      }
    self.init(
      typeName: name,
      metadata: (0..<count).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) })
  }
}

extension EncodedVariant: ArithmeticVariant {
  public mutating func add(_ other: any VariantValue, depth: Int) throws(StatusError) {
    let sum: Number
    switch (number, (other as? EncodedVariant)?.number) {
    case (.int(let a), .int(let b)): sum = .int(a &+ b)
    case (.float(let a), .float(let b)): sum = .float(a + b)
    case (.double(let a), .double(let b)): sum = .double(a + b)
    case (.bool(let a), .bool(let b)): sum = .bool(a || b)
    default:
      throw .internal(
        "No unary variant binary_op function found for op ADD Variant type_name: "
          + "\(typeName) for device type: CPU")
    }
    self = EncodedVariant(sum)
  }

  public func zeros(depth: Int) throws(StatusError) -> any VariantValue {
    switch number {
    case .int: return EncodedVariant(.int(0))
    case .float: return EncodedVariant(.float(0))
    case .double: return EncodedVariant(.double(0))
    case .bool: return EncodedVariant(.bool(false))
    case nil:
      throw .internal(
        "No unary variant unary_op function found for op ZEROS_LIKE Variant type_name: "
          + "\(typeName) for device type: CPU")
    }
  }
}
