import Testing
import Weirloom

/// Regular expressions are RE2's.
@Suite struct RegexTests {
  private func matches(_ pattern: String, _ texts: [String]) throws -> [Bool] {
    let graph = Graph()
    let input = try graph.constant(texts.map { ByteString($0) })
    let output = try graph.addOperation(
      "StaticRegexFullMatch", inputs: [input.erased],
      attributes: ["pattern": .string(ByteString(pattern))]
    ).output(0)
    return try Session(graph: graph).run(Output<Bool>(output)).scalars
  }

  private func replacing(
    _ pattern: String, with rewrite: String, in text: String, globally: Bool = true
  ) throws -> String {
    let graph = Graph()
    let input = try graph.constant(ByteString(text))
    let output = try graph.addOperation(
      "StaticRegexReplace", inputs: [input.erased],
      attributes: [
        "pattern": .string(ByteString(pattern)), "rewrite": .string(ByteString(rewrite)),
        "replace_global": .bool(globally),
      ]
    ).output(0)
    return try Session(graph: graph).run(Output<ByteString>(output)).scalar?.string ?? ""
  }

  @Test(arguments: [
    ("a.*z", "a…z", true), ("(?i)straSSE", "STRASSE", true), ("\\pL+", "日本é", true),
    ("\\p{Greek}+", "αβγ", true), ("\\p{Greek}+", "abc", false), ("\\w+", "é", false),
    ("(?i)k", "\u{212A}", true), ("(?i)\\W", "\u{212A}", false), ("[[:^digit:]]+", "ab", true),
    ("a|ab", "ab", true), ("(a*)*", "", true), ("a{2,3}", "aaaa", false), (".", "\n", false),
    ("(?s).", "\n", true), ("\\Qa.b\\E", "a.b", true), ("(?i)\\p{Lu}", "é", true),
  ])
  func `whole texts match as RE2 says`(_ pattern: String, _ text: String, _ isMatch: Bool) throws {
    #expect(try matches(pattern, [text]) == [isMatch])
  }

  @Test func `the first alternative wins, groups are put in`() throws {
    #expect(try replacing("a|ab", with: "<\\0>", in: "abab") == "<a>b<a>b")
    #expect(try replacing("(\\w+) (\\w+)", with: "\\2 \\1", in: "one two") == "two one")
    #expect(try replacing("x*", with: "-", in: "éa") == "-é-a-")
    #expect(try replacing("a+?", with: "b", in: "aaa", globally: false) == "baa")
    #expect(try replacing("a", with: "\\1", in: "aaa") == "aaa")
  }

  @Test func `time grows with the text, whatever the pattern`() throws {
    // A matcher that tries one path after the other would never end here.
    let text = String(repeating: "a", count: 2_000)
    #expect(try matches("(a*)*(a*)*(a|aa)+b", [text]) == [false])
    #expect(try matches("(a?){40}a{40}", [String(repeating: "a", count: 40)]) == [true])
    #expect(try matches("(x+x+)+y", [String(repeating: "x", count: 2_000)]) == [false])
  }

  @Test(arguments: ["(", "a**", "[b-a]", "\\8", "x{1001}", "(?z)", "\\pX", "*", "[a"])
  func `malformed patterns are refused`(_ pattern: String) {
    #expect(throws: StatusError.self) { _ = try matches(pattern, ["a"]) }
  }

  @Test func `deep nesting and large counts are refused, not followed`() {
    let deep = String(repeating: "(", count: 50_000) + String(repeating: ")", count: 50_000)
    for pattern in [deep, "((a{1000}){1000}){1000}"] {
      #expect(throws: StatusError.self) { _ = try matches(pattern, ["a"]) }
    }
  }
}
