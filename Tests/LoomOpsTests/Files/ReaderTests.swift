import LoomTestSupport
import Testing
import Weirloom

/// A reader that works through files named by a closed queue.
private struct Reading {
  let graph = OpGraph()
  let reader: AnyOutput
  let queue: AnyOutput
  let session: Session

  init(
    _ op: String, _ attributes: [String: AttributeValue] = [:], _ work: [String],
    closes: Bool = true
  ) throws {
    reader = try graph(op, [], attributes)[0]
    queue = try graph("FIFOQueueV2", [], ["component_types": .types([.string])])[0]
    let fill = try graph.operation(
      "QueueEnqueueManyV2", [queue, graph.texts(work)], Self.components)
    let close = try graph.operation("QueueCloseV2", [queue])
    session = try Session(graph: graph.graph)
    try session.run(fill)
    if closes { try session.run(close) }
  }

  static let components: [String: AttributeValue] = ["Tcomponents": .types([.string])]

  func read() throws -> (key: String, value: ByteString) {
    let record = try session.run(graph("ReaderReadV2", [reader, queue]))
    return (try record[0].strings[0], try record[1].element(0))
  }

  func readUpTo(_ count: Int) throws -> [String] {
    let keys = try graph("ReaderReadUpToV2", [reader, queue, graph.scalar(Int64(count))])
    return try session.run(keys)[0].strings
  }

  func ask(_ op: String) throws -> AnyTensor { try session.run(graph(op, [reader]))[0] }

  func produced() throws -> Int64 { try ask("ReaderNumRecordsProducedV2").element(0) }
  func completed() throws -> Int64 { try ask("ReaderNumWorkUnitsCompletedV2").element(0) }
}

@Suite struct ReaderTests {
  private let recorded = Recorded(folder: "records_text")

  /// Expects the recorded keys, behind the files' folder, and values, and then the queue's end.
  private func expectRecords(
    _ reading: Reading, keys: String, values: String, count: Int
  ) throws {
    let wantedKeys = try recorded.texts(keys, count)
    let wantedValues = try recorded.tensor(values, "string", [count])
      .scalars(of: ByteString.self)
    for index in 0..<count {
      let record = try reading.read()
      #expect(record.key.hasSuffix("/" + wantedKeys[index]) || record.key == wantedKeys[index])
      #expect(record.value == wantedValues[index])
    }
    expectFailure(.outOfRange, "is closed and has insufficient elements") {
      try reading.read()
    }
  }

  // RDR-001, RDR-014
  @Test func `lines are keyed by number, and header lines are skipped`() throws {
    let reading = try Reading(
      "TextLineReaderV2", ["skip_header_lines": 1],
      [recorded.path("data.csv"), recorded.path("crlf.txt")])
    try expectRecords(reading, keys: "r_text_keys", values: "r_text_values", count: 9)
  }

  // RDR-002
  @Test func `records of one length are keyed by number`() throws {
    let reading = try Reading(
      "FixedLengthRecordReaderV2",
      ["record_bytes": 4, "header_bytes": 4, "footer_bytes": 2], [recorded.path("fixed.bin")])
    try expectRecords(reading, keys: "r_fixed_keys", values: "r_fixed_values", count: 5)
  }

  @Test func `records of one length may overlap, and may be compressed`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write(Array("abcdefg".utf8), to: "letters")
    let reading = try Reading(
      "FixedLengthRecordReaderV2", ["record_bytes": 3, "hop_bytes": 2], [file])
    #expect(try (0..<3).map { _ in try reading.read().value.string } == ["abc", "cde", "efg"])
    expectFailure(.outOfRange) { try reading.read() }

