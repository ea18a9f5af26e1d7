public import LoomCore

/// A device by name, any part of which may be missing: `/job:ps/replica:0/task:1/device:CPU:0`.
public struct DeviceSpecification: Sendable, Hashable {
  public var job: String?
  public var replica: Int?
  public var task: Int?
  /// In capitals: `CPU`, `GPU`.
  public var type: String?
  /// `nil` where missing or `*`.
  public var index: Int?

  public init(
    job: String? = nil, replica: Int? = nil, task: Int? = nil, type: String? = nil,
    index: Int? = nil
  ) {
    self.job = job
    self.replica = replica
    self.task = task
    self.type = type
    self.index = index
  }

  /// Parses a full or partial name; short forms such as `/cpu:0` are understood.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for unknown parts, two types or bad numbers.
  public init(_ text: String) throws(StatusError) {
    self.init()
    for part in text.split(separator: "/") {
      let fields = part.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      let key = fields[0].lowercased()
      switch (key, fields.count) {
      case ("job", 2): job = fields[1]
      case ("replica", 2): replica = try DeviceSpecification.number(fields[1], in: text)
      case ("task", 2): task = try DeviceSpecification.number(fields[1], in: text)
      case ("device", 3):
        try setType(fields[1], in: text)
        index = fields[2] == "*" ? nil : try DeviceSpecification.number(fields[2], in: text)
      case ("cpu", 1), ("gpu", 1), ("tpu", 1): try setType(key, in: text)
      case ("cpu", 2), ("gpu", 2), ("tpu", 2):
        try setType(key, in: text)
        index = fields[1] == "*" ? nil : try DeviceSpecification.number(fields[1], in: text)
      default:
        throw .invalidArgument(
          "Unknown attribute '\(fields[0])' is encountered while parsing the device spec: '\(text)'."
        )
      }
    }
  }

  private mutating func setType(_ name: String, in text: String) throws(StatusError) {
    guard type == nil else {
      throw .invalidArgument(
        "Multiple device types are not allowed while parsing the device spec: '\(text)'.")
    }
    type = name.uppercased()
  }

  private static func number(_ field: String, in text: String) throws(StatusError) -> Int {
    guard let value = Int(field), value >= 0 else {
      throw .invalidArgument(
        "Expected a number, got '\(field)' while parsing the device spec: '\(text)'.")
    }
    return value
  }

  /// This specification with the parts that `inner` names.
  public func merging(_ inner: DeviceSpecification) -> DeviceSpecification {
    DeviceSpecification(
      job: inner.job ?? job, replica: inner.replica ?? replica, task: inner.task ?? task,
      type: inner.type ?? type, index: inner.index ?? index)
  }

  /// Whether every part that both name is equal.
  public func isCompatible(with other: DeviceSpecification) -> Bool {
    func agrees<Part: Equatable>(_ a: Part?, _ b: Part?) -> Bool { a == nil || b == nil || a == b }
    return agrees(job, other.job) && agrees(replica, other.replica) && agrees(task, other.task)
      && agrees(type, other.type) && agrees(index, other.index)
  }

  public var isEmpty: Bool { self == DeviceSpecification() }
}

extension DeviceSpecification: CustomStringConvertible {
  public var description: String {
    var text = ""
    if let job { text += "/job:\(job)" }
    if let replica { text += "/replica:\(replica)" }
    if let task { text += "/task:\(task)" }
    if let type { text += "/device:\(type):" + (index.map(String.init) ?? "*") }
    return text
  }
}
