#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Numbers as C prints them.
package enum NumberText {
  /// `%.<digits>g`.
  package static func general(_ value: Double, digits: Int) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    var text = ""
    // At most 17 digits, a sign, a point and an exponent of five characters.
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let start = buffer.baseAddress else { return }
      let precision = Int32(clamping: Swift.min(Swift.max(digits, 1), 17))
      unsafe withVaList([precision, value]) { arguments in
        _ = unsafe vsnprintf(start, 64, "%.*g", arguments)
      }
      text = unsafe String(cString: start)
    }
    return text
  }

  /// The fewest digits of six or nine that give the value back.
  package static func shortest(_ value: Float) -> String {
    let short = general(Double(value), digits: 6)
    return Float(short) == value || !value.isFinite ? short : general(Double(value), digits: 9)
  }

  /// The fewest digits of fifteen or seventeen that give the value back.
  package static func shortest(_ value: Double) -> String {
    let short = general(value, digits: 15)
    return Double(short) == value || !value.isFinite ? short : general(value, digits: 17)
  }
}

/// The process's own output, for ops that print.
package enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

  /// Writes all bytes in one call where the system allows it; what cannot be written is dropped, as a
  /// closed terminal is no reason to fail a step.
  package func write(_ text: String) {
    StandardStream.write(Array(text.utf8), to: rawValue)
  }

  /// Appends to a file, which is made if it is missing.
  ///
  /// - Returns: whether the file could be opened.
  package static func append(_ text: String, toFile path: String) -> Bool {
    let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return false }
    write(Array(text.utf8), to: descriptor)
    close(descriptor)
    return true
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      #if canImport(Glibc)
        let written = unsafe rest.withUnsafeBytes {
          unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
        }
      #elseif canImport(Musl)
        let written = unsafe rest.withUnsafeBytes {
          unsafe Musl.write(descriptor, $0.baseAddress, $0.count)
        }
      #else
        let written = unsafe rest.withUnsafeBytes {
          unsafe Darwin.write(descriptor, $0.baseAddress, $0.count)
        }
      #endif
      guard written > 0 else { return }
      rest = rest.dropFirst(written)
    }
  }
}
