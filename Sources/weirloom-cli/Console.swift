import FoundationEssentials
import Glibc
import Weirloom

/// What the command writes, and where.
enum Console {
  private static let longestError = 10

  static func print(_ text: String) { StandardStream.output.write(text + "\n") }

  static func note(_ text: String, terminator: String = "\n") {
    StandardStream.error.write(text + terminator)
  }

  static func fail(_ error: StatusError) -> Never {
    let lines = "weirloom: \(error)".split(separator: "\n", omittingEmptySubsequences: true)
    note(lines.prefix(longestError).joined(separator: "\n"))
    exit(1)
  }

  static var standardErrorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// `value` with a fixed number of decimals.
  static func number(_ value: Double, decimals: Int = 2) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = Int64((value * scale).rounded())
    let digits = String(scaled.magnitude)
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    let sign = scaled < 0 ? "-" : ""
    return decimals == 0
      ? sign + padded : "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
  }

  /// A table with columns as wide as their widest cell; first and last column are left-aligned.
  static func table(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 || column == columns - 1 ? cell + padding : padding + cell
      }.joined(separator: "  ").trimmingSuffix()
    }.joined(separator: "\n")
  }
}

extension String {
  fileprivate func trimmingSuffix() -> String {
    var view = Substring(self)
    while view.last == " " { view = view.dropLast() }
    return String(view)
  }
}

/// Values as JSON, for scripts.
enum JSON {
  static func string(_ value: some Encodable) throws(StatusError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
      throw .internal("The result can't be written as JSON: \(error)")
    }
  }
}
