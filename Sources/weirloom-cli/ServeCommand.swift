#if Distributed
  import ArgumentParser
  import Dispatch
  import FoundationEssentials
  import Glibc
  import Weirloom

  /// Serves sessions of other processes.
  struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "serve",
      abstract: "Serves sessions of other processes, TensorFlow's among them.",
      discussion: """
        Prints where it listens, and serves until it gets SIGTERM or SIGINT. Without a cluster it is \
        task 0 of job localhost, on a free port. The variable TF_CONFIG is read if no cluster is given.

          weirloom serve --port 2222
          python -c 'import tensorflow.compat.v1 as tf; tf.Session("grpc://localhost:2222")'
        """)

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Jobs and the addresses of their tasks: {\"worker\": [\"host:port\", …]}.",
        valueName: "JSON|FILE"))
    var cluster: String?

    @Option(name: .long, help: ArgumentHelp("Which job of the cluster this is.", valueName: "name"))
    var job: String?

    @Option(name: .long, help: ArgumentHelp("Which task of the job this is.", valueName: "number"))
    var task: Int?

    @Option(
      name: .long,
      help: ArgumentHelp(
        "The port to listen on instead of the cluster's; 0 for any that is free.",
        valueName: "number"))
    var port: Int?

    @Option(
      name: [.customLong("bind"), .customLong("host")],
      help: ArgumentHelp("The address to listen on.", valueName: "address"))
    var bind = "127.0.0.1"

    @Flag(
      name: .long,
      help: "Listen on an address that other machines can reach, though anybody may use the server."
    )
    var insecure = false

    @Option(
      name: .long,
      help: ArgumentHelp("CPU devices of the server.", valueName: "number"))
    var devices = 1

    @Option(
      name: .long,
      help: ArgumentHelp(
        "Close sessions that nobody used for so long; 0 for never.", valueName: "seconds"))
    var sessionGcSeconds = 0

    func validate() throws {
      if let port, !(0...65535).contains(port) {
        throw ValidationError("--port \(port): expected 0 to 65535")
      }
      guard sessionGcSeconds >= 0 else {
        throw ValidationError("--session-gc-seconds \(sessionGcSeconds): expected 0 or more")
      }
      guard insecure || ServeCommand.isLoopback(bind) else {
        throw ValidationError(
          "--bind \(bind): other machines can reach this address, and whoever reaches the server can "
            + "run anything on it. Add --insecure if the network is trusted.")
      }
    }

    func run() throws {
      var configuration = SessionConfiguration()
      configuration.deviceCount["CPU"] = devices
      let server = try Server(
        role(), host: bind, port: port, configuration: configuration,
        sessionLifetime: sessionGcSeconds > 0 ? .seconds(sessionGcSeconds) : nil,
        registry: .standard)
      Console.print(
        "Serving \(server.target) as /job:\(server.role.job)/task:\(server.role.task)")
      ServeCommand.waitForSignal()
      Console.note("Stopping: \(server.sessionCount) sessions are closed.")
      let stopped = DispatchSemaphore(value: 0)
      Task {
        await server.shutDown()
        stopped.signal()
      }
      stopped.wait()
    }

    private func role() throws -> ServerRole {
      if let cluster {
        return try ServerRole(
          cluster: ClusterSpec(json: ServeCommand.text(of: cluster)), job: job, task: task)
      }
      if job == nil, task == nil, let environment = ProcessInfo.processInfo.environment["TF_CONFIG"]
      {
        return try ServerRole(environment: environment)
      }
      let name = job ?? "localhost"
      return try ServerRole(
        cluster: ClusterSpec(sparse: [name: [task ?? 0: "localhost:0"]]), job: name, task: task)
    }

    /// JSON, or what is in a file.
    private static func text(of argument: String) throws -> String {
      if argument.first(where: { !$0.isWhitespace }) == "{" { return argument }
      guard let text = try? String(contentsOfFile: argument, encoding: .utf8) else {
        throw StatusError.notFound("\(argument); No such text file")
      }
      return text
    }

    private static func isLoopback(_ host: String) -> Bool {
      host == "localhost" || host == "::1" || (host.hasPrefix("127.") && host.last != ".")
    }

    /// Sleeps until somebody wants the process to end.
    private static func waitForSignal() {
      let asked = DispatchSemaphore(value: 0)
      let sources = [SIGTERM, SIGINT].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number)
        source.setEventHandler { asked.signal() }
        source.resume()
        return source
      }
      asked.wait()
      for source in sources { source.cancel() }
    }
  }
#endif
