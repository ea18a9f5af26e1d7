import LoomCore
import LoomKernels

/// How bytes stand for characters.
enum TextEncoding: Sendable {
  case utf8
  /// `nil`: a byte order mark decides, big-endian without one.
  case utf16(isBigEndian: Bool?)
  case utf32(isBigEndian: Bool?)
  case ascii
  case latin1
  /// One of one byte for each character, in which unused bytes stand for control characters.
  case windows(LegacyEncoding)
  /// What the system knows beyond these.
  case other(LegacyEncoding)

  /// - Throws: ``StatusError/Code/invalidArgument`` for an unknown name.
  init(named name: String) throws(StatusError) {
    switch name.lowercased().filter({ $0 != "-" && $0 != "_" && $0 != " " }) {
    case "utf8": self = .utf8
    case "utf16": self = .utf16(isBigEndian: nil)
    case "utf16be": self = .utf16(isBigEndian: true)
    case "utf16le": self = .utf16(isBigEndian: false)
    case "utf32", "ucs4": self = .utf32(isBigEndian: nil)
    case "utf32be": self = .utf32(isBigEndian: true)
    case "utf32le": self = .utf32(isBigEndian: false)
    case "usascii", "ascii", "iso646us": self = .ascii
    case "iso88591", "latin1", "88591", "l1", "ibm819", "cp819": self = .latin1
    default:
      guard let other = LegacyEncoding(name: name) else {
        throw .invalidArgument("Could not create converter for input encoding: \(name)")
      }
      let isWindows = name.lowercased().hasPrefix("windows-125")
      self = isWindows ? .windows(other) : .other(other)
    }
  }

  /// A character and the bytes it takes; `scalar` is `nil` for malformed bytes.
  struct Unit {
    var scalar: UInt32?
    var length: Int
  }

  func decode(_ bytes: [UInt8]) -> [Unit] {
    switch self {
    case .utf8: TextEncoding.decode8(bytes)
    case .utf16(let order): TextEncoding.decode16(bytes, order)
    case .utf32(let order): TextEncoding.decode32(bytes, order)
    case .ascii: bytes.map { Unit(scalar: $0 < 0x80 ? UInt32($0) : nil, length: 1) }
    case .latin1: bytes.map { Unit(scalar: UInt32($0), length: 1) }
    case .other(let encoding):
      encoding.decode(bytes).map { Unit(scalar: $0.scalar, length: $0.length) }
    case .windows(let encoding): TextEncoding.decodeWindows(bytes, encoding)
    }
  }

  private static func decodeWindows(_ bytes: [UInt8], _ encoding: LegacyEncoding) -> [Unit] {
    var units: [Unit] = []
    var position = 0
    for unit in encoding.decode(bytes) {
      let byte = bytes[position]
      let isUnused = unit.scalar == nil && (0x80..<0xA0).contains(byte)
      units.append(Unit(scalar: isUnused ? UInt32(byte) : unit.scalar, length: unit.length))
      position += unit.length
    }
    return units
  }

