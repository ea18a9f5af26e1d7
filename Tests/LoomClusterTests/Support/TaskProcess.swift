#if Distributed
  import Foundation
  import LoomTestSupport
  import Synchronization
  import Testing
  import Weirloom

  /// A task of the job `worker` in a process of its own, which ends with this object.
  final class TaskProcess: Sendable {
    let identifier: Int32
    private let process: Mutex<Process>
    private let input = Pipe()
    private let output = Pipe()

    init(_ executable: URL, _ arguments: [String]) throws {
      let process = Process()
      process.executableURL = executable
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(
        ["CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3", "GRPC_VERBOSITY": "NONE"]
      ) { $1 }
      process.standardInput = input
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      identifier = process.processIdentifier
      self.process = Mutex(process)
    }

    /// A server of ours.
    ///
    /// - Parameters:
    ///   - bind: The address to listen on, which others may reach.
    ///   - namespace: The network that the process sees.
    static func ours(
      _ spec: ClusterSpec, task: Int, bind: String? = nil, in namespace: NetworkNamespace? = nil
    ) throws -> TaskProcess {
      var arguments = [
        "serve", "--cluster", try text(spec), "--job", "worker", "--task", String(task),
      ]
      if let bind { arguments += ["--bind", bind, "--insecure"] }
      guard let namespace else { return try TaskProcess(BuiltCommand.url, arguments) }
      return try TaskProcess(
        NetworkNamespace.command,
        ["netns", "exec", namespace.name, BuiltCommand.url.path(percentEncoded: false)] + arguments)
    }

    /// A server of stock TensorFlow.
    static func stock(_ spec: ClusterSpec, task: Int) throws -> TaskProcess {
      try TaskProcess(
        URL(filePath: try StockServer.python.get()), ["-c", script, try text(spec), String(task)])
    }

    private static func text(_ spec: ClusterSpec) throws -> String {
      try String(
        decoding: JSONSerialization.data(
          withJSONObject: ["worker": spec.addresses(of: "worker").compactMap { $0 }]),
        as: UTF8.self)
    }

    /// Its first line says that it listens.
    func waitUntilReady() throws {
      var text = Data()
      while !text.contains(UInt8(ascii: "\n")) {
        let more = output.fileHandleForReading.availableData
        if more.isEmpty { break }
        text += more
      }
      try #require(text.contains(UInt8(ascii: "\n")), "the task did not start")
    }

    func signal(_ number: Int32) { Foundation.kill(identifier, number) }

    func kill() {
      process.withLock { process in
        guard process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
      }
    }

    deinit { kill() }

    private static let script = """
      import json, sys
      import tensorflow as tf
      cluster, task = json.loads(sys.argv[1]), int(sys.argv[2])
      server = tf.distribute.Server(cluster, job_name="worker", task_index=task)
      print(server.target, flush=True)
      sys.stdin.read()
      """
  }
#endif
