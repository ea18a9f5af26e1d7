/// Reads the syntax of RE2, TensorFlow's regular expressions.
///
/// - SeeAlso: R. Cox, Regular expression matching in the wild (2010).
struct RegexParser {
  /// What is wrong with a pattern, in RE2's words.
  struct Failure: Error {
    let message: String
  }

  struct Flags {
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

  let pattern: [UInt32]
  let text: String
  var position = 0
  var flags = Flags()
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

  func slice(_ start: Int, _ end: Int) -> String {
    var result = String.UnicodeScalarView()
    for value in pattern[start..<Swift.min(end, pattern.count)] {
      if let scalar = Unicode.Scalar(value) { result.append(scalar) }
    }
    return String(result)
  }

  func next(is character: Character) -> Bool {
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

  func literal(_ value: UInt32) -> RegexNode {
    var characters = RegexClass()
    characters.add([value...value], foldsCase: flags.foldsCase)
    return .characters(characters)
  }

  mutating func append(_ node: RegexNode) {
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
}
