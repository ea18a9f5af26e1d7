/// Reads numbers from bytes, never beyond their end.
package struct ByteCursor {
  package let bytes: ArraySlice<UInt8>
  package private(set) var position: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  package init(_ bytes: [UInt8]) { self.init(bytes[...]) }

  package var remaining: Int { bytes.endIndex - position }
  package var isAtEnd: Bool { position >= bytes.endIndex }

  /// The next `count` bytes; `nil` if there are fewer.
  package mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= remaining else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// A number in base 128, low digits first; `nil` if it is cut off or too long.
  package mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64, position < bytes.endIndex {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  /// A number in base 128 that counts bytes; `nil` also if it leaves `Int`.
  package mutating func length() -> Int? { varint().flatMap { Int(exactly: $0) } }

  package mutating func uint32() -> UInt32? {
    guard let part = take(4) else { return nil }
    return part.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  package mutating func uint64() -> UInt64? {
    guard let part = take(8) else { return nil }
    return part.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

extension [UInt8] {
  package mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  package mutating func append(littleEndian value: UInt32) {
    for shift in [0, 8, 16, 24] { append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }

  package mutating func append(littleEndian value: UInt64) {
    append(littleEndian: UInt32(truncatingIfNeeded: value))
    append(littleEndian: UInt32(truncatingIfNeeded: value >> 32))
  }
}
