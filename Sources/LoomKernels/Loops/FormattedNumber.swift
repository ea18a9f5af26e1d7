#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// How C prints a floating-point number.
package enum FloatingNotation: Sendable {
  /// `%f`
  case fixed
  /// `%e`
  case scientific
  /// `%g`
  case shortest
}

extension NumberText {
  /// `%.<precision>f` and its kin; `isAlternate` is the flag `#`.
  package static func formatted(
    _ value: Double, _ notation: FloatingNotation, precision: Int, isAlternate: Bool = false
  ) -> String {
    let digits = Int32(clamping: Swift.max(precision, 0))
    let format =
      switch (notation, isAlternate) {
      case (.fixed, false): "%.*f"
      case (.scientific, false): "%.*e"
      case (.shortest, false): "%.*g"
      case (.fixed, true): "%#.*f"
      case (.scientific, true): "%#.*e"
      case (.shortest, true): "%#.*g"
      }
    // A double has at most 309 digits before the point.
    let capacity = Int(digits) + 400
    return unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
      guard let start = buffer.baseAddress else { return "" }
      unsafe withVaList([digits, value]) { arguments in
        _ = unsafe vsnprintf(start, capacity, format, arguments)
      }
      return unsafe String(cString: start)
    }
  }
}
