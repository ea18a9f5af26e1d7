import LoomCore

/// Finds matches of a regular expression; time grows with the pattern times the text, never more.
struct RegexMatcher: Sendable {
  let program: RegexProgram

  /// - Throws: ``StatusError/Code/invalidArgument`` for a malformed pattern.
  init(_ pattern: ByteString) throws(StatusError) {
    do throws(RegexParser.Failure) {
      program = try RegexProgram(pattern.string)
    } catch {
      throw .invalidArgument("Invalid pattern: \(pattern), error: \(error.message)")
    }
  }

  /// A text in characters.
  struct Subject {
    let bytes: [UInt8]
    /// Characters, with a value outside of Unicode for malformed bytes.
    let scalars: [UInt32]
    /// Where each character begins, and the end.
    let offsets: [Int]

    init(_ text: ByteString) {
      bytes = text.bytes
      var scalars: [UInt32] = []
      var offsets = [0]
      scalars.reserveCapacity(bytes.count)
      offsets.reserveCapacity(bytes.count + 1)
      for unit in TextEncoding.utf8.decode(bytes) {
        // Each malformed byte stands alone.
        for _ in 0..<(unit.scalar == nil ? unit.length : 1) {
          scalars.append(unit.scalar ?? .max)
          offsets.append((offsets.last ?? 0) + (unit.scalar == nil ? 1 : unit.length))
        }
      }
      self.scalars = scalars
      self.offsets = offsets
    }
  }

  /// Whether the whole text matches.
  func matchesAll(_ text: ByteString) -> Bool {
    let subject = Subject(text)
    return run(subject, from: 0, isAnchored: true, mustReachEnd: true) != nil
  }

  /// The first match at or behind character `start`: begin and end of the match and of each group, in
  /// characters; `nil` pairs for groups that took no part.
  func firstMatch(_ subject: Subject, from start: Int) -> [Int?]? {
    run(subject, from: start, isAnchored: false, mustReachEnd: false)
  }

  /// The places of the machine that are alive at one position, in the order of preference.
  private struct Threads {
    var places: [Int] = []
    var saved: [[Int?]] = []
    private var marks: [Int]
    private var generation = 0

    init(_ count: Int) { marks = [Int](repeating: -1, count: count) }

    mutating func clear() {
      places.removeAll(keepingCapacity: true)
      saved.removeAll(keepingCapacity: true)
      generation += 1
    }

    /// Whether the place is new at this position.
    mutating func mark(_ place: Int) -> Bool {
      if marks[place] == generation { return false }
      marks[place] = generation
      return true
    }
  }

  private func run(
    _ subject: Subject, from start: Int, isAnchored: Bool, mustReachEnd: Bool
  ) -> [Int?]? {
    let count = subject.scalars.count
    let slots = 2 * (program.groupCount + 1)
    var current = Threads(program.instructions.count)
    var following = Threads(program.instructions.count)
    var best: [Int?]?
    current.clear()
    following.clear()
    var position = start
    while position <= count {
      // A new attempt ranks behind those under way, and ends with the first match.
      if best == nil, !isAnchored || position == start {
        add(0, [Int?](repeating: nil, count: slots), to: &current, subject, position)
      }
      if current.places.isEmpty, isAnchored || best != nil { break }
      following.clear()
      let scalar = position < count ? subject.scalars[position] : nil
      for (index, place) in current.places.enumerated() {
        switch program.instructions[place] {
        case .characters(let set):
          if let scalar, program.classes[set].contains(scalar) {
            add(place + 1, current.saved[index], to: &following, subject, position + 1)
          }
        case .byte:
          if scalar != nil {
            add(place + 1, current.saved[index], to: &following, subject, position + 1)
          }
        case .match:
          if mustReachEnd, position < count { continue }
          best = current.saved[index]
        default: continue
        }
        // Everything behind a match is less preferred.
        if case .match = program.instructions[place], best != nil { break }
      }
      swap(&current, &following)
      position += 1
    }
    return best
  }

