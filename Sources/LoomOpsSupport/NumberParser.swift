package import LoomCore

/// Reads numbers as TensorFlow does: blanks around, a sign, and for floating numbers `inf`, `nan` and
/// hexadecimal digits.
package enum NumberParser {
  /// Whether C's locale calls the byte white space.
  package static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private static func trimmed(_ text: ByteString) -> [UInt8] {
    var bytes = text.bytes[...].drop(while: isSpace)
    while let last = bytes.last, isSpace(last) { bytes = bytes.dropLast() }
    return Array(bytes)
  }

  /// The text in a form that Swift's own parser reads; `nil` if it is no number.
  private static func normalized(_ text: ByteString) -> String? {
    let bytes = trimmed(text)
    guard !bytes.isEmpty, bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
    let lower = String(decoding: bytes, as: UTF8.self).lowercased()
    let magnitude =
      lower.first.map { "+-".contains($0) } == true ? String(lower.dropFirst()) : lower
    if magnitude.hasPrefix("nan(") { return magnitude.hasSuffix(")") ? "nan" : nil }
    if ["inf", "infinity", "nan"].contains(magnitude) { return lower }
    // A digit must follow the sign, or a point.
    guard let first = magnitude.first, first.isNumber || first == "." else { return nil }
    return lower
  }

  package static func float(_ text: ByteString) -> Float? { normalized(text).flatMap { Float($0) } }
  package static func double(_ text: ByteString) -> Double? {
    normalized(text).flatMap { Double($0) }
  }

  /// Decimal digits with a sign; `nil` for anything else and beyond the type's range.
  package static func integer<Scalar: FixedWidthInteger>(_ text: ByteString, _ type: Scalar.Type)
    -> Scalar?
  {
    let bytes = trimmed(text)
    let isNegative = bytes.first == UInt8(ascii: "-")
    guard !isNegative || Scalar.isSigned else { return nil }
    let digits = bytes.dropFirst(isNegative || bytes.first == UInt8(ascii: "+") ? 1 : 0)
    guard !digits.isEmpty else { return nil }
    var result: Scalar = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      let (product, overflow) = result.multipliedReportingOverflow(by: 10)
      let value = Scalar(digit - 0x30)
      let (sum, overflowAgain) =
        isNegative
        ? product.subtractingReportingOverflow(value) : product.addingReportingOverflow(value)
      if overflow || overflowAgain { return nil }
      result = sum
    }
    return result
  }
}
