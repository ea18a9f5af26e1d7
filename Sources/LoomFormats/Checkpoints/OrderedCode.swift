/// Numbers and strings as bytes whose order is theirs: the keys of parts of tensors.
enum OrderedCode {
  static func append(number: UInt64, to bytes: inout [UInt8]) {
    var digits: [UInt8] = []
    var rest = number
    while rest > 0 {
      digits.append(UInt8(rest & 0xFF))
      rest >>= 8
    }
    bytes.append(UInt8(digits.count))
    bytes += digits.reversed()
  }

  static func append(string: [UInt8], to bytes: inout [UInt8]) {
    for byte in string {
      bytes.append(byte)
      if byte == 0 { bytes.append(0xFF) }
      if byte == 0xFF { bytes.append(0) }
    }
    bytes += [0, 1]
  }

  /// A header of ones tells the length; the rest is the number's two's complement, high bytes first.
  static func append(signed number: Int64, to bytes: inout [UInt8]) {
    let magnitude = UInt64(bitPattern: number < 0 ? ~number : number)
    if magnitude < 64 {
      bytes.append(0x80 ^ UInt8(truncatingIfNeeded: number))
      return
    }
    let length = (64 - magnitude.leadingZeroBitCount) / 7 + 1
    let sign: UInt8 = number < 0 ? 0xFF : 0
    var buffer = [sign, sign]
    for shift in stride(from: 56, through: 0, by: -8) {
      buffer.append(UInt8(truncatingIfNeeded: number >> Int64(shift)))
    }
    var code = Array(buffer.suffix(length))
    let header = ~(UInt16.max >> UInt16(length))
    code[0] ^= UInt8(header >> 8)
    code[1] ^= UInt8(header & 0xFF)
    bytes += code
  }

  /// The key of a slice's data.
  static func key(_ name: [UInt8], _ slice: TensorSlice) -> [UInt8] {
    var bytes: [UInt8] = []
    append(number: 0, to: &bytes)
    append(string: name, to: &bytes)
    append(number: UInt64(slice.extents.count), to: &bytes)
    for extent in slice.extents {
      append(signed: Int64(extent?.lowerBound ?? 0), to: &bytes)
      append(signed: Int64(extent?.count ?? -1), to: &bytes)
    }
    return bytes
  }
}
