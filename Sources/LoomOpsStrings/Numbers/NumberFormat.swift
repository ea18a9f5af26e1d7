import LoomKernels

/// One conversion of C's `printf`: a flag, a width, a precision and a notation.
struct NumberFormat: Sendable {
  enum Notation: Sendable { case fixed, scientific, shortest }

  /// The most characters that a width or precision may ask for.
  static let longest = 1 << 16

  let flag: UInt8?
  let width: Int
  let precision: Int?
  let notation: Notation

  func text(_ value: Double) -> String {
    let conversion: FloatingNotation =
      switch notation {
      case .fixed: .fixed
      case .scientific: .scientific
      case .shortest: .shortest
      }
    let number = NumberText.formatted(
      value.magnitude, conversion, precision: precision ?? 6,
      isAlternate: flag == UInt8(ascii: "#"))
    // Infinities and NaN are never filled up with zeros; C prints the sign of NaN too.
    return assembled(
      digits: number, isNegative: value.sign == .minus, mayFillWithZeros: value.isFinite)
  }

  func text<Value: FixedWidthInteger>(_ value: Value) -> String {
    assembled(
      digits: String(value.magnitude), isNegative: value < 0, mayFillWithZeros: true,
      showsSign: Value.isSigned)
  }

  /// Texts take the width, but no zeros.
  func padded(_ bytes: [UInt8]) -> [UInt8] {
    let blanks = [UInt8](repeating: 0x20, count: Swift.max(width - bytes.count, 0))
    return flag == UInt8(ascii: "-") ? bytes + blanks : blanks + bytes
  }

  private func assembled(
    digits: String, isNegative: Bool, mayFillWithZeros: Bool, showsSign: Bool = true
  ) -> String {
    var sign = isNegative ? "-" : ""
    if !isNegative, showsSign, flag == UInt8(ascii: "+") { sign = "+" }
    if !isNegative, showsSign, flag == UInt8(ascii: " ") { sign = " " }
    let missing = Swift.max(width - sign.utf8.count - digits.utf8.count, 0)
    if flag == UInt8(ascii: "-") { return sign + digits + String(repeating: " ", count: missing) }
    if flag == UInt8(ascii: "0"), mayFillWithZeros {
      return sign + String(repeating: "0", count: missing) + digits
    }
    return String(repeating: " ", count: missing) + sign + digits
  }
}
