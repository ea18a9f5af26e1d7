/// Reads the syntax of RE2, TensorFlow's regular expressions.
///
/// - SeeAlso: R. Cox, Regular expression matching in the wild (2010).
struct RegexParser {
  /// What is wrong with a pattern, in RE2's words.
  struct Failure: Error {
    let message: String
  }

  private struct Flags {
    var foldsCase = false
    var isMultiline = false
    var dotMatchesNewline = false
    var isLazy = false
  }

  /// What stands between two parentheses, so far.
  private struct Frame {
    /// The number of the group; `nil` for one that captures nothing.
    var group: Int?
    var alternatives: [[RegexNode]] = [[]]
    var flagsOutside: Flags
  }

  private let pattern: [UInt32]
  private let text: String
  private var position = 0
  private var flags = Flags()
  private var frames: [Frame] = []
  private(set) var groupCount = 0
  private var names: Set<String> = []

  /// Deeper nesting and larger counts are refused, as in RE2.
  private static let deepest = 1_000
  private static let largestCount = 1_000

  init(_ pattern: String) {
    text = pattern
    self.pattern = pattern.unicodeScalars.map(\.value)
  }

  private func slice(_ start: Int, _ end: Int) -> String {
    var result = String.UnicodeScalarView()
    for value in pattern[start..<Swift.min(end, pattern.count)] {
      if let scalar = Unicode.Scalar(value) { result.append(scalar) }
    }
    return String(result)
  }

  private func next(is character: Character) -> Bool {
    position < pattern.count && pattern[position] == character.unicodeScalars.first?.value
  }

  mutating func parse() throws(Failure) -> RegexNode {
    frames = [Frame(group: nil, flagsOutside: flags)]
    // Where the last repetition operator began; a second one must not follow it.
    var lastRepetition: Int?
    while position < pattern.count {
      let start = position
      var repetition: (Int, Int?)?
      switch Unicode.Scalar(pattern[position]).map(Character.init) {
      case "(": try open()
      case ")": try close()
      case "|":
        position += 1
        frames[frames.count - 1].alternatives.append([])
      case "*": repetition = (0, nil)
      case "+": repetition = (1, nil)
      case "?": repetition = (0, 1)
      case "{":
        if let counts = counts() {
          repetition = counts.range
          position = counts.end - 1
        } else {
          position += 1
          append(literal(0x7B))
        }
      case "[": append(.characters(try characterClass()))
      case ".":
        position += 1
        append(
          .characters(
            RegexClass(
              flags.dotMatchesNewline ? [0...0x10_FFFF] : [0...0x09, 0x0B...0x10_FFFF])))
      case "^":
        position += 1
        append(.assertion(flags.isMultiline ? .beginningOfLine : .beginningOfText))
      case "$":
        position += 1
        append(.assertion(flags.isMultiline ? .endOfLine : .endOfText))
      case "\\": try escape()
      default:
        append(literal(pattern[position]))
        position += 1
      }
      guard let (minimum, maximum) = repetition else {
        lastRepetition = nil
        continue
      }
      position += 1
      var isGreedy = !flags.isLazy
      if next(is: "?") {
        isGreedy.toggle()
        position += 1
      }
      if let lastRepetition {
        throw Failure(message: "bad repetition operator: \(slice(lastRepetition, position))")
      }
      try repeatLast(minimum, maximum, isGreedy, from: start)
      lastRepetition = start
    }
    guard frames.count == 1 else { throw Failure(message: "missing ): \(text)") }
    return RegexParser.node(of: frames[0])
  }

  private func literal(_ value: UInt32) -> RegexNode {
    var characters = RegexClass([value...value])
    if flags.foldsCase { characters.fold() }
    return .characters(characters)
  }

  private mutating func append(_ node: RegexNode) {
    let last = frames.count - 1
    let alternative = frames[last].alternatives.count - 1
    frames[last].alternatives[alternative].append(node)
  }

  private static func node(of frame: Frame) -> RegexNode {
    let alternatives = frame.alternatives.map { parts in
      parts.isEmpty ? .empty : parts.count == 1 ? parts[0] : RegexNode.concatenation(parts)
    }
    let inner = alternatives.count == 1 ? alternatives[0] : .alternation(alternatives)
    return frame.group.map { .group(inner, index: $0) } ?? inner
  }

  private mutating func repeatLast(
    _ minimum: Int, _ maximum: Int?, _ isGreedy: Bool, from start: Int
  ) throws(Failure) {
    let operation = slice(start, position)
    guard minimum <= RegexParser.largestCount, maximum ?? 0 <= RegexParser.largestCount,
      maximum ?? minimum >= minimum
    else { throw Failure(message: "invalid repetition size: \(operation)") }
    let last = frames.count - 1
    let alternative = frames[last].alternatives.count - 1
    guard let node = frames[last].alternatives[alternative].popLast() else {
      throw Failure(message: "no argument for repetition operator: \(operation)")
    }
    append(.repetition(node, minimum: minimum, maximum: maximum, isGreedy: isGreedy))
  }

