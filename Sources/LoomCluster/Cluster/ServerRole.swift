public import LoomCore

/// Which task of which cluster a server is.
public struct ServerRole: Sendable, Hashable {
  public let cluster: ClusterSpec
  public let job: String
  public let task: Int

  /// Job and task may be left out where the cluster leaves no choice.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` if there is a choice;
  ///   ``StatusError/Code/internal``, as TensorFlow has it, if the cluster has no such job or task.
  public init(
    cluster: ClusterSpec, job: String? = nil, task: Int? = nil
  ) throws(StatusError) {
    let jobs = cluster.jobs
    guard let job = job ?? (jobs.count == 1 ? jobs[0] : nil) else {
      throw .invalidArgument("Must specify an explicit `job_name`.")
    }
    guard jobs.contains(job) else {
      throw .internal("Job \"\(job)\" was not defined in cluster")
    }
    let tasks = try cluster.taskIndices(of: job)
    guard let task = task ?? (tasks.count == 1 ? tasks[0] : nil) else {
      throw .invalidArgument("Must specify an explicit `task_index`.")
    }
    guard tasks.contains(task) else {
      throw .internal("Task \(task) was not defined in job \"\(job)\"")
    }
    self.cluster = cluster
    self.job = job
    self.task = task
  }

  /// Where the cluster says that this server listens.
  public var address: String {
    // The initialiser has found it.
    (try? cluster.address(of: task, in: job)) ?? ""
  }

  /// Reads the variable that TensorFlow's launchers set:
  /// `{"cluster": {…}, "task": {"type": "worker", "index": 0}}`.
  ///
  /// - Throws: ``StatusError/Code/invalidArgument`` for any other text; what
  ///   ``init(cluster:job:task:)`` throws.
  public init(environment text: String) throws(StatusError) {
    guard case .object(let fields) = try JSONNode.parse(text, for: "TF_CONFIG") else {
      throw .invalidArgument("Expected an object in TF_CONFIG.")
    }
    guard let cluster = fields["cluster"] else {
      throw .invalidArgument("Expected \"cluster\" in TF_CONFIG.")
    }
    var job: String?
    var task: Int?
    if case .object(let own)? = fields["task"] {
      if case .text(let type)? = own["type"] { job = type }
      switch own["index"] {
      case .number(let index)?: task = Int(exactly: index)
      case .text(let index)?: task = Int(index)
      default: break
      }
    }
    try self.init(cluster: ClusterSpec(cluster), job: job, task: task)
  }
}