  /// Malformed bytes go by the longest beginning of a character (Unicode 3.9, U+FFFD substitution of
  /// maximal subparts).
  private static func decode8(_ bytes: [UInt8]) -> [Unit] {
    var units: [Unit] = []
    units.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let lead = bytes[index]
      if lead < 0x80 {
        units.append(Unit(scalar: UInt32(lead), length: 1))
        index += 1
        continue
      }
      let (count, range): (Int, ClosedRange<UInt8>) =
        switch lead {
        case 0xC2...0xDF: (1, 0x80...0xBF)
        case 0xE0: (2, 0xA0...0xBF)
        case 0xED: (2, 0x80...0x9F)
        case 0xE1...0xEF: (2, 0x80...0xBF)
        case 0xF0: (3, 0x90...0xBF)
        case 0xF1...0xF3: (3, 0x80...0xBF)
        case 0xF4: (3, 0x80...0x8F)
        default: (0, 0x80...0xBF)
        }
      var scalar = UInt32(lead) & (count == 1 ? 0x1F : count == 2 ? 0x0F : 0x07)
      var length = 1
      while length <= count, index + length < bytes.count {
        let byte = bytes[index + length]
        guard (length == 1 ? range : 0x80...0xBF).contains(byte) else { break }
        scalar = scalar << 6 | UInt32(byte & 0x3F)
        length += 1
      }
      let isComplete = count > 0 && length == count + 1
      units.append(Unit(scalar: isComplete ? scalar : nil, length: length))
      index += length
    }
    return units
  }

  private static func decode16(_ bytes: [UInt8], _ order: Bool?) -> [Unit] {
    var units: [Unit] = []
    var isBigEndian = order ?? true
    var index = 0
    if order == nil, bytes.count >= 2 {
      if bytes[0] == 0xFE, bytes[1] == 0xFF {
        index = 2
      } else if bytes[0] == 0xFF, bytes[1] == 0xFE {
        isBigEndian = false
        index = 2
      }
    }
    func word(_ index: Int) -> UInt32 {
      let (a, b) = (UInt32(bytes[index]), UInt32(bytes[index + 1]))
      return isBigEndian ? a << 8 | b : b << 8 | a
    }
    while index < bytes.count {
      guard index + 1 < bytes.count else {
        units.append(Unit(scalar: nil, length: 1))
        break
      }
      let first = word(index)
      if (0xD800..<0xDC00).contains(first), index + 3 < bytes.count,
        (0xDC00..<0xE000).contains(word(index + 2))
      {
        let scalar = 0x1_0000 + (first - 0xD800) << 10 + (word(index + 2) - 0xDC00)
        units.append(Unit(scalar: scalar, length: 4))
        index += 4
      } else {
        let isSurrogate = (0xD800..<0xE000).contains(first)
        units.append(Unit(scalar: isSurrogate ? nil : first, length: 2))
        index += 2
      }
    }
    return units
  }

  private static func decode32(_ bytes: [UInt8], _ order: Bool?) -> [Unit] {
    var units: [Unit] = []
    var isBigEndian = order ?? true
    var index = 0
    if order == nil, bytes.count >= 4 {
      if Array(bytes[..<4]) == [0, 0, 0xFE, 0xFF] {
        index = 4
      } else if Array(bytes[..<4]) == [0xFF, 0xFE, 0, 0] {
        isBigEndian = false
        index = 4
      }
    }
    while index < bytes.count {
      guard index + 3 < bytes.count else {
        units.append(Unit(scalar: nil, length: bytes.count - index))
        break
      }
      let group = bytes[index..<index + 4]
      var scalar: UInt32 = 0
      for byte in isBigEndian ? Array(group) : group.reversed() {
        scalar = scalar << 8 | UInt32(byte)
      }
      let isValid = scalar <= 0x10_FFFF && !(0xD800..<0xE000).contains(scalar)
      units.append(Unit(scalar: isValid ? scalar : nil, length: 4))
      index += 4
    }
    return units
  }
}

extension TextEncoding {
  /// Encodings that ops write.
  enum Output: String, Sendable {
    case utf8 = "UTF-8"
    case utf16 = "UTF-16-BE"
    case utf32 = "UTF-32-BE"

    /// - Throws: ``StatusError/Code/invalidArgument`` for another name.
    init(named name: String) throws(StatusError) {
      guard let output = Output(rawValue: name) else {
        throw .invalidArgument(
          "output encoding must be one of UTF-8, UTF-16-BE, UTF-32-BE, got \(name)")
      }
      self = output
    }

    func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
      func byte(_ value: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: value) }
      func word(_ value: UInt32) { bytes += [byte(value >> 8), byte(value)] }
      switch self {
      case .utf8:
        switch scalar {
        case 0..<0x80: bytes.append(byte(scalar))
        case 0..<0x800: bytes += [byte(0xC0 | scalar >> 6), byte(0x80 | scalar & 0x3F)]
        case 0..<0x1_0000:
          bytes += [
            byte(0xE0 | scalar >> 12), byte(0x80 | scalar >> 6 & 0x3F), byte(0x80 | scalar & 0x3F),
          ]
        default:
          bytes += [
            byte(0xF0 | scalar >> 18), byte(0x80 | scalar >> 12 & 0x3F),
            byte(0x80 | scalar >> 6 & 0x3F), byte(0x80 | scalar & 0x3F),
          ]
        }
      case .utf16:
        if scalar < 0x1_0000 {
          word(scalar)
        } else {
          word(0xD800 + (scalar - 0x1_0000) >> 10)
          word(0xDC00 + (scalar - 0x1_0000) & 0x3FF)
        }
      case .utf32:
        word(scalar >> 16)
        word(scalar)
      }
    }
  }
}
