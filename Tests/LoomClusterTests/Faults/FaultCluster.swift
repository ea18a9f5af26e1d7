#if Distributed
  import Foundation
  import Synchronization
  import Testing
  import Weirloom

  /// What happens to a worker in the middle of a step.
  enum Fault: String, CaseIterable, Sendable {
    /// It ends as by a crash, and is started again after the step's end.
    case kill
    /// It is stopped, and goes on after the step's end.
    case freeze
    /// It ends as by a crash, and is started again at once.
    case restart
    /// Its packets vanish until after the step's end.
    case cut
    /// Its machine loses power and starts again: packets vanish, and nobody knows the old connections later.
    case outage

    /// Whether it takes a network of its own.
    var needsNamespace: Bool { self == .cut || self == .outage }

    /// Whether the worker forgets what it had.
    var losesState: Bool { self != .freeze && self != .cut }
  }

  /// Three processes of ours: a master, a worker that suffers faults, and one that must not notice.
  final class FaultCluster: Sendable {
    static let victim = 1
    static let bystander = 2

    let spec: ClusterSpec
    /// The victim's network, where one can be made.
    private let namespace: NetworkNamespace?
    private let processes: Mutex<[Int: TaskProcess]>

    init() throws {
      namespace = NetworkNamespace.isAvailable ? try NetworkNamespace() : nil
      let (near, far) = (namespace?.host ?? "localhost", namespace?.address ?? "localhost")
      let ports = try FreePorts.take(3)
      spec = try ClusterSpec(["worker": zip([near, far, near], ports).map { "\($0):\($1)" }])
      processes = Mutex([:])
      for task in 0..<3 { try start(task) }
    }

    /// The faults that can be made here.
    var faults: [Fault] { Fault.allCases.filter { namespace != nil || !$0.needsNamespace } }

    var target: String { get throws { try "grpc://" + spec.address(of: 0, in: "worker") } }

    func name(_ task: Int) -> String { "/job:worker/replica:0/task:\(task)" }

    /// A session of the master with one other task.
    func session(_ graph: Graph, with task: Int) throws -> Session {
      var configuration = SessionConfiguration()
      configuration.deviceFilters = ["/job:worker/task:\(task)"]
      return try Session(graph: graph, target: target, configuration: configuration)
    }

    func gauge(_ task: Int) throws -> ProcessGauge {
      try ProcessGauge(try #require(processes.withLock { $0[task] }).identifier)
    }

    private func start(_ task: Int) throws {
      let isVictim = task == FaultCluster.victim
      let process = try TaskProcess.ours(
        spec, task: task,
        bind: namespace.map { isVictim ? $0.address : $0.host },
        in: isVictim ? namespace : nil)
      try process.waitUntilReady()
      processes.withLock { $0[task] = process }
    }

    private func kill() {
      processes.withLock { $0.removeValue(forKey: FaultCluster.victim) }?.kill()
    }

    private func signal(_ number: Int32) {
      processes.withLock { $0[FaultCluster.victim] }?.signal(number)
    }

    /// Lets the fault happen.
    func begin(_ fault: Fault) throws {
      switch fault {
      case .kill: kill()
      case .freeze: signal(SIGSTOP)
      case .restart:
        kill()
        try start(FaultCluster.victim)
      case .cut: try namespace?.cut()
      case .outage:
        try namespace?.cut()
        kill()
        try start(FaultCluster.victim)
      }
    }

    /// Brings the worker back.
    func end(_ fault: Fault) throws {
      switch fault {
      case .kill: try start(FaultCluster.victim)
      case .freeze: signal(SIGCONT)
      case .restart: break
      case .cut, .outage: try namespace?.restore()
      }
    }

    deinit { processes.withLock { $0 = [:] } }
  }
#endif
