import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Texts in web-safe base 64.
public enum EncodeBase64: OpDeclaration {
  public static let signature = OpSignature(
    "EncodeBase64", inputs: ["input: string"], outputs: ["output: string"],
    attributes: [
      "pad: bool = false"
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.notDifferentiable(because: "texts have no derivatives")
  public static let kernels = KernelTable { construction in
    let pads = try construction.attributes.bool("pad")
    return ClosureKernel { context in
      try context.mapTexts(to: ByteString.self) { text throws(StatusError) in
        ByteString(bytes: Base64.encode(text.bytes, pads: pads))
      }
    }
  }
}

/// What web-safe base 64 texts stand for.
public enum DecodeBase64: OpDeclaration {
  public static let signature = OpSignature(
    "DecodeBase64", inputs: ["input: string"], outputs: ["output: string"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.notDifferentiable(because: "texts have no derivatives")
  public static let kernels = KernelTable.mappingTexts { text throws(StatusError) in
    ByteString(bytes: try Base64.decode(text.bytes))
  }
}

/// Base 64 with `-` and `_` (RFC 4648, section 5).
enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func encode(_ bytes: [UInt8], pads: Bool) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count / 3 * 4 + 4)
    var index = 0
    while index < bytes.count {
      let group = bytes[index..<Swift.min(index + 3, bytes.count)]
      var bits: UInt32 = 0
      for byte in group { bits = bits << 8 | UInt32(byte) }
      bits <<= UInt32(8 * (3 - group.count))
      for place in 0...group.count {
        result.append(alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)])
      }
      if pads { result += [UInt8](repeating: UInt8(ascii: "="), count: 3 - group.count) }
      index += 3
    }
    return result
  }

  static func decode(_ text: [UInt8]) throws(StatusError) -> [UInt8] {
    var text = text[...]
    // Padding fills up to four characters.
    if text.count % 4 == 0 {
      for _ in 0..<2 where text.last == UInt8(ascii: "=") { text = text.dropLast() }
    }
    guard text.count % 4 != 1 else {
      throw .invalidArgument("Base64 string length cannot be 1 modulo 4.")
    }
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3 + 3)
    var bits: UInt32 = 0
    var count = 0
    for byte in text {
      guard let value = value(of: byte) else {
        throw .invalidArgument("Invalid character found in base64.")
      }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return result
  }

  private static func value(of byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte - 0x41)
    case 0x61...0x7A: UInt32(byte - 0x61 + 26)
    case 0x30...0x39: UInt32(byte - 0x30 + 52)
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
