import Foundation
import LoomCore
import LoomFormats
import LoomGraph
import LoomProto
import LoomRuntime
import Synchronization
import Testing

/// Event files: what is in them, and in which order.
@Suite struct EventFileTests {
  private let directory = FileManager.default.temporaryDirectory
    .appending(path: "weirloom-events-\(UUID().uuidString)").path

  /// A writer whose clock stands at 1000.25 seconds.
  private func withWriter(
    _ body: (EventFileWriter) throws -> Void
  ) throws -> [Tensorflow_Event] {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let writer = try EventFileWriter(directory: directory, suffix: ".x", host: "here") { 1000.25 }
    #expect(writer.path == directory + "/events.out.tfevents.0000001000.here.x")
    try body(writer)
    writer.close()
    var events: [Tensorflow_Event] = []
    let reader = try RecordReader(writer.path)
    while let record = try reader.next() {
      events.append(try Wire.decode(Tensorflow_Event.self, Data(record)))
    }
    return events
  }

  private func summary(_ tag: String, _ value: Float, display: String? = nil) throws -> ByteString {
    var message = Tensorflow_Summary()
    var entry = Tensorflow_Summary.Value()
    entry.tag = tag
    entry.simpleValue = value
    if let display { entry.metadata.displayName = display }
    message.value = [entry]
    return ByteString(try Wire.encode(message))
  }

  // SUM-003
  @Test func `a file tells its format, then what was added in order`() throws {
    var definition = GraphDefinition()
    definition.nodes = [NodeDefinition(name: "a", op: "NoOp")]
    let events = try withWriter { writer in
      try writer.addGraph(definition)
      try writer.addSessionLog(.started, step: 1)
      try writer.addSummary(summary("x", 1.5), step: 7)
      try writer.addSessionLog(.saved(checkpoint: "model-7"), step: 7)
      try writer.addSummary(summary("x", 2.5), step: 8)
      try writer.addSessionLog(.stopped, step: 8)
    }
    #expect(events.map(\.step) == [0, 0, 1, 7, 7, 8, 8])
    #expect(events.map(\.wallTime) == [1000] + [Double](repeating: 1000.25, count: 6))
    #expect(events[0].fileVersion == "brain.Event:2")
    #expect(events[0].sourceMetadata.writer == "tensorflow.core.util.events_writer")
    #expect(try GraphDefinition(serialized: Array(events[1].graphDef)) == definition)
    #expect(events[2].sessionLog.status == .start)
    #expect(events[3].summary.value.map(\.tag) == ["x"])
    #expect(events[3].summary.value[0].simpleValue == 1.5)
    #expect(events[4].sessionLog.status == .checkpoint)
    #expect(events[4].sessionLog.checkpointPath == "model-7")
    #expect(events[5].summary.value[0].simpleValue == 2.5)
    #expect(events[6].sessionLog.status == .stop)
  }

  // SUM-003: readers take the description of a tag from its first value.
  @Test func `a tag is described once`() throws {
    let events = try withWriter { writer in
      for step: Int64 in 0..<2 {
        try writer.addSummary(summary("x", 1, display: "loss"), step: step)
      }
      try writer.addSummary(summary("y", 1, display: "accuracy"), step: 2)
    }
    #expect(
      events.dropFirst().map { $0.summary.value[0].metadata.displayName } == [
        "loss", "", "accuracy",
      ])
  }

  // SUM-004
  @Test func `the metadata of a run stands under a tag of its own`() throws {
    var metadata = RunMetadata()
    metadata.stepStatistics = StepStatistics()
    var definition = GraphDefinition()
    definition.nodes = [NodeDefinition(name: "part", op: "NoOp")]
    metadata.partitionGraphs = [definition]
    let events = try withWriter { writer in
      try writer.addRunMetadata(metadata, tag: "step7", step: 7)
      let error = #expect(throws: StatusError.self) {
        try writer.addRunMetadata(metadata, tag: "step7", step: 8)
      }
      #expect(error?.code == .invalidArgument)
      try writer.addRunMetadata(RunMetadata(), tag: "step8", step: 8)
    }
    #expect(events.count == 3)
    #expect(events[1].step == 7 && events[1].taggedRunMetadata.tag == "step7")
    let read = try RunMetadata(serialized: Array(events[1].taggedRunMetadata.runMetadata))
    #expect(read.partitionGraphs == [definition])
    #expect(events[2].taggedRunMetadata.tag == "step8")
  }

  // SUM-005: the bytes that TensorFlow's own writer gives for these events at that time.
  @Test func `a file is what TensorFlow writes, byte for byte`() throws {
    defer { try? FileManager.default.removeItem(atPath: directory) }
    let writer = try EventFileWriter(directory: directory, suffix: "", host: "vm") { 1000.25 }
    try writer.addSummary(summary("x", 1), step: 7)
    try writer.addSessionLog(.started, step: 8)
    writer.close()
    let bytes = try Data(contentsOf: URL(filePath: writer.path))
    #expect(bytes.map { String(format: "%02x", $0) }.joined() == Self.recorded)
  }

  @Test func `a closed file takes nothing more, and what is no summary is refused`() throws {
    let events = try withWriter { writer in
      let damaged = #expect(throws: StatusError.self) {
        try writer.addSummary(ByteString([0xFF, 0xFF]), step: 0)
      }
      #expect(damaged?.code == .dataLoss)
      writer.close()
      let closed = #expect(throws: StatusError.self) {
        try writer.addSessionLog(.stopped, step: 0)
      }
      #expect(closed?.code == .failedPrecondition)
    }
    #expect(events.count == 1)
  }

  private static let recorded =
    "3e00000000000000d9d240e7090000000000408f401a0d627261696e2e4576656e743a3252240a22"
    + "74656e736f72666c6f772e636f72652e7574696c2e6576656e74735f77726974657238bdbd2b1700"
    + "000000000000e7cef81e090000000000428f4010072a0a0a080a0178150000803fcf84cd720f0000"
    + "00000000006d532b09090000000000428f4010083a0208019327606e"
}
