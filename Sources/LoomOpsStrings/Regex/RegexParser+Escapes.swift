/// Escapes and classes of characters.
extension RegexParser {
  // MARK: Escapes

  mutating func escape() throws(Failure) {
    let start = position
    guard position + 1 < pattern.count else { throw Failure(message: "trailing \\: ") }
    switch Unicode.Scalar(pattern[position + 1]).map(Character.init) {
    case "A": append(.assertion(.beginningOfText))
    case "z": append(.assertion(.endOfText))
    case "b": append(.assertion(.wordBoundary))
    case "B": append(.assertion(.noWordBoundary))
    case "C": append(.byte)
    case "Q":
      position += 2
      while position < pattern.count {
        if next(is: "\\"), position + 1 < pattern.count, pattern[position + 1] == 0x45 {
          position += 2
          return
        }
        append(literal(pattern[position]))
        position += 1
      }
      return
    default:
      var characters = RegexClass()
      if try !perlClass(&characters) {
        let value = try character(from: start)
        append(literal(value))
        return
      }
      append(.characters(characters))
      return
    }
    position += 2
  }

  /// `\d`, `\pL`, `\p{Nd}` and their kin, added to a class; whether one stood there.
  mutating func perlClass(_ characters: inout RegexClass) throws(Failure) -> Bool {
    guard next(is: "\\"), position + 1 < pattern.count else { return false }
    let start = position
    switch Unicode.Scalar(pattern[position + 1]).map(Character.init) {
    case "d": characters.add(RegexClass.digits, foldsCase: flags.foldsCase)
    case "D":
      characters.add(RegexClass.digits, isNegated: true, foldsCase: flags.foldsCase)
    case "s": characters.add(RegexClass.spaces, foldsCase: flags.foldsCase)
    case "S":
      characters.add(RegexClass.spaces, isNegated: true, foldsCase: flags.foldsCase)
    case "w": characters.add(RegexClass.words, foldsCase: flags.foldsCase)
    case "W":
      characters.add(RegexClass.words, isNegated: true, foldsCase: flags.foldsCase)
    case "p", "P":
      var isNegated = pattern[position + 1] == 0x50
      position += 2
      var name = ""
      if next(is: "{") {
        guard let end = pattern[position...].firstIndex(of: 0x7D) else {
          throw Failure(
            message: "invalid character class range: \(slice(start, pattern.count))")
        }
        name = slice(position + 1, end)
        position = end + 1
      } else if position < pattern.count {
        name = slice(position, position + 1)
        position += 1
      }
      if name.hasPrefix("^") {
        isNegated.toggle()
        name.removeFirst()
      }
      guard var property = RegexClass.property(named: name, isNegated: isNegated) else {
        throw Failure(message: "invalid character class range: \(slice(start, position))")
      }
      property.foldsCase = flags.foldsCase
      characters.properties.append(property)
      return true
    default: return false
    }
    position += 2
    return true
  }

  /// The character that an escape at the position stands for.
  mutating func character(from start: Int) throws(Failure) -> UInt32 {
    position += 1
    guard position < pattern.count else { throw Failure(message: "trailing \\: ") }
    let value = pattern[position]
    position += 1
    func invalid(_ end: Int) -> Failure {
      Failure(message: "invalid escape sequence: \(slice(start, end))")
    }
    switch Unicode.Scalar(value).map(Character.init) {
    case "a": return 0x07
    case "f": return 0x0C
    case "n": return 0x0A
    case "r": return 0x0D
    case "t": return 0x09
    case "v": return 0x0B
    case "0", "1", "2", "3", "4", "5", "6", "7":
      // A single digit but 0 would be a reference to a group, which there are none of.
      guard value == 0x30 || (position < pattern.count && (0x30...0x37).contains(pattern[position]))
      else { throw invalid(position) }
      var octal = value - 0x30
      for _ in 0..<2
      where position < pattern.count && (0x30...0x37).contains(pattern[position]) {
        octal = octal * 8 + pattern[position] - 0x30
        position += 1
      }
      return octal
    case "x":
      var digits = ""
      if next(is: "{") {
        guard let end = pattern[position...].firstIndex(of: 0x7D) else {
          throw invalid(pattern.count)
        }
        digits = slice(position + 1, end)
        position = end + 1
      } else {
        digits = slice(position, position + 2)
        position = Swift.min(position + 2, pattern.count)
        guard digits.count == 2 else { throw invalid(position) }
      }
      guard digits.allSatisfy(\.isHexDigit), let code = UInt32(digits, radix: 16),
        code <= 0x10_FFFF
      else { throw invalid(position) }
      return code
    default:
      // Punctuation stands for itself.
      let isWord = RegexClass.words.contains { $0.contains(value) } && value != 0x5F
      guard value < 0x80, !isWord else { throw invalid(position) }
      return value
    }
  }

  // MARK: Classes

  mutating func characterClass() throws(Failure) -> RegexClass {
    let start = position
    var result = RegexClass()
    position += 1
    if next(is: "^") {
      result.isNegated = true
      position += 1
    }
    var isFirst = true
    while position < pattern.count, isFirst || !next(is: "]") {
      isFirst = false
      if next(is: "["), try posixClass(&result) { continue }
      if try perlClass(&result) { continue }
      let rangeStart = position
      let low = try classCharacter(start)
      var high = low
      if next(is: "-"), position + 1 < pattern.count, pattern[position + 1] != 0x5D {
        position += 1
        high = try classCharacter(start)
        guard low <= high else {
          throw Failure(
            message: "invalid character class range: \(slice(rangeStart, position))")
        }
      }
      result.add([low...high], foldsCase: flags.foldsCase)
    }
    guard next(is: "]") else {
      throw Failure(message: "missing ]: \(slice(start, pattern.count))")
    }
    position += 1
    return result
  }

  mutating func classCharacter(_ start: Int) throws(Failure) -> UInt32 {
    guard position < pattern.count else {
      throw Failure(message: "missing ]: \(slice(start, pattern.count))")
    }
    if next(is: "\\") { return try character(from: position) }
    defer { position += 1 }
    return pattern[position]
  }

  /// `[:alpha:]` and its kin; whether one stood there.
  mutating func posixClass(_ characters: inout RegexClass) throws(Failure) -> Bool {
    guard position + 1 < pattern.count, pattern[position + 1] == 0x3A else { return false }
    var end = position + 2
    while end + 1 < pattern.count, !(pattern[end] == 0x3A && pattern[end + 1] == 0x5D) {
      end += 1
    }
    guard end + 1 < pattern.count else { return false }
    var name = slice(position + 2, end)
    let isNegated = name.hasPrefix("^")
    if isNegated { name.removeFirst() }
    guard let ranges = RegexClass.posix(name) else {
      throw Failure(message: "invalid character class range: \(slice(position, end + 2))")
    }
    characters.add(ranges, isNegated: isNegated, foldsCase: flags.foldsCase)
    position = end + 2
    return true
  }
}
