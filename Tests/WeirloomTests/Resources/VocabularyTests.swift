import Foundation
import Testing
import Weirloom

@Suite struct VocabularyTests {
  private func withFile<R>(_ text: String, _ body: (String) throws -> R) throws -> R {
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).txt")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }

  /// What a table holds after a file of this text was read: keys, then values, as texts.
  private func entries(
    _ text: String, keys: DType = .string, values: DType = .int64,
    _ attributes: [String: AttributeValue]
  ) throws -> [String] {
    try withFile(text) { path in
      let graph = Graph()
      let handle = try graph.addOperation(
        "HashTableV2", attributes: ["key_dtype": .type(keys), "value_dtype": .type(values)]
      ).output(0)
      let initializer = try graph.addOperation(
        "InitializeTableFromTextFileV2",
        inputs: [handle, graph.constant(ByteString(path)).erased], attributes: attributes)
      let export = try graph.addOperation(
        "LookupTableExportV2", inputs: [handle],
        attributes: ["Tkeys": .type(keys), "Tvalues": .type(values)])
      let texts = try (0..<2).map { index in
        try graph.addOperation("AsString", inputs: [export.output(index)]).output(0).name
      }
      let session = try Session(graph: graph)
      try session.run(initializer)
      let columns = try session.run(texts).map {
        try $0?.scalars(of: ByteString.self).map(\.string) ?? []
      }
      return zip(columns[0], columns[1]).map { "\($0)=\($1)" }.sorted()
    }
  }

  @Test func `lines are keys, their numbers values`() throws {
    #expect(
      try entries("a\nb\r\nc", ["key_index": -2, "value_index": -1]) == ["a=0", "b=1", "c=2"])
    #expect(
      try entries("a\nb\n", ["key_index": -2, "value_index": -1, "offset": 10])
        == ["a=10", "b=11"])
  }

  @Test func `columns are keys and values`() throws {
    #expect(
      try entries(
        "a 1 x\nb 2 y\n", ["key_index": 2, "value_index": 1, "delimiter": " "]) == ["x=1", "y=2"])
    #expect(
      try entries(
        "a\t1\nb\t2\n", values: .int32, ["key_index": 0, "value_index": 1, "offset": 100])
        == ["a=101", "b=102"])
    #expect(
      try entries("5\n6\n", keys: .int64, ["key_index": -2, "value_index": -1])
        == ["5=0", "6=1"])
  }

  @Test func `a count of lines cuts the file off, and is a promise`() throws {
    #expect(
      try entries("a\nb\nc\n", ["key_index": -2, "value_index": -1, "vocab_size": 2])
        == ["a=0", "b=1"])
    expectStatus(.invalidArgument, "expected 5 but got 3") {
      try entries("a\nb\nc\n", ["key_index": -2, "value_index": -1, "vocab_size": 5])
    }
  }

  @Test func `faults of a file are told`() throws {
    let lines: [String: AttributeValue] = ["key_index": -2, "value_index": -1]
    let columns: [String: AttributeValue] = ["key_index": 0, "value_index": 1, "delimiter": " "]
    expectStatus(.outOfRange) { try entries("", lines) }
    expectStatus(.invalidArgument, "empty line found at position 3") {
      try entries("a\n\nb", lines)
    }
    expectStatus(.failedPrecondition, "Key a has 0 and trying to add value 1") {
      try entries("a\na\n", lines)
    }
    expectStatus(.invalidArgument, "line 1 (b) : expected at least 2 got 1") {
      try entries("a 1\nb\n", columns)
    }
    expectStatus(.invalidArgument, "Field q in line 0 is not a valid int64.") {
      try entries("a q\n", columns)
    }
    expectStatus(.invalidArgument, "requires table value dtype of int64, got float") {
      try entries("a\n", values: .float, lines)
    }
  }

  @Test func `a file that is missing is not found`() throws {
    let graph = Graph()
    let table = try graph.vocabularyTable(contentsOf: "/nonexistent/words")
    let session = try Session(graph: graph)
    expectStatus(.notFound, "/nonexistent/words; No such file or directory") {
      try session.run(try #require(table.initializer))
    }
  }

  @Test func `a table that was filled from a file is left alone`() throws {
    try withFile("a\nb\n") { path in
      let graph = Graph()
      let table = try graph.vocabularyTable(contentsOf: path)
      let session = try Session(graph: graph)
      let initializer = try #require(table.initializer)
      try session.run(initializer)
      try Data("a\nb\nc\n".utf8).write(to: URL(filePath: path))
      try session.run(initializer)
      #expect(try session.run(table.count()).scalar == 2)
    }
  }
}