  /// Follows everything that consumes nothing from `place`; a stack, so that no pattern is too deep.
  private func add(
    _ place: Int, _ saved: [Int?], to threads: inout Threads, _ subject: Subject, _ position: Int
  ) {
    var stack = [(place, saved)]
    while let (place, saved) = stack.popLast() {
      guard threads.mark(place) else { continue }
      switch program.instructions[place] {
      case .jump(let target): stack.append((target, saved))
      case .split(let first, let second):
        stack.append((second, saved))
        stack.append((first, saved))
      case .save(let slot):
        var changed = saved
        changed[slot] = position
        stack.append((place + 1, changed))
      case .assertion(let assertion):
        if holds(assertion, subject, position) { stack.append((place + 1, saved)) }
      case .characters, .byte, .match:
        threads.places.append(place)
        threads.saved.append(saved)
      }
    }
  }

  private func holds(_ assertion: RegexAssertion, _ subject: Subject, _ position: Int) -> Bool {
    let scalars = subject.scalars
    let isWordBefore = position > 0 && RegexMatcher.isWord(scalars[position - 1])
    let isWordAfter = position < scalars.count && RegexMatcher.isWord(scalars[position])
    switch assertion {
    case .beginningOfText: return position == 0
    case .endOfText: return position == scalars.count
    case .beginningOfLine: return position == 0 || scalars[position - 1] == 0x0A
    case .endOfLine: return position == scalars.count || scalars[position] == 0x0A
    case .wordBoundary: return isWordBefore != isWordAfter
    case .noWordBoundary: return isWordBefore == isWordAfter
    }
  }

  private static func isWord(_ scalar: UInt32) -> Bool {
    RegexClass.words.contains { $0.contains(scalar) }
  }
}

extension RegexMatcher {
  /// The text with its first match, or all its matches, rewritten.
  ///
  /// In `rewrite`, `\0` to `\9` stand for groups and `\\` for a backslash; with anything else behind a
  /// backslash nothing is replaced.
  func replacing(_ text: ByteString, with rewrite: [UInt8], globally: Bool) -> ByteString {
    let highest = RegexMatcher.highestGroup(rewrite)
    guard highest <= program.groupCount else { return text }
    let subject = Subject(text)
    var output: [UInt8] = []
    var position = 0
    var lastEnd: Int?
    var count = 0
    while position <= subject.scalars.count {
      guard let match = firstMatch(subject, from: position), let begin = match[0],
        let end = match[1]
      else { break }
      output += subject.bytes[subject.offsets[position]..<subject.offsets[begin]]
      if begin == end, begin == lastEnd {
        // An empty match right behind another one does not count.
        if begin < subject.scalars.count {
          output += subject.bytes[subject.offsets[begin]..<subject.offsets[begin + 1]]
        }
        position = begin + 1
        continue
      }
      let isComplete = RegexMatcher.append(rewrite, match, subject, to: &output)
      if !globally, !isComplete { return text }
      position = end
      lastEnd = end
      count += 1
      if !globally { break }
    }
    guard count > 0 else { return text }
    if position <= subject.scalars.count {
      output += subject.bytes[subject.offsets[position]...]
    }
    return ByteString(bytes: output)
  }

  private static func highestGroup(_ rewrite: [UInt8]) -> Int {
    var highest = 0
    var isEscaped = false
    for byte in rewrite {
      if isEscaped, (0x30...0x39).contains(byte) { highest = Swift.max(highest, Int(byte - 0x30)) }
      isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
    }
    return highest
  }

  /// Whether the rewrite text was well-formed.
  private static func append(
    _ rewrite: [UInt8], _ match: [Int?], _ subject: Subject, to output: inout [UInt8]
  ) -> Bool {
    var index = 0
    while index < rewrite.count {
      guard rewrite[index] == UInt8(ascii: "\\") else {
        output.append(rewrite[index])
        index += 1
        continue
      }
      guard index + 1 < rewrite.count else { return false }
      let byte = rewrite[index + 1]
      if (0x30...0x39).contains(byte) {
        let group = Int(byte - 0x30)
        if 2 * group + 1 < match.count, let begin = match[2 * group], let end = match[2 * group + 1]
        {
          output += subject.bytes[subject.offsets[begin]..<subject.offsets[end]]
        }
      } else if byte == UInt8(ascii: "\\") {
        output.append(byte)
      } else {
        return false
      }
      index += 2
    }
    return true
  }
}
