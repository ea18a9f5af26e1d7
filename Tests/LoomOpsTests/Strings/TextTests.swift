import Testing
import Weirloom

@Suite struct TextTests {
  /// The outputs of one op on constant inputs.
  private func run(
    _ op: String, _ inputs: [AnyTensor], _ attributes: [String: AttributeValue] = [:]
  ) throws -> [AnyTensor] {
    let graph = Graph()
    let constants = try inputs.map { try graph.constant($0) }
    let operation = try graph.addOperation(op, inputs: constants, attributes: attributes)
    let names = (0..<operation.outputCount).map { operation.output($0).name }
    return try Session(graph: graph).run(names).compactMap(\.self)
  }

  private func texts(_ values: [String]) throws -> AnyTensor {
    try Tensor(values.map { ByteString($0) }).erased
  }

  private func text(_ value: String) throws -> AnyTensor {
    try AnyTensor(scalar: ByteString(value))
  }

  @Test func `white space splits texts; a limit leaves the rest, even an empty one`() throws {
    let parts = try run(
      "StringSplitV2", [texts([" a b  c ", "x "]), text("")], ["maxsplit": 1])
    #expect(try parts[1].scalars(of: ByteString.self) == ["a", "b  c ", "x", ""])
    #expect(try parts[2].scalars(of: Int64.self) == [2, 2])
  }

  @Test func `negative lengths of bytes run to the end, of characters to nowhere`() throws {
    let inputs = [
      try texts(["héllo"]), try AnyTensor(scalar: Int32(3)), try AnyTensor(scalar: Int32(-1)),
    ]
    #expect(try run("Substr", inputs)[0].scalars(of: ByteString.self) == ["llo"])
    #expect(
      try run("Substr", inputs, ["unit": "UTF8_CHAR"])[0].scalars(of: ByteString.self) == [""])
  }

  // ERR-013
  @Test func `a text that is no number is named`() throws {
    let graph = Graph()
    let number = try graph.addOperation(
      "StringToNumber", inputs: [graph.constant("1x" as ByteString).erased], name: "number"
    ).output(0)
    let session = try Session(graph: graph)
    let error = #expect(throws: StatusError.self) { _ = try session.run(Output<Float>(number)) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason == "StringToNumberOp could not correctly convert string: 1x")
    #expect(error?.node?.name == "number")
  }

  // SUM-001
  @Test func `a summary holds tag and value in TensorFlow's message`() throws {
    let bytes = try run("ScalarSummary", [text("a"), AnyTensor(scalar: Float(1.5))])[0]
      .element(0, of: ByteString.self).bytes
    #expect(bytes == [0x0A, 0x08, 0x0A, 0x01, 0x61, 0x15, 0x00, 0x00, 0xC0, 0x3F])
    let other = try run("ScalarSummary", [text("b"), AnyTensor(scalar: Float(0))])[0]
    let merged = try run(
      "MergeSummary", [AnyTensor(scalar: ByteString(bytes: bytes)), other], ["N": 2])[0]
    let rest = try other.element(0, of: ByteString.self).bytes
    #expect(try merged.element(0, of: ByteString.self).bytes == bytes + rest)
    #expect(throws: StatusError.self) {
      _ = try run("MergeSummary", [other, other], ["N": 2])
    }
  }

  // SUM-001, SUM-002
  @Test func `a histogram counts in buckets that widen by a tenth`() throws {
    let values = try Tensor([0, 1, -2, 1, 3e30] as [Float]).erased
    let bytes = try run("HistogramSummary", [text("h"), values])[0]
      .element(0, of: ByteString.self).bytes
    #expect(bytes.count == 186)
    #expect(
      bytes.prefix(17) == [
        0x0A, 0xB7, 0x01, 0x0A, 0x01, 0x68, 0x2A, 0xB1, 0x01, 0x09, 0, 0, 0, 0, 0, 0, 0,
      ])
    let error = #expect(throws: StatusError.self) {
      _ = try run("HistogramSummary", [text("h"), Tensor([Float.nan]).erased])
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("Nan in summary histogram for: ") == true, "\(error as Any)")
  }

  @Test func `builders make texts of numbers and back, and buckets`() throws {
    let graph = Graph()
    let numbers = try graph.constant([1, -2] as [Int32])
    let texts = try asString(numbers)
    let shouted = try uppercased(graph.constant("straße é" as ByteString))
    let replaced = try regexReplace(
      graph.constant("a1b22" as ByteString), "\\d+", with: "<\\0>")
    let lengths = try stringLength(graph.constant("né" as ByteString), inCharacters: true)
    let buckets = try hashBuckets(graph.constant(["a", "b"] as [ByteString]), count: 10)
    let back = try stringToNumber(texts, as: Float.self)
    let session = try Session(graph: graph)
    #expect(try session.run(texts).scalars == ["1", "-2"])
    #expect(try session.run(back).scalars == [1, -2])
    #expect(try session.run(shouted).scalar == "STRASSE É")
    #expect(try session.run(replaced).scalar == "a<1>b<22>")
    #expect(try session.run(lengths).scalar == 2)
    #expect(try session.run(buckets).scalars.allSatisfy { (0..<10).contains($0) })
  }

  @Test func `summaries of a graph are merged`() throws {
    let graph = Graph()
    #expect(try graph.mergedSummaries() == nil)
    _ = try graph.scalarSummary("a", graph.constant(Float(1.5)))
    _ = try graph.scalarSummary("b", graph.constant(Int32(2)))
    let merged = try #require(try graph.mergedSummaries())
    #expect(try Session(graph: graph).run(merged).scalar?.count == 20)
  }
}
