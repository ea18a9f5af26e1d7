import Foundation
import Testing
import Weirloom

@Suite struct TimelineTests {
  private struct Trace: Decodable {
    struct Event: Decodable {
      let ph: String
      let name: String
      let pid: Int
      let tid: Int?
      let ts: Int?
      let dur: Int?
      let id: Int?
      let args: [String: Value]?
    }
    enum Value: Decodable, Equatable {
      case text(String)
      case number(Int)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Int.self) {
          self = .number(number)
        } else {
          self = .text(try container.decode(String.self))
        }
      }
    }
    let traceEvents: [Event]
  }

  private func trace(_ text: String) throws -> [Trace.Event] {
    try JSONDecoder().decode(Trace.self, from: Data(text.utf8)).traceEvents
  }

  // OPT-008
  @Test func `the statistics of a step become a Chrome trace`() throws {
    let graph = Graph()
    let x = try graph.placeholder(Float.self, name: "x")
    let twice = try graph.addOperation("AddV2", inputs: [x.erased, x.erased], name: "a/twice")
    let far = try graph.withDevice("/cpu:1") { () throws(StatusError) in
      try graph.addOperation("Neg", inputs: [twice.output(0)], name: "far")
    }
    var configuration = SessionConfiguration()
    configuration.deviceCount = ["CPU": 2]
    let session = try Session(graph: graph, configuration: configuration)
    let (_, metadata) = try session.traced(far.output(0), feeding: x.feed([1, 2, 3]))
    let events = try trace(metadata.stepStatistics.chromeTrace(showsMemory: true))

    let processes = events.filter { $0.ph == "M" }
    #expect(processes.map(\.name) == ["process_name", "process_name"])
    #expect(processes.map(\.pid) == [0, 1])
    #expect(
      processes.last?.args?["name"]
        == .text("/job:localhost/replica:0/task:0/device:CPU:1 Compute"))

    let add = try #require(events.first { $0.ph == "X" && $0.name == "AddV2" })
    #expect(add.pid == 0)
    #expect(add.args?["name"] == .text("a/twice"))
    #expect(add.args?["op"] == .text("AddV2"))
    #expect(add.args?["input1"] == .text("x"))
    #expect((add.ts ?? 0) > 1_600_000_000_000_000)
    #expect((add.dur ?? 0) >= 1)
    let negation = try #require(events.first { $0.ph == "X" && $0.name == "Neg" })
    #expect(negation.pid == 1)

    let start = try #require(events.first { $0.ph == "s" && $0.name == "a/twice" })
    let end = try #require(events.first { $0.ph == "t" && $0.id == start.id })
    #expect(start.pid == 0)
    #expect(end.pid == 1)
    #expect(events.contains { $0.ph == "C" && $0.args?["bytes"] == .number(12) })
    let plain = try trace(metadata.stepStatistics.chromeTrace(showsDataflow: false))
    #expect(Set(plain.map(\.ph)) == ["M", "X"])
  }

  @Test func `nodes that overlap are shown in lanes of their own`() throws {
    func node(_ name: String, _ start: Int64, _ duration: Int64) -> StepStatistics.Node {
      var node = StepStatistics.Node(name: name, label: "\(name) = Op()")
      node.start = .init(nanoseconds: start * 1000)
      node.end = .init(nanoseconds: duration * 1000)
      return node
    }
    let statistics = StepStatistics(devices: [
      .init(name: "d", nodes: [node("a", 10, 10), node("b", 15, 10), node("c", 20, 1)])
    ])
    let lanes = try trace(statistics.chromeTrace()).filter { $0.ph == "X" }.map(\.tid)
    #expect(lanes == [0, 1, 0])
  }
}
