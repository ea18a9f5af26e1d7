internal import FoundationEssentials
public import LoomCore
public import LoomRuntime

extension StepStatistics {
  /// The step as a trace in Chrome's JSON format, for `chrome://tracing` and Perfetto: a process for each
  /// device, nodes that overlap in lanes side by side.
  ///
  /// - Parameters:
  ///   - showsDataflow: Adds an arrow from each node to those that read its outputs.
  ///   - showsMemory: Adds a counter of the bytes that the nodes' outputs took so far, for each device.
  /// - SeeAlso: `tensorflow.python.client.timeline.Timeline`.
  public func chromeTrace(
    showsDataflow: Bool = true, showsMemory: Bool = false
  ) throws(StatusError) -> String {
    var events: [TraceEvent] = []
    var shown: [String: Shown] = [:]
    for (process, device) in devices.enumerated() {
      events.append(
        TraceEvent(
          phase: "M", name: "process_name", process: process,
          arguments: ["name": .text("\(device.name) Compute")]))
      var lanes = Lanes()
      var bytes: Int64 = 0
      for node in device.nodes.sorted(by: { $0.start.nanoseconds < $1.start.nanoseconds }) {
        let call = NodeCall(label: node.label, name: node.name)
        let lane = lanes.place(node)
        shown[node.name] = Shown(process: process, lane: lane, node: node)
        var arguments: [String: TraceEvent.Argument] = [
          "name": .text(node.name), "op": .text(call.op),
        ]
        for (index, input) in call.inputs.enumerated() {
          arguments["input\(index)"] = .text(input)
        }
        events.append(
          TraceEvent(
            phase: "X", name: call.op, category: "Op", process: process, thread: lane,
            time: node.start.microseconds, duration: node.duration, arguments: arguments))
        guard showsMemory else { continue }
        for output in node.outputs {
          bytes &+= Int64(output.allocation?.requestedBytes ?? 0)
        }
        events.append(
          TraceEvent(
            phase: "C", name: "Memory", category: "Memory", process: process,
            time: node.start.microseconds &+ node.duration, arguments: ["bytes": .number(bytes)]))
      }
    }
    if showsDataflow { events += arrows(shown) }
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(Trace(traceEvents: events)), as: UTF8.self)
    } catch {
      throw StatusError.wrapping(error)
    }
  }

  /// A start and an end for each edge between nodes that are shown.
  private func arrows(_ shown: [String: Shown]) -> [TraceEvent] {
    var events: [TraceEvent] = []
    var number = 0
    for device in devices {
      for node in device.nodes {
        guard let target = shown[node.name] else { continue }
        for input in NodeCall(label: node.label, name: node.name).inputs {
          let name = input.drop { $0 == "^" }.split(separator: ":").first.map(String.init) ?? ""
          guard let source = shown[name] else { continue }
          events.append(
            TraceEvent(
              phase: "s", name: name, category: "DataFlow", process: source.process,
              thread: source.lane,
              time: source.node.start.microseconds &+ source.node.duration, number: number))
          events.append(
            TraceEvent(
              phase: "t", name: name, category: "DataFlow", process: target.process,
              thread: target.lane, time: node.start.microseconds, number: number))
          number += 1
        }
      }
    }
    return events
  }

  private struct Shown {
    let process: Int
    let lane: Int
    let node: Node
  }
}

extension StepStatistics.Node {
  /// Microseconds from start to end, at least one, so that every node can be seen.
  fileprivate var duration: Int64 { Swift.max(end.microseconds, 1) }
}

/// Rows of nodes none of which overlap.
private struct Lanes {
  private var ends: [Int64] = []

  mutating func place(_ node: StepStatistics.Node) -> Int {
    let start = node.start.microseconds
    let end = start &+ node.duration
    if let free = ends.firstIndex(where: { $0 <= start }) {
      ends[free] = end
      return free
    }
    ends.append(end)
    return ends.count - 1
  }
}

/// `name = Op(input, input)`, as statistics label their nodes.
private struct NodeCall {
  var op: String
  var inputs: [String] = []

  init(label: String, name: String) {
    op = name
    guard let equals = label.firstRange(of: " = "), let open = label.lastIndex(of: "("),
      open > equals.upperBound, label.hasSuffix(")")
    else { return }
    op = String(label[equals.upperBound..<open])
    let list = label[label.index(after: open)...].dropLast()
    inputs = list.split(separator: ",").map { String($0.drop { $0 == " " }) }
  }
}

private struct Trace: Encodable {
  let traceEvents: [TraceEvent]
}

/// An event as Chrome's format has it; times in microseconds.
private struct TraceEvent: Encodable {
  enum Argument: Encodable {
    case text(String)
    case number(Int64)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .number(let number): try container.encode(number)
      }
    }
  }

  var phase: String
  var name: String
  var category: String?
  var process: Int
  var thread: Int?
  var time: Int64?
  var duration: Int64?
  var number: Int?
  var arguments: [String: Argument]?

  enum CodingKeys: String, CodingKey {
    case name
    case phase = "ph"
    case category = "cat"
    case process = "pid"
    case thread = "tid"
    case time = "ts"
    case duration = "dur"
    case number = "id"
    case arguments = "args"
  }
}
