/// A part of a parsed regular expression.
indirect enum RegexNode {
  case empty
  case characters(RegexClass)
  /// `\C`: any single byte.
  case byte
  case assertion(RegexAssertion)
  case concatenation([RegexNode])
  case alternation([RegexNode])
  case repetition(RegexNode, minimum: Int, maximum: Int?, isGreedy: Bool)
  case group(RegexNode, index: Int)
}

/// A condition on a position.
enum RegexAssertion: Sendable {
  case beginningOfText, endOfText, beginningOfLine, endOfLine, wordBoundary, noWordBoundary
}

/// A set of characters.
struct RegexClass: Sendable {
  var ranges: [ClosedRange<UInt32>] = []
  var properties: [Property] = []
  var isNegated = false

  /// Characters of some general categories, or of a script.
  struct Property: Sendable {
    var categories: Set<String> = []
    var script: Int32?
    var isNegated: Bool
    /// Whether those count too that differ in case alone.
    var foldsCase = false

    func contains(_ scalar: UInt32) -> Bool {
      var isInside = holds(scalar)
      if !isInside, foldsCase { isInside = RegexClass.variants(of: scalar).contains(where: holds) }
      return isInside != isNegated
    }

    private func holds(_ scalar: UInt32) -> Bool {
      guard let character = Unicode.Scalar(scalar) else { return false }
      if let script {
        return UnicodeScripts.script(of: Int32(truncatingIfNeeded: scalar)) == script
      }
      return categories.contains(RegexClass.name(of: character.properties.generalCategory))
    }
  }

  init() {}
  init(_ ranges: [ClosedRange<UInt32>]) { self.ranges = ranges }

  func contains(_ scalar: UInt32) -> Bool {
    guard scalar <= 0x10_FFFF else { return false }
    var isInside = false
    for range in ranges where range.contains(scalar) {
      isInside = true
      break
    }
    if !isInside, !properties.isEmpty {
      isInside = properties.contains { $0.contains(scalar) }
    }
    return isInside != isNegated
  }

  /// Adds characters, or all but them.
  mutating func add(_ members: [ClosedRange<UInt32>], isNegated: Bool = false, foldsCase: Bool) {
    let all = foldsCase ? members + RegexClass.caseVariants(of: members) : members
    ranges += isNegated ? RegexClass.complement(all) : all
  }

  /// What differs from some characters in case alone.
  private static func caseVariants(
    of ranges: [ClosedRange<UInt32>]
  ) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    for range in ranges where range.lowerBound < 0x1E944 {
      // No letter with case lies beyond.
      for value in range.clamped(to: 0...0x1E943) {
        for other in variants(of: value) where !range.contains(other) {
          result.append(other...other)
        }
      }
    }
    return result
  }

  fileprivate static func variants(of value: UInt32) -> [UInt32] {
    // Two letters of ASCII have a third form.
    switch value {
    case 0x4B, 0x6B, 0x212A: return [0x4B, 0x6B, 0x212A]
    case 0x53, 0x73, 0x17F: return [0x53, 0x73, 0x17F]
    case 0x41...0x5A: return [value + 32]
    case 0x61...0x7A: return [value - 32]
    case 0..<0x80: return []
    default: break
    }
    guard let scalar = Unicode.Scalar(value), scalar.properties.isCased else { return [] }
    var result: [UInt32] = []
    for text in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
      let mapped = Array(text.unicodeScalars)
      if mapped.count == 1, mapped[0].value != value { result.append(mapped[0].value) }
    }
    return result
  }

  static func name(of category: Unicode.GeneralCategory) -> String {
    switch category {
    case .uppercaseLetter: "Lu"
    case .lowercaseLetter: "Ll"
    case .titlecaseLetter: "Lt"
    case .modifierLetter: "Lm"
    case .otherLetter: "Lo"
    case .nonspacingMark: "Mn"
    case .spacingMark: "Mc"
    case .enclosingMark: "Me"
    case .decimalNumber: "Nd"
    case .letterNumber: "Nl"
    case .otherNumber: "No"
    case .connectorPunctuation: "Pc"
    case .dashPunctuation: "Pd"
    case .openPunctuation: "Ps"
    case .closePunctuation: "Pe"
    case .initialPunctuation: "Pi"
    case .finalPunctuation: "Pf"
    case .otherPunctuation: "Po"
    case .mathSymbol: "Sm"
    case .currencySymbol: "Sc"
    case .modifierSymbol: "Sk"
    case .otherSymbol: "So"
    case .spaceSeparator: "Zs"
    case .lineSeparator: "Zl"
    case .paragraphSeparator: "Zp"
    case .control: "Cc"
    case .format: "Cf"
    case .surrogate: "Cs"
    case .privateUse: "Co"
    case .unassigned: "Cn"
    default: "Cn"
    }
  }

  // MARK: Classes with names

  static let digits = [UInt32(0x30)...0x39]
  static let spaces: [ClosedRange<UInt32>] = [0x09...0x0A, 0x0C...0x0D, 0x20...0x20]
  static let words: [ClosedRange<UInt32>] = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]

  /// The ranges of a POSIX class such as `alpha`.
  static func posix(_ name: String) -> [ClosedRange<UInt32>]? {
    switch name {
    case "alnum": [0x30...0x39, 0x41...0x5A, 0x61...0x7A]
    case "alpha": [0x41...0x5A, 0x61...0x7A]
    case "ascii": [0x00...0x7F]
    case "blank": [0x09...0x09, 0x20...0x20]
    case "cntrl": [0x00...0x1F, 0x7F...0x7F]
    case "digit": digits
    case "graph": [0x21...0x7E]
    case "lower": [0x61...0x7A]
    case "print": [0x20...0x7E]
    case "punct": [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]
    case "space": [0x09...0x0D, 0x20...0x20]
    case "upper": [0x41...0x5A]
    case "word": words
    case "xdigit": [0x30...0x39, 0x41...0x46, 0x61...0x66]
    default: nil
    }
  }

  /// Everything that `ranges` leave out.
  static func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
      next = Swift.max(next, range.upperBound + 1)
    }
    if next <= 0x10_FFFF { result.append(next...0x10_FFFF) }
    return result
  }
}
