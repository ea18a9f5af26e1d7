public import LoomCore
public import LoomRuntime

/// The jobs of a cluster, and where the tasks of each listen.
///
/// ```swift
/// let cluster = try ClusterSpec(["ps": ["ps0:2222"], "worker": ["w0:2222", "w1:2222"]])
/// ```
public struct ClusterSpec: Sendable, Hashable {
  /// Job -> task -> `host:port`. Tasks may have gaps.
  private let addresses: [String: [Int: String]]

  /// The tasks of each job, numbered from 0.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for an empty address.
  public init(_ jobs: [String: [String]]) throws(StatusError) {
    var tasks: [String: [Int: String]] = [:]
    for (job, list) in jobs {
      tasks[job] = Dictionary(uniqueKeysWithValues: list.enumerated().map { ($0, $1) })
    }
    try self.init(sparse: tasks)
  }

  /// The tasks of each job by number.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for a task below 0 or an empty address.
  public init(sparse jobs: [String: [Int: String]]) throws(StatusError) {
    for (job, tasks) in jobs {
      guard !job.isEmpty else { throw .invalidArgument("Expected a name for every job.") }
      for (task, address) in tasks {
        guard task >= 0 else {
          throw .invalidArgument("Expected tasks of 0 and more, got \(task) in job '\(job)'")
        }
        guard !address.isEmpty else {
          throw .invalidArgument("Expected an address for task \(task) of job '\(job)'")
        }
      }
    }
    addresses = jobs
  }

  /// The cluster of a message.
  ///
  /// - Throws: What ``init(sparse:)`` throws; ``StatusError/Code/invalidArgument`` for a job that is
  ///   named twice.
  public init(_ definition: ClusterDefinition) throws(StatusError) {
    var jobs: [String: [Int: String]] = [:]
    for job in definition.jobs {
      guard jobs.updateValue(job.tasks, forKey: job.name) == nil else {
        throw .invalidArgument("Job '\(job.name)' is named twice.")
      }
    }
    try self.init(sparse: jobs)
  }

  /// The names of all jobs, sorted.
  public var jobs: [String] { addresses.keys.sorted() }

  /// Whether there is no job.
  public var isEmpty: Bool { addresses.isEmpty }

  /// - Throws: ``StatusError/Code/invalidArgument`` if there is no such job.
  public func taskCount(of job: String) throws(StatusError) -> Int { try tasks(of: job).count }

  /// The numbers of a job's tasks, sorted.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is no such job.
  public func taskIndices(of job: String) throws(StatusError) -> [Int] {
    try tasks(of: job).keys.sorted()
  }

  /// Where a task listens.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is no such job or task.
  public func address(of task: Int, in job: String) throws(StatusError) -> String {
    guard let address = try tasks(of: job)[task] else {
      throw .invalidArgument("No task with index \(task) in job '\(job)'")
    }
    return address
  }

  /// The addresses of a job's tasks from 0 on; `nil` where there is none of that number.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is no such job, or if its highest task is so
  ///   high that the list would be of no use.
  public func addresses(of job: String) throws(StatusError) -> [String?] {
    let tasks = try tasks(of: job)
    guard let highest = tasks.keys.max() else { return [] }
    guard highest < ClusterSpec.longestList else {
      throw .invalidArgument("Task \(highest) of job '\(job)' is too high for a list of all tasks.")
    }
    return (0...highest).map { tasks[$0] }
  }

  private static let longestList = 1 << 20

  /// Job -> task -> address.
  public var dictionary: [String: [Int: String]] { addresses }

  /// Whether the tasks of every job are numbered from 0 without gaps.
  public var isDense: Bool {
    addresses.values.allSatisfy { tasks in tasks.keys.sorted() == Array(0..<tasks.count) }
  }

  /// The cluster as a message.
  public var definition: ClusterDefinition {
    ClusterDefinition(jobs: jobs.map { .init(name: $0, tasks: addresses[$0] ?? [:]) })
  }

  private func tasks(of job: String) throws(StatusError) -> [Int: String] {
    guard let tasks = addresses[job] else {
      throw .invalidArgument("No such job in cluster: '\(job)'")
    }
    return tasks
  }
}

extension ClusterSpec: CustomStringConvertible {
  public var description: String {
    let parts = jobs.map { job in
      let tasks = (addresses[job] ?? [:]).sorted { $0.key < $1.key }
      return "\(job): {\(tasks.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
    }
    return "ClusterSpec(\(parts.joined(separator: ", ")))"
  }
}
