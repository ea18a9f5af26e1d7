import FoundationEssentials
public import LoomCore

extension ClusterSpec {
  /// Reads `{"ps": ["host:port", …], "worker": {"1": "host:port"}}`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for any other text.
  public init(json text: String) throws(StatusError) {
    try self.init(JSONNode.parse(text, for: "cluster"))
  }

  init(_ node: JSONNode) throws(StatusError) {
    guard case .object(let jobs) = node else {
      throw .invalidArgument(
        "'cluster' must be a dictionary mapping one or more job names to lists of network addresses, "
          + "or a dictionary from task indices to addresses.")
    }
    var result: [String: [Int: String]] = [:]
    for (job, value) in jobs {
      var tasks: [Int: String] = [:]
      switch value {
      case .array(let list):
        for (task, address) in list.enumerated() {
          tasks[task] = try ClusterSpec.address(address)
        }
      case .object(let entries):
        for (key, address) in entries {
          guard let task = Int(key) else {
            throw .invalidArgument("Expected a number for a task of job '\(job)', got '\(key)'")
          }
          tasks[task] = try ClusterSpec.address(address)
        }
      default:
        throw .invalidArgument(
          "The tasks for job '\(job)' must be a list or a dictionary from integers to strings.")
      }
      result[job] = tasks
    }
    try self.init(sparse: result)
  }

  private static func address(_ node: JSONNode) throws(StatusError) -> String {
    guard case .text(let address) = node else {
      throw .invalidArgument("Task address \(node) must be text.")
    }
    return address
  }

  /// `{"ps": ["host:port", …]}`, with an object of numbers for a job whose tasks have gaps.
  public var json: String {
    let parts = jobs.map { job in
      let tasks = (dictionary[job] ?? [:]).sorted { $0.key < $1.key }
      let isDense = tasks.map(\.key) == Array(0..<tasks.count)
      let entries = tasks.map { task, address in
        isDense ? JSONNode.quoted(address) : "\"\(task)\": \(JSONNode.quoted(address))"
      }.joined(separator: ", ")
      return "\(JSONNode.quoted(job)): " + (isDense ? "[\(entries)]" : "{\(entries)}")
    }
    return "{\(parts.joined(separator: ", "))}"
  }
}

/// A JSON value whose form is not known beforehand.
indirect enum JSONNode: Decodable {
  case object([String: JSONNode])
  case array([JSONNode])
  case text(String)
  case number(Double)
  case bool(Bool)
  case null

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // Each attempt says only that the value has another form.
    if let value = try? container.decode([String: JSONNode].self) {
      self = .object(value)
    } else if let value = try? container.decode([JSONNode].self) {
      self = .array(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else {
      self = .null
    }
  }

  /// - Throws: ``StatusError/Code/invalidArgument`` if the text is no JSON.
  static func parse(_ text: String, for what: String) throws(StatusError) -> JSONNode {
    do { return try JSONDecoder().decode(JSONNode.self, from: Data(text.utf8)) } catch {
      throw .invalidArgument("Expected JSON for \(what), got: \(text.prefix(80))")
    }
  }

  static func quoted(_ text: String) -> String {
    // A string can always be written.
    let data = (try? JSONEncoder().encode(text)) ?? Data()
    return String(decoding: data, as: UTF8.self)
  }
}
