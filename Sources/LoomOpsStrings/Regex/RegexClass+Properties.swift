extension RegexClass {
  private static let categoryNames = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
  ]

  /// Scripts by their numbers; those that stand further back in ICU's list are hardly used.
  private static let scripts = [
    "Common", "Inherited", "Arabic", "Armenian", "Bengali", "Bopomofo", "Cherokee", "Coptic",
    "Cyrillic", "Deseret", "Devanagari", "Ethiopic", "Georgian", "Gothic", "Greek", "Gujarati",
    "Gurmukhi", "Han", "Hangul", "Hebrew", "Hiragana", "Kannada", "Katakana", "Khmer", "Lao",
    "Latin", "Malayalam", "Mongolian", "Myanmar", "Ogham", "Old_Italic", "Oriya", "Runic",
    "Sinhala", "Syriac", "Tamil", "Telugu", "Thaana", "Thai", "Tibetan", "Canadian_Aboriginal",
    "Yi", "Tagalog", "Hanunoo", "Buhid", "Tagbanwa", "Braille", "Cypriot", "Limbu", "Linear_B",
    "Osmanya", "Shavian", "Tai_Le", "Ugaritic",
  ]

  /// The property of a name such as `L`, `Nd`, `Greek` or `Any`; `nil` if there is none.
  static func property(named name: String, isNegated: Bool) -> Property? {
    if name == "Any" {
      return Property(categories: Set(categoryNames + ["Cn"]), isNegated: isNegated)
    }
    let members = categoryNames.filter { $0 == name || (name.count == 1 && $0.hasPrefix(name)) }
    if !members.isEmpty { return Property(categories: Set(members), isNegated: isNegated) }
    return scripts.firstIndex(of: name).map {
      Property(script: Int32(truncatingIfNeeded: $0), isNegated: isNegated)
    }
  }
}
