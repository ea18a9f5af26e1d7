#if Distributed
  import Foundation
  import LoomTestSupport
  import Synchronization
  import Testing
  import Weirloom

  /// A job `worker` whose tasks are of several makes.
  final class TestCluster: Sendable {
    /// Who runs a task.
    enum Member: String, Sendable {
      /// A server of ours in this process.
      case ours
      /// One of ours in a process of its own.
      case process
      /// One of stock TensorFlow in a process of its own.
      case stock
    }

    let spec: ClusterSpec
    private let members: [Member]
    private let servers: [Server?]
    private let processes: Mutex<[Int: TaskProcess]>

    /// Starts all tasks and waits until they answer.
    ///
    /// - Parameter missing: a task that is not started.
    init(_ members: [Member], missing: Int? = nil) throws {
      self.members = members
      let ports = try FreePorts.take(members.count)
      spec = try ClusterSpec(["worker": ports.map { "localhost:\($0)" }])
      var servers: [Server?] = []
      var processes: [Int: TaskProcess] = [:]
      for (task, member) in members.enumerated() {
        servers.append(
          member == .ours && task != missing
            ? try Server(cluster: spec, job: "worker", task: task) : nil)
        if member != .ours, task != missing {
          processes[task] = try TestCluster.process(member, spec, task)
        }
      }
      for process in processes.values { try process.waitUntilReady() }
      self.servers = servers
      self.processes = Mutex(processes)
    }

    func name(_ task: Int) -> String { "/job:worker/replica:0/task:\(task)" }

    func device(_ task: Int) -> String { name(task) + "/device:CPU:0" }

    func target(_ task: Int = 0) throws -> String {
      "grpc://\(try spec.address(of: task, in: "worker"))"
    }

    /// A server of ours in this process.
    func server(_ task: Int) throws -> Server { try #require(servers[task]) }

    func session(
      _ graph: Graph, task: Int = 0, configuration: SessionConfiguration = .init()
    ) throws -> Session {
      try Session(graph: graph, target: target(task), configuration: configuration)
    }

    // MARK: Faults

    /// Ends a process as a crash would.
    func kill(_ task: Int) { processes.withLock { $0.removeValue(forKey: task) }?.kill() }

    /// Stops a process from running, or lets it go on.
    func freeze(_ task: Int, _ isFrozen: Bool = true) {
      processes.withLock { $0[task] }?.signal(isFrozen ? SIGSTOP : SIGCONT)
    }

    /// Starts a process again, or for the first time.
    func start(_ task: Int) throws {
      let process = try TestCluster.process(members[task], spec, task)
      try process.waitUntilReady()
      processes.withLock { $0[task] = process }
    }

    private static func process(
      _ member: Member, _ spec: ClusterSpec, _ task: Int
    ) throws -> TaskProcess {
      member == .stock ? try .stock(spec, task: task) : try .ours(spec, task: task)
    }

    deinit {
      for server in servers { server?.stop() }
      processes.withLock { $0 = [:] }
    }
  }

  /// Ports that nobody listens on.
  enum FreePorts {
    static func take(_ count: Int) throws -> [Int] {
      var sockets: [Int32] = []
      defer { for socket in sockets { close(socket) } }
      var ports: [Int] = []
      for _ in 0..<count {
        let socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        try #require(socket >= 0)
        sockets.append(socket)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // The structure is a plain value of the size that is told.
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
          unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            unsafe bind(socket, address, length) == 0 && getsockname(socket, address, &length) == 0
          }
        }
        try #require(status)
        ports.append(Int(UInt16(bigEndian: address.sin_port)))
      }
      return ports
    }
  }
#endif
