import LoomCore
public import LoomGraph
public import LoomKernels
import LoomOpsSupport

/// Texts in lower case: ASCII letters only, or all letters where the encoding is UTF-8.
public enum StringLower: OpDeclaration {
  public static let signature = OpSignature(
    "StringLower", inputs: ["input: string"], outputs: ["output: string"],
    attributes: [
      "encoding: string = \"\""
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let isUnicode = try TextCase.isUnicode(construction)
    return ClosureKernel { context in
      try context.mapTexts(to: ByteString.self) { text throws(StatusError) in
        isUnicode
          ? ByteString(TextCase.lowercased(TextCase.terminated(text)))
          : ByteString(bytes: text.bytes.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 })
      }
    }
  }
}

/// Texts in upper case: ASCII letters only, or all letters where the encoding is UTF-8.
public enum StringUpper: OpDeclaration {
  public static let signature = OpSignature(
    "StringUpper", inputs: ["input: string"], outputs: ["output: string"],
    attributes: [
      "encoding: string = \"\""
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let isUnicode = try TextCase.isUnicode(construction)
    return ClosureKernel { context in
      try context.mapTexts(to: ByteString.self) { text throws(StatusError) in
        isUnicode
          ? ByteString(TextCase.terminated(text).uppercased())
          : ByteString(bytes: text.bytes.map { (0x61...0x7A).contains($0) ? $0 - 32 : $0 })
      }
    }
  }
}

/// Texts without white space at their ends.
public enum StringStrip: OpDeclaration {
  public static let signature = OpSignature(
    "StringStrip", inputs: ["input: string"], outputs: ["output: string"])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable.mappingTexts { text throws(StatusError) in
    var bytes = text.bytes[...].drop(while: NumberParser.isSpace)
    while let last = bytes.last, NumberParser.isSpace(last) { bytes = bytes.dropLast() }
    return ByteString(bytes)
  }
}

/// The number of bytes or characters of texts.
public enum StringLength: OpDeclaration {
  public static let signature = OpSignature(
    "StringLength", inputs: ["input: string"], outputs: ["output: int32"],
    attributes: [
      "unit: {'BYTE', 'UTF8_CHAR'} = \"BYTE\""
    ])
  public static let shapes = ShapeFunction.unchanged
  public static let gradient = GradientRule.undefined
  public static let kernels = KernelTable { construction in
    let countsCharacters = try construction.attributes.string("unit") == "UTF8_CHAR"
    return ClosureKernel { context in
      try context.mapTexts(to: Int32.self) { text throws(StatusError) in
        // Every byte that does not continue a character begins one.
        let count =
          countsCharacters ? text.bytes.count { $0 & 0xC0 != 0x80 } : text.count
        return Int32(clamping: count)
      }
    }
  }
}

/// Case conversion of whole texts.
enum TextCase {
  static func isUnicode(_ construction: KernelConstruction) throws(StatusError) -> Bool {
    let encoding = try construction.attributes.string("encoding")
    guard encoding.isEmpty || encoding == "utf-8" else {
      throw .invalidArgument(
        "only utf-8 or '' (no encoding) is supported, received \(encoding)")
    }
    return !encoding.isEmpty
  }

  /// The text up to the first NUL, where TensorFlow's library stops.
  static func terminated(_ text: ByteString) -> String {
    text.bytes.contains(0)
      ? String(decoding: text.bytes.prefix { $0 != 0 }, as: UTF8.self) : text.string
  }

  /// Lower case with the final form of sigma at the ends of words.
  static func lowercased(_ text: String) -> String {
    guard text.unicodeScalars.contains("\u{3A3}") else { return text.lowercased() }
    let scalars = Array(text.unicodeScalars)
    var result = ""
    for (index, scalar) in scalars.enumerated() {
      if scalar == "\u{3A3}", isFinal(index, scalars) {
        result.unicodeScalars.append("\u{3C2}")
      } else {
        result += scalar.properties.lowercaseMapping
      }
    }
    return result
  }

  /// Whether a letter stands before but none behind, marks and such left aside (Unicode 3.13).
  private static func isFinal(_ index: Int, _ scalars: [Unicode.Scalar]) -> Bool {
    var before = index - 1
    while before >= 0, scalars[before].properties.isCaseIgnorable { before -= 1 }
    guard before >= 0, scalars[before].properties.isCased else { return false }
    var after = index + 1
    while after < scalars.count, scalars[after].properties.isCaseIgnorable { after += 1 }
    return after == scalars.count || !scalars[after].properties.isCased
  }
}
