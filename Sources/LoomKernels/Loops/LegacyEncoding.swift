#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// An encoding of texts that the C library knows: national ones from before Unicode.
package struct LegacyEncoding: Sendable {
  private let name: String

  /// `nil` if the system has no such encoding.
  package init?(name: String) {
    guard !name.isEmpty, name.allSatisfy({ $0.isASCII && $0 != "/" && $0 != "\0" }) else {
      return nil
    }
    // The Japanese encoding of personal computers, which leaves ASCII as it is.
    let key = name.lowercased().filter { $0 != "-" && $0 != "_" }
    self.name =
      key == "shiftjis" || key == "sjis"
      ? "CP932" : String(name.map { $0 == "_" || $0 == " " ? "-" : $0 })
    guard let handle = unsafe LegacyEncoding.open(self.name) else { return nil }
    unsafe iconv_close(handle)
  }

  @unsafe private static func open(_ name: String) -> iconv_t? {
    let handle = unsafe iconv_open("UTF-32LE", name)
    // The C library's sign of failure is all ones.
    return unsafe Int(bitPattern: handle) == -1 ? nil : handle
  }

  /// A character and the bytes it takes; `scalar` is `nil` for bytes that mean nothing.
  package struct Unit {
    package var scalar: UInt32?
    package var length: Int
  }

  /// The characters of a text, each tried with as few bytes as possible.
  package func decode(_ bytes: [UInt8]) -> [Unit] {
    guard let handle = unsafe LegacyEncoding.open(name) else {
      return bytes.map { _ in Unit(scalar: nil, length: 1) }
    }
    defer { unsafe iconv_close(handle) }
    var units: [Unit] = []
    var position = 0
    while position < bytes.count {
      var length = 1
      var scalar: UInt32?
      while length <= 4, position + length <= bytes.count, scalar == nil {
        scalar = unsafe LegacyEncoding.convert(
          Array(bytes[position..<position + length]), handle)
        if scalar == nil { length += 1 }
      }
      if scalar == nil { length = 1 }
      units.append(Unit(scalar: scalar, length: length))
      position += length
    }
    return units
  }

  /// The only character that `bytes` stand for; `nil` if they stand for none or are cut off.
  @unsafe private static func convert(_ bytes: [UInt8], _ handle: iconv_t) -> UInt32? {
    var input = bytes.map { CChar(bitPattern: $0) }
    var output = [CChar](repeating: 0, count: 16)
    var inputLeft = input.count
    var outputLeft = output.count
    unsafe iconv(handle, nil, nil, nil, nil)
    let result = unsafe input.withUnsafeMutableBufferPointer { source in
      unsafe output.withUnsafeMutableBufferPointer { target in
        var from = source.baseAddress
        var to = target.baseAddress
        // Both buffers outlive the call, which stays inside the counts it is given.
        return unsafe iconv(handle, &from, &inputLeft, &to, &outputLeft)
      }
    }
    guard result != -1, inputLeft == 0, outputLeft == 12 else { return nil }
    var scalar: UInt32 = 0
    for index in (0..<4).reversed() {
      scalar = scalar << 8 | UInt32(UInt8(bitPattern: output[index]))
    }
    return scalar
  }
}