  /// `{n}`, `{n,}` or `{n,m}` at the position; `nil` if braces stand there for themselves.
  private func counts() -> (range: (Int, Int?), end: Int)? {
    var index = position + 1
    func number() -> Int? {
      var value: Int?
      while index < pattern.count, (0x30...0x39).contains(pattern[index]) {
        value = Swift.min((value ?? 0) * 10 + Int(pattern[index] - 0x30), 100_000)
        index += 1
      }
      return value
    }
    guard let minimum = number(), index < pattern.count else { return nil }
    var maximum: Int? = minimum
    if pattern[index] == 0x2C {
      index += 1
      maximum = number()
    }
    guard index < pattern.count, pattern[index] == 0x7D else { return nil }
    return ((minimum, maximum), index + 1)
  }

  // MARK: Groups

  private mutating func open() throws(Failure) {
    guard frames.count < RegexParser.deepest else {
      throw Failure(message: "expression nests too deeply: \(text)")
    }
    let start = position
    position += 1
    guard next(is: "?") else {
      groupCount += 1
      frames.append(Frame(group: groupCount, flagsOutside: flags))
      return
    }
    position += 1
    if next(is: "P") || next(is: "<") {
      if next(is: "P") { position += 1 }
      guard next(is: "<"),
        let end = pattern[position...].firstIndex(of: 0x3E)
      else { throw Failure(message: "invalid named capture group: \(slice(start, pattern.count))") }
      let name = slice(position + 1, end)
      let isValid = !name.isEmpty && name.allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber }
      guard isValid, names.insert(name).inserted else {
        let problem = isValid ? "duplicate capture group name: \(name)" : nil
        throw Failure(
          message: problem ?? "invalid named capture group: \(slice(start, end + 1))")
      }
      position = end + 1
      groupCount += 1
      frames.append(Frame(group: groupCount, flagsOutside: flags))
      return
    }
    var changed = flags
    var isOn = true
    while position < pattern.count {
      let value = pattern[position]
      position += 1
      switch Unicode.Scalar(value).map(Character.init) {
      case "i": changed.foldsCase = isOn
      case "m": changed.isMultiline = isOn
      case "s": changed.dotMatchesNewline = isOn
      case "U": changed.isLazy = isOn
      case "-" where isOn: isOn = false
      case ":":
        frames.append(Frame(group: nil, flagsOutside: flags))
        flags = changed
        return
      case ")":
        flags = changed
        return
      default:
        throw Failure(message: "invalid perl operator: \(slice(start, position))")
      }
    }
    throw Failure(message: "missing ): \(text)")
  }

  private mutating func close() throws(Failure) {
    position += 1
    guard frames.count > 1, let frame = frames.popLast() else {
      throw Failure(message: "unexpected ): \(text)")
    }
    flags = frame.flagsOutside
    append(RegexParser.node(of: frame))
  }

  // MARK: Escapes

  private mutating func escape() throws(Failure) {
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
    case "E": break
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
  private mutating func perlClass(_ characters: inout RegexClass) throws(Failure) -> Bool {
    guard next(is: "\\"), position + 1 < pattern.count else { return false }
    let start = position
    switch Unicode.Scalar(pattern[position + 1]).map(Character.init) {
    case "d": characters.ranges += RegexClass.digits
    case "D": characters.ranges += RegexClass.complement(RegexClass.digits)
    case "s": characters.ranges += RegexClass.spaces
    case "S": characters.ranges += RegexClass.complement(RegexClass.spaces)
    case "w": characters.ranges += RegexClass.words
    case "W": characters.ranges += RegexClass.complement(RegexClass.words)
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
      guard let property = RegexClass.property(named: name, isNegated: isNegated) else {
        throw Failure(message: "invalid character class range: \(slice(start, position))")
      }
      characters.properties.append(property)
      return true
    default: return false
    }
    position += 2
    return true
  }

  /// The character that an escape at the position stands for.
  private mutating func character(from start: Int) throws(Failure) -> UInt32 {
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

  private mutating func characterClass() throws(Failure) -> RegexClass {
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
      result.ranges.append(low...high)
    }
    guard next(is: "]") else {
      throw Failure(message: "missing ]: \(slice(start, pattern.count))")
    }
    position += 1
    if flags.foldsCase { result.fold() }
    return result
  }

  private mutating func classCharacter(_ start: Int) throws(Failure) -> UInt32 {
    guard position < pattern.count else {
      throw Failure(message: "missing ]: \(slice(start, pattern.count))")
    }
    if next(is: "\\") { return try character(from: position) }
    defer { position += 1 }
    return pattern[position]
  }

  /// `[:alpha:]` and its kin; whether one stood there.
  private mutating func posixClass(_ characters: inout RegexClass) throws(Failure) -> Bool {
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
    characters.ranges += isNegated ? RegexClass.complement(ranges) : ranges
    position = end + 2
    return true
  }
}
