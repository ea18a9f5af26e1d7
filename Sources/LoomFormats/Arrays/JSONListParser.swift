import FoundationEssentials
import LoomCore

/// Reads nested lists of numbers, texts and truth values. Depth is data here, not recursion.
struct JSONListParser {
  /// One element as it stands in the text.
  struct Element {
    /// A number, a word, or a text without its quotes and escapes.
    var text: String
    var isText = false
    /// The second part of a complex number.
    var imaginary: String?

    var numberText: String {
      switch text {
      case "NaN": "nan"
      case "Infinity": "inf"
      case "-Infinity": "-inf"
      default: text
      }
    }

    /// Integers may be written with a fraction of zero.
    var integerText: String {
      guard let value = Double(text), text.contains(where: { ".eE".contains($0) }),
        let exact = Int64(exactly: value)
      else { return text }
      return String(exact)
    }

    var bool: Bool? {
      isText ? nil : ["true": true, "false": false, "1": true, "0": false][text]
    }

    var bytes: ByteString?
    var string: ByteString? { bytes ?? (isText ? ByteString(text) : nil) }

    func pair<Real>(_ convert: (String) -> Real?) -> (Real, Real)? {
      guard let real = convert(numberText),
        let other = convert(Element(text: imaginary ?? "0").numberText)
      else { return nil }
      return (real, other)
    }
  }

  private let bytes: [UInt8]
  private var position = 0
  /// Whether the innermost lists are pairs that make one complex number.
  private let isPaired: Bool

  init(_ text: String, isPaired: Bool) {
    bytes = Array(text.utf8)
    self.isPaired = isPaired
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the text is malformed or the lists are ragged.
  mutating func parse() throws(StatusError) -> (Shape, [Element]) {
    var elements: [Element] = []
    // Sizes found at each depth, and how far the open lists are.
    var sizes: [Int?] = []
    var open: [Int] = []
    var elementDepth: Int?
    repeat {
      skipSpace()
      if take("[") {
        guard open.count < Shape.maximumRank, elementDepth.map({ open.count < $0 }) ?? true else {
          throw ragged()
        }
        if open.count == sizes.count { sizes.append(nil) }
        open.append(0)
        skipSpace()
        if !take("]") { continue }
        try close(&open, &sizes)
      } else {
        guard elementDepth == nil || elementDepth == open.count, open.count == sizes.count else {
          throw ragged()
        }
        elementDepth = open.count
        elements.append(try element())
      }
      // After a value: the lists that end here, then the comma before the next.
      while !open.isEmpty {
        open[open.count - 1] += 1
        skipSpace()
        if take(",") { break }
        guard take("]") else { throw malformed("expected `,` or `]`") }
        try close(&open, &sizes)
      }
    } while !open.isEmpty
    skipSpace()
    guard position == bytes.count else { throw malformed("something stands after the value") }
    return try finish(sizes.map { $0 ?? 0 }, elements)
  }

  private func finish(_ sizes: [Int], _ elements: [Element]) throws(StatusError) -> (
    Shape, [Element]
  ) {
    guard isPaired, sizes.last == 2 else { return (try Shape(sizes), elements) }
    var pairs: [Element] = []
    for index in stride(from: 0, to: elements.count - 1, by: 2) {
      pairs.append(Element(text: elements[index].text, imaginary: elements[index + 1].text))
    }
    return (try Shape(sizes.dropLast()), pairs)
  }

  private mutating func close(_ open: inout [Int], _ sizes: inout [Int?]) throws(StatusError) {
    guard let count = open.popLast() else { throw malformed("unexpected `]`") }
    if let size = sizes[open.count], size != count { throw ragged() }
    sizes[open.count] = count
  }

  private mutating func element() throws(StatusError) -> Element {
    if take("\"") { return Element(text: try quoted(), isText: true) }
    if take("{") {
      skipSpace()
      guard take("\""), try quoted() == "b64" else { throw malformed("expected {\"b64\": …}") }
      skipSpace()
      guard take(":") else { throw malformed("expected `:`") }
      skipSpace()
      guard take("\""), let data = Data(base64Encoded: try quoted()) else {
        throw malformed("expected base64")
      }
      skipSpace()
      guard take("}") else { throw malformed("expected `}`") }
      var element = Element(text: "")
      element.bytes = ByteString(data)
      return element
    }
    let start = position
    while position < bytes.count, !" \n\r\t,]}".utf8.contains(bytes[position]) { position += 1 }
    guard position > start else { throw malformed("expected a value") }
    return Element(text: String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func quoted() throws(StatusError) -> String {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard position < bytes.count else { throw malformed("a text does not end") }
    let raw = bytes[start..<position]
    position += 1
    guard raw.contains(UInt8(ascii: "\\")) else { return String(decoding: raw, as: UTF8.self) }
    // Escapes are rare: the general decoder knows them.
    let wrapped = Data("[\"".utf8) + Data(raw) + Data("\"]".utf8)
    do { return try JSONDecoder().decode([String].self, from: wrapped).first ?? "" } catch {
      throw malformed("a text has bad escapes")
    }
  }

  private mutating func skipSpace() {
    while position < bytes.count, " \n\r\t".utf8.contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private func malformed(_ why: String) -> StatusError {
    .invalidArgument("Malformed JSON at byte \(position): \(why)")
  }

  private func ragged() -> StatusError {
    .invalidArgument("The lists differ in length or depth, seen at byte \(position)")
  }
}
