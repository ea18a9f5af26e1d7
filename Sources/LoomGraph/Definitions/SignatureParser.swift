import LoomCore

/// Reads TensorFlow's notation of arguments and attributes.
struct SignatureParser {
  let op: String
  private(set) var problems: [String] = []

  init(op: String) { self.op = op }

  private mutating func fail(_ text: String, _ why: String) {
    problems.append("\(op): \"\(text)\": \(why)")
  }

  /// `name: T`, `name: float`, `name: N * T`, `name: Ref(T)`.
  mutating func argument(
    _ text: String, attributes: [String: OpSignature.AttributeDefinition.Kind]
  ) -> OpSignature.Argument? {
    guard let (name, rest) = split(text) else {
      fail(text, "expected `name: type`")
      return nil
    }
    var type = rest
    var number: String?
    if let star = type.firstIndex(of: "*") {
      number = trimmed(type[..<star])
      type = trimmed(type[type.index(after: star)...])
    }
    var isReference = false
    if type.hasPrefix("Ref("), type.hasSuffix(")") {
      isReference = true
      type = String(type.dropFirst(4).dropLast())
    }
    if let number, attributes[number] != .int { fail(text, "`\(number)` is not an int attribute") }
    let argumentType: OpSignature.ArgumentType
    if let kind = attributes[type] {
      switch kind {
      case .type: argumentType = .attribute(type)
      case .types: argumentType = .listAttribute(type)
      default:
        fail(text, "`\(type)` is not a type attribute")
        return nil
      }
    } else if let dtype = DType(name: type) {
      argumentType = .fixed(dtype)
    } else {
      fail(text, "unknown type `\(type)`")
      return nil
    }
    return .init(name: name, type: argumentType, numberAttribute: number, reference: isReference)
  }

  /// `T: {float, double} = float`, `N: int >= 1`, `padding: {"SAME", "VALID"}`, `shape: shape = ?`.
  mutating func attribute(_ text: String) -> OpSignature.AttributeDefinition? {
    guard let (name, rest) = split(text) else {
      fail(text, "expected `name: kind`")
      return nil
    }
    var cursor = Substring(rest)
    var kindText = ""
    var allowedTypes: [DType]?
    var allowedStrings: [String]?
    let isList = cursor.hasPrefix("list(")
    if isList { cursor = cursor.dropFirst(5) }
    if cursor.hasPrefix("{") {
      guard let close = cursor.firstIndex(of: "}") else {
        fail(text, "missing `}`")
        return nil
      }
      let items = cursor[cursor.index(after: cursor.startIndex)..<close]
        .split(separator: ",").map { trimmed($0) }
      cursor = cursor[cursor.index(after: close)...]
      if items.contains(where: { $0.hasPrefix("\"") || $0.hasPrefix("'") }) {
        kindText = "string"
        allowedStrings = items.map { String($0.dropFirst().dropLast()) }
      } else {
        kindText = "type"
        allowedTypes = []
        for item in items {
          if let type = DType(name: item) {
            allowedTypes?.append(type)
          } else {
            fail(text, "unknown type `\(item)`")
          }
        }
      }
    } else {
      kindText = String(cursor.prefix { $0.isLetter })
      cursor = cursor.dropFirst(kindText.count)
    }
    if isList {
      guard cursor.hasPrefix(")") else {
        fail(text, "missing `)`")
        return nil
      }
      cursor = cursor.dropFirst()
      kindText = "list(\(kindText))"
    }
    guard let kind = OpSignature.AttributeDefinition.Kind(rawValue: kindText) else {
      fail(text, "unknown kind `\(kindText)`")
      return nil
    }
    var minimum: Int?
    var remainder = trimmed(cursor)
    if remainder.hasPrefix(">=") {
      let number = trimmed(remainder.dropFirst(2).prefix { $0 != "=" })
      minimum = Int(number)
      if minimum == nil { fail(text, "`\(number)` is not a number") }
      remainder = remainder.dropFirst(2).firstIndex(of: "=").map { trimmed(remainder[$0...]) } ?? ""
    }
    var defaultValue: AttributeValue?
    if remainder.hasPrefix("=") {
      let literal = trimmed(remainder.dropFirst())
      defaultValue = value(literal, kind: kind)
      if defaultValue == nil { fail(text, "`\(literal)` is not a \(kind.rawValue)") }
    } else if !remainder.isEmpty {
      fail(text, "unexpected `\(remainder)`")
    }
    return .init(
      name: name, kind: kind, defaultValue: defaultValue, minimum: minimum,
      allowedTypes: allowedTypes, allowedStrings: allowedStrings)
  }

  private func value(_ text: String, kind: OpSignature.AttributeDefinition.Kind) -> AttributeValue?
  {
    if kind.isList {
      guard text.hasPrefix("["), text.hasSuffix("]") else { return nil }
      let element = OpSignature.AttributeDefinition.Kind(
        rawValue: String(kind.rawValue.dropFirst(5).dropLast()))
      guard let element else { return nil }
      let items = text.dropFirst().dropLast().split(separator: ",").map { trimmed($0) }
      let values = items.compactMap { value($0, kind: element) }
      return values.count == items.count ? .list(values) : nil
    }
    switch kind {
    case .int: return Int64(text).map { .int($0) }
    case .float: return Float(text).map { .float($0) }
    case .bool: return text == "true" ? .bool(true) : text == "false" ? .bool(false) : nil
    case .type:
      let name = text.hasPrefix("DT_") ? text.dropFirst(3).lowercased() : text
      return DType(name: name).map { .type($0) }
    case .string:
      guard text.count >= 2, let quote = text.first, quote == "\"" || quote == "'",
        text.last == quote
      else { return nil }
      return .string(ByteString(String(text.dropFirst().dropLast())))
    case .shape:
      if text == "?" || text.contains("unknown_rank") { return .shape(.unknown) }
      return text == "[]" || text == "{}" ? .shape(.scalar) : nil
    case .function: return text == "{}" ? .function(FunctionReference(name: "")) : nil
    default: return nil
    }
  }

  private func split(_ text: String) -> (String, String)? {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    return (trimmed(text[..<colon]), trimmed(text[text.index(after: colon)...]))
  }

  private func trimmed(_ text: some StringProtocol) -> String {
    var view = Substring(text)
    while let first = view.first, first == " " || first == "\n" { view = view.dropFirst() }
    while let last = view.last, last == " " || last == "\n" { view = view.dropLast() }
    return String(view)
  }
}
