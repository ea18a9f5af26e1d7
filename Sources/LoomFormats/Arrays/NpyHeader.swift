import FoundationEssentials
import LoomCore

/// The header of a .npy file: a literal of Python's dictionary with three known keys.
struct NpyHeader {
  /// One letter: `f`, `i`, `u`, `b`, `c`, `S`, `U`, `V`.
  var kind: Character
  /// Bytes of an element (`U`: characters).
  var size: Int
  var isBigEndian: Bool
  var isFortranOrder: Bool
  var shape: Shape
  /// Where the elements begin.
  var dataOffset: Int

  private static let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

  /// Reads the header of format versions 1, 2 and 3.
  ///
  /// - Throws: ``StatusError/Code/dataLoss`` if the bytes are no .npy file;
  ///   ``StatusError/Code/unimplemented`` for element types that tensors do not have.
  init(_ bytes: Data) throws(StatusError) {
    let start = bytes.startIndex
    guard bytes.count >= 10, bytes.prefix(6).elementsEqual(NpyHeader.magic) else {
      throw NpyHeader.damaged("the magic is missing")
    }
    let version = bytes[start + 6]
    let lengthBytes = version == 1 ? 2 : 4
    guard (1...3).contains(version), bytes.count >= 8 + lengthBytes else {
      throw NpyHeader.damaged("version \(version) is unknown")
    }
    var length = 0
    for index in 0..<lengthBytes { length |= Int(bytes[start + 8 + index]) << (8 * index) }
    guard length <= bytes.count - 8 - lengthBytes else {
      throw NpyHeader.damaged("the header is cut off")
    }
    dataOffset = 8 + lengthBytes + length
    let text = String(
      decoding: bytes[start + 8 + lengthBytes..<start + dataOffset], as: UTF8.self)
    let description = try NpyHeader.value(of: "descr", in: text)
    guard let quote = description.first, quote == "'" || quote == "\"",
      let end = description.dropFirst().firstIndex(of: quote)
    else { throw StatusError.unimplemented("Structured .npy arrays can't be read: \(text)") }
    let type = description[description.index(after: description.startIndex)..<end]
    let order = type.first ?? "<"
    let rest = "<>|=".contains(order) ? type.dropFirst() : type
    guard let kind = rest.first, let size = rest.count == 1 ? 1 : Int(rest.dropFirst()), size >= 0
    else { throw NpyHeader.damaged("unknown element type '\(type)'") }
    self.kind = kind
    self.size = size
    isBigEndian = order == ">"
    isFortranOrder = try NpyHeader.value(of: "fortran_order", in: text).hasPrefix("True")
    shape = try NpyHeader.shape(in: text)
    guard size > 0 || shape.elementCount == 0 else {
      throw NpyHeader.damaged("elements of '\(type)' take no room")
    }
  }

  private static func shape(in text: String) throws(StatusError) -> Shape {
    let tuple = try value(of: "shape", in: text)
    guard tuple.first == "(", let close = tuple.firstIndex(of: ")") else {
      throw damaged("the shape is no tuple")
    }
    var sizes: [Int] = []
    for item in tuple[..<close].dropFirst().split(separator: ",") {
      let digits = item.filter { $0 != " " }
      // Python 2 marks long integers.
      guard let size = Int(digits.hasSuffix("L") ? String(digits.dropLast()) : digits), size >= 0
      else {
        if digits.isEmpty { continue }
        throw damaged("'\(item)' is no size")
      }
      sizes.append(size)
    }
    return try Shape(sizes)
  }

  private static func value(of key: String, in text: String) throws(StatusError) -> Substring {
    for quote in ["'", "\""] {
      guard let range = text.firstRange(of: "\(quote)\(key)\(quote)") else { continue }
      let rest = text[range.upperBound...].drop { $0 == " " || $0 == ":" }
      return rest
    }
    throw damaged("the header lacks '\(key)'")
  }

  @inline(never)
  static func damaged(_ why: String) -> StatusError {
    StatusError(.dataLoss, "This is not a .npy file: \(why)")
  }
}
