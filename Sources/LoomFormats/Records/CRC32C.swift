/// The cyclic redundancy check of RFC 3720 (Castagnoli's polynomial), which TensorFlow's files use.
package struct CRC32C: Sendable {
  private var state: UInt32 = 0xFFFF_FFFF

  package init() {}

  /// Of all bytes at once.
  package init(_ bytes: [UInt8]) {
    self.init()
    update(bytes)
  }

  /// The check of all bytes so far.
  package var value: UInt32 { ~state }

  /// The check as files store it: changed, so that the check of bytes that hold checks stays good.
  package var masked: UInt32 { CRC32C.mask(value) }

  package static func mask(_ value: UInt32) -> UInt32 {
    (value >> 15 | value << 17) &+ 0xA282_EAD8
  }

  package mutating func update(_ bytes: [UInt8]) { update(bytes[...]) }

  package mutating func update(_ bytes: ArraySlice<UInt8>) {
    let tables = CRC32C.tables
    var crc = state
    var position = bytes.startIndex
    // Eight bytes at a time, a table for each.
    while bytes.endIndex - position >= 8 {
      let low =
        crc
        ^ (UInt32(bytes[position]) | UInt32(bytes[position + 1]) << 8
          | UInt32(bytes[position + 2]) << 16 | UInt32(bytes[position + 3]) << 24)
      crc =
        tables[7 * 256 + Int(low & 0xFF)] ^ tables[6 * 256 + Int(low >> 8 & 0xFF)]
        ^ tables[5 * 256 + Int(low >> 16 & 0xFF)] ^ tables[4 * 256 + Int(low >> 24)]
      crc =
        crc ^ tables[3 * 256 + Int(bytes[position + 4])]
        ^ tables[2 * 256 + Int(bytes[position + 5])] ^ tables[256 + Int(bytes[position + 6])]
        ^ tables[Int(bytes[position + 7])]
      position += 8
    }
    while position < bytes.endIndex {
      crc = tables[Int((crc ^ UInt32(bytes[position])) & 0xFF)] ^ (crc >> 8)
      position += 1
    }
    state = crc
  }

  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for index in 0..<256 {
      var crc = UInt32(index)
      for _ in 0..<8 { crc = crc & 1 != 0 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
      tables[index] = crc
    }
    for table in 1..<8 {
      for index in 0..<256 {
        let previous = tables[(table - 1) * 256 + index]
        tables[table * 256 + index] = tables[Int(previous & 0xFF)] ^ (previous >> 8)
      }
    }
    return tables
  }()
}
