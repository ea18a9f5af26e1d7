#if Distributed
  import Foundation
  import Testing
  import Weirloom

  /// Tasks that have to know each other.
  @Suite struct SecureClusterTests {
    /// A way to keep others out.
    enum Lock: CaseIterable, Sendable {
      case token
      case encryption
      case certificates
      case certificatesAndToken
    }

    @Test(arguments: Lock.allCases)
    func `tasks run steps with each other`(_ lock: Lock) throws {
      let keys = try Keys()
      let cluster = try SecureCluster([try keys.options(lock, 0), try keys.options(lock, 1)], keys)
      for master in 0..<2 {
        let session = try cluster.session(
          exchange(), master: master, try keys.options(lock, 1 - master).peers)
        defer { session.session.close() }
        try session.session.run(session.initializer)
        for _ in 0..<3 { #expect(try session.session.run(session.result).scalar == 14) }
      }
    }

    @Test func `a wrong token between tasks is told at once, with the task`() throws {
      let keys = try Keys()
      var options = [try keys.options(.token, 0), try keys.options(.token, 1)]
      options[0].peers.token = .text("wrong")
      let cluster = try SecureCluster(options, keys)
      try expectRefusal(cluster, keys.options(.token, 1).peers, "The token of the call")
      // The other way it goes.
      let session = try cluster.session(exchange(), master: 1, keys.options(.token, 0).peers)
      try session.session.run(session.initializer)
      #expect(throws: StatusError.self) { try session.session.run(session.result) }
    }

    @Test func `no token between tasks is told at once, with the task`() throws {
      let keys = try Keys()
      var options = [try keys.options(.token, 0), try keys.options(.token, 1)]
      options[0].peers.token = nil
      try expectRefusal(
        SecureCluster(options, keys), keys.options(.token, 1).peers, "Expected a bearer token")
    }

    @Test func `no certificate between tasks is told at once, with the task`() throws {
      let keys = try Keys()
      var options = [try keys.options(.certificates, 0), try keys.options(.certificates, 1)]
      let client = options[1].peers
      options[0].peers.tls?.certificate = nil
      try expectRefusal(SecureCluster(options, keys), client, "")
    }

    @Test func `a stranger's certificate between tasks is told at once, with the task`() throws {
      let keys = try Keys()
      var options = [try keys.options(.certificates, 0), try keys.options(.certificates, 1)]
      let client = options[1].peers
      let strangers = try TestAuthority("strangers")
      options[0].peers.tls?.certificate = try strangers.issue("stranger")
      try expectRefusal(SecureCluster(options, [keys, strangers] as [Any]), client, "")
    }

    @Test func `a task that nobody vouches for is told of at once`() throws {
      let keys = try Keys()
      var options = [try keys.options(.encryption, 0), try keys.options(.encryption, 1)]
      let client = options[1].peers
      let strangers = try TestAuthority("strangers")
      options[0].peers.tls = .init(authoritiesPath: strangers.path)
      try expectRefusal(
        SecureCluster(options, [keys, strangers] as [Any]), client, "could not be secured")
    }

    @Test func `a task that does not encrypt is given up, with the task's name`() throws {
      let keys = try Keys()
      var options = [try keys.options(.encryption, 0), try keys.options(.encryption, 1)]
      let client = options[1].peers
      options[0].peers.tls = nil
      options[0].discoveryLimit = .milliseconds(500)
      let cluster = try SecureCluster(options, keys)
      let session = try cluster.session(exchange(), master: 0, client)
      expectStatus(.deadlineExceeded, SecureCluster.name(1)) {
        try session.session.run(session.initializer)
      }
    }

    @Test func `a token that is changed on one task ends the next step, with the task`() throws {
      let folder = try TestAuthority()
      func write(_ text: String, _ file: String) throws -> BearerToken {
        try Data(text.utf8).write(to: URL(filePath: folder.path(file)), options: .atomic)
        return .file(folder.path(file))
      }
      var options: [ServerOptions] = []
      for task in 0..<2 {
        var own = ServerOptions()
        own.security.token = try write("first", "own\(task)")
        own.peers.token = try write("first", "shown\(task)")
        options.append(own)
      }
      let cluster = try SecureCluster(options, folder)
      let session = try cluster.session(exchange(), master: 0, .init(token: .text("first")))
      try session.session.run(session.initializer)
      #expect(try session.session.run(session.result).scalar == 14)
      _ = try write("second", "own1")
      expectStatus(.unauthenticated, SecureCluster.name(1)) {
        try session.session.run(session.result)
      }
      // The session goes on once the master shows the new one.
      _ = try write("second", "shown0")
      #expect(try session.session.run(session.result).scalar == 14)
    }

    // MARK: Parts

    /// Expects that a session of the first task is told that the second does not let it in.
    private func expectRefusal(
      _ cluster: SecureCluster, _ client: ChannelCredentials, _ text: String,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let start = ContinuousClock.now
      let session = try cluster.session(exchange(), master: 0, client)
      for expected in [SecureCluster.name(1), text] {
        expectStatus(.unauthenticated, expected, sourceLocation: sourceLocation) {
          try session.session.run(session.initializer)
        }
      }
      // Far less than tasks are waited for that are not there; other tests keep the machine busy.
      #expect(.now - start < .seconds(30), sourceLocation: sourceLocation)
    }

    /// A graph whose values go from the second task to the first and back: 2 · (3 + 4).
    private func exchange() throws -> Exchange {
      let graph = Graph()
      let variable = try graph.withDevice("/job:worker/task:1") { () throws(StatusError) in
        try graph.variable(uniqueName("v"), initialValue: .constant(Float(3)))
      }
      let sum = try graph.withDevice("/job:worker/task:0") { () throws(StatusError) in
        try variable.value + graph.constant(Float(4))
      }
      let result = try graph.withDevice("/job:worker/task:1") { () throws(StatusError) in
        try sum * graph.constant(Float(2))
      }
      return Exchange(graph: graph, initializer: variable.initializer, result: result)
    }

    /// Certificates and tokens of a cluster.
    fileprivate struct Keys {
      let authority = Result { try TestAuthority() }

      func options(_ lock: Lock, _ task: Int) throws -> ServerOptions {
        let authority = try authority.get()
        var options = ServerOptions()
        if lock == .token || lock == .certificatesAndToken {
          options.security.token = .text("secret")
          options.peers.token = .text("secret")
        }
        guard lock != .token else { return options }
        let files = CertificateFiles(
          certificatePath: authority.path("task\(task).pem"),
          keyPath: authority.path("task\(task).key"))
        if !FileManager.default.fileExists(atPath: files.keyPath) {
          _ = try authority.issue("task\(task)")
        }
        options.security.certificate = files
        options.peers.tls = .init(authoritiesPath: authority.path)
        if lock != .encryption {
          options.security.clientAuthoritiesPath = authority.path
          options.peers.tls?.certificate = files
        }
        return options
      }

      init() throws { _ = try authority.get() }
    }
  }

  /// A graph on two tasks.
  struct Exchange {
    let graph: Graph
    let initializer: Weirloom.Operation
    let result: Output<Float>
  }

  /// Two tasks in this process, each with settings of its own.
  private final class SecureCluster {
    struct OpenSession {
      let session: Session
      let initializer: Weirloom.Operation
      let result: Output<Float>
    }

    private let servers: [Server]
    private let files: Any

    /// - Parameter files: what owns the files that the options name.
    init(_ options: [ServerOptions], _ files: Any) throws {
      self.files = files
      let ports = try FreePorts.take(options.count)
      let spec = try ClusterSpec(["worker": ports.map { "localhost:\($0)" }])
      servers = try options.enumerated().map { task, options in
        try Server(cluster: spec, job: "worker", task: task, options: options)
      }
    }

    deinit { for server in servers { server.stop() } }

    static func name(_ task: Int) -> String { "/job:worker/replica:0/task:\(task)" }

    /// A session of one of the tasks, by a client of its own.
    func session(
      _ exchange: Exchange, master: Int, _ credentials: ChannelCredentials
    ) throws -> OpenSession {
      var configuration = SessionConfiguration()
      configuration.credentials = credentials
      configuration.rpc.disablesConnectionSharing = true
      return OpenSession(
        session: try Session(
          graph: exchange.graph, target: servers[master].target, configuration: configuration),
        initializer: exchange.initializer, result: exchange.result)
    }
  }
#endif
