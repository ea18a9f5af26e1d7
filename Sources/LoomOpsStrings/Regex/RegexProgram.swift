/// A regular expression compiled for a machine that follows all its paths at once (K. Thompson, 1968;
/// R. Pike's form, which remembers groups).
struct RegexProgram: Sendable {
  enum Instruction: Sendable {
    case characters(Int)
    case byte
    case assertion(RegexAssertion)
    /// Goes on at both places, the first of which is preferred.
    case split(Int, Int)
    case jump(Int)
    case save(Int)
    case match
  }

  private(set) var instructions: [Instruction] = []
  private(set) var classes: [RegexClass] = []
  let groupCount: Int

  /// Programs that would be larger are refused, as by RE2's memory limit.
  private static let largest = 100_000

  /// - Throws: ``RegexParser/Failure`` with RE2's words for what is wrong.
  init(_ pattern: String) throws(RegexParser.Failure) {
    var parser = RegexParser(pattern)
    let node = try parser.parse()
    groupCount = parser.groupCount
    try emit(.save(0))
    try compile(node)
    try emit(.save(1))
    try emit(.match)
  }

  private mutating func emit(_ instruction: Instruction) throws(RegexParser.Failure) {
    guard instructions.count < RegexProgram.largest else {
      throw RegexParser.Failure(message: "pattern too large - compile failed")
    }
    instructions.append(instruction)
  }

  // The parser bounds how deep nodes nest.
  private mutating func compile(_ node: RegexNode) throws(RegexParser.Failure) {
    switch node {
    case .empty: break
    case .characters(let members):
      try emit(.characters(classes.count))
      classes.append(members)
    case .byte: try emit(.byte)
    case .assertion(let assertion): try emit(.assertion(assertion))
    case .concatenation(let parts): for part in parts { try compile(part) }
    case .alternation(let parts): try alternation(parts)
    case .group(let inner, let index):
      try emit(.save(2 * index))
      try compile(inner)
      try emit(.save(2 * index + 1))
    case .repetition(let inner, let minimum, let maximum, let isGreedy):
      try repetition(inner, minimum, maximum, isGreedy)
    }
  }

  private mutating func alternation(_ parts: [RegexNode]) throws(RegexParser.Failure) {
    var jumps: [Int] = []
    for (index, part) in parts.enumerated() {
      guard index < parts.count - 1 else {
        try compile(part)
        break
      }
      let split = instructions.count
      try emit(.split(split + 1, split + 1))
      try compile(part)
      jumps.append(instructions.count)
      try emit(.jump(0))
      instructions[split] = .split(split + 1, instructions.count)
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  private mutating func repetition(
    _ inner: RegexNode, _ minimum: Int, _ maximum: Int?, _ isGreedy: Bool
  ) throws(RegexParser.Failure) {
    func split(_ inside: Int, _ outside: Int) -> Instruction {
      isGreedy ? .split(inside, outside) : .split(outside, inside)
    }
    for _ in 0..<minimum { try compile(inner) }
    guard let maximum else {
      let start = instructions.count
      try emit(.split(start + 1, start + 1))
      try compile(inner)
      try emit(.jump(start))
      instructions[start] = split(start + 1, instructions.count)
      return
    }
    // Nested optional parts all leave for the end.
    var splits: [Int] = []
    for _ in minimum..<Swift.max(maximum, minimum) {
      splits.append(instructions.count)
      try emit(.split(0, 0))
      try compile(inner)
    }
    for place in splits { instructions[place] = split(place + 1, instructions.count) }
  }
}
