import LoomCluster
import LoomCore
import LoomRuntime
import Testing

/// DST-007, DST-008, DST-009, DST-010.
@Suite struct ClusterSpecTests {
  private func expectFailure(
    _ code: StatusError.Code, _ text: String, _ body: () throws(StatusError) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do throws(StatusError) {
      try body()
      Issue.record("expected \(code)", sourceLocation: sourceLocation)
    } catch {
      #expect(error.code == code, sourceLocation: sourceLocation)
      #expect(
        error.message.contains(text), "\(error.message)", sourceLocation: sourceLocation)
    }
  }

  @Test func `jobs with lists of addresses are dense`() throws {
    let spec = try ClusterSpec(["worker": ["w0:1", "w1:2"], "ps": ["p0:3"]])
    #expect(spec.jobs == ["ps", "worker"])
    #expect(try spec.taskCount(of: "worker") == 2)
    #expect(try spec.taskIndices(of: "worker") == [0, 1])
    #expect(try spec.address(of: 1, in: "worker") == "w1:2")
    #expect(try spec.addresses(of: "worker") == ["w0:1", "w1:2"])
    #expect(spec.isDense)
    #expect(!spec.isEmpty)
    #expect(try ClusterSpec([:]).isEmpty)
  }

  @Test func `sparse jobs have holes`() throws {
    let spec = try ClusterSpec(sparse: ["w": [1: "b:1", 3: "d:1"]])
    #expect(try spec.taskIndices(of: "w") == [1, 3])
    #expect(try spec.addresses(of: "w") == [nil, "b:1", nil, "d:1"])
    #expect(!spec.isDense)
    #expect(spec.dictionary == ["w": [1: "b:1", 3: "d:1"]])
  }

  @Test func `messages and JSON say the same`() throws {
    for spec in [
      try ClusterSpec(["worker": ["w0:1", "w1:2"], "ps": ["p0:3"]]),
      try ClusterSpec(sparse: ["w": [1: "b:1", 3: "d:1"]]),
    ] {
      #expect(try ClusterSpec(spec.definition) == spec)
      #expect(try ClusterSpec(json: spec.json) == spec)
    }
    #expect(
      try ClusterSpec(json: #"{"w": {"1": "b:1"}}"#) == ClusterSpec(sparse: ["w": [1: "b:1"]]))
  }

  @Test func `unknown jobs and tasks are told`() throws {
    let spec = try ClusterSpec(["w": ["a:1"]])
    expectFailure(.invalidArgument, "No such job in cluster: 'z'") { () throws(StatusError) in
      _ = try spec.taskCount(of: "z")
    }
    expectFailure(.invalidArgument, "No task with index 6 in job 'w'") { () throws(StatusError) in
      _ = try spec.address(of: 6, in: "w")
    }
  }

  @Test(arguments: [
    (#"["a:1"]"#, "'cluster' must be a dictionary mapping one or more job names"),
    (#"{"a": 3}"#, "The tasks for job 'a' must be a list or a dictionary from integers"),
    (#"{"a": [3]}"#, "must be text"),
    (#"{"a": {"x": "b:1"}}"#, "Expected a number for a task of job 'a'"),
    (#"{"a": {"-1": "b:1"}}"#, "Expected tasks of 0 and more"),
    (#"{"a": [""]}"#, "Expected an address"),
    ("nonsense", "Expected JSON"),
  ])
  func `other forms are refused`(_ json: String, _ text: String) {
    expectFailure(.invalidArgument, text) { () throws(StatusError) in
      _ = try ClusterSpec(json: json)
    }
  }

  @Test func `job and task may be left out where there is no choice`() throws {
    let one = try ServerRole(cluster: ClusterSpec(["w": ["a:1"]]))
    #expect(one.job == "w" && one.task == 0 && one.address == "a:1")
    expectFailure(.invalidArgument, "Must specify an explicit `job_name`.") {
      () throws(StatusError) in
      _ = try ServerRole(cluster: ClusterSpec(["w": ["a:1"], "ps": ["b:1"]]), task: 0)
    }
    expectFailure(.invalidArgument, "Must specify an explicit `task_index`.") {
      () throws(StatusError) in
      _ = try ServerRole(cluster: ClusterSpec(["w": ["a:1", "b:1"]]))
    }
  }

  @Test func `a job or task that the cluster does not have is internal`() throws {
    expectFailure(.internal, "Job \"z\" was not defined in cluster") { () throws(StatusError) in
      _ = try ServerRole(cluster: ClusterSpec(["w": ["a:1"]]), job: "z", task: 0)
    }
    expectFailure(.internal, "Task 3 was not defined in job \"w\"") { () throws(StatusError) in
      _ = try ServerRole(cluster: ClusterSpec(["w": ["a:1"]]), job: "w", task: 3)
    }
  }

  @Test func `TF_CONFIG names cluster, job and task`() throws {
    let role = try ServerRole(
      environment:
        #"{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 1}}"#)
    #expect(role.job == "worker" && role.task == 1 && role.address == "b:1")
    expectFailure(.invalidArgument, "Expected \"cluster\" in TF_CONFIG") { () throws(StatusError) in
      _ = try ServerRole(environment: "{}")
    }
  }
}