    let compressed = try Reading(
      "FixedLengthRecordReaderV2",
      ["record_bytes": 4, "header_bytes": 4, "footer_bytes": 2, "encoding": "GZIP"],
      [recorded.path("fixed.bin.gz")])
    let wanted = try recorded.tensor("r_fixed_values", "string", [5])
    #expect(
      try (0..<5).map { _ in try compressed.read().value } == wanted.scalars(of: ByteString.self))
  }

  // RDR-003
  @Test(arguments: [("plain", ""), ("zlib", "ZLIB"), ("gzip", "GZIP")])
  func `records are keyed by their offset`(_ file: String, _ compression: String) throws {
    let records = Recorded(folder: "records_example")
    let reading = try Reading(
      "TFRecordReaderV2", ["compression_type": .string(ByteString(compression))],
      [records.path("\(file).tfrecord")])
    var offset = 0
    for record in try records.tensor("records", "string", [9]).scalars(of: ByteString.self) {
      let read = try reading.read()
      #expect(read.key.hasSuffix(":\(offset)"))
      #expect(read.value == record)
      offset += record.count + 16
    }
    expectFailure(.outOfRange) { try reading.read() }
  }

  // RDR-004
  @Test func `whole files are keyed by their names`() throws {
    let reading = try Reading(
      "WholeFileReaderV2", [:], [recorded.path("fixed.bin"), recorded.path("crlf.txt")])
    try expectRecords(reading, keys: "r_whole_keys", values: "r_whole_values", count: 2)
  }

  // RDR-005
  @Test func `the identity reader yields its work as key and value`() throws {
    let reading = try Reading("IdentityReaderV2", [:], ["a", "b"])
    try expectRecords(reading, keys: "r_ident_keys", values: "r_ident_values", count: 2)
  }

  // RDR-006
  @Test func `batches end with the work unit`() throws {
    let reading = try Reading(
      "TextLineReaderV2", [:], [recorded.path("crlf.txt"), recorded.path("crlf.txt")])
    let sizes = try (0..<4).map { _ in try reading.readUpTo(3).count }
    #expect(sizes == [3, 1, 3, 1])
    expectFailure(.outOfRange) { try reading.readUpTo(3) }
  }

  // RDR-007, RDR-008
  @Test func `records and work units are counted`() throws {
    let reading = try Reading("WholeFileReaderV2", [:], [recorded.path("crlf.txt")])
    #expect(try reading.produced() == 0)
    _ = try reading.read()
    #expect(try reading.produced() == 1)
    #expect(try reading.completed() == 1)

    let lines = try Reading(
      "TextLineReaderV2", [:], [recorded.path("crlf.txt"), recorded.path("crlf.txt")])
    for _ in 0..<2 { _ = try lines.read() }
    #expect(try lines.produced() == 2)
    #expect(try lines.completed() == 0)
    for _ in 0..<3 { _ = try lines.read() }
    #expect(try lines.completed() == 1)
  }

  // RDR-009
  @Test func `a reset reader has read nothing`() throws {
    let reading = try Reading("IdentityReaderV2", [:], ["a", "b"])
    _ = try reading.read()
    try reading.session.run(reading.graph.operation("ReaderResetV2", [reading.reader]))
    #expect(try reading.produced() == 0)
    #expect(try reading.completed() == 0)
    #expect(try reading.read().key == "b")
  }

  // RDR-010
  @Test(arguments: ["IdentityReaderV2", "WholeFileReaderV2"])
  func `a reader's state can be kept and restored`(_ op: String) throws {
    let files = [recorded.path("crlf.txt"), recorded.path("data.csv")]
    let reading = try Reading(op, [:], files)
    let before = try reading.ask("ReaderSerializeStateV2")
    _ = try reading.read()
    let after = try reading.ask("ReaderSerializeStateV2")
    #expect(before != after)
    func restore(_ state: AnyTensor) throws {
      try reading.session.run(
        reading.graph.operation(
          "ReaderRestoreStateV2", [reading.reader, reading.graph.constant(state)]))
    }
    try restore(before)
    #expect(try reading.produced() == 0)
    try restore(after)
    #expect(try reading.produced() == 1)
    #expect(try reading.ask("ReaderSerializeStateV2") == after)
    expectFailure(.invalidArgument, "Could not parse state") {
      try restore(AnyTensor(scalar: ByteString(bytes: [0xFF, 0xFF])))
    }
  }

  // RDR-011
  @Test func `the place in a text file cannot be kept`() throws {
    let reading = try Reading("TextLineReaderV2", [:], [])
    expectFailure(.unimplemented, "SerializeState") { try reading.ask("ReaderSerializeStateV2") }
  }

  // RDR-012
  @Test func `a missing file is not found, and the next work unit is read`() throws {
    let reading = try Reading(
      "TextLineReaderV2", [:], ["/nowhere/at/all.txt", recorded.path("crlf.txt")])
    expectFailure(.notFound, "/nowhere/at/all.txt; No such file") { try reading.read() }
    #expect(try reading.read().key.hasSuffix("crlf.txt:1"))
  }

  // RDR-013
  @Test func `a damaged record is lost data`() throws {
    let damaged = Fixtures.path("models/bad_files/tfr_data_flip.tfrecord")
    let reading = try Reading("TFRecordReaderV2", [:], [damaged])
    _ = try reading.read()
    expectFailure(.dataLoss, "corrupted record at 92") { try reading.read() }
  }

  @Test func `a reader waits for work and its wait can be cancelled`() async throws {
    let reading = try Reading("IdentityReaderV2", [:], [], closes: false)
    let graph = reading.graph
    let read = try graph("ReaderReadV2", [reading.reader, reading.queue])
    let fill = try graph.operation(
      "QueueEnqueueV2", [reading.queue, graph.text("late")], Reading.components)
    let session = reading.session
    async let record = session.run(read)
    try await session.run(fill)
    #expect(try await record[0].strings == ["late"])

    let waiting = Task { try await session.run(read) }
    waiting.cancel()
    await #expect(throws: StatusError.self) { try await waiting.value }
    // The reader serves others after that.
    try await session.run(fill)
    #expect(try await session.run(read)[1].strings == ["late"])
  }

  @Test func `readers and queues of the first generation go by name`() throws {
    let graph = OpGraph()
    let reader = try graph("WholeFileReader", [], ["shared_name": "r"])[0]
    let queue = try graph("FIFOQueue", [], ["component_types": .types([.string])])[0]
    let fill = try graph.operation(
      "QueueEnqueue", [queue, graph.text(recorded.path("crlf.txt"))], Reading.components)
    let record = try graph("ReaderRead", [reader, queue])
    let session = try Session(graph: graph.graph)
    try session.run(fill)
    #expect(try session.run(record)[0].strings == [recorded.path("crlf.txt")])
    let count = try graph("ReaderNumRecordsProduced", [reader])
    #expect(try session.run(count)[0].element(0, of: Int64.self) == 1)
  }
}
