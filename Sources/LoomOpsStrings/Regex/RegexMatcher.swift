import LoomCore

/// Finds matches of a regular expression; time grows with the pattern times the text, never more.
///
/// Works on characters where RE2 works on bytes: the two differ for `\B` and `\C` alone, which in RE2
/// may stand inside a character of several bytes.
struct RegexMatcher: Sendable {
  let program: RegexProgram

  /// - Throws: ``StatusError/Code/invalidArgument`` for a malformed pattern.
  init(_ pattern: ByteString) throws(StatusError) {
    guard let text = String(validating: pattern.bytes, as: UTF8.self) else {
      throw .invalidArgument("Invalid pattern: \(pattern), error: invalid UTF-8")
    }
    do throws(RegexParser.Failure) {
      program = try RegexProgram(text)
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
    var machine = RegexMachine(program, keepsGroups: false)
    return machine.run(Subject(text), from: 0, isAnchored: true, mustReachEnd: true) != nil
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
    var machine = RegexMachine(program, keepsGroups: true)
    var output: [UInt8] = []
    var position = 0
    var lastEnd: Int?
    var count = 0
    while position <= subject.scalars.count {
      guard
        let match = machine.run(
          subject, from: position, isAnchored: false, mustReachEnd: false),
        match[0] >= 0, match[1] >= match[0]
      else { break }
      let (begin, end) = (match[0], match[1])
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
    _ rewrite: [UInt8], _ match: [Int], _ subject: Subject, to output: inout [UInt8]
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
        // Groups that took no part are empty.
        if 2 * group + 1 < match.count, match[2 * group] >= 0, match[2 * group + 1] >= 0 {
          let (begin, end) = (match[2 * group], match[2 * group + 1])
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
